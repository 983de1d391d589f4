import { dayOf, type Instant } from '../kernel/time';
import type { Entry } from '../ledger/entry';
import type { Lot } from '../ledger/lot';
import { tierAt } from '../programs/pricing';
import type { Terms } from '../programs/terms';
import { bucketOf, type EntrySum, type MoveSum, type SumRows } from './sums';

/** What will be booked on one account by itself, if nobody does anything. */
export interface Foreseen {
  /** In their order. */
  readonly entries: readonly Entry[];
  /** Every lot that they touch. */
  readonly lots: ReadonlyMap<number, Lot>;
  /** Turnover, and the version of the terms, that the account's last entry left. */
  readonly turnover: bigint;
  readonly termsVersion: number;
}

/** Into which buckets it is counted, and of which instants. */
export interface ForeseenIn {
  readonly zone: string;
  readonly starts: readonly Instant[];
  /** Only what becomes true after it counts, where it is given, … */
  readonly after?: Instant;
  /** … and what does until then. */
  readonly until: Instant;
  readonly termsOf: (version: number) => Terms;
}

/** The sums of what will be booked on an account, entry by entry as the facts of booked ones are. */
export function foreseenSums(foreseen: Foreseen, within: ForeseenIn): SumRows {
  const { after = Number.NEGATIVE_INFINITY, until } = within;
  const moves: MoveSum[] = [];
  const entries: EntrySum[] = [];
  let tier = tierAt(within.termsOf(foreseen.termsVersion), foreseen.turnover).code;
  for (const entry of foreseen.entries) {
    const tierBefore = tier;
    tier = tierAt(within.termsOf(entry.termsVersion), entry.turnoverAfter).code;
    if (entry.occurredAt <= after || entry.occurredAt > until) continue;
    const bucket = bucketOf(within.starts, entry.occurredAt);
    entries.push(entrySum(entry, bucket, tierBefore, tier));
    for (const { lot, from, to, points } of entry.allocations) {
      const { source, sourceRef, expiresAt } = foreseen.lots.get(lot)!;
      const campaign = source === 'CAMPAIGN' ? sourceRef : '';
      const expires = dayOf(expiresAt - 1, within.zone).slice(0, 7);
      const { kind } = entry;
      moves.push({ bucket, kind, source, campaign, from, to, expires, points, moves: 1 });
    }
  }
  return { moves, entries };
}

/** Nothing that falls due credits an order, is an account's first entry or rewards anybody. */
function entrySum(
  entry: Entry,
  bucket: Instant | null,
  tierBefore: string,
  tierAfter: string,
): EntrySum {
  const { kind, availableChange, heldChange, owedChange, turnoverChange } = entry;
  return {
    ...{ bucket, kind, tierBefore, tierAfter, entries: 1 },
    ...{ availableChange, heldChange, owedChange, turnoverChange },
    ...{ orders: 0, ordersWithPoints: 0, pointsOnOrders: 0, firstEntries: 0, bonuses: 0 },
  };
}
