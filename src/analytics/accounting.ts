import { type Points, points as wholePoints } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { LotSource } from '../ledger/lot';
import { BreakageByExpiry, recogniseBreakage, sixPlaces } from './accounting-breakage';
import { expectedBreakage } from './breakage';
import { owedIn } from './figure';
import { closing as closingOf, type Flow, type Flows, flowsOf } from './flows';
import { byBucket } from './standing';
import type { EntrySum, MoveSum, SumRows } from './sums';

/** What a line of the roll-forward is to an accountant. */
export const ACCOUNTING_CLASSES = {
  CONTRACT_LIABILITY_ADDITION:
    'Rights that members were given: the contract liability grows (IFRS 15 B40, ASC 606-10-55-42).',
  REVENUE_ON_REDEMPTION:
    'Rights that members used, or have back: revenue is recognised, or taken back (IFRS 15 B40, ASC 606-10-55-42).',
  BREAKAGE:
    'Rights that ended unused: breakage, recognised now as far as it was not before (IFRS 15 B44 to B47, ASC 606-10-55-46 to 49).',
  REVERSAL_OF_CONSIDERATION:
    'Rights that are gone with the sale or the claim they came from: no revenue, the transaction price changes (IFRS 15.87 to 90, ASC 606-10-32-42 to 45).',
  TRANSFER: 'Rights that moved from member to member: nothing changes in total.',
  REVALUATION:
    'No points: what is outstanding is worth something else since the value of a point changed.',
} as const;
export type AccountingClass = keyof typeof ACCOUNTING_CLASSES;

/** The lines of the roll-forward between opening and closing, in their order. */
export const ACCOUNTING_LINES = {
  REVALUED: 'The opening liability at this month’s value of a point, less at the last one’s.',
  ISSUED_FOR_ORDERS: 'Credited for paid and delivered orders (R3.2).',
  ISSUED_BY_CAMPAIGNS: 'Credited by campaigns, on top of an order’s points (R1.5).',
  ISSUED_FOR_REFERRALS: 'Bonuses for referring a customer (R5.3).',
  ISSUED_AS_ADJUSTMENTS: 'Given by the rewards desk (R8.2).',
  TRANSFERRED_IN: 'Received from colleagues (R7.3).',
  RESTORED: 'Redeemed before and given back, since the order costs less or was cancelled (R4.4).',
  REDEEMED: 'Paid part of an order (R6.4).',
  EXPIRED: 'Reached the end of their validity (R6.2).',
  FORFEITED: 'Gone with a membership (R2.3, R2.4).',
  REVERSED: 'Taken back, since what they were credited for was cancelled (R4.2).',
  VOIDED: 'Taken away for abuse (R8.1).',
  TRANSFERRED_OUT: 'Given to colleagues (R7.3).',
} as const;
export type AccountingLineName = keyof typeof ACCOUNTING_LINES;

/** Points, and what they pay at the value of a point at the end of the month. */
export interface Amount {
  readonly points: Points;
  /** Minor units of the program's currency. */
  readonly minor: bigint;
}

/** One line: by how much it changes the liability, below 0 where that falls. */
export interface AccountingLine extends Amount {
  readonly line: AccountingLineName;
  readonly class: AccountingClass;
}

/** A month to account for. */
export interface AccountingPeriod {
  /** 2026-03 */
  readonly month: string;
  readonly start: Instant;
  /** The first instant afterwards. */
  readonly end: Instant;
  /** Whether more may still be booked into it. */
  readonly isOpen: boolean;
  /** Minor units that a point pays at its end. */
  readonly pointValueMinor: bigint;
}

/** A month of a program's liability for points: opening, plus all lines, is closing, in points and in money. */
export interface AccountingMonth extends AccountingPeriod {
  readonly opening: Amount;
  readonly lines: readonly AccountingLine[];
  readonly closing: Amount;
  /** A memorandum: points that members owe are no part of the liability (R4.3). */
  readonly owed: {
    readonly opening: Amount;
    readonly incurred: Amount;
    readonly paid: Amount;
    readonly closing: Amount;
  };
  readonly breakage: AccountingBreakage;
}

/** Breakage in proportion to the rights exercised; see `recogniseBreakage`. */
export interface AccountingBreakage {
  /** The share of granted points that was never redeemed, of the lots that ended in the twelve months before; null without any. */
  readonly rate: string | null;
  readonly expected: Amount;
  readonly inProportion: Amount;
  readonly atExpiry: Amount;
  /** What the month recognises as revenue: the sum of the two. */
  readonly revenue: Amount;
  readonly ahead: Amount;
  /** The closing less what is expected to break. */
  readonly expectedRedemptions: Amount;
  /** The closing less what is recognised ahead: what stands in the balance sheet. */
  readonly contractLiability: Amount;
}

const ISSUED: Readonly<Record<Exclude<LotSource, 'TRANSFER'>, AccountingLineName>> = {
  ORDER: 'ISSUED_FOR_ORDERS',
  CAMPAIGN: 'ISSUED_BY_CAMPAIGNS',
  REFERRAL: 'ISSUED_FOR_REFERRALS',
  ADJUSTMENT: 'ISSUED_AS_ADJUSTMENTS',
};

