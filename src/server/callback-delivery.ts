import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionResult, FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import { type Delivered, post } from './callback-post';
import type { EventStream } from './subscribe';

/** How often a message is sent until its subscription is given up, and how long after the first failure. */
const TRIES = 5;
const BACKOFF_MS = 100;
/** So many heartbeats in a row that nobody took end a subscription. */
const MISSED_HEARTBEATS = 3;
/** Earlier than asked for: routers give up at the very interval that they name. */
const HEARTBEAT_SHARE = 0.75;

/** Where a router wants the events of a subscription. */
export interface Target {
  readonly url: URL;
  readonly id: string;
  readonly verifier: string;
  /** Milliseconds between two signs of life; 0 for none. */
  readonly heartbeatMs: number;
}

/** A message without what all of a subscription have. */
interface Message {
  readonly action: 'check' | 'next' | 'complete';
  readonly payload?: FormattedExecutionResult;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Why a subscription ended: its own end, the router's, or ours with the errors that it is told. */
export type Ending =
  | { readonly why: 'ended' | 'gone' | 'refused' | 'unreachable' }
  | { readonly why: 'stopped'; readonly errors: readonly GraphQLFormattedError[] };

/** What may be shown of a result, and of the error of a source that failed. */
export interface Show {
  result(result: ExecutionResult): FormattedExecutionResult;
  error(error: unknown): GraphQLFormattedError;
}

/**
 * Brings the events of one subscription to a router, one after the other: the next one is asked for when the last one
 * was taken, so a slow router costs one event of memory. A message that fails is sent again after a while, and after
 * five times the subscription is given up; a router that says 404 is left alone.
 */
export class Delivery {
  private readonly giveUp = new AbortController();
  private ending: Ending | null = null;
  private heartbeat: NodeJS.Timeout | undefined;
  private missed = 0;
  private isBeating = false;

  constructor(
    private readonly target: Target,
    private readonly events: EventStream,
    private readonly show: Show,
  ) {}

  /** Asks the router whether it knows the subscription, and shows it the verifier. */
  check(): Promise<Delivered> {
    return this.send({ action: 'check' });
  }

  /** Delivers until the end, and says which one it was. */
  async run(): Promise<Ending> {
    this.startHeartbeat();
    await this.deliver();
    clearInterval(this.heartbeat);
    await this.abandon();
    const ending = this.ending ?? { why: 'ended' };
    if (ending.why === 'ended') await this.sendUntilTaken({ action: 'complete' });
    if (ending.why === 'stopped') {
      await this.sendUntilTaken({ action: 'complete', errors: ending.errors });
    }
    return ending;
  }

  /** Lets go of the source without a word. */
  async abandon(): Promise<void> {
    this.giveUp.abort();
    await this.events.return();
  }

  /** Ends it, whatever it is doing; the router is told the errors. */
  stop(errors: readonly GraphQLFormattedError[]): void {
    this.end({ why: 'stopped', errors });
  }

  private async deliver(): Promise<void> {
    try {
      while (!this.ending) {
        const step = await this.events.next();
        if (step.done || this.ending) return;
        const payload = this.show.result(step.value.result);
        const delivered = await this.sendUntilTaken({ action: 'next', payload });
        if (delivered !== 'TAKEN') this.end(endingOf(delivered));
      }
    } catch (error) {
      this.stop([this.show.error(error)]);
    }
  }

  private end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.giveUp.abort();
    // Wakes up a loop that waits for an event.
    this.events.return().catch(() => undefined);
  }

  private async sendUntilTaken(message: Message): Promise<Delivered> {
    for (let tries = 1; ; tries += 1) {
      const delivered = await this.send(message);
      const signal = this.signalOf(message);
      if (delivered !== 'FAILED' || tries === TRIES || signal?.aborted) return delivered;
      const pause = BACKOFF_MS * 2 ** (tries - 1) * (1 + Math.random());
      await sleep(pause, undefined, { ref: false, ...(signal && { signal }) }).catch(
        () => undefined,
      );
    }
  }

  private send(message: Message): Promise<Delivered> {
    const { url, id, verifier } = this.target;
    const whole = { kind: 'subscription', id, verifier, ...message };
    return post(url, whole, this.signalOf(message));
  }

  /** The farewell is sent after everything else was given up. */
  private signalOf({ action }: Message): AbortSignal | undefined {
    return action === 'complete' ? undefined : this.giveUp.signal;
  }

  private startHeartbeat(): void {
    const { heartbeatMs } = this.target;
    if (heartbeatMs === 0) return;
    this.heartbeat = setInterval(() => void this.beat(), heartbeatMs * HEARTBEAT_SHARE);
    this.heartbeat.unref();
  }

  private async beat(): Promise<void> {
    if (this.isBeating) return;
    this.isBeating = true;
    const delivered = await this.check();
    this.isBeating = false;
    if (delivered === 'TAKEN') this.missed = 0;
    else if (delivered === 'FAILED') this.missed += 1;
    if (delivered === 'GONE' || delivered === 'REFUSED' || this.missed === MISSED_HEARTBEATS) {
      this.end(endingOf(delivered));
    }
  }
}

function endingOf(delivered: Delivered): Ending {
  if (delivered === 'GONE') return { why: 'gone' };
  return { why: delivered === 'REFUSED' ? 'refused' : 'unreachable' };
}
