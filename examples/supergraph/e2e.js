/**
 * `npm run e2e -- <gateway> …`: plays test/stories.test.js through the gateways named (Hive where none is), once for
 * each way in which a gateway gets subscriptions from Rewards. The project has to be built.
 */
const { spawnSync } = require('node:child_process');
const { GATEWAYS } = require('./gateways');
const { grafbaseProgram } = require('./grafbase');

function main(names) {
  const unknown = names.filter((name) => !(name in GATEWAYS));
  if (unknown.length > 0) {
    console.error(
      `No gateway ${unknown.join(', ')}; there are ${Object.keys(GATEWAYS).join(', ')}.`,
    );
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
    for (const subscriptions of GATEWAYS[name].subscriptions) {
      const { status } = spawnSync(
        process.execPath,
        ['--test', '--test-reporter=spec', 'test/stories.test.js'],
        {
          cwd: __dirname,
          env: { ...process.env, GATEWAY: name, GATEWAY_SUBSCRIPTIONS: subscriptions },
          stdio: 'inherit',
        },
      );
      if (status !== 0) process.exitCode = 1;
    }
  }
}

const names = process.argv.slice(2);
main(names.length > 0 ? names : ['hive']);
