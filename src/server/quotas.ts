import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { type Actor, actorName } from '../auth/actor';
import { RequestError } from '../kernel/errors';
import { LIMITS, tooMany } from './limits';

/** How many times as often somebody may ask who stands for many: a service, or a router's address. */
const MANY = 50;
const WINDOW_S = 60;
/** When somebody may try again who has as many exports under way as they may, in seconds. */
const EXPORT_RETRY_S = 10;

/** Gives back what was taken; more than once changes nothing. */
export type Release = () => void;

/**
 * What one subject may do in a minute and hold open at a time, in this process: operations over HTTP and WebSocket,
 * sockets, subscriptions by whichever transport, exports. Whoever shows no token is counted by address. Sockets and
 * subscriptions are counted of customers; services hold them for everybody, and have the bounds of a socket and of
 * the process alone.
 */
export class Quotas {
  private readonly rates: { one: RateLimiterMemory; many: RateLimiterMemory } | null;
  private readonly held = new Map<string, number>();
  private subscriptions = 0;
  private exports = 0;

  /** `rate`: operations of a subject in a minute; 0 for any number. */
  constructor(rate: number) {
    const limiter = (points: number) => new RateLimiterMemory({ points, duration: WINDOW_S });
    this.rates = rate === 0 ? null : { one: limiter(rate), many: limiter(rate * MANY) };
  }

  /** Counts one operation. Fails with RATE_LIMITED, and when to go on. */
  async countOperation(actor: Actor, address: string | undefined): Promise<void> {
    if (!this.rates) return;
    const isMany = actor.subject === null || actor.scopes.has('rewards:service');
    const limiter = isMany ? this.rates.many : this.rates.one;
    const name = actorName(actor);
    try {
      await limiter.consume(actor.subject === null ? `${name} ${address}` : name);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      const message = `At most ${limiter.points} operations in a minute; go on in ${seconds} s.`;
      throw new RequestError('RATE_LIMITED', message, seconds);
    }
  }

  /** A subscription of `actor`. Throws TOO_MANY_SUBSCRIPTIONS, or UNAVAILABLE where the process has its fill. */
  takeSubscription(actor: Actor): Release {
    if (this.subscriptions >= LIMITS.subscriptions.most) {
      throw tooMany(LIMITS.subscriptions, this.subscriptions + 1);
    }
    const limit = LIMITS.subscriptionsOfCustomer;
    const release = this.take('subscription', actor.customerId, limit.most);
    if (!release) throw tooMany(limit, limit.most + 1);
    this.subscriptions += 1;
    return once(() => {
      this.subscriptions -= 1;
      release();
    });
  }

  /** A socket of `actor`; null where they have too many. */
  takeSocket(actor: Actor): Release | null {
    return this.take('socket', actor.customerId, LIMITS.socketsOfCustomer.most);
  }

  /** An export of `actor`'s. Throws RATE_LIMITED where they have too many, UNAVAILABLE where the process has its fill. */
  takeExport(actor: Actor): Release {
    if (this.exports >= LIMITS.exports.most) throw tooMany(LIMITS.exports, this.exports + 1);
    const limit = LIMITS.exportsOfSubject;
    const release = this.take('export', actorName(actor), limit.most);
    if (!release) throw tooMany(limit, limit.most + 1, EXPORT_RETRY_S);
    this.exports += 1;
    return once(() => {
      this.exports -= 1;
      release();
    });
  }

  /** Of whom nothing is counted (null), any number. */
  private take(kind: string, name: string | null, most: number): Release | null {
    if (name === null) return () => undefined;
    const key = `${kind} ${name}`;
    const count = this.held.get(key) ?? 0;
    if (count >= most) return null;
    this.held.set(key, count + 1);
    return once(() => {
      const left = (this.held.get(key) ?? 0) - 1;
      if (left > 0) this.held.set(key, left);
      else this.held.delete(key);
    });
  }
}

function once(work: () => void): Release {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
