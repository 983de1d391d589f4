import type { DataSource } from 'typeorm';
import type { Instant } from '../../src/kernel/time';
import type { Arithmetic } from '../../src/ledger/entry';
import { tierAt } from '../../src/programs/pricing';
import type { Programs } from '../../src/programs/programs';

/** Everything that the sections of an answer are counted from, row by row. */
export interface Rows {
  readonly accounts: readonly AccountOf[];
  readonly entries: readonly EntryOf[];
  readonly allocations: readonly AllocationOf[];
  readonly lots: readonly LotOf[];
  readonly orders: readonly OrderOf[];
  readonly redemptions: readonly {
    account_id: string;
    number: number;
    order_id: string;
    captured: number;
  }[];
  readonly referrals: readonly ReferralOf[];
  readonly codes: readonly { program: string; issued_at: Instant }[];
}
interface AccountOf {
  id: string;
  program: string | null;
  enrolled_at: Instant;
  ended_at: Instant | null;
  redeem_until: Instant | null;
}
interface EntryOf {
  account_id: string;
  sequence: number;
  kind: string;
  occurred_at: Instant;
  recorded_at: Instant;
  terms_version: number;
  turnover_change: number;
  turnover_after: number;
  order_id: string | null;
  arithmetic: Arithmetic | null;
}
interface AllocationOf {
  account_id: string;
  sequence: number;
  lot: number;
  redemption: number | null;
  from_state: string;
  to_state: string;
  points: number;
}
interface LotOf {
  account_id: string;
  number: number;
  source: string;
  source_ref: string;
  granted: number;
  remaining: number;
  held: number;
  redeemed: number;
  expired: number;
  reversed: number;
  forfeited: number;
  voided: number;
  transferred: number;
  voided_at: Instant | null;
}
interface OrderOf {
  id: string;
  customer_id: string | null;
  completed: boolean;
  judged_at: Instant | null;
  base_minor: number | null;
  net_minor: number;
  cancelled_minor: number;
  discount_percent: number | null;
}
interface ReferralOf {
  referrer_id: string;
  state: string;
  flags: string[];
  registered_at: Instant;
  decided_at: Instant | null;
  bonus: number;
  reversed: number;
}

const TABLES = {
  ...{ accounts: 'accounts', entries: 'entries', allocations: 'allocations', lots: 'lots' },
  ...{ orders: 'orders', redemptions: 'redemptions', referrals: 'referrals' },
  codes: 'referral_codes',
} as const;

/** Reads all of it. */
export async function readRows(database: DataSource): Promise<Rows> {
  const read = Object.entries(TABLES).map(async ([name, table]) => {
    const rows: unknown = await database.query(`select * from ${table}`);
    return [name, rows] as const;
  });
  return Object.fromEntries(await Promise.all(read)) as unknown as Rows;
}

/** A stretch of time, and by when entries were written (null: whenever). */
export interface Stretch {
  readonly program: string;
  readonly from: Instant;
  /** The first instant that does not count any more. */
  readonly until: Instant;
  readonly recordedBy: Instant | null;
}

function isIn({ from, until }: Stretch, at: Instant | null): boolean {
  return at !== null && at >= from && at < until;
}

function isKnown({ recordedBy }: Stretch, entry: EntryOf): boolean {
  return recordedBy === null || entry.recorded_at <= recordedBy;
}

function membersOf({ accounts }: Rows, { program }: Stretch): Map<string, AccountOf> {
  return new Map(accounts.filter((it) => it.program === program).map((it) => [it.id, it]));
}

