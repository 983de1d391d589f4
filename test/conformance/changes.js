/**
 * `npm run changes` compares schema/rewards.graphql with the last released one, schema/released.graphql, and fails where
 * a change would break who asks it and the version in package.json does not say so, or where a deprecation has no date.
 * With `-- --release` it makes today's schema the released one, under that version.
 */
require('./install');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { breakingChanges, isBreakingVersion, undated } = require('./breaking-changes');

const ROOT = join(__dirname, '../..');
const RELEASED = join(ROOT, 'schema/released.graphql');
/** The first line of schema/released.graphql. */
const HEADING = /^# As of version (\d+\.\d+\.\d+)\n/;

const read = (file) => readFileSync(join(ROOT, file), 'utf8');

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

async function main() {
  const sdl = read('schema/rewards.graphql');
  const { version } = JSON.parse(read('package.json'));
  if (process.argv.includes('--release')) {
    writeFileSync(RELEASED, `# As of version ${version}\n${sdl}`);
    return;
  }
  const released = read('schema/released.graphql');
  const [, since] = HEADING.exec(released) ?? [];
  if (!since)
    throw new Error('schema/released.graphql has lost its first line, `# As of version …`.');
  for (const where of undated(sdl)) {
    fail(`${where} is deprecated without the date (YYYY-MM-DD) until which it stays.`);
  }
  const today = new Date().toISOString().slice(0, 10);
  const changes = await breakingChanges(released, sdl, today);
  const isAllowed = isBreakingVersion(since, version);
  for (const { message } of changes) {
    if (isAllowed) console.log(`breaking, as version ${version} says: ${message}`);
    else fail(`breaking: ${message}`);
  }
  if (changes.length > 0 && !isAllowed) {
    fail(
      `Undo them, or say so by the version: ${version} promises whoever runs ${since} that nothing breaks.`,
    );
  }
  console.log(`${changes.length} breaking changes since version ${since}.`);
}

main().catch((error) => fail(error.stack));
