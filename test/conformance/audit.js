/**
 * `npm run audit:http` runs the audits of GraphQL over HTTP that graphql-http has against the built Rewards subgraph, in
 * its sandbox. Every MUST has to pass, and everything else but what stands in KNOWN; what stands there has to fail, so
 * that the list stays true.
 */
require('./install');
const { serverAudits } = require('graphql-http');
const { startRewards } = require('../../examples/supergraph/rewards');

const GET =
  'A GET without a header that no foreign page can send is refused (CSRF prevention), and these audits send none.';
const STATUS =
  'A document or variables that are wrong are answered 400 by Apollo Server whatever is accepted, as the client asked for something impossible; with `application/json` the draft would have 200.';

/** Audits that are not passed, and why. */
const KNOWN = {
  '5A70': GET,
  D6D5: GET,
  '6A70': GET,
  '572B': STATUS,
  FDE2: STATUS,
  '7B9B': STATUS,
};

async function main() {
  const rewards = await startRewards();
  try {
    const audits = serverAudits({ url: rewards.url, fetchFn: fetch });
    const counts = new Map();
    for (const audit of audits) {
      const result = await audit.fn();
      const level = audit.name.split(' ')[0];
      const isOk = result.status === 'ok';
      const row = counts.get(level) ?? { audits: 0, passed: 0 };
      counts.set(level, { audits: row.audits + 1, passed: row.passed + Number(isOk) });
      const why = KNOWN[audit.id];
      if (isOk === (why === undefined)) continue;
      process.exitCode = 1;
      const found = isOk ? 'passes by now: take it off KNOWN' : result.reason;
      console.error(`${audit.id} ${audit.name}: ${found}`);
    }
    for (const [level, { audits: all, passed }] of counts) {
      console.log(`${level}: ${passed} of ${all} pass`);
    }
    if (!counts.get('MUST')) throw new Error('There were no audits of what MUST be.');
    for (const id of Object.keys(KNOWN)) {
      const audit = audits.find((one) => one.id === id);
      if (!audit) throw new Error(`There is no audit ${id} any more: take it off KNOWN.`);
      if (audit.name.startsWith('MUST')) throw new Error(`${id} is a MUST, which nothing excuses.`);
      console.log(`  not ${id}, ${audit.name}. ${KNOWN[id]}`);
    }
  } finally {
    await rewards.remove();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
