import { HeaderMap } from '@apollo/server';
import { type DocumentNode, OperationTypeNode } from 'graphql';
import { allows } from '../auth/permissions';
import { RequestError } from '../kernel/errors';
import { Callbacks } from './callback';
import { checkOperation } from './cost';
import { httpError } from './format-error';
import { asksForSchema } from './limits';
import type { Watcher } from './watcher';

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
export function guardOperations(parts: GuardParts): Watcher {
  const asking = new WeakMap<DocumentNode, boolean>();
  const asks = (document: DocumentNode): boolean => {
    let known = asking.get(document);
    if (known === undefined) {
      known = asksForSchema(document);
      asking.set(document, known);
    }
    return known;
  };
  return () => {
    let isSubscribed = false;
    return {
      didResolveOperation: ({ request, schema, document, operation, contextValue }) => {
        if (!operation) return;
        const { actor, locale, requestId, traceId } = contextValue;
        const variables = request.variables ?? {};
        const isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
        try {
          if (parts.production && asks(document) && !allows(actor, 'readSchema')) {
            throw new RequestError('FORBIDDEN', 'The schema is shown to the service only.');
          }
          checkOperation(schema, document, operation, variables);
          const isCallback = Callbacks.isAskedFor(request.extensions);
          if (isCallback !== isSubscription) throw misplaced(isSubscription);
        } catch (error) {
          throw shown(error);
        }
        if (!isSubscription) return;
        const { operationName } = request;
        const args = { schema, document, operationName, variableValues: variables };
        const caller = { actor, locale, requestId, traceId };
        return parts.callbacks.start(request.extensions?.subscription, args, caller).then(
          () => {
            isSubscribed = true;
          },
          (error) => {
            throw shown(error);
          },
        );
      },
      responseForOperation: () => (isSubscribed ? SUBSCRIBED : null),
    };
  };
}

function shown(error: unknown): unknown {
  return error instanceof RequestError ? httpError(error) : error;
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
