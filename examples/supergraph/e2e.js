/**
 * `npm run e2e -- <name> …`: plays test/stories.test.js through the gateways named (Hive where none is), once for
 * each way in which a gateway gets subscriptions from Rewards; or builds a client of ../ and plays its own story. The
 * project has to be built.
 */
const { execFileSync, spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { GATEWAYS } = require('./gateways');
const { grafbaseProgram } = require('./grafbase');

const CLIENTS = ['storefront', 'mobile', 'partner', 'analytics'];
const NAMES = [...Object.keys(GATEWAYS), ...CLIENTS];

function main(names) {
  const unknown = names.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) {
    console.error(`No gateway or client ${unknown.join(', ')}; there are ${NAMES.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  for (const name of names) {
    if (name === 'grafbase' && !grafbaseProgram()) {
      console.log(
        'SKIPPED: Grafbase. Its optional package is not installed; there is one for Linux on x64 alone.',
      );
      continue;
    }
    if (CLIENTS.includes(name)) {
      build(join(__dirname, '..', name));
      play(`test/${name}.test.js`, {});
      continue;
    }
    for (const subscriptions of GATEWAYS[name].subscriptions) {
      play('test/stories.test.js', { GATEWAY: name, GATEWAY_SUBSCRIPTIONS: subscriptions });
    }
  }
}

/** Installs, checks and builds a client as whoever copies it does. */
function build(cwd) {
  execFileSync(process.execPath, ['install.js'], { cwd, stdio: 'inherit' });
  for (const script of ['typecheck', 'build']) {
    execFileSync('npm', ['run', '--silent', script], { cwd, stdio: 'inherit' });
  }
}

function play(story, env) {
  const args = ['--test', '--test-reporter=spec', story];
  const options = { cwd: __dirname, env: { ...process.env, ...env }, stdio: 'inherit' };
  if (spawnSync(process.execPath, args, options).status !== 0) process.exitCode = 1;
}

const names = process.argv.slice(2);
main(names.length > 0 ? names : ['hive']);
