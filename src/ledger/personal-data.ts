import type { DataSource } from 'typeorm';
import { prepared, type Statement } from '../database/row-statements';
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

/** SQL: a text without its words, where there is one. */
function wordless(value: string): string {
  return `'erased' || left(${value}, 0)`;
}

/** SQL: a document without the words at these paths, where there are any; whoever reads it finds the same shape. */
function withoutWords(document: string, paths: readonly string[]): string {
  return paths.reduce(
    (sql, path) =>
      `jsonb_set_lax(${sql}, '{${path}}', to_jsonb(${wordless(`${document} #>> '{${path}}'`)}), false, 'return_target')`,
    document,
  );
}

/** SQL: rows of theirs, and of everybody whom a transfer connects them with. */
const MINE_AND_COLLEAGUES = `(shard, account_id) in (
        select $1::smallint, $2 union
        select a.shard, a.id from transfers t join accounts a on a.id in (t.from_id, t.to_id) where t.from_id = $2 or t.to_id = $2)`;
/** SQL: the ids of their transfers. */
const MY_TRANSFERS = 'select id from transfers where from_id = $2 or to_id = $2';
/**
 * SQL: the input of a command that says ids and numbers alone, and null else. Without what points paid the history could
 * not be told again, and other members' points with it (R1.4).
 */
const KEPT_INPUT = `case when operation in ('redeemXPoints', 'captureRedemption', 'releaseRedemption', 'applyDiscountCode', 'leaveRewards') then input end`;
/** The words that the answers of commands repeat. */
const ANSWERED_WORDS = [
  'referral,review,note',
  ...['objection,statement', 'objection,decision,note'],
  ...['adjustment,reason', 'adjustment,decision,note'],
  ...['claim,reason', 'claim,decision,note'],
];

