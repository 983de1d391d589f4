import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type DocumentNode, GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import { allows } from '../auth/permissions';
import type { RequestContext } from './context';
import type { FormatError } from './format-error';
import { asksForSchema, depthRule, MAX_TOKENS } from './limits';

export interface ApolloParts {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly formatError: FormatError;
  readonly log: Logger;
  /** What shuts the transports down, run when the server stops. */
  readonly drain: ApolloServerPlugin<RequestContext>;
}

/**
 * The GraphQL server over HTTP: one operation per request, against CSRF, nothing reported to anyone,
 * nothing traced that wraps every field.
 */
export function createApollo(parts: ApolloParts): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema: parts.schema,
    nodeEnv: parts.production ? 'production' : 'development',
    // Who may see the schema depends on the caller: `schemaGuard` decides.
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    // The process has its own order of shutting down.
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: [depthRule],
    formatError: parts.formatError,
    logger: parts.log,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      subscriptionGuard,
      ...(parts.production ? [schemaGuard()] : []),
      parts.drain,
    ],
  });
}

/** Without it, a subscription over HTTP would run its resolver once, with no event. */
const subscriptionGuard: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
      throw refused('BAD_REQUEST', 400, 'Subscriptions run over WebSocket (graphql-transport-ws).');
    },
  }),
};

/** In production the schema, as introspection or as SDL, is shown to the service only. */
function schemaGuard(): ApolloServerPlugin<RequestContext> {
  const known = new WeakMap<DocumentNode, boolean>();
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, contextValue }) => {
        const asks = known.get(document) ?? asksForSchema(document);
        known.set(document, asks);
        if (!asks || allows(contextValue.actor, 'readSchema')) return;
        throw refused('FORBIDDEN', 403, 'The schema is shown to the service only.');
      },
    }),
  };
}

function refused(code: string, status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}
