import { Client } from 'pg';
import { fillScale } from '../../bench/scale';

/** Tables that grow with members and time; no statement that members wait for may read one from end to end. */
export const LARGE: ReadonlySet<string> = new Set([
  ...['accounts', 'members', 'referral_codes', 'orders', 'lots', 'entries', 'allocations'],
  ...['entries_archive', 'allocations_archive'],
  ...['redemptions', 'answers', 'inbox', 'set_aside', 'outbox', 'webhook_deliveries'],
  ...['referrals', 'discount_codes', 'transfers', 'adjustments', 'objections', 'claims'],
  ...['voidings', 'notifications', 'audit_log', 'interventions'],
]);

/** What of a member is not copied from a model: one row each, of the ordinary kind. `n` counts accounts. */
const MORE: readonly string[] = [
  `insert into referrals (shard, account_id, referrer_shard, referrer_id, code, state, registered_at)
     select shard, id, 0, 'referrer ' || n % 5000, 'code ' || n, 'WAITING', at from numbered`,
  `insert into discount_codes (shard, account_id, code, percent, terms_version, issued_at, expires_at)
     select shard, id, 'code ' || n, 10, 1, at, at + interval '1 year' from numbered`,
  `insert into transfers (shard, id, from_id, to_id, points, reason, state, requested_by, requested_at, decided_by, decided_at, moved)
     select n % 256, 'transfer ' || n, id, 'to ' || n, 5, 'OTHER', 'APPROVED', 'desk:dan', at, 'desk:dan', at, 5 from numbered`,
  `insert into adjustments (shard, account_id, number, points, reason, state, requested_by, requested_at, decided_by, decided_at, sequence)
     select shard, id, 1, 5, 'reason', 'BOOKED', 'desk:dan', at, 'desk:dan', at, 1 from numbered`,
  `insert into objections (shard, account_id, number, about, statement, state, raised_by, raised_at, decided_by, decided_at)
     select shard, id, 2, 'CREDIT', 'statement', 'REJECTED', 'customer', at, 'desk:dan', at from numbered`,
  `insert into claims (shard, account_id, number, redeemer_id, redemption, order_id, points, amount_minor, currency, reason, state,
       opened_by, opened_at, decided_by, decided_at, decided_minor)
     select shard, id, 3, id, 6, 'order', 5, 5, 'EUR', 'reason', 'SETTLED', 'desk:dan', at, 'desk:dan', at, 5 from numbered`,
  `insert into voidings (shard, account_id, number, kind, reason, voided_by, voided_at)
     select shard, id, 4, 'LOTS', 'reason', 'desk:dan', at from numbered`,
  `insert into interventions (shard, account_id, number, kind, at, actor, reason)
     select shard, id, 1, 'FREEZE', at, 'operator', 'reason' from numbered`,
  `insert into notifications (shard, account_id, number, kind, data, created_at, delivered_at, channel, mail_state)
     select shard, id, k, 'POINTS_CREDITED', '{}', at, at, 'EMAIL', 'SENT' from numbered, generate_series(1, 2) k`,
  `insert into webhook_deliveries (shard, account_id, number, endpoint, state, settled_at)
     select shard, account_id, number, 'platform', 'DELIVERED', now() from outbox`,
  `insert into inbox (shard, source, event_id, digest, type, received_at, answer, payload, customer_id)
     select shard, 'shop', 'event ' || n, 'digest', 'order.paid', at, '{}', '{}', id from numbered`,
  `insert into set_aside (shard, source, event_id, digest, type, reason, received_at, payload, customer_id)
     select shard, 'shop', 'event ' || n, 'digest', 'order.paid', 'ORDER_CLOSED', at, '{}', id from numbered`,
  `insert into audit_log (id, step, at, actor, operation, ids, customer_ids, outcome, request_id)
     select md5(id || step)::uuid, step, at, 'desk:' || n % 20, 'rewardsMember', '{}', array[id],
       case step when 'ANSWERED' then 'OK' end, 'request' from numbered, (values ('ASKED'), ('ANSWERED')) s (step)`,
];

/** What is old is archived: about half of what each has. */
const ARCHIVED: readonly string[] = [
  ...['allocations', 'entries'].map(
    (table) =>
      `, gone as (delete from ${table} where sequence <= 5 returning *) insert into ${table}_archive select * from gone`,
  ),
  'update accounts set archived_sequence = 5',
];

/** Some of everything waits, is held, or was given up: what the partial indexes are for. `n % 20 = 0` are few, `n % 100 = 0` very few. */
const FEW = 'select id from numbered where n % 20 = 0';
const FEWER = 'select id from numbered where n % 100 = 0';
const STATES: readonly string[] = [
  `update redemptions set state = 'HELD', held = points, captured = 0, decided_at = null, held_until = now() + interval '1 day'
     where number = 6 and account_id in (${FEW})`,
  `update notifications set mail_state = 'PENDING', delivered_at = null, channel = null where number = 2 and account_id in (${FEW})`,
  `update notifications set mail_state = 'DEAD', delivered_at = null, channel = null where number = 1 and account_id in (${FEWER})`,
  `update webhook_deliveries set state = 'PENDING', settled_at = null where account_id in (${FEW})`,
  `update webhook_deliveries set state = 'DEAD', settled_at = now() where state <> 'PENDING' and account_id in (select id from numbered where n % 7 = 0)`,
  `update orders set reckoned_points = 5, captured_points = 4 where customer_id in (${FEWER}) and paid_at is not null`,
  `update transfers set state = 'REQUESTED', decided_at = null, decided_by = null, moved = null where from_id in (${FEW})`,
  `update adjustments set state = 'REQUESTED', decided_at = null, decided_by = null, sequence = null where account_id in (${FEW})`,
  `update objections set state = 'OPEN', decided_at = null, decided_by = null where account_id in (${FEW})`,
  `update claims set state = 'OPEN', decided_at = null, decided_by = null, decided_minor = null where account_id in (${FEW})`,
  `update referrals set flags = '{SAME_PHONE}' where account_id in (${FEWER})`,
  `update members set organization_id = 'organization ' || n % 500 from numbered where account_id = id`,
  `update accounts set frozen_at = now(), frozen_reason = 'reason', frozen_by = 'operator' where id in (${FEWER})`,
];

/** Members by the ten thousand with everything that a member may have, so that the planner has something to choose. */
export async function fillEverything(url: string, accounts: number): Promise<void> {
  await fillScale(url, { accounts });
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    for (const statement of [...MORE, ...STATES, ...ARCHIVED]) {
      await client.query(`with numbered as (select a.*, row_number() over (order by id)::int as n,
        now() - interval '1 minute' * row_number() over (order by id) as at from accounts a) ${statement}`);
    }
    await client.query('analyze');
  } finally {
    await client.end();
  }
}
