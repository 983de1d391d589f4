import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import type { Adjustment } from '../ledger/desk';
import { type AdjustmentRecord, adjustmentOf } from '../ledger/desk.records';

/** What the list of adjustments is ordered by. */
export type AdjustmentPlace = readonly [
  requestedAt: Instant,
  shard: number,
  account: string,
  number: number,
];

export interface AdjustmentsPage {
  /** Null: wherever they stand. */
  readonly state: Adjustment['state'] | null;
  readonly after: AdjustmentPlace | null;
  readonly limit: number;
}

/** Adjustments after a place, oldest first. */
export async function readAdjustmentsAfter(
  database: DataSource,
  { state, after, limit }: AdjustmentsPage,
): Promise<Adjustment[]> {
  const [requestedAt, shard, accountId, number] = after ?? [null, null, null, null];
  // A literal lets the index of what waits be used.
  const which = state === 'REQUESTED' ? `state = 'REQUESTED'` : '($6::text is null or state = $6)';
  const rows: AdjustmentRecord[] = await database.query(
    `select * from adjustments
     where ${which} and ($1::timestamptz is null
       or (requested_at, shard, account_id, number) > ($1::timestamptz, $2::integer, $3::text, $4::integer))
     order by requested_at, shard, account_id, number limit $5`,
    [
      ...[requestedAt === null ? null : formatInstant(requestedAt), shard, accountId, number],
      ...[limit, ...(state === 'REQUESTED' ? [] : [state])],
    ],
  );
  return rows.map(adjustmentOf);
}

/** The place of an adjustment in that order. */
export function placeOf({ requestedAt, accountId, number }: Adjustment): AdjustmentPlace {
  return [requestedAt, shardOf(accountId), accountId, number];
}
