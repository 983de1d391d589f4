import type { DataSource } from 'typeorm';
import { type Connection, inTransaction } from '../database/transaction';
import { shardOf } from '../kernel/ids';

/** Who steps in, and why: kept with what they do. */
export interface Intervention {
  readonly actor: string;
  readonly reason: string;
}

/**
 * Stops an account: from the next command on nothing moves on it until it is let go. False where it is frozen already
 * (the first reason stands), null where there is no such account. For the database's owner: the application's role may not.
 */
export function freezeAccount(
  database: DataSource,
  accountId: string,
  by: Intervention,
): Promise<boolean | null> {
  return inTransaction(database, async (connection) => {
    const frozen = await lockAccount(connection, accountId);
    if (frozen !== false) return frozen === null ? null : false;
    await connection.query(
      `update accounts set frozen_at = clock_timestamp(), frozen_by = $3, frozen_reason = $4 where shard = $1 and id = $2`,
      [shardOf(accountId), accountId, by.actor, by.reason],
    );
    await recordIntervention(connection, accountId, 'FREEZE', by);
    return true;
  });
}

/**
 * Lets an account go. False where it is not frozen, null where there is none. A program that is being discontinued goes over
 * its members once more, and so do the notices of points that will expire: this one had to wait.
 */
export function unfreezeAccount(
  database: DataSource,
  accountId: string,
  by: Intervention,
): Promise<boolean | null> {
  return inTransaction(database, async (connection) => {
    const frozen = await lockAccount(connection, accountId);
    if (frozen !== true) return frozen;
    const key = [shardOf(accountId), accountId];
    await connection.query(
      `update accounts set frozen_at = null, frozen_by = null, frozen_reason = null where shard = $1 and id = $2`,
      key,
    );
    await connection.query(
      `update program_endings set cursor_shard = null, cursor_id = null
       where finished_at is null and program = (select program from accounts where shard = $1 and id = $2)`,
      key,
    );
    // Members who were told keep it in their own rows: nobody is told twice.
    await connection.query(
      `delete from expiry_notices where program = (select program from accounts where shard = $1 and id = $2)`,
      key,
    );
    await recordIntervention(connection, accountId, 'UNFREEZE', by);
    return true;
  });
}

/** Locks an account as every command does; whether it is frozen, null where there is none. */
export async function lockAccount(
  connection: Connection,
  accountId: string,
): Promise<boolean | null> {
  const { rows } = await connection.query<{ frozen: boolean }>(
    'select frozen_at is not null as frozen from accounts where shard = $1 and id = $2 for update',
    [shardOf(accountId), accountId],
  );
  return rows[0]?.frozen ?? null;
}

/** Writes down that somebody stepped in. Under the account's lock, which numbers it. */
export async function recordIntervention(
  connection: Connection,
  accountId: string,
  kind: 'FREEZE' | 'UNFREEZE' | 'REBUILD',
  { actor, reason }: Intervention,
  details: object | null = null,
): Promise<void> {
  await connection.query(
    `insert into interventions (shard, account_id, number, kind, at, actor, reason, details)
     select $1::smallint, $2::text, coalesce(max(number), 0) + 1, $3, clock_timestamp(), $4, $5, $6
     from interventions where shard = $1 and account_id = $2`,
    [shardOf(accountId), accountId, kind, actor, reason, details && JSON.stringify(details)],
  );
}
