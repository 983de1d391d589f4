import type { Points } from '../kernel/points';
import { discountOn } from '../ledger/discount';

/** What became of a program's links in a period, but for the points. */
export interface ReferralCounts {
  readonly links: number;
  readonly registrations: number;
  readonly rejected: number;
  readonly flagged: number;
  readonly orders: number;
  readonly acquired: number;
  /** What discounts took off, in minor units. */
  readonly discountMinor: bigint;
}

/** Counts of one period, or of the discounts of one size in it: so many orders of so much net value. */
export type ReferralCount =
  | {
      readonly what: Exclude<keyof ReferralCounts, 'discountMinor'>;
      readonly period: number;
      readonly count: number;
    }
  | {
      readonly what: 'discounts';
      readonly period: number;
      readonly count: number;
      readonly percent: number;
      /** What is not cancelled of each, in minor units. */
      readonly left: number;
    };

/** What the counts of one or more periods come to. */
export function referralCounts(counts: readonly ReferralCount[]): ReferralCounts {
  const sums = { links: 0, registrations: 0, rejected: 0, flagged: 0, orders: 0, acquired: 0 };
  let discountMinor = 0n;
  for (const one of counts) {
    if (one.what === 'discounts') {
      discountMinor += discountOn(BigInt(one.left), one.percent) * BigInt(one.count);
    } else sums[one.what] += one.count;
  }
  return { ...sums, discountMinor };
}

/**
 * What a customer cost who came by a referral: bonuses at the value of a point, and discounts, by the number of
 * customers, rounded half up to the minor unit. Null where there were none.
 */
export function costPerAcquired(
  bonuses: Points,
  { acquired, discountMinor }: Pick<ReferralCounts, 'acquired' | 'discountMinor'>,
  pointValueMinor: bigint,
): bigint | null {
  if (acquired === 0) return null;
  const double = 2n * (BigInt(bonuses) * pointValueMinor + discountMinor) + BigInt(acquired);
  const by = 2n * BigInt(acquired);
  // Division cuts towards 0; a period that took more back than it gave cost less than nothing.
  return double >= 0n ? double / by : -((-double + by - 1n) / by);
}