const FLOW_LINES: readonly (readonly [AccountingLineName, AccountingClass, Flow, 1 | -1])[] = [
  ['TRANSFERRED_IN', 'TRANSFER', 'transferredIn', 1],
  ['RESTORED', 'REVENUE_ON_REDEMPTION', 'restored', 1],
  ['REDEEMED', 'REVENUE_ON_REDEMPTION', 'redeemed', -1],
  ['EXPIRED', 'BREAKAGE', 'expired', -1],
  ['FORFEITED', 'BREAKAGE', 'forfeited', -1],
  ['REVERSED', 'REVERSAL_OF_CONSIDERATION', 'reversed', -1],
  ['VOIDED', 'REVERSAL_OF_CONSIDERATION', 'voided', -1],
  ['TRANSFERRED_OUT', 'TRANSFER', 'transferredOut', -1],
];

/** What one month leaves to the next. */
interface Carried {
  readonly outstanding: Points;
  readonly pointValueMinor: bigint;
  readonly owed: Points;
  readonly ahead: Points;
}

/**
 * The roll-forward of `periods`, which follow on each other from the program's first month on, out of sums by the month in which
 * they were booked. What was booked before the first is its opening.
 */
export function accountFor(
  periods: readonly AccountingPeriod[],
  { moves, entries }: SumRows,
): AccountingMonth[] {
  const [movesOf, entriesOf] = [byBucket(moves), byBucket(entries)];
  const before = { moves: movesOf.get(null) ?? [], entries: entriesOf.get(null) ?? [] };
  const experience = new BreakageByExpiry();
  experience.add(before.moves);
  let carried: Carried = {
    outstanding: closingOf(0, flowsOf(before.moves)),
    pointValueMinor: periods[0]?.pointValueMinor ?? 0n,
    owed: owedIn(before.entries).owed,
    ahead: 0,
  };
  return periods.map((period) => {
    const own = movesOf.get(period.start) ?? [];
    experience.add(own);
    const month = monthOf(period, carried, own, entriesOf.get(period.start) ?? [], experience);
    carried = {
      outstanding: month.closing.points,
      pointValueMinor: period.pointValueMinor,
      owed: month.owed.closing.points,
      ahead: month.breakage.ahead.points,
    };
    return month;
  });
}

function monthOf(
  period: AccountingPeriod,
  carried: Carried,
  moves: readonly MoveSum[],
  entries: readonly EntrySum[],
  experience: BreakageByExpiry,
): AccountingMonth {
  const worth = (points: Points): Amount => ({
    points: wholePoints(points),
    minor: BigInt(points) * period.pointValueMinor,
  });
  const flows = flowsOf(moves);
  const outstanding = closingOf(carried.outstanding, flows);
  const opening = BigInt(carried.outstanding) * carried.pointValueMinor;
  const revalued = worth(carried.outstanding).minor - opening;
  const line = (name: AccountingLineName, of: AccountingClass, points: Points) => ({
    ...{ line: name, class: of, ...worth(points) },
  });
  const issued = Object.entries(ISSUED).map(([source, name]) => {
    const own = flowsOf(moves.filter((move) => move.source === source));
    return line(name, 'CONTRACT_LIABILITY_ADDITION', own.issued);
  });
  return {
    ...period,
    opening: { points: carried.outstanding, minor: opening },
    lines: [
      { line: 'REVALUED', class: 'REVALUATION', points: 0, minor: revalued },
      ...issued,
      ...FLOW_LINES.map(([name, of, flow, sign]) => line(name, of, sign * flows[flow])),
    ],
    closing: worth(outstanding),
    owed: owedOf(carried.owed, entries, worth),
    breakage: breakageOf(period, carried.ahead, flows, outstanding, experience, worth),
  };
}

function owedOf(
  opening: Points,
  entries: readonly EntrySum[],
  worth: (points: Points) => Amount,
): AccountingMonth['owed'] {
  const { owedIncurred, owedPaid, owed } = owedIn(entries);
  return {
    opening: worth(opening),
    incurred: worth(owedIncurred),
    paid: worth(owedPaid),
    closing: worth(opening + owed),
  };
}

function breakageOf(
  { month }: AccountingPeriod,
  aheadBefore: Points,
  flows: Flows,
  outstanding: Points,
  experience: BreakageByExpiry,
  worth: (points: Points) => Amount,
): AccountingBreakage {
  const year = experience.ofYearBefore(month);
  const own = recogniseBreakage(aheadBefore, flows, outstanding, year);
  const expected = expectedBreakage(outstanding, year);
  return {
    rate: year && sixPlaces(year),
    expected: worth(expected),
    inProportion: worth(own.inProportion),
    atExpiry: worth(own.atExpiry),
    revenue: worth(own.inProportion + own.atExpiry),
    ahead: worth(own.ahead),
    expectedRedemptions: worth(outstanding - expected),
    contractLiability: worth(outstanding - own.ahead),
  };
}
