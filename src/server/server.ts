import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { App } from '../app';
import { createAuthenticator } from '../auth/authenticate';
import type { RequestError } from '../kernel/errors';
import { createApollo } from './apollo';
import { Callbacks } from './callback';
import { type MakeContext, type RequestContext, requestIdOf } from './context';
import type { Batches } from './entities';
import { type Export, registerExports } from './exports.route';
import { errorFormatter } from './format-error';
import { registerGraphiql } from './graphiql';
import { registerGraphql } from './graphql.route';
import { registerHealth } from './health';
import { errorBody, sendError } from './http-error';
import { LIMITS } from './limits';
import { Quotas } from './quotas';
import { requireRouter, routerCheck } from './router-secret';
import { registerSandboxClock } from './sandbox';
import { SharedEvents } from './shared-events';
import { watchOperations, watchSubscriptions } from './watch-operations';
import { turnedAway, watchRequests } from './watch-requests';
import { serveSockets } from './websocket';
import { writeEvents } from './write-events';

/** A request that has not arrived in full by then is cut, in milliseconds. */
const REQUEST_MS = 30_000;
/** How long a load balancer may take to notice that the process is not ready any more, in milliseconds. */
const NOTICE_MS = 5_000;

/** What is served beside the app itself. */
export interface Served {
  readonly schema: GraphQLSchema;
  readonly makeContext: MakeContext;
  /** How entities are read together. */
  readonly batches?: Batches<RequestContext>;
  /** What may be downloaded; nothing where none is named. */
  readonly exports?: readonly Export[];
  /** Further HTTP routes. */
  readonly registerRoutes: (fastify: FastifyInstance) => Promise<void>;
}

export interface RunningServer {
  /** The origin, without a path. */
  readonly url: string;
  readonly port: number;
  /**
   * Shuts down: not ready any more, newcomers turned away, sockets closed with 1001, requests under
   * way finished. Calling it again gives the same promise. Database and ledger are the caller's to close, afterwards.
   */
  stop(): Promise<void>;
}

/** Serves GraphQL over HTTP and WebSocket at /graphql, and the routes beside it. */
export async function serve(app: App, served: Served): Promise<RunningServer> {
  const { config, log } = app;
  const { schema, makeContext } = served;
  const authenticate = createAuthenticator(config);
  const isRouter = routerCheck(config.routerSecrets, log);
  if (config.production && config.routerSecrets.length === 0) {
    log.warn('ROUTER_SECRET is none: only what stands before this process keeps others out');
  }
  const formatError = errorFormatter(log, config.production);
  const quotas = new Quotas(config.rateLimit);
  const events = new SharedEvents(makeContext, writeEvents(schema));
  const callbacks = new Callbacks({
    ...{ events, formatError, quotas, log },
    origins: config.callbackOrigins,
  });
  let isDraining = false;

  const fastify = createFastify(app, () => isDraining);
  const sockets = serveSockets(fastify.server, {
    watch: watchSubscriptions(app, schema),
    ...{ schema, isRouter, authenticate, events, formatError, quotas, log },
    origins: config.socketOrigins,
  });
  const apollo = createApollo({
    ...{ schema, formatError, callbacks, log },
    ...(served.batches && { batches: served.batches }),
    production: config.production,
    mayTrace: config.routerSecrets.length > 0,
    watch: watchOperations(app),
    drain: fastifyApolloDrainPlugin(fastify),
  });
  await apollo.start();
  registerHealth(fastify, { database: app.database, log, isDraining: () => isDraining });
  if (!config.production) registerGraphiql(fastify);
  if (config.sandbox && !config.production) {
    registerSandboxClock(fastify, app.database, requireRouter(isRouter));
  }
  await registerGraphql(fastify, {
    apollo,
    audit: app.audit,
    isRouter,
    authenticate,
    makeContext,
    quotas,
    hasPage: !config.production,
  });
  await registerExports(fastify, {
    ...{ app, isRouter, authenticate, quotas },
    exports: served.exports ?? [],
  });
  await served.registerRoutes(fastify);
  await fastify.listen({ port: config.port, host: config.host });

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    isDraining = true;
    if (config.production) await pause(NOTICE_MS);
    await Promise.all([sockets.close(), callbacks.close()]);
    await apollo.stop();
  };
  const { port } = fastify.server.address() as AddressInfo;
  return {
    url: `http://${reachable(config.host)}:${port}`,
    port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function createFastify(app: App, isDraining: () => boolean): FastifyInstance {
  const { log, metrics, audit } = app;
  const fastify = Fastify({
    bodyLimit: LIMITS.bodyBytes.most,
    requestTimeout: REQUEST_MS,
    // What is wrong before there is a route: a path that is no URL.
    frameworkErrors: (error, _request, reply) => {
      void (reply as FastifyReply).code(400).send(errorBody('BAD_REQUEST', error.message));
    },
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
  });
  watchRequests(fastify, log, metrics);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    // Else a connection that is kept alive would hold up the shutdown.
    if (isDraining()) reply.header('connection', 'close');
    done();
  });
  fastify.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(errorBody('NOT_FOUND', 'There is nothing here.')),
  );
  fastify.setErrorHandler((error: FastifyError | RequestError, request, reply) => {
    turnedAway(audit, request, error);
    return sendError(log, error, reply);
  });
  return fastify;
}

/** The address under which a listening host is reached from the same machine. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
