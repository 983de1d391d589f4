import type { Instant } from '../kernel/time';
import { byBucket } from './standing';
import type { EntrySum } from './sums';

/** Members who came, went, or had gone, by what became of them before which edge. */
export interface TierStep {
  /**
   * ENROLLED: members from then on. OVER: their membership ended. LAST: of these, who had an entry by then, which left them in
   * `tierAfter`. LATER: an entry after the end took them from one tier to another, which counts nowhere.
   */
  readonly step: 'ENROLLED' | 'OVER' | 'LAST' | 'LATER';
  /** Place of the first edge that lies after it. */
  readonly edge: number;
  readonly tierBefore: string | null;
  readonly tierAfter: string | null;
  readonly members: number;
}

/** Members by tier; tiers that nobody holds are missing. */
export type TierCounts = ReadonlyMap<string, number>;

/** Members who went from a tier to another, one way. */
export interface TierMovement {
  readonly from: string;
  readonly to: string;
  readonly members: number;
}

/**
 * How many members hold which tier at the end of each bucket: those enrolled by then whose membership has not ended, each in the tier that
 * their last entry left them in (R3.9), and without an entry in the lowest: `lowest` of the terms at the end of the bucket.
 * Entries tell of everybody; who is over is taken out again.
 */
export function tierCounts(
  entries: readonly EntrySum[],
  steps: readonly TierStep[],
  buckets: readonly { readonly start: Instant; readonly lowest: string }[],
): TierCounts[] {
  const inBuckets = byBucket(entries);
  const running = new Running();
  running.entries(inBuckets.get(null) ?? []);
  return buckets.map(({ start, lowest }, edge) => {
    running.entries(inBuckets.get(start) ?? []);
    running.steps(steps.filter((step) => step.edge === edge));
    return running.counts(lowest);
  });
}

class Running {
  private readonly held = new Map<string, number>();
  private withoutEntry = 0;

  entries(sums: readonly EntrySum[]): void {
    for (const { tierBefore, tierAfter, entries, firstEntries } of sums) {
      this.add(tierAfter, entries);
      this.add(tierBefore, firstEntries - entries);
      this.withoutEntry -= firstEntries;
    }
  }

  steps(steps: readonly TierStep[]): void {
    for (const { step, tierBefore, tierAfter, members } of steps) {
      if (step === 'ENROLLED') this.withoutEntry += members;
      if (step === 'OVER') this.withoutEntry -= members;
      if (step === 'LAST') this.withoutEntry += members;
      if (step === 'LATER') this.add(tierBefore, members);
      this.add(tierAfter, -members);
    }
  }

  counts(lowest: string): TierCounts {
    const counts = new Map(this.held);
    counts.set(lowest, (counts.get(lowest) ?? 0) + this.withoutEntry);
    return new Map([...counts].filter(([, members]) => members !== 0));
  }

  private add(tier: string | null, members: number): void {
    if (tier !== null) this.held.set(tier, (this.held.get(tier) ?? 0) + members);
  }
}

/** Who went from a tier to another in entries, the most frequent first; who went twice counts twice. */
export function tierMovements(entries: readonly EntrySum[]): TierMovement[] {
  const moved = new Map<string, TierMovement>();
  for (const { tierBefore: from, tierAfter: to, entries: members } of entries) {
    if (from === to) continue;
    const key = `${from} ${to}`;
    moved.set(key, { from, to, members: (moved.get(key)?.members ?? 0) + members });
  }
  return [...moved.values()].sort(
    (a, b) => b.members - a.members || (a.from + a.to < b.from + b.to ? -1 : 1),
  );
}
