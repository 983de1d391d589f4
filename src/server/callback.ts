import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { z } from 'zod';
import { RequestError } from '../kernel/errors';
import { DAY_MS } from '../kernel/time';
import { Delivery, type Show, type Target } from './callback-delivery';
import type { Caller } from './context';
import { type FormatError, httpError, maskedError, rootCause } from './format-error';
import type { Quotas, Release } from './quotas';
import type { SharedEvents } from './shared-events';
import { subscribe } from './subscribe';

/** How often a router wants a sign of life where it does not say, in milliseconds. */
const HEARTBEAT_MS = 5_000;
/** The oldest a subscription gets, whatever its token says. */
const MAX_AGE_MS = DAY_MS;
/** How long routers may take to be told that the server goes. */
const CLOSE_MS = 2_000;

/** `extensions.subscription` of a request, as protocol callback/1.0 has it. */
const Extension = z.object({
  callbackUrl: z.string().min(1).max(2_048),
  subscriptionId: z.string().min(1).max(255),
  verifier: z.string().max(1_024),
  heartbeatIntervalMs: z.union([z.literal(0), z.int().min(100).max(DAY_MS)]).default(HEARTBEAT_MS),
});

export interface CallbackParts {
  /** Origins that may be called back; none where nobody is. */
  readonly origins: readonly string[];
  readonly events: SharedEvents;
  readonly formatError: FormatError;
  readonly quotas: Quotas;
  readonly log: Logger;
}

/**
 * Subscriptions whose events are posted to the router (Apollo's protocol callback/1.0), beside those over WebSocket
 * and from the same feed. Not Apollo Server's own plugin: that one posts to any address a caller names, and a router
 * that cannot be reached can end the process.
 */
export class Callbacks {
  /** Addresses and ids of the subscriptions that are open or about to be. */
  private readonly keys = new Set<string>();
  private readonly running = new Map<Delivery, Promise<void>>();
  private readonly show: Show;
  private isClosing = false;

  constructor(private readonly parts: CallbackParts) {
    const { formatError } = parts;
    this.show = {
      error: (error) => {
        const wrapped = new GraphQLError('', { originalError: toError(error) });
        return formatError(wrapped.toJSON(), wrapped);
      },
      result: ({ errors, ...result }) => ({
        ...result,
        ...(errors && { errors: errors.map((error) => formatError(error.toJSON(), error)) }),
      }),
    };
  }

  /** Whether a request asks to be called back. */
  static isAskedFor(extensions: Readonly<Record<string, unknown>> | null | undefined): boolean {
    return extensions?.subscription !== undefined;
  }

  /**
   * Starts a subscription: resolves once it is authorised and the router confirmed it; its events follow. Rejects with
   * RequestError CALLBACK_REFUSED (address not listed or malformed, not confirmed, open already),
   * TOO_MANY_SUBSCRIPTIONS or UNAVAILABLE, or with what the resolver says.
   */
  async start(extension: unknown, args: ExecutionArgs, caller: Caller): Promise<void> {
    const target = this.targetOf(extension);
    const key = `${target.url.href} ${target.id}`;
    if (this.keys.has(key)) throw refused('has this subscription already');
    const giveBack = this.parts.quotas.takeSubscription(caller.actor);
    this.keys.add(key);
    const release = (): void => {
      this.keys.delete(key);
      giveBack();
    };
    try {
      this.run(await this.confirmed(target, args, caller), caller, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Ends every subscription and tells the routers, who may ask another server. */
  async close(): Promise<void> {
    this.isClosing = true;
    for (const delivery of this.running.keys()) delivery.stop([this.show.error(goingAway())]);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(this.running.values()), late]);
    clearTimeout(timer);
  }

  private targetOf(extension: unknown): Target {
    const { origins } = this.parts;
    if (origins.length === 0) {
      throw new RequestError('CALLBACK_REFUSED', 'Nobody is called back here; use WebSocket.');
    }
    const parsed = Extension.safeParse(extension);
    if (!parsed.success) {
      throw new RequestError(
        'CALLBACK_REFUSED',
        'extensions.subscription needs callbackUrl, subscriptionId and verifier as text, and heartbeatIntervalMs as 0, or 100 and more.',
      );
    }
    const { callbackUrl, subscriptionId: id, verifier, heartbeatIntervalMs } = parsed.data;
    const url = URL.canParse(callbackUrl) ? new URL(callbackUrl) : null;
    if (!url || !origins.includes(url.origin) || url.username !== '' || url.password !== '') {
      throw refused('is not on the list of those that are called back');
    }
    return { url, id, verifier, heartbeatMs: heartbeatIntervalMs };
  }

  private async confirmed(target: Target, args: ExecutionArgs, caller: Caller): Promise<Delivery> {
    const { log } = this.parts;
    const events = await subscribe({ args, caller }, this.parts.events);
    if (!('next' in events)) throw notStarted(events);
    const delivery = new Delivery(target, events, this.show);
    const answer = await delivery.check();
    if (answer === 'TAKEN' && !this.isClosing) return delivery;
    await delivery.abandon();
    if (this.isClosing) throw goingAway();
    log.warn({ callback: target.url.origin, answer }, 'A callback was not confirmed');
    throw refused('did not confirm the subscription');
  }

  private run(delivery: Delivery, { actor }: Caller, release: Release): void {
    const { log } = this.parts;
    const lifetime = (actor.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
    const end = (): void =>
      delivery.stop([this.show.error(lifetime < MAX_AGE_MS ? expired() : old())]);
    const timer = setTimeout(end, Math.min(Math.max(0, lifetime), MAX_AGE_MS));
    timer.unref();
    const done = delivery
      .run()
      .then(({ why }) => log.info({ why }, 'A callback subscription ended'))
      .catch((error: unknown) => void maskedError(log, error))
      .finally(() => {
        clearTimeout(timer);
        this.running.delete(delivery);
        release();
      });
    this.running.set(delivery, done);
  }
}

const expired = () => new RequestError('UNAUTHENTICATED', 'The access token has expired.');
const old = () =>
  new RequestError('UNAVAILABLE', 'The subscription is a day old; subscribe again.');
const goingAway = () => new RequestError('UNAVAILABLE', 'The server goes away; subscribe again.');

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** What is told of an address, listed or not: nothing by which to find out what can be reached from here. */
function refused(why: string): RequestError {
  return new RequestError('CALLBACK_REFUSED', `The callback address ${why}.`);
}

/** The error of a subscription that did not start, with an HTTP status. */
function notStarted({ errors = [] }: ExecutionResult): Error {
  const [error] = errors;
  const cause = rootCause(error);
  if (cause instanceof RequestError) return httpError(cause);
  if (!(error && cause instanceof GraphQLError)) return toError(cause);
  return httpError(new RequestError('BAD_USER_INPUT', error.message));
}
