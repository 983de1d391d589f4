const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { buildSubgraphSchema } = require('@apollo/subgraph');
const { parse } = require('graphql');
const { createYoga } = require('graphql-yoga');

const PLATFORM = join(__dirname, '../../../schema/platform');

/**
 * Serves a neighbour on loopback: its plain SDL from schema/platform and its resolvers. `port` 0 lets
 * the system choose. Resolves with the address of its GraphQL endpoint and a function that stops it.
 */
async function serveNeighbour(name, resolvers, port) {
  const typeDefs = parse(readFileSync(join(PLATFORM, `${name}.graphql`), 'utf8'));
  const yoga = createYoga({
    schema: buildSubgraphSchema([{ typeDefs, resolvers }]),
    logging: false,
  });
  const server = createServer(yoga);
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/graphql`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

module.exports = { serveNeighbour };
