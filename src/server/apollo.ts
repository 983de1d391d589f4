import type { ApolloServer, ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { cacheHints } from './cache-hints';
import type { Callbacks } from './callback';
import type { RequestContext } from './context';
import type { Batches } from './entities';
import { federatedTrace, untraced } from './federated-trace';
import type { FormatError } from './format-error';
import { guardOperations } from './guard';
import { ServerOfKnownQueries } from './known-queries';
import { DOCUMENT_RULES, LIMITS } from './limits';
import type { Watcher } from './watcher';
import { stringifyResult, writeEntities } from './write-entities';

export interface ApolloParts {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly formatError: FormatError;
  readonly callbacks: Pick<Callbacks, 'start'>;
  readonly log: Logger;
  /** How entities are read together where an operation asks for nothing but plain fields of them. */
  readonly batches?: Batches<RequestContext>;
  /** Whether a request may have its fields traced for a router: only where nobody else gets in. */
  readonly mayTrace: boolean;
  /** What counts, names and records operations; first, so that it sees what the others turn away. */
  readonly watch?: Watcher;
  /** What shuts the transports down, run when the server stops. */
  readonly drain: ApolloServerPlugin<RequestContext>;
}

/**
 * The GraphQL server over HTTP: one operation per request, against CSRF, nothing reported to anyone,
 * nothing that wraps every field but for a router's trace.
 */
export function createApollo(parts: ApolloParts): ApolloServer<RequestContext> {
  const watchers = [
    ...(parts.watch ? [parts.watch] : []),
    guardOperations(parts),
    // After every check of an operation.
    cacheHints(),
    ...(parts.batches ? [written(parts.batches, parts)] : []),
  ];
  const options = {
    schema: parts.schema,
    nodeEnv: parts.production ? 'production' : 'development',
    // Who may see the schema depends on the caller: `guardOperations` decides.
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false as const,
    includeStacktraceInErrorResponses: false,
    // The process has its own order of shutting down.
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: LIMITS.tokens.most },
    validationRules: [...DOCUMENT_RULES],
    formatError: parts.formatError,
    logger: parts.log,
    stringifyResult,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ...(parts.mayTrace ? [federatedTrace<RequestContext>()] : []),
      parts.drain,
    ],
  };
  return new ServerOfKnownQueries(options, watchers);
}

function written(
  batches: Batches<RequestContext>,
  { schema, mayTrace }: Pick<ApolloParts, 'schema' | 'mayTrace'>,
): Watcher {
  const watch = writeEntities(batches, schema);
  return mayTrace ? untraced(watch) : watch;
}
