/** Apollo Server with its subgraph library as most run it: nothing switched off, a DataLoader for each request. */
import { createRequire } from 'node:module';
import { openData, SCHEMA, serve } from './peer-data.mjs';

/** The service's own versions of them: graphql must be the same one for all. */
const ours = createRequire(new URL('../../package.json', import.meta.url));
const { ApolloServer } = ours('@apollo/server');
const { buildSubgraphSchema } = ours('@apollo/subgraph');
const { fastifyApolloHandler } = ours('@as-integrations/fastify');
const { parse } = ours('graphql');
const Fastify = ours('fastify');

const POOL_SIZE = 10;

serve(async (url) => {
  const data = openData(url, POOL_SIZE);
  const resolvers = {
    Query: { ping: () => 'pong' },
    Customer: { __resolveReference: ({ id }, { loader }) => loader.load(id) },
  };
  const apollo = new ApolloServer({
    schema: buildSubgraphSchema({ typeDefs: parse(SCHEMA), resolvers }),
  });
  await apollo.start();
  const fastify = Fastify();
  fastify.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    handler: fastifyApolloHandler(apollo, { context: async () => ({ loader: data.makeLoader() }) }),
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  return { port: fastify.server.address().port };
});
