/** Mercurius with JIT and its federation plugin, a DataLoader for each request. */
import { mercuriusFederationPlugin } from '@mercuriusjs/federation';
import Fastify from 'fastify';
import { openData, serve } from './peer-data.mjs';

const POOL_SIZE = 10;

const schema = `
  extend type Query { ping: String }
  type Customer @key(fields: "id") { id: ID! xPoints: XPointsBalance tier: RewardsTierStatus }
  type XPointsBalance { available: Float! held: Float! owed: Float! value: Money! sequence: Float! }
  type RewardsTierStatus { tier: RewardsTier! turnover: Money! }
  type RewardsTier { code: String! pointsPerUnit: Int! }
  type Money { amount: String! currency: String! }
`;
const resolvers = {
  Query: { ping: () => 'pong' },
  Customer: { __resolveReference: ({ id }, _args, { loader }) => loader.load(id) },
};

serve(async (url) => {
  const data = openData(url, POOL_SIZE);
  const fastify = Fastify();
  fastify.register(mercuriusFederationPlugin, {
    schema,
    resolvers,
    jit: 1,
    context: () => ({ loader: data.makeLoader() }),
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  return { port: fastify.server.address().port };
});
