const customers = require('./neighbours/customers');
const orders = require('./neighbours/orders');
const { serveNeighbour } = require('./neighbours/server');
const { GATEWAYS } = require('./gateways');
const { freePort, startProgram } = require('./processes');
const { startRewards } = require('./rewards');
const { signToken, tokenSettings } = require('./tokens');

/** 0 lets the system choose. */
const ANY_PORTS = { gateway: 0, customers: 0, orders: 0, rewards: 0 };

/**
 * Starts the neighbours, the built Rewards subgraph (sandbox, a fresh database) and a gateway before them: one of
 * gateways.js, with one of the ways in which it gets subscriptions from Rewards, the first where none is named.
 * Where a part fails, or `signal` aborts, what was started is stopped again. `env` are further settings of Rewards. The
 * gateway can be stopped, and started again at the same address.
 */
async function startSupergraph(options = {}) {
  const { ports = ANY_PORTS, gateway: name = 'hive', signal, env = {} } = options;
  const kind = GATEWAYS[name];
  const { subscriptions = kind.subscriptions[0] } = options;
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
    const port = ports.gateway || (await freePort());
    const CALLBACK_ORIGINS = `http://127.0.0.1:${port}`;
    const rewards = await startRewards({
      port: ports.rewards,
      env: { ...auth, CALLBACK_ORIGINS, ...env },
      signal,
    });
    stops.push(rewards.remove);
    const urls = { customers: customersStub.url, orders: ordersStub.url, rewards: rewards.url };
    const wanted = kind.program({ port, urls, auth, subscriptions });
    const { url, socketUrl, remove, ...program } = wanted;
    if (remove) stops.push(remove);
    const gateway = gatewayProgram(kind.title, { ...program, signal });
    stops.push(gateway.stop);
    await gateway.start();
    const token = (subject, scope, organization) => signToken(auth, subject, scope, organization);
    return { url, socketUrl, urls, rewards, gateway, token, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function gatewayProgram(title, options) {
  let program = null;
  return {
    async start() {
      program = await startProgram(title, options.args, options);
    },
    async stop() {
      await program?.stop();
    },
  };
}

module.exports = { startSupergraph };
