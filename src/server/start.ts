import { EXPORTS } from '../analytics/exports';
import type { App } from '../app';
import { registerEvents } from '../events/events.route';
import { batches } from '../federation/graph';
import { loadersOf } from '../federation/loaders';
import { registerMailPage } from '../notifications/mail.route';
import { registerSandboxJobs } from './sandbox';
import { buildSchema } from './schema';
import { type RunningServer, serve } from './server';

/** Starts to serve the rewards program: GraphQL at /graphql, the platform's events at /events, what is exported, health. */
export function startServer(app: App): Promise<RunningServer> {
  const makeLoaders = loadersOf(app);
  return serve(app, {
    schema: buildSchema().schema,
    batches,
    // Member by member: a spread costs more than the rest of it.
    makeContext: ({ actor, locale, requestId, traceId }) => {
      return { app, actor, locale, requestId, traceId, loaders: makeLoaders(actor) };
    },
    exports: EXPORTS,
    registerRoutes: async (fastify) => {
      await registerEvents(fastify, app);
      if (app.config.production) return;
      registerMailPage(fastify, app);
      if (app.config.sandbox) registerSandboxJobs(fastify, app);
    },
  });
}
