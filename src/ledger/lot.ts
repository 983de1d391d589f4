import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';

/** Where the points of a lot are now. Every point of a lot is in exactly one of these (L3). */
export const LOT_STATES = [
  'REMAINING',
  'HELD',
  'REDEEMED',
  'TRANSFERRED',
  'EXPIRED',
  'FORFEITED',
  'REVERSED',
  'VOIDED',
] as const;
export type PointState = (typeof LOT_STATES)[number];

export type LotSource = 'ORDER' | 'REFERRAL' | 'CAMPAIGN' | 'ADJUSTMENT' | 'TRANSFER';

/** Every credit is a lot (R6.1). `granted` is the sum of the eight numbers below it. */
export interface Lot {
  /** 1, 2, 3 … per account; the second key of the spend order. */
  readonly number: number;
  readonly source: LotSource;
  /** What credited it: an order's id, a referred customer's … */
  readonly sourceRef: string;
  readonly termsVersion: number;
  readonly granted: Points;
  /** Spendable; excludes held. */
  readonly remaining: Points;
  readonly held: Points;
  readonly redeemed: Points;
  /** Moved to a colleague's account (R7.3). */
  readonly transferred: Points;
  readonly expired: Points;
  readonly forfeited: Points;
  readonly reversed: Points;
  /** Taken away for abuse (R8.1). */
  readonly voided: Points;
  /** When the desk voided it; what comes back to it later is gone at once. Null for nearly every lot. */
  readonly voidedAt: Instant | null;
  readonly creditedAt: Instant;
  /** The first instant at which it is no longer usable (R6.2). */
  readonly expiresAt: Instant;
  /** For a TRANSFER: the giver's account and lot it came from (R7.3). */
  readonly origin: { readonly accountId: string; readonly lot: number } | null;
}

/** What a lot shows as: OPEN while points are left or held, else what ended most of what it granted. */
export type LotState = 'OPEN' | 'SPENT' | 'EXPIRED' | 'REVERSED' | 'FORFEITED' | 'VOIDED';

/** First collected, first redeemed: by crediting time, then by lot number (R6.3). Total on an account's lots. */
export function compareSpendOrder(a: Lot, b: Lot): number {
  return a.creditedAt - b.creditedAt || a.number - b.number;
}

/** Whether points that come back to this lot at `at` are gone at once (R4.4, R6.8). */
export function isExpired(lot: Lot, at: Instant): boolean {
  return lot.expiresAt <= at;
}

/** The state a lot shows at `at`; a lot past its expiry is not open, whether or not that is booked (R6.2). */
export function lotState(lot: Lot, at: Instant): LotState {
  const expired = lot.expired + (isExpired(lot, at) ? lot.remaining : 0);
  if (lot.held > 0 || (lot.remaining > 0 && !isExpired(lot, at))) return 'OPEN';
  if (lot.voidedAt !== null) return 'VOIDED';
  const spent = lot.redeemed + lot.transferred;
  const most = Math.max(spent, expired, lot.reversed, lot.forfeited);
  if (spent === most) return 'SPENT';
  if (expired === most) return 'EXPIRED';
  return lot.reversed === most ? 'REVERSED' : 'FORFEITED';
}

/** What of a lot can be spent at `at`. */
export function spendable(lot: Lot, at: Instant): Points {
  return isExpired(lot, at) ? 0 : lot.remaining;
}
