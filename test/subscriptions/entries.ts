import type { DataSource } from 'typeorm';
import { shardOf } from '../../src/kernel/ids';

/** Registers a customer in the EU program, with nothing in the account yet. */
export async function register(database: DataSource, customerId: string): Promise<void> {
  await database.query(
    `insert into accounts (shard, id, program, terms_version, terms_known, enrolled_at)
     values ($1, $2, 'EU', 1, 1, '2024-08-01T00:00:00Z')`,
    [shardOf(customerId), customerId],
  );
}

/**
 * Writes `count` entries of one point each to one account, as the ledger does: sequence under the
 * account's lock, one hint with the commit. Returns the last sequence.
 */
export async function write(
  database: DataSource,
  customerId: string,
  { count = 1, notify = true }: { count?: number; notify?: boolean } = {},
): Promise<number> {
  const rows = await database.query<{ sequence: number }[]>(
    `with account as (
       update accounts set sequence = sequence + $3, available = available + $3,
         turnover_minor = turnover_minor + $3 * 100, last_entry_at = now()
       where shard = $1 and id = $2
       returning sequence - $3 as before, sequence
     ), written as (
       insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change,
         turnover_change, available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at,
         order_id, terms_version, cause, actor, arithmetic)
       select $1, $2, before + n, 'CREDITED', 1, 0, 0, 100, before + n, 0, 0, (before + n) * 100, now(),
         now(), 'order-' || (before + n), 1, 'test', 'platform',
         '{"turnoverBefore":"0","base":"100","brackets":[],"points":1}'
       from account, generate_series(1, $3) as n
     )
     select sequence, case when $4 then pg_notify('rewards_accounts', $2) end from account`,
    [shardOf(customerId), customerId, count, notify],
  );
  return rows[0]!.sequence;
}
