/** Mercurius with JIT and its federation plugin, a DataLoader for each request. */
import { mercuriusFederationPlugin } from '@mercuriusjs/federation';
import Fastify from 'fastify';
import { openData, SCHEMA, serve } from './peer-data.mjs';

const POOL_SIZE = 10;

const resolvers = {
  Query: { ping: () => 'pong' },
  Customer: { __resolveReference: ({ id }, _args, { loader }) => loader.load(id) },
};

serve(async (url) => {
  const data = openData(url, POOL_SIZE);
  const fastify = Fastify();
  fastify.register(mercuriusFederationPlugin, {
    schema: SCHEMA,
    resolvers,
    jit: 1,
    context: () => ({ loader: data.makeLoader() }),
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  return { port: fastify.server.address().port };
});
