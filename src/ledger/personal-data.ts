import type { DataSource } from 'typeorm';
import type { Connection } from '../database/transaction';
import { shardOf } from '../kernel/ids';

/**
 * Everything kept of a customer, in one list: what `exportMemberData` gives out, and what is erased when the account is
 * deleted (R2.3). The ledger itself stays, under an id that says nothing once the rest is gone; so do the keyed hashes, so that
 * deleting and registering again is seen (R5.5). $1 is the shard, $2 the customer's id.
 */
export interface PersonalData {
  /** What it is called in the export. */
  readonly name: string;
  /** Selects it, one JSON document a row. */
  readonly select: string;
  /** Erases what is personal in it; absent where nothing is, or where it is the ledger. */
  readonly erase?: string;
}

/** What stands as the reason of a membership whose account was deleted, whatever stood there before. */
export const ACCOUNT_DELETED = 'The account was deleted.';

const MINE = 'shard = $1 and account_id = $2';

/** SQL: an actor's name without who at the desk, or which service, it was. */
function roleOf(column: string): string {
  return `regexp_replace(${column}, '^(desk|service):.*', '\\1')`;
}

export const PERSONAL_DATA: readonly PersonalData[] = [
  {
    name: 'profile',
    select: `select to_jsonb(m) - 'shard' as data from members m where ${MINE}`,
    erase: `update members set email = null, locale = null, organization_id = null, billing_account_id = null where ${MINE}`,
  },
  {
    name: 'account',
    select: `select to_jsonb(a) - 'shard' - 'suspended_reason' - 'frozen_reason' - 'frozen_by' as data from accounts a where shard = $1 and id = $2`,
    erase: `update accounts set suspended_reason = null, end_reason = case when end_reason is null then null else '${ACCOUNT_DELETED}' end
      where shard = $1 and id = $2`,
  },
  {
    name: 'lots',
    select: `select to_jsonb(l) - 'shard' as data from lots l where ${MINE} order by number`,
  },
  {
    name: 'entries',
    select: `select to_jsonb(e) - 'shard' || jsonb_build_object('actor', ${roleOf('actor')}) as data from entries e where ${MINE} order by sequence`,
  },
  {
    name: 'redemptions',
    select: `select to_jsonb(r) - 'shard' as data from redemptions r where ${MINE} order by number`,
  },
  {
    name: 'orders',
    select: `select to_jsonb(o) - 'shard' - 'customer_shard' as data from orders o where customer_shard = $1 and customer_id = $2 order by placed_number`,
  },
  {
    name: 'referral',
    select: `select to_jsonb(r) - 'shard' - 'referrer_shard' - 'flags' - 'review_note' - 'reviewer' as data from referrals r where ${MINE}`,
    erase: `update referrals set review_note = 'erased' where ${MINE} and review_note is not null`,
  },
  {
    name: 'discountCodes',
    select: `select to_jsonb(d) - 'shard' as data from discount_codes d where ${MINE} order by issued_at`,
  },
  {
    name: 'transfers',
    // What a colleague wrote to the desk is not theirs, nor who at the desk it was.
    select: `select to_jsonb(t) - 'shard'
        || jsonb_build_object('requested_by', ${roleOf('requested_by')}, 'decided_by', ${roleOf('decided_by')})
        || case when requested_by = 'customer:' || $2 then '{}' else '{"evidence": null}'::jsonb end as data
      from transfers t where $1::smallint is not null and (from_id = $2 or to_id = $2) order by requested_at`,
    erase: `update transfers set evidence = null, note = null where $1::smallint is not null and (from_id = $2 or to_id = $2)`,
  },
  {
    name: 'answers',
    // What an answer repeats of a transfer or a referral is in the part of its own.
    select: `select jsonb_build_object('operation', operation, 'answer', answer - 'transfer' - 'referral', 'answered_at', answered_at) as data from answers where ${MINE} order by answered_at`,
    // An answer about a transfer stands with whoever asked; it repeats the evidence. One about a referral repeats the note.
    erase: `update answers set answer = case when answer @? '$.referral.review.note'
          then jsonb_set(answer, '{referral,review,note}', '"erased"') else answer #- '{transfer,evidence}' #- '{transfer,note}' end
      where ((shard, account_id) = ($1, $2) and answer ? 'referral')
        or ($2 in (answer #>> '{transfer,fromId}', answer #>> '{transfer,toId}') and (shard, account_id) in (
          select $1::smallint, $2 union
          select a.shard, a.id from transfers t join accounts a on a.id in (t.from_id, t.to_id) where t.from_id = $2 or t.to_id = $2))`,
  },
  {
    name: 'events',
    select: `select jsonb_build_object('type', type, 'received_at', received_at, 'payload', payload) as data from inbox where $1::smallint is not null and customer_id = $2 order by received_at`,
    erase: `update inbox set payload = '{}' where $1::smallint is not null and customer_id = $2`,
  },
  {
    name: 'setAsideEvents',
    select: `select jsonb_build_object('type', type, 'reason', reason, 'received_at', received_at, 'payload', payload) as data from set_aside where $1::smallint is not null and customer_id = $2 order by received_at`,
    erase: `update set_aside set payload = '{}' where $1::smallint is not null and customer_id = $2`,
  },
  {
    name: 'messages',
    select: `select jsonb_build_object('type', type, 'occurred_at', occurred_at, 'data', data) as data from outbox where ${MINE} order by number`,
  },
];

/** Erases what is personal of a customer, inside the caller's transaction. */
export async function erasePersonalDataTx(
  connection: Connection,
  customerIds: readonly string[],
): Promise<void> {
  for (const id of customerIds) {
    for (const { erase } of PERSONAL_DATA) {
      if (erase) await connection.query(erase, [shardOf(id), id]);
    }
  }
}

/** Everything kept of a customer, by name; null for somebody of whom nothing is kept. */
export async function exportMember(
  database: DataSource,
  customerId: string,
): Promise<Record<string, object[]> | null> {
  const kept: Record<string, object[]> = {};
  const runner = database.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    for (const { name, select } of PERSONAL_DATA) {
      const rows: { data: object }[] = await runner.query(select, [
        shardOf(customerId),
        customerId,
      ]);
      kept[name] = rows.map(({ data }) => data);
    }
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
  return Object.values(kept).some((rows) => rows.length > 0) ? kept : null;
}
