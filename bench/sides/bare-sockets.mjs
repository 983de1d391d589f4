/** graphql-ws as its users run it, with a schema of one field and events that never come. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// The versions that the service has: this folder has others for its peers.
const require = createRequire(new URL('../../package.json', import.meta.url));
const { buildSchema } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const { WebSocketServer } = require('ws');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const schema = buildSchema('type Query { ok: Boolean } type Subscription { never(id: ID!): Int }');
schema.getSubscriptionType().getFields().never.subscribe = () => ({
  next: () => new Promise(() => undefined),
  return: async () => ({ done: true, value: undefined }),
  [Symbol.asyncIterator]() {
    return this;
  },
});

const server = createServer();
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
server.listen(0, '127.0.0.1');

let isAsked = false;
process.on('message', () => {
  const answer = isAsked ? memory() : { port: server.address().port };
  isAsked = true;
  process.send({ answer });
});
process.on('disconnect', () => process.exit());

function memory() {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { live: heapUsed + external, rss };
}
