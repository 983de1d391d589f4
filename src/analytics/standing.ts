import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { change } from '../ledger/moves';
import type { EntrySum, MoveSum, SumRows } from './sums';

/** Where the points of a program stand at an instant: what it owes its members. */
export interface Standing {
  /** Spendable. */
  readonly available: Points;
  /** Set aside for orders. Together with `available` the outstanding points. */
  readonly held: Points;
  /** What members owe: taken back after it was spent. */
  readonly owed: Points;
  /** Outstanding points by the month in which their lots are valid last (2027-03), ascending; none of them 0. */
  readonly byExpiry: readonly { readonly month: string; readonly points: Points }[];
}

/** The standing before the first bucket, and that at each bucket's end, by its start. */
export interface Standings {
  readonly opening: Standing;
  readonly closing: ReadonlyMap<Instant, Standing>;
}

/**
 * Where points stood at the ends of the buckets that start at `starts`: everything before them and all that came since added up.
 * What is owed needs the sums of entries.
 */
export function standingsOf(sums: SumRows, starts: readonly Instant[]): Standings {
  const running = new Running();
  const moves = byBucket(sums.moves);
  const entries = byBucket(sums.entries);
  const step = (bucket: Instant | null): Standing => {
    for (const move of moves.get(bucket) ?? []) running.move(move);
    for (const { owedChange } of entries.get(bucket) ?? []) running.owed += owedChange;
    return running.standing();
  };
  return { opening: step(null), closing: new Map(starts.map((start) => [start, step(start)])) };
}

class Running {
  owed: Points = 0;
  private available: Points = 0;
  private held: Points = 0;
  private readonly months = new Map<string, Points>();

  move(sum: MoveSum): void {
    const available = change([sum], 'REMAINING');
    const held = change([sum], 'HELD');
    this.available += available;
    this.held += held;
    const { expires } = sum;
    this.months.set(expires, (this.months.get(expires) ?? 0) + available + held);
  }

  standing(): Standing {
    const byExpiry = [...this.months]
      .filter(([, points]) => points !== 0)
      .map(([month, points]) => ({ month, points }))
      .sort((a, b) => (a.month < b.month ? -1 : 1));
    return { available: this.available, held: this.held, owed: this.owed, byExpiry };
  }
}

/** Rows by the bucket they are of. */
export function byBucket<Row extends MoveSum | EntrySum>(
  rows: readonly Row[],
): Map<Instant | null, Row[]> {
  const buckets = new Map<Instant | null, Row[]>();
  for (const row of rows) {
    const same = buckets.get(row.bucket);
    if (same) same.push(row);
    else buckets.set(row.bucket, [row]);
  }
  return buckets;
}
