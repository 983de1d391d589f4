import type { Instant } from '../kernel/time';

/** A discount on a referred customer's first order (R5.2): once, for this account only. */
export interface DiscountCode {
  readonly accountId: string;
  readonly code: string;
  readonly percent: number;
  readonly termsVersion: number;
  readonly issuedAt: Instant;
  /** The first instant at which it is no longer valid. */
  readonly expiresAt: Instant;
  /** The order it is applied to; null while unused, and again once that order is cancelled in full. */
  readonly orderId: string | null;
  readonly appliedAt: Instant | null;
  /** When the desk took it away. */
  readonly voidedAt: Instant | null;
  /** Whether that was for abuse, and so for good (R8.1): one that went with a rejected referral may come back with it. */
  readonly isVoidedForAbuse: boolean;
}

/** A share of an amount of minor units, rounded half up to the minor unit (R5.2). */
export function discountOn(minor: bigint, percent: number): bigint {
  return (minor * BigInt(percent) + 50n) / 100n;
}