/** Who holds which tier before `until`, member by member (R3.9). */
export function tiersByHand(
  rows: Rows,
  programs: Programs,
  stretch: Stretch,
): Record<string, number> {
  const counts: Record<string, number> = {};
  const { program, until } = stretch;
  for (const account of membersOf(rows, stretch).values()) {
    const end = account.ended_at ?? account.redeem_until;
    if (account.enrolled_at >= until || (end !== null && end < until)) continue;
    const entry = rows.entries
      .filter(
        (it) => it.account_id === account.id && it.occurred_at < until && isKnown(stretch, it),
      )
      .sort((a, b) => b.sequence - a.sequence)[0];
    const code = entry
      ? tierAt(programs.terms(program, entry.terms_version), BigInt(entry.turnover_after)).code
      : programs.bindingAt(program, until - 1)!.tiers[0]!.code;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** The steps of the funnel, one by one, and what discounts took off. */
export function funnelByHand(rows: Rows, stretch: Stretch): object {
  const members = membersOf(rows, stretch);
  const own = rows.referrals.filter(({ referrer_id }) => members.has(referrer_id));
  const registered = own.filter((it) => isIn(stretch, it.registered_at));
  const decided = own.filter(
    (it) => ['REWARDED', 'LOST'].includes(it.state) && isIn(stretch, it.decided_at),
  );
  const discountMinor = rows.orders
    .filter(
      (it) => members.has(it.customer_id ?? '') && it.completed && isIn(stretch, it.judged_at),
    )
    .reduce((sum, { net_minor, cancelled_minor, discount_percent }) => {
      const tenths = (net_minor - cancelled_minor) * (discount_percent ?? 0);
      return sum + BigInt(Math.floor((tenths + 50) / 100));
    }, 0n);
  return {
    links: rows.codes.filter((it) => it.program === stretch.program && isIn(stretch, it.issued_at))
      .length,
    registrations: registered.length,
    rejected: registered.filter(({ state }) => state === 'REJECTED' || state === 'VOIDED').length,
    flagged: registered.filter(({ flags }) => flags.length > 0).length,
    orders: decided.length,
    acquired: decided.filter(({ state }) => state === 'REWARDED').length,
    discountMinor,
  };
}

/** Bonuses by referrer, as their entries have them. */
export function bonusesByHand(rows: Rows, stretch: Stretch): Map<string, number> {
  const members = membersOf(rows, stretch);
  const sums = new Map<string, number>();
  const lots = new Map(rows.lots.map((lot) => [`${lot.account_id} ${lot.number}`, lot]));
  for (const entry of rows.entries) {
    const { account_id, sequence, kind, arithmetic } = entry;
    if (!members.has(account_id) || !isIn(stretch, entry.occurred_at)) continue;
    if (!isKnown(stretch, entry)) continue;
    let points = 0;
    if (arithmetic?.type === 'REFERRAL') {
      points = kind === 'CREDITED' ? arithmetic.points : -arithmetic.creditedBefore!;
    }
    if (kind === 'VOIDED') {
      for (const it of rows.allocations) {
        if (it.account_id !== account_id || it.sequence !== sequence) continue;
        if (lots.get(`${account_id} ${it.lot}`)!.source === 'REFERRAL') points -= it.points;
      }
    }
    sums.set(account_id, (sums.get(account_id) ?? 0) + points);
  }
  return sums;
}

/** Order by order, what points had paid when it was credited, and those with nothing to credit. */
export function shareByHand(rows: Rows, stretch: Stretch): object {
  const members = membersOf(rows, stretch);
  const share = { orders: 0, ordersWithPoints: 0, ordersPaidInFull: 0, turnover: 0n };
  const points = { pointsOnCredited: 0, pointsInFull: 0 };
  for (const order of rows.orders) {
    if (!members.has(order.customer_id ?? '')) continue;
    const own = rows.redemptions.filter(
      (it) => it.account_id === order.customer_id && it.order_id === order.id,
    );
    const credited = rows.entries.find(
      (it) =>
        it.account_id === order.customer_id &&
        it.order_id === order.id &&
        it.kind === 'CREDITED' &&
        it.arithmetic?.type === 'ORDER',
    );
    if (credited) {
      if (!isIn(stretch, credited.occurred_at) || !isKnown(stretch, credited)) continue;
      let paid = 0;
      for (const it of rows.allocations) {
        if (it.account_id !== order.customer_id || it.sequence >= credited.sequence) continue;
        if (!own.some(({ number }) => number === it.redemption)) continue;
        if (it.to_state === 'REDEEMED') paid += it.points;
        if (it.from_state === 'REDEEMED') paid -= it.points;
      }
      share.orders += 1;
      share.turnover += BigInt(credited.turnover_change);
      share.ordersWithPoints += paid > 0 ? 1 : 0;
      points.pointsOnCredited += paid;
    } else if (order.completed && order.base_minor === 0 && isIn(stretch, order.judged_at)) {
      const paid = own.reduce((sum, { captured }) => sum + captured, 0);
      share.orders += 1;
      share.ordersWithPoints += paid > 0 ? 1 : 0;
      share.ordersPaidInFull += paid > 0 ? 1 : 0;
      points.pointsInFull += paid;
    }
  }
  return { ...share, ...points };
}

/** Where the points of campaigns' lots are now, by code. */
export function campaignsByHand(rows: Rows, stretch: Stretch): Record<string, object> {
  const members = membersOf(rows, stretch);
  const sums: Record<string, Record<string, number>> = {};
  for (const lot of rows.lots) {
    if (lot.source !== 'CAMPAIGN' || !members.has(lot.account_id)) continue;
    const sum = sums[lot.source_ref] ?? nothing();
    sums[lot.source_ref] = sum;
    sum.issued! += lot.granted;
    for (const state of ['redeemed', 'expired', 'reversed', 'forfeited', 'voided'] as const) {
      sum[state]! += lot[state];
    }
    sum.transferredOut! += lot.transferred;
    sum.outstanding! += lot.remaining + lot.held;
  }
  return sums;
}

function nothing(): Record<string, number> {
  return {
    ...{ issued: 0, redeemed: 0, expired: 0, reversed: 0, forfeited: 0, voided: 0 },
    ...{ transferredOut: 0, outstanding: 0 },
  };
}
