import { isId } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { type Instant, MINUTE_MS } from '../kernel/time';

/** Held, then exactly one of the others (R6.7). A captured redemption may be restored, in part or whole (R4.4). */
export type RedemptionState = 'HELD' | 'CAPTURED' | 'RELEASED' | 'LAPSED';

/** Points of one lot that a redemption holds or has redeemed, still its own. */
export interface Slice {
  readonly lot: number;
  readonly state: 'HELD' | 'REDEEMED';
  readonly points: Points;
}

/** Points that pay for an order. `points` is the sum of the four numbers below it (L6). */
export interface Redemption {
  /** The sequence of the entry that placed it; with the account's id it is the redemption's identity. */
  readonly number: number;
  readonly orderId: string;
  readonly state: RedemptionState;
  readonly points: Points;
  readonly held: Points;
  readonly captured: Points;
  readonly released: Points;
  readonly restored: Points;
  /** The terms it was placed under (R1.4). */
  readonly termsVersion: number;
  readonly placedAt: Instant;
  /** When an undecided hold lapses; null for a redemption at once. */
  readonly heldUntil: Instant | null;
  /** When it was captured, released or lapsed; null while held. */
  readonly decidedAt: Instant | null;
  /** Sequences of the entries that moved its points, rising. */
  readonly entries: readonly number[];
}

/** How long a hold lasts where the caller names no time (R6.7). */
export const HOLD_DEFAULT_MS = 30 * MINUTE_MS;
/** The shortest and the longest hold (R6.7). */
export const HOLD_MIN_MS = MINUTE_MS;
export const HOLD_MAX_MS = 90 * 24 * 60 * MINUTE_MS;

/** The public id of a redemption: opaque, and enough to find its account without an index across accounts. */
export function redemptionId(accountId: string, number: number): string {
  return Buffer.from(JSON.stringify([accountId, number]), 'utf8').toString('base64url');
}

/** What a redemption id names; null where it is none of ours. */
export function parseRedemptionId(id: string): { accountId: string; number: number } | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
    if (!Array.isArray(parsed) || parsed.length !== 2) return null;
    const [accountId, number] = parsed as [unknown, unknown];
    if (typeof accountId !== 'string' || !isId(accountId)) return null;
    if (!Number.isSafeInteger(number) || Number(number) < 1) return null;
    return redemptionId(accountId, Number(number)) === id
      ? { accountId, number: Number(number) }
      : null;
  } catch {
    return null;
  }
}
