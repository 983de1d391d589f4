import type { DataSource } from 'typeorm';
import { shardOf } from '../../src/kernel/ids';

/** A row of the outbox as the tests look at it. */
export interface OutboxRow {
  readonly number: number;
  readonly state: string;
  readonly attempts: number;
  readonly claimed: boolean;
  readonly last_error: string | null;
}

/** Writes messages `from` … `to` of an account, as the door does: under the account, in order. */
export async function addMessages(
  database: DataSource,
  account: string,
  to: number,
  from = 1,
): Promise<void> {
  const shard = shardOf(account);
  await database.query(
    `insert into accounts (shard, id, last_message) values ($1, $2, $3)
      on conflict (shard, id) do update set last_message = excluded.last_message`,
    [shard, account, to],
  );
  await database.query(
    `insert into outbox (shard, account_id, number, type, sequence, occurred_at, data)
      select $1, $2, n, 'points.credited', n * 10, '2026-03-01T10:00:00.123Z', json_build_object('points', n * 100)
      from generate_series($3::int, $4::int) n`,
    [shard, account, from, to],
  );
}

/** An account's messages, in order. */
export async function messagesOf(database: DataSource, account: string): Promise<OutboxRow[]> {
  return database.query(
    `select number, state, attempts, claimed_until is not null as claimed, last_error
      from outbox where shard = $1 and account_id = $2 order by number`,
    [shardOf(account), account],
  );
}

/** How many messages are in a state. */
export async function countOf(database: DataSource, state: string): Promise<number> {
  const [row] = await database.query<[{ n: number }]>(
    'select count(*) as n from outbox where state = $1',
    [state],
  );
  return row.n;
}

/** Waits until `holds` does, looking often; fails when that takes too long. */
export async function eventually(
  holds: () => Promise<boolean> | boolean,
  patienceMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
