import type {
  ApolloServerPlugin,
  GraphQLRequestContext,
  GraphQLRequestListener,
} from '@apollo/server';
import type { RequestContext } from './context';

type Listener = GraphQLRequestListener<RequestContext>;
/** A hook of Apollo Server's that need not be waited for where it has nothing to wait for. */
type Prompt<Hook> = Hook extends (asked: infer Asked) => Promise<infer Answer>
  ? (asked: Asked) => Answer | Promise<Answer>
  : never;

/** What is told of one operation over HTTP. */
export type OperationHooks = {
  readonly [Name in
    | 'didResolveOperation'
    | 'didEncounterErrors'
    | 'responseForOperation'
    | 'willSendResponse']?: Prompt<NonNullable<Listener[Name]>>;
};

/** Called with each operation over HTTP as it arrives. */
export type Watcher = (request: GraphQLRequestContext<RequestContext>) => OperationHooks;

/** A watcher as Apollo Server calls it. */
export function asPlugin(watch: Watcher): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async (request) => {
      const hooks = watch(request);
      return {
        didResolveOperation: async (asked) => hooks.didResolveOperation?.(asked),
        didEncounterErrors: async (asked) => hooks.didEncounterErrors?.(asked),
        responseForOperation: async (asked) => (await hooks.responseForOperation?.(asked)) ?? null,
        willSendResponse: async (asked) => hooks.willSendResponse?.(asked),
      };
    },
  };
}
