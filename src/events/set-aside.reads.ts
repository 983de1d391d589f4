import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';
import type { SetAsideReason } from '../ledger/command';

/** An event that was set aside, and its place in the list. */
export interface SetAsideRead {
  readonly source: string;
  readonly eventId: string;
  readonly type: string;
  readonly reason: SetAsideReason;
  readonly orderId: string | null;
  readonly customerId: string | null;
  readonly receivedAt: Instant;
  readonly shard: number;
  readonly digest: string;
  /** `receivedAt` as the database writes it, finer than a millisecond. */
  readonly exactly: string;
}

/** What the list is ordered by: received at (as the database writes it), shard, source, event id, digest. */
export type SetAsidePlace = readonly [string, number, string, string, string];

/** Events set aside after a place, oldest first, at most `limit`. */
export async function readSetAside(
  database: DataSource,
  after: SetAsidePlace | null,
  limit: number,
): Promise<SetAsideRead[]> {
  const [receivedAt, shard, source, eventId, digest] = after ?? [null, null, null, null, null];
  return database.query(
    `select source, event_id as "eventId", type, reason, order_id as "orderId", customer_id as "customerId",
       received_at as "receivedAt", shard, digest, received_at::text as exactly
     from set_aside
     where $1::timestamptz is null or (received_at, shard, source, event_id, digest)
       > ($1::timestamptz, $2::integer, $3::text, $4::text, $5::text)
     order by received_at, shard, source, event_id, digest limit $6`,
    [receivedAt, shard, source, eventId, digest, limit],
  );
}
