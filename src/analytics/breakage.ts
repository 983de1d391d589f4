import { type Points, points as wholePoints } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { type Breakage, BreakageByExpiry } from './accounting-breakage';
import { byBucket } from './standing';
import type { MoveSum } from './sums';

/** The end of a bucket, as far as breakage goes by it. */
export interface BucketEnd {
  /** The bucket's start. */
  readonly bucket: Instant;
  /** The month that its end lies in (2027-03), in the program's zone. */
  readonly month: string;
}

/**
 * What became of the lots that ran out in the twelve months before each bucket's end, as far as it was known then: the method
 * COHORT_12_MONTHS. Null where none did.
 */
export function cohortsAt(
  moves: readonly MoveSum[],
  ends: readonly BucketEnd[],
): ReadonlyMap<Instant, Breakage | null> {
  const buckets = byBucket(moves);
  const told = new BreakageByExpiry();
  told.add(buckets.get(null) ?? []);
  const cohorts = new Map<Instant, Breakage | null>();
  for (const { bucket, month } of ends) {
    told.add(buckets.get(bucket) ?? []);
    cohorts.set(bucket, told.ofYearBefore(month));
  }
  return cohorts;
}

/** What of outstanding points is expected never to be spent, rounded down; 0 where nothing tells. */
export function expectedBreakage(outstanding: Points, cohort: Breakage | null): Points {
  if (cohort === null) return 0;
  return wholePoints((BigInt(outstanding) * BigInt(cohort.broken)) / BigInt(cohort.granted));
}
