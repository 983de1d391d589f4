const { readFileSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const apollo = require('@apollo/composition');
const guild = require('@theguild/federation-composition');
const wundergraph = require('@wundergraph/composition');
const { parse } = require('graphql');
const { grafbaseProgram } = require('./grafbase');

const SCHEMA = join(__dirname, '../../schema');

/** Name, SDL and the address in the supergraph; a gateway's configuration puts the real address in its place. */
const SUBGRAPHS = [
  { name: 'customers', file: 'platform/customers.graphql', url: 'http://localhost:4001/graphql' },
  { name: 'orders', file: 'platform/orders.graphql', url: 'http://localhost:4002/graphql' },
  { name: 'rewards', file: 'rewards.graphql', url: 'http://localhost:4003/graphql' },
];

/** The neighbours and Rewards; `rewardsSdl` takes the place of schema/rewards.graphql. */
function platformSubgraphs(rewardsSdl) {
  return SUBGRAPHS.map(({ name, file, url }) => {
    const own = name === 'rewards' ? rewardsSdl : undefined;
    const typeDefs = parse(own ?? readFileSync(join(SCHEMA, file), 'utf8'));
    return { name, url, typeDefs };
  });
}

/** Each composer answers with its errors and, where it has one, the supergraph; null where it is not installed. */
const COMPOSERS = {
  apollo: (subgraphs) => {
    const { errors = [], hints = [], supergraphSdl } = apollo.composeServices(subgraphs);
    return { errors, hints, supergraph: supergraphSdl };
  },
  guild: (subgraphs) => {
    const { errors = [], supergraphSdl } = guild.composeServices(subgraphs);
    return { errors, supergraph: supergraphSdl };
  },
  wundergraph: (subgraphs) => {
    const { success, errors, warnings } = wundergraph.federateSubgraphs({
      subgraphs: subgraphs.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs })),
      version: wundergraph.LATEST_ROUTER_COMPATIBILITY_VERSION,
    });
    return { errors: success ? [] : errors, hints: warnings };
  },
  grafbase: composeByGrafbase,
};

/** Grafbase's composer is a program that reads the files its configuration names. */
function composeByGrafbase() {
  const program = grafbaseProgram();
  if (!program) return null;
  const [customers, orders, rewards] = SUBGRAPHS.map(({ url }) => url);
  const { status, stdout, stderr } = spawnSync(
    program,
    ['compose', '--config', 'routers/grafbase.toml'],
    {
      cwd: __dirname,
      encoding: 'utf8',
      env: {
        ...process.env,
        CUSTOMERS_URL: customers,
        ORDERS_URL: orders,
        REWARDS_URL: rewards,
        ROUTER_SECRET: 'none',
      },
    },
  );
  return { errors: status === 0 ? [] : [new Error(stderr)], supergraph: stdout };
}

/** The public schema of what is tagged for an audience, and not for the desk. */
function composeVariant(audience) {
  const contract = { include: new Set([audience]), exclude: new Set(['desk']) };
  const { errors = [], publicSdl } = guild.composeSchemaContract(
    platformSubgraphs(),
    contract,
    true,
  );
  if (errors.length > 0) throw new Error(`The variant for ${audience}: ${errors.join('; ')}`);
  return `${publicSdl.trimEnd()}\n`;
}

module.exports = { COMPOSERS, composeVariant, platformSubgraphs };
