import type { App } from '../app';
import type { WebhookEndpoint } from '../config';
import { shardOf } from '../kernel/ids';
import {
  type AccountKey,
  type Attempt,
  type ClaimedMessage,
  claimOfAccounts,
  claimOnWalk,
  giveBack,
  markDead,
  markDelivered,
  retryLater,
  START,
} from './outbox.store';
import type { RelayOptions } from './relay';
import { traceDelivery } from './trace-delivery';
import { NotTakenError, post, signedRequest } from './webhook';

/**
 * How many times as long as a walk over the accounts took the relay rests before the next: while many accounts wait for
 * their next attempt, looking costs the database a tenth of one connection.
 */
const REST_PER_WALK = 9;

/** Accounts that a relay was told of and has not looked at: what is beyond waits for the next walk. */
const NAMED_MAX = 10_000;

/** The longest reason of a failure that is kept, in characters. */
const REASON_MAX = 500;

/** Why an attempt is aborted when the relay stops. */
const BROKEN_OFF = new Error('The relay is stopping');

/**
 * Sends one endpoint its messages. Accounts it was told of are looked at at once; a walk over all that have something
 * pending finds the rest: retries that came due, what other processes wrote, claims of a process that died.
 */
export class EndpointRelay {
  /** What runs, and how to break it off. */
  private readonly attempts = new Map<Promise<void>, AbortController>();
  private readonly loop: Promise<void>;
  private readonly named = new Map<string, AccountKey>();
  private isStopping = false;
  private wake: () => void = () => undefined;
  /** Where the walk stands, when it began, whether it found anything, and when the next one is due. */
  private cursor: AccountKey = START;
  private walkBegan = 0;
  private hasFound = false;
  private walkDue = 0;
  /** Somebody asked for a walk while one was under way. */
  private isAsked = false;
  /** Whose turn it is where both could claim: an account with a long queue must not keep the others waiting. */
  private isWalksTurn = true;

  constructor(
    private readonly app: Pick<App, 'database' | 'log' | 'metrics'>,
    private readonly endpoint: WebhookEndpoint,
    private readonly options: RelayOptions,
  ) {
    this.loop = this.run();
  }

  /** There may be something to send: of these accounts, or where none is named of any. */
  nudge(accountIds: readonly string[]): void {
    if (accountIds.length === 0) {
      this.walkDue = 0;
      this.isAsked = true;
    }
    for (const accountId of accountIds) this.name({ shard: shardOf(accountId), accountId });
    this.wake();
  }

  /** Claims nothing more, and resolves once no attempt runs. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake();
    await this.loop;
    const grace = setTimeout(() => {
      for (const attempt of this.attempts.values()) attempt.abort(BROKEN_OFF);
    }, this.options.graceMs);
    await Promise.all(this.attempts.keys());
    clearTimeout(grace);
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const isIdle = await this.claim().catch((error) => {
        this.log('error', { err: error }, 'The relay could not claim messages');
        this.walkDue = performance.now() + this.options.pollMs;
        return true;
      });
      if (isIdle && !this.isStopping) await this.pause();
    }
  }

  /** Starts as many attempts as there is room for; true where there is nothing more to do now. */
  private async claim(): Promise<boolean> {
    const limit = this.options.concurrency - this.attempts.size;
    if (limit === 0) return true;
    const room = { limit, leaseMs: this.options.leaseMs };
    const mayWalk = performance.now() >= this.walkDue;
    if (this.named.size > 0 && !(mayWalk && this.isWalksTurn)) {
      this.isWalksTurn = true;
      await this.claimNamed(room);
      return false;
    }
    if (!mayWalk) return true;
    this.isWalksTurn = false;
    await this.walk(room);
    return false;
  }

  private async claimNamed(room: { limit: number; leaseMs: number }): Promise<void> {
    const accounts = [...this.named.values()].slice(0, room.limit);
    for (const { accountId } of accounts) this.named.delete(accountId);
    const { database } = this.app;
    this.startAll(await claimOfAccounts(database, this.endpoint.name, room, accounts));
  }

