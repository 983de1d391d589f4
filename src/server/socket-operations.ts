import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { RequestError } from '../kernel/errors';
import type { Caller } from './context';
import { httpError } from './format-error';
import { LIMITS, tooMany } from './limits';
import type { Quotas, Release } from './quotas';
import type { EventResult, SharedEvents } from './shared-events';
import {
  checkSubscription,
  type EventStream,
  type Hearer,
  type SubscribeRequest,
  subscribe,
} from './subscribe';

export interface OperationParts {
  readonly schema: GraphQLSchema;
  readonly events: SharedEvents;
  readonly quotas: Quotas;
}

/** Told that a text has left, or why it could not. */
export type Left = (error?: Error | null) => void;

/** Who speaks on a socket, and what runs on it. */
export interface Speaker {
  readonly caller: Caller;
  /** Where they speak from, of somebody who showed no token. */
  readonly address: string | undefined;
  /** Ended with the socket: the library forgets a stream whose id was taken again at once. */
  readonly streams: Set<SocketStream>;
  /** Calls back when the text has left, or could not. */
  send(text: string, left: Left): void;
  /** What may be shown of a result with errors; they are recorded. */
  shown(payload: SubscribeRequest, result: ExecutionResult): object;
}

/** A subscription that may run, with its place in its customer's share. */
export interface Admitted extends ExecutionArgs {
  readonly contextValue: {
    readonly id: string;
    readonly payload: SubscribeRequest;
    readonly speaker: Speaker;
    readonly release: Release;
  };
}

/**
 * A subscription that may run, or what is wrong with it. `open`: how many the socket has, with this one. Never
 * rejects: that would end the socket.
 */
export async function checkOnSocket(
  { schema, quotas }: OperationParts,
  speaker: Speaker,
  open: number,
  id: string,
  payload: SubscribeRequest,
): Promise<Admitted | readonly GraphQLError[]> {
  const { actor } = speaker.caller;
  const limit = LIMITS.subscriptionsOfSocket;
  try {
    await quotas.countOperation(actor, speaker.address);
    if (open > limit.most) throw tooMany(limit, open);
    const checked = checkSubscription(schema, payload);
    if (!('document' in checked)) return checked;
    const release = quotas.takeSubscription(actor);
    return { ...checked, contextValue: { id, payload, speaker, release } };
  } catch (error) {
    return [toGraphQLError(error)];
  }
}

/** Runs a subscription, and gives its place back when it ends, however it ends. */
export async function startOnSocket(
  { events }: OperationParts,
  { contextValue, ...args }: Admitted,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const { id, payload, speaker, release } = contextValue;
  let stream: SocketStream | undefined;
  const end = (): void => {
    release();
    if (stream) speaker.streams.delete(stream);
  };
  const started = await subscribe({ args, caller: speaker.caller }, events, end);
  if (!('ask' in started)) return started;
  stream = new SocketStream(started, speaker, id, payload);
  speaker.streams.add(stream);
  return stream;
}

/**
 * To the library a stream that gives nothing and ends some time: it sends its events itself, so that the text of one that
 * many watch is made once. The next event is asked for when the last one has left, so a client that does not read
 * holds up its own events only.
 */
export class SocketStream implements AsyncGenerator<never, undefined>, Hearer {
  private over: (result: IteratorReturnResult<undefined>) => void = () => undefined;
  private broken: (error: unknown) => void = () => undefined;

  constructor(
    private readonly events: EventStream,
    private readonly speaker: Speaker,
    private readonly id: string,
    private readonly payload: SubscribeRequest,
  ) {}

  next(): Promise<IteratorReturnResult<undefined>> {
    return new Promise((resolve, reject) => {
      this.over = resolve;
      this.broken = reject;
      this.events.ask(this);
    });
  }

  heard(event: EventResult): void {
    this.speaker.send(this.messageOf(event), this.sent);
  }

  ended(): void {
    this.over({ done: true, value: undefined });
  }

  failed(error: unknown): void {
    this.broken(error);
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.events.return();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    await this.events.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.events.return();
  }

  private readonly sent: Left = (error) => {
    if (error) this.failed(error);
    else this.events.ask(this);
  };

  private messageOf(event: EventResult): string {
    const payload = event.hasErrors
      ? JSON.stringify(this.speaker.shown(this.payload, event.result))
      : event.json;
    return `{"id":${JSON.stringify(this.id)},"type":"next","payload":${payload}}`;
  }
}

function toGraphQLError(error: unknown): GraphQLError {
  if (error instanceof RequestError) return httpError(error);
  const cause = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(cause.message, { originalError: cause });
}
