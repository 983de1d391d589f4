const { chmodSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { freePort, startProgram } = require('./processes');

const ROOT = join(__dirname, '../..');
const REWARDS = join(ROOT, 'dist/src/main.js');

/** Settings of whoever starts this that must not reach the Rewards subgraph: it runs on its own. */
const UNSET = {
  DATABASE_URL: undefined,
  DATABASE_MIGRATION_URL: undefined,
  AUTH_JWKS_URL: undefined,
  EVENTS_SECRET: undefined,
  WEBHOOK_URL: undefined,
};

/**
 * Starts the built Rewards subgraph in its sandbox, on a database of its own that goes when it is removed. It can be
 * stopped, and started again at the same address with what it knew. `port` 0 lets the system choose.
 */
async function startRewards({ port = 0, env = {}, signal } = {}) {
  const dataDir = temporaryDirectory();
  const rewards = rewardsSubgraph({
    port: port || (await freePort()),
    env: { ...UNSET, REWARDS_DATA_DIR: dataDir, ...env },
    signal,
  });
  const remove = async () => {
    await rewards.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await rewards.start();
  } catch (error) {
    await remove();
    throw error;
  }
  return { ...rewards, remove };
}

function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'rewards-supergraph-'));
  // Root's database runs as another user, who has to reach its files.
  chmodSync(path, 0o755);
  return path;
}

function rewardsSubgraph({ port, env, signal }) {
  const origin = `http://127.0.0.1:${port}`;
  const settings = { ...env, NODE_ENV: 'development', PORT: String(port), REWARDS_SANDBOX: '1' };
  const readyUrl = `${origin}/health/ready`;
  let program = null;
  return {
    url: `${origin}/graphql`,
    async start() {
      const options = { cwd: ROOT, env: settings, readyUrl, signal };
      program = await startProgram('The Rewards subgraph', [REWARDS], options);
    },
    async stop() {
      await program?.stop();
    },
    tell: (events) => tell(`${origin}/events`, events),
  };
}

/** Tells platform events and resolves with their results; fails unless Rewards took every one. */
async function tell(url, events) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${answer}`);
  const { results } = JSON.parse(answer);
  const refused = results.find(({ outcome }) => outcome === 'REJECTED' || outcome === 'SET_ASIDE');
  if (refused) throw new Error(`${url} did not take ${JSON.stringify(refused)}`);
  return results;
}

module.exports = { startRewards };
