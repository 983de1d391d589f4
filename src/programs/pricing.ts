import { invariant } from '../kernel/errors';
import { formatDecimal, minorPerUnit } from '../kernel/money';
import { type Points, points } from '../kernel/points';
import { endOfDayAfterMonths, type Instant } from '../kernel/time';
import type { Terms, Tier } from './terms';

/** The part of an order's base that earns one rate. Amounts are minor units of the program's currency. */
export interface Bracket {
  /** Code of the tier whose rate it is. */
  readonly tier: string;
  readonly base: bigint;
  readonly pointsPerUnit: number;
}

/** What a base earns, and by which rates. */
export interface Price {
  readonly points: Points;
  /** The sum of the brackets before it is rounded down, as a decimal. */
  readonly exact: string;
  /** Ascending, none of them empty; their bases add up to the base that was priced. */
  readonly brackets: readonly Bracket[];
}

/**
 * What a base of `base` minor units earns a member whose cumulative turnover was `startTurnover` before it
 * (R3.3, with its worked examples R3.5): the exact rational sum over the brackets, rounded down once (R3.4).
 * Both are at least 0. Throws a RangeError where the points would exceed `POINTS_MAX`.
 */
export function price(terms: Terms, startTurnover: bigint, base: bigint): Price {
  invariant(startTurnover >= 0n && base >= 0n, 'turnover and base are never negative');
  const brackets =
    terms.rateBasis === 'BRACKETS'
      ? bracketsOf(terms, startTurnover, base)
      : [bracket(tierAt(terms, startTurnover), base)].filter((part) => part.base > 0n);
  const sum = brackets.reduce((total, part) => total + part.base * BigInt(part.pointsPerUnit), 0n);
  const exact = formatDecimal(sum, terms.currency);
  return { points: points(sum / minorPerUnit(terms.currency)), exact, brackets };
}

/** Cuts the turnover from `start` to `start + base` at the thresholds in between. */
function bracketsOf(terms: Terms, start: bigint, base: bigint): Bracket[] {
  const end = start + base;
  return terms.tiers.flatMap((tier, index) => {
    const next = terms.tiers[index + 1]?.from;
    const from = tier.from > start ? tier.from : start;
    const to = next !== undefined && next < end ? next : end;
    return to > from ? [bracket(tier, to - from)] : [];
  });
}

function bracket(tier: Tier, base: bigint): Bracket {
  return { tier: tier.code, base, pointsPerUnit: tier.pointsPerUnit };
}

/** The tier that a cumulative turnover (minor units, at least 0) gives. It starts at its threshold (R1.3, R3.9). */
export function tierAt(terms: Terms, turnover: bigint): Tier {
  const tier = terms.tiers.findLast((step) => step.from <= turnover);
  invariant(tier !== undefined, 'the first tier starts at 0 and turnover is never negative');
  return tier;
}

/** The next tier up from a cumulative turnover; undefined at the top. */
export function nextTier(terms: Terms, turnover: bigint): Tier | undefined {
  return terms.tiers.find((step) => step.from > turnover);
}

/** What points pay, in minor units (R6.4). */
export function worth(terms: Terms, amount: Points): bigint {
  return BigInt(amount) * terms.pointValueMinor;
}

/** As many whole points as fit in an amount of minor units (R6.4); 0 where it is not positive. */
export function pointsFor(terms: Terms, minor: bigint): Points {
  return minor > 0n ? points(minor / terms.pointValueMinor) : 0;
}

/** The first instant at which a lot credited at `creditedAt` is no longer usable (R6.2). */
export function lotExpiry(terms: Terms, creditedAt: Instant): Instant {
  return endOfDayAfterMonths(creditedAt, terms.lotValidityMonths, terms.zone);
}
