const { chmodSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const customers = require('./neighbours/customers');
const orders = require('./neighbours/orders');
const { serveNeighbour } = require('./neighbours/server');
const { freePort, startProgram } = require('./processes');
const { signToken, tokenSettings } = require('./tokens');

const ROOT = join(__dirname, '../..');
const REWARDS = join(ROOT, 'dist/src/main.js');
const GATEWAY = join(__dirname, 'node_modules/@graphql-hive/gateway/dist/bin.js');

/** 0 lets the system choose. */
const ANY_PORTS = { gateway: 0, customers: 0, orders: 0, rewards: 0 };

/** Settings of whoever starts this that must not reach the Rewards subgraph: it runs on its own. */
const UNSET = {
  DATABASE_URL: undefined,
  DATABASE_MIGRATION_URL: undefined,
  AUTH_JWKS_URL: undefined,
  EVENTS_SECRET: undefined,
  WEBHOOK_URL: undefined,
};

/**
 * Starts the neighbours, the built Rewards subgraph (sandbox, a fresh database) and the gateway before
 * them. Where a part fails, or `signal` aborts, what was started is stopped again. `env` are further settings of Rewards.
 */
async function startSupergraph({ ports = ANY_PORTS, signal, env = {} } = {}) {
  const auth = tokenSettings();
  const stops = [];
  const stop = async () => {
    while (stops.length > 0) await stops.pop()();
  };
  try {
    const customersStub = await serveNeighbour('customers', customers, ports.customers);
    stops.push(customersStub.stop);
    const ordersStub = await serveNeighbour('orders', orders, ports.orders);
    stops.push(ordersStub.stop);
    const dataDir = temporaryDirectory();
    stops.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const gatewayPort = ports.gateway || (await freePort());
    const CALLBACK_ORIGINS = `http://127.0.0.1:${gatewayPort}`;
    const rewards = rewardsSubgraph({
      port: ports.rewards || (await freePort()),
      env: { ...UNSET, ...auth, REWARDS_DATA_DIR: dataDir, CALLBACK_ORIGINS, ...env },
      signal,
    });
    stops.push(rewards.stop);
    await rewards.start();
    const urls = { customers: customersStub.url, orders: ordersStub.url, rewards: rewards.url };
    const gateway = gatewayProgram(gatewayPort, urls, auth, signal);
    stops.push(gateway.stop);
    await gateway.start();
    const token = (subject, scope) => signToken(auth, subject, scope);
    return { url: gateway.url, urls, rewards, gateway, token, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'rewards-supergraph-'));
  // Root's database runs as another user, who has to reach its files.
  chmodSync(path, 0o755);
  return path;
}

/** The gateway: it can be stopped, and started again at the same address. */
function gatewayProgram(port, urls, auth, signal) {
  const origin = `http://127.0.0.1:${port}`;
  const env = {
    ...auth,
    GATEWAY_PORT: String(port),
    CUSTOMERS_URL: urls.customers,
    ORDERS_URL: urls.orders,
    REWARDS_URL: urls.rewards,
  };
  const args = [GATEWAY, '--config-path', 'gateway.config.mjs', 'supergraph'];
  const readyUrl = `${origin}/readiness`;
  const options = { cwd: __dirname, env, readyUrl, signal };
  let program = null;
  return {
    url: `${origin}/graphql`,
    async start() {
      program = await startProgram('The gateway', args, options);
    },
    async stop() {
      await program?.stop();
    },
  };
}

/** The Rewards subgraph: it can be stopped, and started again at the same address with what it knew. */
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

module.exports = { startSupergraph };
