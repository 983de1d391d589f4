import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Attempt } from './outbox.store';

/** A message at an endpoint, and its place in the list. */
export interface DeliveryRead {
  readonly endpoint: string;
  readonly customerId: string;
  readonly number: number;
  readonly type: string;
  readonly occurredAt: Instant;
  readonly state: 'PENDING' | 'DELIVERED' | 'DEAD';
  readonly attempts: number;
  readonly nextAttemptAt: Instant | null;
  readonly lastError: string | null;
  readonly settledAt: Instant | null;
  readonly log: readonly (Attempt & { readonly round: number; readonly attempt: number })[];
  readonly shard: number;
  /** `settledAt` as the database writes it, finer than a millisecond. */
  readonly exactly: string;
}

const COLUMNS = `d.endpoint, d.account_id as "customerId", d.number, o.type, o.occurred_at as "occurredAt", d.state, d.attempts,
  case d.state when 'PENDING' then d.next_attempt_at end as "nextAttemptAt", d.last_error as "lastError",
  d.settled_at as "settledAt", d.log, d.shard, d.settled_at::text as exactly`;
const TABLES = 'webhook_deliveries d join outbox o using (shard, account_id, number)';

/** What the dead letters are ordered by: settled at (as the database writes it), shard, account, number, endpoint. */
export type UndeliveredPlace = readonly [string, number, string, number, string];

/** Messages given up after a place, at one endpoint or (null) all, oldest first, at most `limit`. */
export async function readUndelivered(
  database: DataSource,
  endpoint: string | null,
  after: UndeliveredPlace | null,
  limit: number,
): Promise<DeliveryRead[]> {
  return database.query(
    `select ${COLUMNS} from ${TABLES}
     where d.state = 'DEAD' and ($1::text is null or d.endpoint = $1) and ($2::timestamptz is null
       or (d.settled_at, d.shard, d.account_id, d.number, d.endpoint) > ($2::timestamptz, $3::integer, $4::text, $5::bigint, $6::text))
     order by d.settled_at, d.shard, d.account_id, d.number, d.endpoint limit $7`,
    [endpoint, ...(after ?? [null, null, null, null, null]), limit],
  );
}

/** What an account's deliveries are ordered by: number, latest first, then endpoint. */
export type DeliveryPlace = readonly [number: number, endpoint: string];

/** An account's messages before a place, at one endpoint or (null) all, latest first, at most `limit`. */
export async function readDeliveries(
  database: DataSource,
  customerId: string,
  endpoint: string | null,
  before: DeliveryPlace | null,
  limit: number,
): Promise<DeliveryRead[]> {
  const [number, name] = before ?? [null, null];
  return database.query(
    `select ${COLUMNS} from ${TABLES}
     where d.shard = $1 and d.account_id = $2 and ($3::text is null or d.endpoint = $3)
       and ($4::bigint is null or d.number < $4 or (d.number = $4 and d.endpoint > $5::text))
     order by d.number desc, d.endpoint limit $6`,
    [shardOf(customerId), customerId, endpoint, number, name, limit],
  );
}
