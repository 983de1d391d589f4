/**
 * Composes the Rewards subgraph with its neighbours into supergraph.graphql, by three composers, since
 * platforms differ in which one they run. Fails where any of them does.
 *
 *   node compose.js           writes supergraph.graphql
 *   node compose.js --check   fails where the committed one is out of date, writes nothing
 */
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const apollo = require('@apollo/composition');
const guild = require('@theguild/federation-composition');
const wundergraph = require('@wundergraph/composition');
const { parse } = require('graphql');

const SCHEMA = join(__dirname, '../../schema');
const SUPERGRAPH = join(__dirname, 'supergraph.graphql');

/** Name, SDL and the address in the supergraph; gateway.config.mjs puts the real address in its place. */
const SUBGRAPHS = [
  { name: 'customers', file: 'platform/customers.graphql', url: 'http://localhost:4001/graphql' },
  { name: 'orders', file: 'platform/orders.graphql', url: 'http://localhost:4002/graphql' },
  { name: 'rewards', file: 'rewards.graphql', url: 'http://localhost:4003/graphql' },
];

/** Each composer answers with its errors and, where it has one, the supergraph. */
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
};

function compose() {
  const subgraphs = SUBGRAPHS.map(({ name, file, url }) => ({
    name,
    url,
    typeDefs: parse(readFileSync(join(SCHEMA, file), 'utf8')),
  }));
  const composed = Object.entries(COMPOSERS).map(([name, composer]) => {
    const { errors, hints = [], supergraph } = composer(subgraphs);
    console.log(`${name}: ${errors.length === 0 ? 'composes' : 'does not compose'}`);
    for (const error of errors) console.error(`  error: ${error.message}`);
    for (const hint of hints) console.log(`  hint: ${hint.message}`);
    return { failed: errors.length > 0, supergraph };
  });
  return composed.some(({ failed }) => failed) ? null : `${composed[0].supergraph.trimEnd()}\n`;
}

const supergraph = compose();
if (supergraph === null) {
  process.exitCode = 1;
} else if (!process.argv.includes('--check')) {
  writeFileSync(SUPERGRAPH, supergraph);
} else if (!existsSync(SUPERGRAPH) || readFileSync(SUPERGRAPH, 'utf8') !== supergraph) {
  console.error('supergraph.graphql is out of date: run `npm run compose` in examples/supergraph');
  process.exitCode = 1;
}
