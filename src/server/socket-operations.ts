import type { IncomingMessage } from 'node:http';
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import type { Actor } from '../auth/actor';
import { RequestError } from '../kernel/errors';
import { type Caller, type MakeContext, requestIdOf } from './context';
import { httpError } from './format-error';
import { LIMITS, tooMany } from './limits';
import { pickLocale } from './locale';
import type { Quotas, Release } from './quotas';
import { checkSubscription, type SubscribeRequest, subscribe } from './subscribe';

export interface OperationParts {
  readonly schema: GraphQLSchema;
  readonly makeContext: MakeContext;
  readonly quotas: Quotas;
}

/** Who speaks on a socket, and what runs on it. */
export interface Speaker {
  readonly request: IncomingMessage;
  actor: Actor;
  /** Ended with the socket: the library forgets a stream whose id was taken again at once. */
  readonly streams: Set<AsyncGenerator>;
}

/** A subscription that may run, with its place in its customer's share. */
export interface Admitted extends ExecutionArgs {
  readonly contextValue: { readonly speaker: Speaker; readonly release: Release };
}

/**
 * A subscription that may run, or what is wrong with it. `open`: how many the socket has, with this one. Never
 * rejects: that would end the socket.
 */
export async function checkOnSocket(
  { schema, quotas }: OperationParts,
  speaker: Speaker,
  open: number,
  payload: SubscribeRequest,
): Promise<Admitted | readonly GraphQLError[]> {
  const { actor, request } = speaker;
  const limit = LIMITS.subscriptionsOfSocket;
  try {
    await quotas.countOperation(actor, request.socket.remoteAddress);
    if (open > limit.most) throw tooMany(limit, open);
    const checked = checkSubscription(schema, payload);
    if (!('document' in checked)) return checked;
    return { ...checked, contextValue: { speaker, release: quotas.takeSubscription(actor) } };
  } catch (error) {
    return [toGraphQLError(error)];
  }
}

/** Runs a subscription, and gives its place back when it ends, however it ends. */
export async function startOnSocket(
  { makeContext }: OperationParts,
  { contextValue, ...args }: Admitted,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const { speaker, release } = contextValue;
  const caller = callerOf(speaker);
  let stream: AsyncGenerator | undefined;
  const end = (): void => {
    release();
    if (stream) speaker.streams.delete(stream);
  };
  const result = await subscribe(args, () => makeContext(caller), end);
  if (!('next' in result)) return result;
  stream = result;
  speaker.streams.add(stream);
  return result;
}

/** Who asks on a socket, and by what their requests are found in the log. */
export function callerOf({ actor, request }: Speaker): Caller {
  return {
    actor,
    locale: pickLocale(request.headers['accept-language']),
    requestId: requestIdOf(request.headers['x-request-id']),
  };
}

function toGraphQLError(error: unknown): GraphQLError {
  if (error instanceof RequestError) return httpError(error);
  const cause = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(cause.message, { originalError: cause });
}
