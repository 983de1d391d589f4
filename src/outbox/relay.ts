import type { App } from '../app';
import {
  type ClaimedMessage,
  type Cursor,
  claimMessages,
  giveBack,
  markDead,
  markDelivered,
  retryLater,
  START,
} from './outbox.store';
import { traceDelivery } from './trace-delivery';
import { post, signedRequest } from './webhook';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export interface RelayOptions {
  /** How long to wait after each failed attempt: one attempt more than there are waits, then the message is dead. */
  readonly retryDelaysMs: readonly number[];
  /** How often to look where nobody nudges. */
  readonly pollMs: number;
  /** Requests at a time, each of another account. */
  readonly concurrency: number;
  /** The longest an attempt takes. */
  readonly timeoutMs: number;
  /** How long a claim holds: longer than an attempt, so that a living relay never sends beside another. */
  readonly leaseMs: number;
  /** How long `stop` waits for running attempts before it breaks them off. */
  readonly graceMs: number;
}

/** Twelve attempts over about two days. */
const DEFAULTS: RelayOptions = {
  retryDelaysMs: [
    5 * SECOND,
    15 * SECOND,
    MINUTE,
    3 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    12 * HOUR,
    24 * HOUR,
  ],
  pollMs: SECOND,
  concurrency: 16,
  timeoutMs: 10 * SECOND,
  leaseMs: 30 * SECOND,
  graceMs: 2 * SECOND,
};

/**
 * How many times as long as a turn that found nothing the relay rests after it: while many accounts wait for their
 * next attempt, looking costs the database a tenth of one connection.
 */
const REST_PER_TURN = 9;

/** Why an attempt is aborted when the relay stops. */
const BROKEN_OFF = new Error('The relay is stopping');

export interface Relay {
  /** There may be something to send: look now. */
  nudge(): void;
  /** Claims nothing more, and resolves once no attempt runs. */
  stop(): Promise<void>;
}

/**
 * Tells the platform, by signed webhook, what stands in the outbox (R9.2): at least once, in each account's
 * order. A message is tried once all earlier ones of its account are delivered or dead; any number
 * of relays share the work through claims with a lease. Without a configured webhook it does nothing.
 */
export function startRelay(app: App, options: Partial<RelayOptions> = {}): Relay {
  const { webhook } = app.config;
  if (webhook === null) return { nudge: () => undefined, stop: async () => undefined };
  return new WebhookRelay(app, webhook, { ...DEFAULTS, ...options });
}

class WebhookRelay implements Relay {
  /** What runs, and how to break it off. */
  private readonly attempts = new Map<Promise<void>, AbortController>();
  private readonly loop: Promise<void>;
  private isStopping = false;
  private isNudged = false;
  private wake: () => void = () => undefined;
  /** Where the walk over the accounts stands, and whether it has found anything since its start. */
  private cursor: Cursor = START;
  private foundThisTurn = false;
  private turnBegan = 0;

  constructor(
    private readonly app: App,
    private readonly webhook: { readonly url: string; readonly secret: string },
    private readonly options: RelayOptions,
  ) {
    this.loop = this.run();
  }

  nudge(): void {
    this.isNudged = true;
    this.wake();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.nudge();
    await this.loop;
    const grace = setTimeout(() => {
      for (const attempt of this.attempts.values()) attempt.abort(BROKEN_OFF);
    }, this.options.graceMs);
    await Promise.all(this.attempts.keys());
    clearTimeout(grace);
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.isNudged = false;
      const restMs = await this.claim();
      if (restMs > 0) await this.pause(restMs);
    }
  }

  /** Starts as many attempts as there is room for, and tells how long to rest: not at all while there may be more. */
  private async claim(): Promise<number> {
    const { concurrency, leaseMs, pollMs } = this.options;
    const room = concurrency - this.attempts.size;
    if (room === 0) return pollMs;
    if (this.cursor === START) this.turnBegan = performance.now();
    try {
      const { messages, next } = await claimMessages(this.app.database, this.cursor, room, leaseMs);
      for (const message of messages) this.start(message);
      const hasFound = this.foundThisTurn || messages.length > 0;
      const isTurnOver = next === START;
      this.cursor = next;
      this.foundThisTurn = hasFound && !isTurnOver;
      if (hasFound || !isTurnOver) return 0;
      return Math.max(pollMs, REST_PER_TURN * (performance.now() - this.turnBegan));
    } catch (error) {
      this.app.log.error({ err: error }, 'The relay could not claim messages');
      return pollMs;
    }
  }

  private start(message: ClaimedMessage): void {
    const controller = new AbortController();
    const attempt = this.attempt(message, controller)
      .catch((error) => {
        const { accountId, number } = message;
        this.app.log.error({ err: error, accountId, number }, 'A message could not be settled');
      })
      .finally(() => {
        this.attempts.delete(attempt);
        this.nudge();
      });
    this.attempts.set(attempt, controller);
  }

  private async attempt(message: ClaimedMessage, controller: AbortController): Promise<void> {
    const { database } = this.app;
    const { timeoutMs } = this.options;
    const late = new Error(`The webhook did not answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => controller.abort(late), timeoutMs);
    try {
      await traceDelivery(message, (traceHeaders) => {
        const { headers, body } = signedRequest(this.webhook.secret, message, new Date());
        const request = { body, headers: { ...headers, ...traceHeaders } };
        return post(this.webhook.url, request, controller.signal);
      });
    } catch (error) {
      if (controller.signal.reason === BROKEN_OFF) return giveBack(database, message);
      return this.settleFailure(message, reasonOf(error));
    } finally {
      clearTimeout(timer);
    }
    this.app.metrics.deliveries.inc({ outcome: 'delivered' });
    return markDelivered(database, message);
  }

  private async settleFailure(message: ClaimedMessage, reason: string): Promise<void> {
    const { accountId, number, attempts } = message;
    const delay = this.options.retryDelaysMs[attempts - 1];
    if (delay !== undefined) {
      this.app.metrics.deliveries.inc({ outcome: 'failed' });
      this.app.log.warn({ accountId, number, attempts, reason }, 'A webhook failed');
      return retryLater(this.app.database, message, jittered(delay), reason);
    }
    this.app.metrics.deliveries.inc({ outcome: 'dead' });
    this.app.log.error({ accountId, number, attempts, reason }, 'A webhook is given up');
    return markDead(this.app.database, message, reason);
  }

  /** Until the time is up or somebody nudges, whichever is first. */
  private pause(restMs: number): Promise<void> {
    if (this.isNudged) return Promise.resolve();
    return new Promise((resolve) => {
      const poll = setTimeout(resolve, restMs);
      this.wake = () => {
        clearTimeout(poll);
        resolve();
      };
    });
  }
}

/** Up to a fifth more or less, so that what failed together does not come again together. */
function jittered(delayMs: number): number {
  return Math.round(delayMs * (0.8 + Math.random() * 0.4));
}

/** What an operator needs to know of a failure; fetch hides the network's own message in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = Object(error) as { message?: unknown; cause?: unknown };
  const detail = cause === undefined ? '' : `: ${reasonOf(cause)}`;
  return `${String(message ?? 'unknown failure')}${detail}`.slice(0, 500);
}
