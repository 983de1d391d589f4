import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';

/** A message that was given up, and its place in the list. */
export interface UndeliveredRead {
  readonly customerId: string;
  readonly number: number;
  readonly type: string;
  readonly occurredAt: Instant;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly settledAt: Instant;
  readonly shard: number;
  /** `settledAt` as the database writes it, finer than a millisecond. */
  readonly exactly: string;
}

/** What the list is ordered by: settled at (as the database writes it), shard, account, number. */
export type UndeliveredPlace = readonly [string, number, string, number];

/** Messages given up after a place, oldest first, at most `limit`. */
export async function readUndelivered(
  database: DataSource,
  after: UndeliveredPlace | null,
  limit: number,
): Promise<UndeliveredRead[]> {
  const [settledAt, shard, customerId, number] = after ?? [null, null, null, null];
  return database.query(
    `select account_id as "customerId", number, type, occurred_at as "occurredAt", attempts,
       last_error as "lastError", settled_at as "settledAt", shard, settled_at::text as exactly
     from outbox
     where state = 'DEAD' and ($1::timestamptz is null
       or (settled_at, shard, account_id, number) > ($1::timestamptz, $2::integer, $3::text, $4::bigint))
     order by settled_at, shard, account_id, number limit $5`,
    [settledAt, shard, customerId, number, limit],
  );
}
