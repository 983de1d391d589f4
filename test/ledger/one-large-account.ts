import { Client } from 'pg';
import type { TestDatabase } from '../support/database';

/** The one account that has many redemptions; by its key the last one. */
export const LARGE = { shard: 255, id: 'ada-92' } as const;
const OTHERS = 1_000;
const OTHERS_REDEMPTIONS = 2;

/** Rows of customers, `o` by `o`, with `n` redemptions each: as many lots, orders and credits, and every tenth a hold. */
const FILL: readonly string[] = [
  `insert into accounts (shard, id, program, terms_version, terms_known, enrolled_at, available, held, lifetime_earned, lifetime_redeemed,
       sequence, last_lot, next_due_at, last_entry_at)
     select shard, id, 'EU', 1, 1, t, 6 * n, 4 * (n / 10), 10 * n, 4 * (n - n / 10), 2 * n, n, t + interval '90 days', t from owners`,
  `insert into orders (shard, id, customer_shard, customer_id, net_minor, currency, placed_at, judged_at, campaigns)
     select shard, id || '-' || k, shard, id, 10000, 'EUR', t, t,
       jsonb_build_array(jsonb_build_object('code', 'SPRING', 'lot', k, 'credited', 10, 'reversed', 0, 'isCounted', false)) from owners, generate_series(1, n) k`,
  `insert into lots (shard, account_id, number, source, source_ref, terms_version, granted, remaining, held, redeemed, is_open, credited_at, expires_at)
     select shard, id, k, 'CAMPAIGN', 'SPRING', 1, 10, 6, case when k % 10 = 0 then 4 else 0 end, case when k % 10 = 0 then 0 else 4 end,
       true, t, t + interval '1 year' from owners, generate_series(1, n) k`,
  `insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
       available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, terms_version, cause, actor)
     select shard, id, k, 'CREDITED', 10, 0, 0, 0, 10 * k, 0, 0, 0, t, t, 1, 'event', 'platform:shop' from owners, generate_series(1, n) k
     union all
     select shard, id, n + k, case when k % 10 = 0 then 'HELD' else 'REDEEMED' end, -4, case when k % 10 = 0 then 4 else 0 end, 0, 0,
       10 * n - 4 * k, 4 * (k / 10), 0, 0, t, t, 1, 'request', 'customer:' || id from owners, generate_series(1, n) k`,
  `insert into allocations (shard, account_id, sequence, ordinal, lot, redemption, from_state, to_state, points)
     select shard, id, k, 1, k, null, 'ISSUED', 'REMAINING', 10 from owners, generate_series(1, n) k
     union all
     select shard, id, n + k, 1, k, n + k, 'REMAINING', case when k % 10 = 0 then 'HELD' else 'REDEEMED' end, 4
     from owners, generate_series(1, n) k`,
  `insert into redemptions (shard, account_id, number, order_id, state, points, held, captured, released, restored, terms_version,
       placed_at, held_until, decided_at, entries)
     select shard, id, n + k, id || '-' || k, case when k % 10 = 0 then 'HELD' else 'CAPTURED' end, 4,
       case when k % 10 = 0 then 4 else 0 end, case when k % 10 = 0 then 0 else 4 end, 0, 0, 1,
       t, t + interval '90 days', case when k % 10 = 0 then null else t end, array[n + k] from owners, generate_series(1, n) k`,
];

/** Fills a database with accounts of two redemptions each, and one that has `redemptions` of them. All invariants hold. */
export async function fillLargeAccount(
  { ownerUrl }: TestDatabase,
  redemptions: number,
): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('begin; set local session_replication_role = replica');
    for (const statement of FILL) {
      await client.query(
        `with owners as (
           select (i % 250)::smallint as shard, 'account ' || i as id, $2::int as n, now() - interval '1 day' as t from generate_series(1, $1::int) i
           union all select $3, $4, $5, now() - interval '1 day'
         ) ${statement}`,
        [OTHERS, OTHERS_REDEMPTIONS, LARGE.shard, LARGE.id, redemptions],
      );
    }
    await client.query('commit');
    await client.query('vacuum (analyze)');
  } finally {
    await client.end();
  }
}
