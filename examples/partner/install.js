/** Installs this package as its lock says, where that was not done since the lock last changed. */
const { execFileSync } = require('node:child_process');
const { statSync } = require('node:fs');
const { join } = require('node:path');

const changed = (file) =>
  statSync(join(__dirname, file), { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;

if (changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  console.log(`Installing ${__dirname} …`);
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: __dirname, stdio: 'inherit' });
}
