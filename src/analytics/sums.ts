import type { Points } from '../kernel/points';
import { type CalendarUnit, type Instant, startOfPeriod } from '../kernel/time';
import type { Allocation, EntryKind } from '../ledger/entry';
import type { LotSource, PointState } from '../ledger/lot';
import type { ProgramCode } from '../programs/terms';

/** How long a bucket is, in the program's zone. */
export type Grain = CalendarUnit;

/**
 * Which entries count and when. KNOWN: by when it became true, all that is known now of what was true by `asOf`. RECORDED: by
 * when it became true, only what the books had by `asOf`. POSTED: by when it was written, up to `asOf`: a month that is over
 * never changes.
 */
export type Basis = 'KNOWN' | 'RECORDED' | 'POSTED';

/** What sums are asked for. */
export interface Question {
  readonly program: ProgramCode;
  readonly basis: Basis;
  /** Null: one bucket for all of it. */
  readonly by: Grain | null;
  /** The first instant that counts; what was before it is the opening. Need not be a bucket's start. */
  readonly from: Instant;
  /** The first instant that does not count any more. */
  readonly to: Instant;
  /** Entries at it or before count. Null: now, which is also the fastest, since nothing is cut through. */
  readonly asOf: Instant | null;
}

/** Points that took one step, of lots that are alike. */
export interface MoveSum {
  /** The start of the bucket, as `bucketStarts` has it; null: everything before `from`. */
  readonly bucket: Instant | null;
  readonly kind: EntryKind;
  readonly source: LotSource;
  /** Code of the campaign that gave the lot; empty for other sources. */
  readonly campaign: string;
  readonly from: Allocation['from'];
  readonly to: PointState;
  /** The month in which the lot's last valid moment lies, in the program's zone: 2027-03. */
  readonly expires: string;
  readonly points: Points;
  /** How many steps. */
  readonly moves: number;
}

/** What entries that are alike changed. */
export interface EntrySum {
  /** As of a `MoveSum`. */
  readonly bucket: Instant | null;
  readonly kind: EntryKind;
  /** Tiers by turnover and terms before and after the entry (R3.9). */
  readonly tierBefore: string;
  readonly tierAfter: string;
  readonly entries: number;
  readonly availableChange: Points;
  readonly heldChange: Points;
  readonly owedChange: Points;
  /** Minor units of the program's currency. */
  readonly turnoverChange: bigint;
  /** Orders that were credited. */
  readonly orders: number;
  /** Of these the ones that points had paid on by then, and those points. */
  readonly ordersWithPoints: number;
  readonly pointsOnOrders: Points;
  /** How many of the entries are the first of their account. */
  readonly firstEntries: number;
  /** Bonuses of referrals, less what was taken back or voided of them. */
  readonly bonuses: Points;
}

/** Sums of moves or of entries are empty where they were not asked for. No two rows are alike. */
export interface SumRows {
  readonly moves: readonly MoveSum[];
  readonly entries: readonly EntrySum[];
}

/** Sums of one snapshot. */
export interface Sums extends SumRows {
  /** What of them no entry shows: it is due and not booked yet, or lies ahead. */
  readonly unbooked: SumRows;
  /** The database's clock when it was read. */
  readonly now: Instant;
  /** What could be seen then, as `pg_current_snapshot()` writes it: the entries behind a sum are looked up as of the same. */
  readonly snapshot: string;
}

/**
 * Where the buckets of a question start, ascending: `from`, then each start of a bucket before `to`, so that the first and the
 * last may be partial. Empty where `to` is not after `from`. It stops after `limit`.
 */
export function bucketStarts(
  zone: string,
  by: Grain | null,
  from: Instant,
  to: Instant,
  limit = Number.POSITIVE_INFINITY,
): Instant[] {
  const starts: Instant[] = [];
  for (let at = from; at < to && starts.length < limit; ) {
    starts.push(at);
    if (by === null) break;
    at = startOfPeriod(at, by, zone, 1);
  }
  return starts;
}

/** The bucket that an instant is in, of ascending starts; null before the first. */
export function bucketOf(starts: readonly Instant[], at: Instant): Instant | null {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : starts[low - 1]!;
}

/** The sums with more that no entry shows. */
export function withUnbooked(sums: Sums, unbooked: SumRows): Sums {
  if (unbooked.moves.length + unbooked.entries.length === 0) return sums;
  return { ...sums, ...mergeSums(sums, unbooked), unbooked: mergeSums(sums.unbooked, unbooked) };
}

/** The sums of disjoint parts of one question as one. */
export function mergeSums(...parts: readonly SumRows[]): SumRows {
  return {
    moves: mergeMoves(parts.flatMap(({ moves }) => moves)),
    entries: mergeEntries(parts.flatMap(({ entries }) => entries)),
  };
}

/** Rows that are alike become one. */
export function mergeMoves(rows: readonly MoveSum[]): MoveSum[] {
  return merged(
    rows,
    (row) => [row.bucket, row.kind, row.source, row.from, row.to, row.expires, row.campaign],
    (a, b) => ({ ...a, points: a.points + b.points, moves: a.moves + b.moves }),
  );
}

/** Rows that are alike become one. */
export function mergeEntries(rows: readonly EntrySum[]): EntrySum[] {
  return merged(
    rows,
    (row) => [row.bucket, row.kind, row.tierBefore, row.tierAfter],
    (a, b) => ({
      ...a,
      entries: a.entries + b.entries,
      availableChange: a.availableChange + b.availableChange,
      heldChange: a.heldChange + b.heldChange,
      owedChange: a.owedChange + b.owedChange,
      turnoverChange: a.turnoverChange + b.turnoverChange,
      orders: a.orders + b.orders,
      ordersWithPoints: a.ordersWithPoints + b.ordersWithPoints,
      pointsOnOrders: a.pointsOnOrders + b.pointsOnOrders,
      firstEntries: a.firstEntries + b.firstEntries,
      bonuses: a.bonuses + b.bonuses,
    }),
  );
}

function merged<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => readonly unknown[],
  add: (a: Row, b: Row) => Row,
): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row).join('\n');
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? row : add(sum, row));
  }
  return [...sums.values()];
}
