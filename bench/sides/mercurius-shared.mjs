/** Mercurius with JIT given the service's own way to read: entities of a request together, requests of one turn in one statement. */
import { mercuriusFederationPlugin } from '@mercuriusjs/federation';
import Fastify from 'fastify';
import { openData, SCHEMA, serve } from './peer-data.mjs';

const POOL_SIZE = 10;

serve(async (url) => {
  const data = openData(url, POOL_SIZE);
  const fastify = Fastify();
  fastify.register(mercuriusFederationPlugin, {
    schema: SCHEMA,
    resolvers: { Query: { ping: () => 'pong' } },
    jit: 1,
  });
  await fastify.ready();
  const { _entities } = fastify.graphql.schema.getQueryType().getFields();
  _entities.resolve = (_source, { representations }) =>
    data.gather(representations.map(({ id }) => id));
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  return { port: fastify.server.address().port };
});
