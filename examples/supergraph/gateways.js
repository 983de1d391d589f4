const { execFileSync } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { COMPOSERS, platformSubgraphs } = require('./composition');
const { grafbaseProgram } = require('./grafbase');

const HIVE = join(__dirname, 'node_modules/@graphql-hive/gateway/dist/bin.js');
const PRINT_SCHEMA = join(__dirname, '../../dist/src/server/print-schema.js');

/**
 * Gateways before the three subgraphs, by the name that `npm run e2e -- <name>` takes: in which ways each gets
 * subscriptions from Rewards, what it cannot do and why, and how it is started.
 */
const GATEWAYS = {
  hive: {
    title: 'Hive Gateway',
    subscriptions: ['websocket', 'callback'],
    cannot: {},
    program: (where) => hive(where, []),
  },
  'hive-rust': {
    title: 'Hive Gateway with the planner in Rust',
    subscriptions: ['websocket', 'callback'],
    cannot: {},
    program: (where) => hive(where, ['--hive-router-runtime']),
  },
  apollo: {
    title: 'Apollo Gateway',
    subscriptions: ['none'],
    cannot: {
      subscriptions: 'Apollo Gateway executes no subscriptions.',
      guards:
        'Apollo Gateway refuses to start on a supergraph with `@authenticated` or `@requiresScopes`; it gets one composed without them, and Rewards alone refuses.',
    },
    program: apollo,
  },
  grafbase: {
    title: 'Grafbase',
    subscriptions: ['websocket'],
    cannot: {
      tokenAfterEvents:
        'Grafbase passes the token of `connection_init` on to Rewards’ own socket, not to the fetches that follow an event: to a browser, which can send it nowhere else, they come back without what is the member’s alone.',
      guards:
        'Grafbase enforces `@authenticated` and `@requiresScopes` by extensions that it downloads; without them Rewards alone refuses.',
    },
    program: grafbase,
  },
};

const addresses = (urls) => ({
  CUSTOMERS_URL: urls.customers,
  ORDERS_URL: urls.orders,
  REWARDS_URL: urls.rewards,
});

function hive({ port, urls, auth, subscriptions }, flags) {
  const origin = `http://127.0.0.1:${port}`;
  const GATEWAY_SUBSCRIPTIONS = subscriptions;
  return {
    args: [HIVE, '--config-path', 'routers/hive-gateway.config.mjs', 'supergraph', ...flags],
    cwd: __dirname,
    env: { ...auth, ...addresses(urls), GATEWAY_PORT: String(port), GATEWAY_SUBSCRIPTIONS },
    readyUrl: `${origin}/readiness`,
    url: `${origin}/graphql`,
    socketUrl: `ws://127.0.0.1:${port}/graphql`,
  };
}

function apollo({ port, urls, auth }) {
  const origin = `http://127.0.0.1:${port}`;
  const { ROUTER_SECRET } = auth;
  const directory = mkdtempSync(join(tmpdir(), 'rewards-apollo-'));
  const SUPERGRAPH = join(directory, 'supergraph.graphql');
  writeFileSync(SUPERGRAPH, withoutGuards());
  return {
    args: ['routers/apollo-gateway.js'],
    cwd: __dirname,
    env: {
      ...addresses(urls),
      ROUTER_SECRET,
      GATEWAY_PORT: String(port),
      SUPERGRAPH,
    },
    readyUrl: `${origin}/graphql?query=%7B__typename%7D`,
    url: `${origin}/graphql`,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A supergraph in which Rewards is composed without the directives of security. */
function withoutGuards() {
  const sdl = execFileSync(process.execPath, [PRINT_SCHEMA, '--without-guards'], {
    encoding: 'utf8',
  });
  const { errors, supergraph } = COMPOSERS.apollo(platformSubgraphs(sdl));
  if (errors.length > 0) throw new Error(`Without guards: ${errors.join('\n')}`);
  return supergraph;
}

function grafbase({ port, urls, auth }) {
  const program = grafbaseProgram();
  if (!program) throw new Error('Grafbase is not installed: its package is for Linux on x64 only.');
  const origin = `http://127.0.0.1:${port}`;
  return {
    program,
    args: ['dev', '--config', 'routers/grafbase.toml', '--listen-address', `127.0.0.1:${port}`],
    cwd: __dirname,
    env: { ...addresses(urls), ROUTER_SECRET: auth.ROUTER_SECRET },
    readyUrl: `${origin}/health`,
    url: `${origin}/graphql`,
    socketUrl: `ws://127.0.0.1:${port}/ws`,
  };
}

module.exports = { GATEWAYS };