export const PERSONAL_DATA: readonly PersonalData[] = [
  {
    name: 'profile',
    select: `select to_jsonb(m) - 'shard' as data from members m where ${MINE}`,
    erase: `update members set email = null, locale = null, organization_id = null, billing_account_id = null where ${MINE}`,
  },
  {
    name: 'account',
    select: `select to_jsonb(a) - 'shard' - 'suspended_reason' - 'frozen_reason' - 'frozen_by' - 'archived_sequence' as data from accounts a where shard = $1 and id = $2`,
    erase: `update accounts set suspended_reason = null, end_reason = case when end_reason is null then null else '${ACCOUNT_DELETED}' end
      where shard = $1 and id = $2`,
  },
  {
    name: 'lots',
    select: `select to_jsonb(l) - 'shard' as data from lots l where ${MINE} order by number`,
  },
  {
    name: 'entries',
    select: `select to_jsonb(e) - 'shard' - 'xact' || jsonb_build_object('actor', ${roleOf('actor')}) as data from all_entries e where ${MINE} order by sequence`,
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
    select: `select to_jsonb(d) - 'shard' as data from discount_codes d where ${MINE} order by issued_at, code`,
  },
  {
    name: 'transfers',
    // What a colleague wrote to the desk is not theirs, nor who at the desk it was.
    select: `select to_jsonb(t) - 'shard'
        || jsonb_build_object('requested_by', ${roleOf('requested_by')}, 'decided_by', ${roleOf('decided_by')})
        || case when requested_by = 'customer:' || $2 then '{}' else '{"evidence": null}'::jsonb end as data
      from transfers t where $1::smallint is not null and (from_id = $2 or to_id = $2) order by requested_at, id`,
    erase: `update transfers set evidence = null, note = null where $1::smallint is not null and (from_id = $2 or to_id = $2)`,
  },
  {
    name: 'objections',
    select: `select to_jsonb(o) - 'shard'
        || jsonb_build_object('raised_by', ${roleOf('raised_by')}, 'decided_by', ${roleOf('decided_by')}) as data
      from objections o where ${MINE} order by number`,
    erase: `update objections set statement = 'erased', note = ${wordless('note')} where ${MINE}`,
  },
  {
    name: 'adjustments',
    // Why, the desk noted for itself; what the member was told of it is with the objection and the notification.
    select: `select to_jsonb(a) - 'shard' - 'reason' - 'note'
        || jsonb_build_object('requested_by', ${roleOf('requested_by')}, 'decided_by', ${roleOf('decided_by')}) as data
      from adjustments a where ${MINE} order by number`,
    erase: `update adjustments set reason = 'erased', note = ${wordless('note')} where ${MINE}`,
  },
  {
    name: 'claims',
    select: `select to_jsonb(c) - 'shard' - 'reason' - 'note'
        || jsonb_build_object('opened_by', ${roleOf('opened_by')}, 'decided_by', ${roleOf('decided_by')}) as data
      from claims c where ${MINE} order by number`,
    erase: `update claims set reason = 'erased', note = ${wordless('note')} where ${MINE}`,
  },
  {
    name: 'voidings',
    // Colleagues' lots are theirs; why, the desk noted for itself.
    select: `select to_jsonb(v) - 'shard' - 'reason' || jsonb_build_object('voided_by', ${roleOf('voided_by')},
          'lots', jsonb_path_query_array(lots, '$[*] ? (@.accountId == $id)', jsonb_build_object('id', $2::text))) as data
      from voidings v where ${MINE} order by number`,
    // Of a referral it tells about both: it stands with the referrer.
    erase: `update voidings set reason = 'erased' where (${MINE}) or referee_id = $2
      and (shard, account_id) in (select referrer_shard, referrer_id from referrals where ${MINE})`,
  },
  {
    name: 'notifications',
    select: `select jsonb_build_object('kind', kind, 'data', data, 'created_at', created_at, 'delivered_at', delivered_at, 'channel', channel) as data
      from notifications where ${MINE} order by number`,
    // Of what a kind says only the desk's note is words; a colleague was told of a transfer in the same ones. A mail
    // server's complaint repeats the address.
    erase: `update notifications set data = ${withoutWords('data', ['note'])}, last_error = case when account_id = $2 then null else last_error end
      where ${MINE_AND_COLLEAGUES} and (account_id = $2 or data ->> 'transferId' in (${MY_TRANSFERS}))`,
  },
  {
    name: 'answers',
    // What an answer repeats of what has a part of its own is there, and what was asked with it.
    select: `select jsonb_build_object('operation', operation, 'answer', answer - '{transfer,referral,objection,adjustment,claim}'::text[], 'answered_at', answered_at) as data from answers where ${MINE} order by answered_at, operation, key`,
    // An answer about a transfer stands with whoever asked; it repeats the evidence.
    erase: `update answers set answer = ${withoutWords('answer', ANSWERED_WORDS)} #- '{transfer,evidence}' #- '{transfer,note}', input = ${KEPT_INPUT}
      where ${MINE_AND_COLLEAGUES} and (account_id = $2 or $2 in (answer #>> '{transfer,fromId}', answer #>> '{transfer,toId}'))`,
  },
  {
    name: 'events',
    select: `select jsonb_build_object('type', type, 'received_at', received_at, 'payload', payload) as data from inbox where $1::smallint is not null and customer_id = $2 order by received_at, source, event_id`,
    erase: `update inbox set payload = '{}' where $1::smallint is not null and customer_id = $2`,
  },
  {
    name: 'setAsideEvents',
    select: `select jsonb_build_object('type', type, 'reason', reason, 'received_at', received_at, 'payload', payload) as data from set_aside where $1::smallint is not null and customer_id = $2 order by received_at, source, event_id, digest`,
    erase: `update set_aside set payload = '{}' where $1::smallint is not null and customer_id = $2`,
  },
  {
    name: 'messages',
    select: `select jsonb_build_object('type', type, 'occurred_at', occurred_at, 'data', data) as data from outbox where ${MINE} order by number`,
    // It tells what the notification tells.
    erase: `update outbox set data = ${withoutWords('data', ['data,note'])}
      where ${MINE_AND_COLLEAGUES} and type = 'member.notified'
        and (account_id = $2 or data #>> '{data,transferId}' in (${MY_TRANSFERS}))`,
  },
];

/** What erases what is personal of customers, in this order. */
export function erasures(customerIds: readonly string[]): Statement[] {
  return customerIds.flatMap((id) =>
    PERSONAL_DATA.flatMap(({ erase }) => (erase ? prepared(erase, [shardOf(id), id]) : [])),
  );
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