  /** One step of the walk. After the last one it rests, the longer the longer it looked in vain. */
  private async walk(room: { limit: number; leaseMs: number }): Promise<void> {
    if (this.cursor === START) {
      this.walkBegan = performance.now();
      this.hasFound = false;
      this.isAsked = false;
    }
    const { database } = this.app;
    const step = await claimOnWalk(database, this.endpoint.name, room, this.cursor);
    this.startAll(step.messages);
    this.cursor = step.next;
    this.hasFound ||= step.messages.length > 0;
    if (this.cursor !== START || this.isAsked) return;
    const now = performance.now();
    const lookedMs = this.hasFound ? 0 : now - this.walkBegan;
    this.walkDue = now + Math.max(this.options.pollMs, REST_PER_WALK * lookedMs);
  }

  private name({ shard, accountId }: AccountKey): void {
    if (this.named.size < NAMED_MAX) this.named.set(accountId, { shard, accountId });
  }

  private startAll(messages: readonly ClaimedMessage[]): void {
    for (const message of messages) this.start(message);
  }

  private start(message: ClaimedMessage): void {
    const controller = new AbortController();
    const attempt = this.attempt(message, controller)
      .catch((error) => {
        const { accountId, number } = message;
        this.log('error', { err: error, accountId, number }, 'A message could not be settled');
      })
      .finally(() => {
        this.attempts.delete(attempt);
        this.name(message);
        this.wake();
      });
    this.attempts.set(attempt, controller);
  }

  private async attempt(message: ClaimedMessage, controller: AbortController): Promise<void> {
    const { database } = this.app;
    const { timeoutMs } = this.options;
    const late = new Error(`The webhook did not answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => controller.abort(late), timeoutMs);
    const at = new Date();
    const began = performance.now();
    const record = (status: number | null, failure: Attempt['failure']): Attempt => {
      const durationMs = Math.round(performance.now() - began);
      return { at: at.getTime(), durationMs, status, failure };
    };
    try {
      const status = await traceDelivery(message, (traceHeaders) => {
        const { headers, body } = signedRequest(this.endpoint.secrets, message, at);
        const request = { body, headers: { ...headers, ...traceHeaders } };
        return post(this.endpoint.url, request, controller.signal);
      });
      const attempt = record(status, null);
      this.app.metrics.deliveries.inc({ outcome: 'delivered' });
      await this.options.taken(message);
      return await markDelivered(database, message, attempt);
    } catch (error) {
      if (!(error instanceof NotTakenError)) throw error;
      if (controller.signal.reason === BROKEN_OFF) return giveBack(database, message);
      return this.settleFailure(message, record(error.status, error.failure), error.message);
    } finally {
      clearTimeout(timer);
    }
  }

  private async settleFailure(
    message: ClaimedMessage,
    attempt: Attempt,
    error: string,
  ): Promise<void> {
    const { accountId, number, attempts } = message;
    const reason = error.slice(0, REASON_MAX);
    const delay = this.options.retryDelaysMs[attempts - 1];
    if (delay !== undefined) {
      this.app.metrics.deliveries.inc({ outcome: 'failed' });
      this.log('warn', { accountId, number, attempts, reason }, 'A webhook failed');
      return retryLater(this.app.database, message, attempt, jittered(delay), reason);
    }
    this.app.metrics.deliveries.inc({ outcome: 'dead' });
    this.log('error', { accountId, number, attempts, reason }, 'A webhook is given up');
    return markDead(this.app.database, message, attempt, reason);
  }

  private log(level: 'warn' | 'error', what: object, message: string): void {
    this.app.log[level]({ endpoint: this.endpoint.name, ...what }, message);
  }

  /** Until the next walk is due, or somebody names an account, or an attempt ends. */
  private pause(): Promise<void> {
    const isFull = this.attempts.size >= this.options.concurrency;
    if (this.named.size > 0 && !isFull) return Promise.resolve();
    return new Promise((resolve) => {
      const restMs = Math.max(this.walkDue - performance.now(), 0);
      const timer = isFull ? undefined : setTimeout(resolve, restMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Up to a fifth more or less, so that what failed together does not come again together. */
function jittered(delayMs: number): number {
  return Math.round(delayMs * (0.8 + Math.random() * 0.4));
}
