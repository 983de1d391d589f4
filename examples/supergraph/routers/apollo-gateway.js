// Apollo Gateway over a static supergraph. What differs between places comes from the environment: GATEWAY_PORT,
// SUPERGRAPH (a file), CUSTOMERS_URL, ORDERS_URL, REWARDS_URL, and ROUTER_SECRET, one of those that Rewards knows the
// gateway by. The supergraph has to be composed of Rewards without the directives of security, which this gateway
// refuses: `npm run --silent schema -- --without-guards` prints it. It runs no subscriptions.

// On by default: traces and metrics to Apollo, and questions to the cloud's metadata service at the start.
process.env.APOLLO_TELEMETRY_DISABLED = '1';

const { readFileSync } = require('node:fs');
const { ApolloGateway, RemoteGraphQLDataSource } = require('@apollo/gateway');
const { ApolloServer } = require('@apollo/server');
const { startStandaloneServer } = require('@apollo/server/standalone');

const env = process.env;
/** Rewards decides by itself who may see what, so it must learn who asks; and that it is the gateway who passes it on. */
class Rewards extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    if (context.authorization) request.http.headers.set('authorization', context.authorization);
    request.http.headers.set('x-rewards-router-secret', env.ROUTER_SECRET);
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(env.SUPERGRAPH, 'utf8'),
  buildService: ({ name, url }) => {
    const Source = name === 'rewards' ? Rewards : RemoteGraphQLDataSource;
    return new Source({ url: env[`${name.toUpperCase()}_URL`] ?? url });
  },
});

startStandaloneServer(new ApolloServer({ gateway, includeStacktraceInErrorResponses: false }), {
  listen: { host: '127.0.0.1', port: Number(env.GATEWAY_PORT ?? 4000) },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
}).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
