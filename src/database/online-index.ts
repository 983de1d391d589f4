import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while the table is read and written, for the `up` of a migration with `transaction = false`. `on` is what
 * follows the name: `on lots (account_id) where is_open`. Done again, it changes nothing; what an attempt left that
 * ended in the middle (an invalid index, written with every row and read by nobody) is dropped first. Migrations that
 * are released call this: what it does to the schema must not change.
 */
export async function buildIndexOnline(
  runner: QueryRunner,
  name: string,
  on: string,
  kind: 'index' | 'unique index' = 'index',
): Promise<void> {
  // It waits for every transaction that is older than itself, and nobody who reads or writes waits behind it.
  await runner.query('set lock_timeout = 0');
  try {
    const left: unknown[] = await runner.query(
      'select from pg_index where indexrelid = to_regclass($1) and not (indisvalid and indisready)',
      [name],
    );
    if (left.length > 0) await runner.query(`drop index concurrently ${name}`);
    await runner.query(`create ${kind} concurrently if not exists ${name} ${on}`);
  } finally {
    await runner.query('reset lock_timeout');
  }
}
