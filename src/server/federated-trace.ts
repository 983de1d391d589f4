import type {
  ApolloServerPlugin,
  BaseContext,
  GraphQLRequestContext,
  GraphQLRequestListener,
} from '@apollo/server';
import type { OperationHooks, Watcher } from './watcher';

const ASKED = 'apollo-federation-include-trace';
const NO_HOOKS: OperationHooks = {};

/**
 * Times every field of a request whose router asks for it (`ftv1`) and gives that in `extensions.ftv1`. For servers that only a router
 * with its secret reaches: a trace names each field and its time, and from the first one on graphql-js calls every resolver through
 * a wrapper.
 */
export function federatedTrace<Context extends BaseContext>(): ApolloServerPlugin<Context> {
  let tracing: ApolloServerPlugin<Context> | undefined;
  return {
    requestDidStart: async (request) => {
      if (!asksForTrace(request)) return;
      tracing ??= loadTracing();
      const listener = await tracing.requestDidStart?.(request);
      return listener as GraphQLRequestListener<Context> | undefined;
    },
  };
}

/** `watch`, but for requests of which a trace is made. */
export function untraced(watch: Watcher): Watcher {
  return (request) => (asksForTrace(request) ? NO_HOOKS : watch(request));
}

function asksForTrace<Context extends BaseContext>({
  request,
}: GraphQLRequestContext<Context>): boolean {
  return request.http?.headers.get(ASKED) === 'ftv1';
}

type InlineTrace = typeof import('@apollo/server/plugin/inlineTrace');

/** Loads what it needs of protobuf only once somebody asks. Messages of errors stay where they are told: in the answer. */
function loadTracing<Context extends BaseContext>(): ApolloServerPlugin<Context> {
  const inline: InlineTrace = require('@apollo/server/plugin/inlineTrace');
  return inline.ApolloServerPluginInlineTrace({ includeErrors: { masked: true } });
}
