// Hive Gateway over the static supergraph. What differs between places comes from the environment:
// GATEWAY_PORT, CUSTOMERS_URL, ORDERS_URL, REWARDS_URL, and the settings of the Rewards subgraph that
// say how tokens are verified: AUTH_JWKS_URL or AUTH_SECRET, AUTH_ALGORITHMS, AUTH_ISSUER, AUTH_AUDIENCE. And
// ROUTER_SECRET, one of those that Rewards knows the gateway by.
import { fileURLToPath } from 'node:url';
import { defaultProtectSingleValidateFn } from '@envelop/generic-auth';
import { defineConfig } from '@graphql-hive/gateway';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const env = process.env;
const key = env.AUTH_JWKS_URL
  ? createRemoteJWKSet(new URL(env.AUTH_JWKS_URL))
  : new TextEncoder().encode(env.AUTH_SECRET);
const verification = {
  algorithms: env.AUTH_ALGORITHMS.split(','),
  issuer: env.AUTH_ISSUER,
  audience: env.AUTH_AUDIENCE,
};

/** Shown to Rewards, and to nobody else, with every request. A client's own header of the name goes no further than here. */
const routerSecret = { 'x-rewards-router-secret': env.ROUTER_SECRET };

/** The Authorization value of whoever asks: over HTTP a header, over a WebSocket in connection_init. */
function authorizationOf({ request, connectionParams }) {
  const token = connectionParams?.token;
  return request?.headers.get('authorization') ?? (token ? `Bearer ${token}` : null);
}

/** The claims of a valid token, else null: then only what needs no token is answered. */
async function claimsOf(context) {
  const token = authorizationOf(context)?.replace(/^Bearer +/i, '');
  if (!token) return null;
  return jwtVerify(token, key, verification).then(
    ({ payload }) => payload,
    () => null,
  );
}

/** Of the two places for a token the client's own is filled. */
const socket = {
  kind: 'ws',
  location: env.REWARDS_URL,
  options: {
    connectionParams: {
      token: '{context.connectionParams.token}',
      authorization: '{context.headers.authorization}',
      ...routerSecret,
    },
  },
};

/** Rewards calls back where its CALLBACK_ORIGINS allow it. */
const callback = {
  kind: 'http-callback',
  location: env.REWARDS_URL,
  options: {
    public_url: `http://127.0.0.1:${env.GATEWAY_PORT}/callback`,
    path: '/callback',
    heartbeat_interval: 5_000,
  },
  headers: [['authorization', '{context.headers.authorization}'], ...Object.entries(routerSecret)],
};

export const gatewayConfig = defineConfig({
  webhooks: true,
  supergraph: fileURLToPath(new URL('../supergraph.graphql', import.meta.url)),
  host: '127.0.0.1',
  port: Number(env.GATEWAY_PORT ?? 4000),

  transportEntries: {
    customers: { location: env.CUSTOMERS_URL },
    orders: { location: env.ORDERS_URL },
    rewards: {
      location: env.REWARDS_URL,
      options: {
        // Subscriptions go upstream over a WebSocket, or are called back (GATEWAY_SUBSCRIPTIONS=callback);
        // unasked, Hive would try server-sent events, which Apollo Server does not speak.
        subscriptions: env.GATEWAY_SUBSCRIPTIONS === 'callback' ? callback : socket,
      },
    },
  },

  // Rewards decides by itself who may see what, so it must learn who asks. The stubs do not ask.
  propagateHeaders: {
    fromClientToSubgraphs: ({ context, subgraphName }) =>
      subgraphName === 'rewards'
        ? { authorization: authorizationOf(context), ...routerSecret }
        : {},
  },

  // @authenticated and @requiresScopes of the supergraph hold at the gateway only with this; Rewards
  // checks them again. A field without the right is null with an error; the page keeps its rest, and
  // its status 200, because clients drop the data of a 401.
  genericAuth: {
    mode: 'protect-granular',
    resolveUserFn: claimsOf,
    rejectUnauthenticated: false,
    validateUser(params) {
      const error = defaultProtectSingleValidateFn(params);
      if (error) delete error.extensions.http;
      return error;
    },
  },
});
