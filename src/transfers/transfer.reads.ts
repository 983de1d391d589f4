import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import { type TransferRecord, transferOf } from '../ledger/people';
import type { Transfer, TransferState } from '../ledger/transfer';

/** What the list of transfers is ordered by. */
export type TransferPlace = readonly [requestedAt: Instant, shard: number, id: string];

/** Which transfers are listed. */
export interface TransfersPage {
  /** Null: wherever they stand. */
  readonly state: TransferState | null;
  /** Only those that this member gives or receives; null: all. */
  readonly customerId: string | null;
  readonly after: TransferPlace | null;
  readonly limit: number;
}

/** Transfers after a place, oldest first. */
export async function readTransfersAfter(
  database: DataSource,
  { state, customerId, after, limit }: TransfersPage,
): Promise<Transfer[]> {
  const [requestedAt, shard, id] = after ?? [null, null, null];
  const rows: TransferRecord[] = await database.query(
    `select * from transfers
     where ($1::text is null or state = $1) and ($2::text is null or from_id = $2 or to_id = $2)
       and ($3::timestamptz is null or (requested_at, shard, id) > ($3::timestamptz, $4::integer, $5::text))
     order by requested_at, shard, id limit $6`,
    [state, customerId, requestedAt === null ? null : formatInstant(requestedAt), shard, id, limit],
  );
  return rows.map(transferOf);
}

/** A transfer by its id, without a lock; null where there is none. */
export async function readTransfer(database: DataSource, id: string): Promise<Transfer | null> {
  const [row]: TransferRecord[] = await database.query(
    'select * from transfers where shard = $1 and id = $2',
    [shardOf(id), id],
  );
  return row ? transferOf(row) : null;
}
