import type { ApolloServerPlugin, BaseContext, GraphQLRequestListener } from '@apollo/server';

const ASKED = 'apollo-federation-include-trace';

/**
 * Times every field of a request whose router asks for it (`ftv1`) and gives that in `extensions.ftv1`; every other
 * request goes on with `untraced`. Only where a router's secret keeps others out (`mayTrace`): a trace names each
 * field and its time, and from the first one on graphql-js calls every resolver through a wrapper.
 */
export function federatedTrace<Context extends BaseContext>(
  mayTrace: boolean,
  untraced: ApolloServerPlugin<Context> | undefined,
): ApolloServerPlugin<Context> {
  let tracing: ApolloServerPlugin<Context> | undefined;
  return {
    requestDidStart: async (request) => {
      let plugin = untraced;
      if (mayTrace && request.request.http?.headers.get(ASKED) === 'ftv1') {
        tracing ??= loadTracing();
        plugin = tracing;
      }
      const listener = await plugin?.requestDidStart?.(request);
      return listener as GraphQLRequestListener<Context> | undefined;
    },
  };
}

type InlineTrace = typeof import('@apollo/server/plugin/inlineTrace');

/** Loads what it needs of protobuf only once somebody asks. Messages of errors stay where they are told: in the answer. */
function loadTracing<Context extends BaseContext>(): ApolloServerPlugin<Context> {
  const inline: InlineTrace = require('@apollo/server/plugin/inlineTrace');
  return inline.ApolloServerPluginInlineTrace({ includeErrors: { masked: true } });
}
