import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { type DocumentNode, OperationTypeNode } from 'graphql';
import { allows } from '../auth/permissions';
import { RequestError } from '../kernel/errors';
import { Callbacks } from './callback';
import type { RequestContext } from './context';
import { checkOperation } from './cost';
import { httpError } from './format-error';
import { asksForSchema } from './limits';

export interface GuardParts {
  /** In production the schema, as introspection or as SDL, is shown to the service only. */
  readonly production: boolean;
  readonly callbacks: Pick<Callbacks, 'start'>;
}

/**
 * The last word on an operation over HTTP before it runs: whether the schema may be shown, what it may cost with
 * these variables, and that a subscription is one by callback. Run by itself over HTTP its resolver would be
 * called once, with no event.
 */
export function guardOperations(parts: GuardParts): ApolloServerPlugin<RequestContext> {
  const asking = new WeakMap<DocumentNode, boolean>();
  const asks = (document: DocumentNode): boolean => {
    const known = asking.get(document) ?? asksForSchema(document);
    asking.set(document, known);
    return known;
  };
  return {
    requestDidStart: async () => {
      let isSubscribed = false;
      return {
        didResolveOperation: async ({ request, schema, document, operation, contextValue }) => {
          if (!operation) return;
          const { actor, locale, requestId, traceId } = contextValue;
          const variables = request.variables ?? {};
          try {
            if (parts.production && asks(document) && !allows(actor, 'readSchema')) {
              throw new RequestError('FORBIDDEN', 'The schema is shown to the service only.');
            }
            checkOperation(schema, document, operation, variables);
            const isCallback = Callbacks.isAskedFor(request.extensions);
            const isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
            if (isCallback !== isSubscription) throw misplaced(isSubscription);
            if (!isSubscription) return;
            const { operationName } = request;
            const args = { schema, document, operationName, variableValues: variables };
            await parts.callbacks.start(request.extensions?.subscription, args, {
              ...{ actor, locale, requestId, traceId },
            });
            isSubscribed = true;
          } catch (error) {
            throw error instanceof RequestError ? httpError(error) : error;
          }
        },
        responseForOperation: async () => (isSubscribed ? SUBSCRIBED : null),
      };
    },
  };
}

const SUBSCRIBED = {
  http: {
    status: 200,
    headers: new HeaderMap([['subscription-protocol', 'callback/1.0']]),
  },
  body: { kind: 'single' as const, singleResult: { data: null } },
};

function misplaced(isSubscription: boolean): RequestError {
  return new RequestError(
    'BAD_REQUEST',
    isSubscription
      ? 'Subscriptions run over WebSocket (graphql-transport-ws), or by callback (extensions.subscription).'
      : 'Only a subscription is called back: leave extensions.subscription out.',
  );
}
