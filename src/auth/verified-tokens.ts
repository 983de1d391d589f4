import { hash } from 'node:crypto';
import type { Actor } from './actor';

/** How many tokens are remembered; some 300 bytes each, whatever their length. */
const REMEMBERED_MAX = 20_000;

/**
 * Tokens that verified a short while ago, so that a page of many requests costs one verification. A token is known by
 * its digest: neither the memory nor the time of a look-up tells anything of one. It is known until it expires, without the
 * tolerance for clocks, and as long as it would be verified by the very keys it was verified by: once they are read anew,
 * or are old enough to be, all is forgotten. What does not verify is never remembered.
 */
export class VerifiedTokens {
  /** By digest, the one used last at the end. */
  private readonly actors = new Map<string, Actor>();
  private keys: object | null = null;

  /** `keysNow`: the keys that tokens are verified by at present; null where they have to be read first. */
  constructor(private readonly keysNow: () => object | null) {}

  /** Who a token speaks for; undefined where it has to be verified. */
  find(token: string): Actor | undefined {
    if (!this.areKeysSame()) return undefined;
    const digest = digestOf(token);
    const actor = this.actors.get(digest);
    if (actor === undefined) return undefined;
    this.actors.delete(digest);
    if (actor.expiresAt === null || actor.expiresAt <= Date.now()) return undefined;
    this.actors.set(digest, actor);
    return actor;
  }

  /** Remembers a token that was verified just now; not where the `keys` of before are not those of now. */
  add(token: string, actor: Actor, keys: object | null): void {
    if (!this.areKeysSame() || this.keys !== keys) return;
    this.actors.set(digestOf(token), actor);
    if (this.actors.size <= REMEMBERED_MAX) return;
    for (const oldest of this.actors.keys()) {
      this.actors.delete(oldest);
      break;
    }
  }

  private areKeysSame(): boolean {
    const now = this.keysNow();
    if (this.keys !== now) this.actors.clear();
    this.keys = now;
    return now !== null;
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
