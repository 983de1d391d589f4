import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';

/** What the relay does with time: the database's own clock, in the sandbox too. */
const NOW = 'clock_timestamp()';

/** How many accounts one claim looks at, at most. */
const ACCOUNTS_PER_CLAIM = 500;

/** A message that a relay has claimed and is to send. */
export interface ClaimedMessage {
  readonly shard: number;
  readonly accountId: string;
  /** 1, 2, 3 … per account: the order in which the platform is told. */
  readonly number: number;
  readonly type: string;
  /** The account's entry that the message speaks of. */
  readonly sequence: number;
  readonly occurredAt: Instant;
  readonly data: Readonly<Record<string, unknown>>;
  /** The trace that it belongs to (W3C); null where its command was not traced. */
  readonly traceparent: string | null;
  /** This attempt included. Grows with every claim, so it also tells a claim from a later one. */
  readonly attempts: number;
}

/** Where a relay's walk over the accounts stands: it goes on after this account. */
export interface Cursor {
  readonly shard: number;
  readonly accountId: string;
}

/** Before the first account. */
export const START: Cursor = { shard: -1, accountId: '' };

export interface Claim {
  readonly messages: readonly ClaimedMessage[];
  /** Where the next claim goes on; START after the last account. */
  readonly next: Cursor;
}

// One index probe per account finds its oldest pending message, however many wait behind it. Only that
// one may be tried, which keeps the account's order: what it waits behind is committed before it, since
// numbers are given under the account's lock. The outer where is judged again on the row as it is
// once locked, so a message that another relay took or settled meanwhile is left alone.
const CLAIM = `
  with recursive walk as (
    (select shard, account_id, number from outbox
      where state = 'PENDING' and (shard, account_id) > ($1::smallint, $2::text)
      order by shard, account_id, number limit 1)
    union all
    select following.* from walk cross join lateral (
      select shard, account_id, number from outbox
        where state = 'PENDING' and (shard, account_id) > (walk.shard, walk.account_id)
        order by shard, account_id, number limit 1) following
  ),
  oldest as materialized (select * from walk limit ${ACCOUNTS_PER_CLAIM}),
  due as (
    select message.shard, message.account_id, message.number
      from oldest join outbox message using (shard, account_id, number)
      where message.state = 'PENDING' and message.next_attempt_at <= ${NOW}
        and coalesce(message.claimed_until <= ${NOW}, true)
      order by message.shard, message.account_id
      limit $3 for update of message skip locked
  ),
  claimed as (
    update outbox message
      set claimed_until = ${NOW} + $4 * interval '1 millisecond', attempts = message.attempts + 1
      from due
      where message.shard = due.shard and message.account_id = due.account_id and message.number = due.number
      returning message.*
  )
  select
    (select count(*)::int from oldest) as accounts,
    (select json_build_object('shard', shard, 'accountId', account_id) from oldest
      order by shard desc, account_id desc limit 1) as last_seen,
    (select json_build_object('shard', shard, 'accountId', account_id) from claimed
      order by shard desc, account_id desc limit 1) as last_claimed,
    (select coalesce(json_agg(json_build_object(
        'shard', shard, 'accountId', account_id, 'number', number, 'type', type, 'sequence', sequence,
        'occurredAt', (extract(epoch from occurred_at) * 1000)::bigint, 'data', data, 'attempts', attempts, 'traceparent', traceparent)), '[]')
      from claimed) as messages`;

interface ClaimRow {
  readonly accounts: number;
  readonly last_seen: Cursor | null;
  readonly last_claimed: Cursor | null;
  readonly messages: readonly ClaimedMessage[];
}

/**
 * Claims up to `limit` messages for `leaseMs`, each the oldest pending one of its account and due, from
 * the accounts after `cursor`. After the lease anybody may claim it again.
 */
export async function claimMessages(
  database: DataSource,
  cursor: Cursor,
  limit: number,
  leaseMs: number,
): Promise<Claim> {
  const [row] = await database.query<[ClaimRow]>(CLAIM, [
    cursor.shard,
    cursor.accountId,
    limit,
    leaseMs,
  ]);
  const isFull = row.messages.length === limit;
  const wasLastPage = row.accounts < ACCOUNTS_PER_CLAIM;
  const next = isFull ? row.last_claimed : wasLastPage ? null : row.last_seen;
  return { messages: row.messages, next: next ?? START };
}

const OWN = `shard = $1 and account_id = $2 and number = $3 and state = 'PENDING'`;

/** The platform took the message. True also of a claim whose lease has run out: it was delivered. */
export async function markDelivered(database: DataSource, message: ClaimedMessage): Promise<void> {
  await database.query(
    `update outbox set state = 'DELIVERED', settled_at = ${NOW}, claimed_until = null, last_error = null
      where ${OWN}`,
    keyOf(message),
  );
}

/** The attempt failed: the next one is due after `delayMs`. Changes nothing once somebody else has claimed it. */
export async function retryLater(
  database: DataSource,
  message: ClaimedMessage,
  delayMs: number,
  error: string,
): Promise<void> {
  await database.query(
    `update outbox set claimed_until = null, last_error = $5,
        next_attempt_at = ${NOW} + $6 * interval '1 millisecond'
      where ${OWN} and attempts = $4`,
    [...keyOf(message), message.attempts, error, delayMs],
  );
}

/** No attempt is left: the message goes to the dead letters, and the account's next one may go. */
export async function markDead(
  database: DataSource,
  message: ClaimedMessage,
  error: string,
): Promise<void> {
  await database.query(
    `update outbox set state = 'DEAD', settled_at = ${NOW}, claimed_until = null, last_error = $5
      where ${OWN} and attempts = $4`,
    [...keyOf(message), message.attempts, error],
  );
}

/** Gives a claim back as if it had not been made: the attempt was broken off by us. */
export async function giveBack(database: DataSource, message: ClaimedMessage): Promise<void> {
  await database.query(
    `update outbox set claimed_until = null, attempts = attempts - 1 where ${OWN} and attempts = $4`,
    [...keyOf(message), message.attempts],
  );
}

function keyOf({ shard, accountId, number }: ClaimedMessage): unknown[] {
  return [shard, accountId, number];
}

/** How long a delivered message is kept, and one that there is nobody to tell. */
export const KEPT_DAYS = 30;

const CLEANED = {
  DELIVERED: 'settled_at',
  // Never tried, or not since a webhook was configured: `next_attempt_at` is when it was written or tried last.
  PENDING: 'next_attempt_at',
} as const;

/**
 * Deletes up to `limit` messages that are older than `KEPT_DAYS`, and tells how many. DELIVERED always;
 * PENDING where no webhook is configured. Dead letters stay until somebody has looked at them.
 */
export async function deleteOld(
  database: DataSource,
  state: keyof typeof CLEANED,
  limit: number,
): Promise<number> {
  const [row] = await database.query<[{ deleted: number }]>(
    `with old as (
       select shard, account_id, number from outbox
         where state = '${state}' and ${CLEANED[state]} < ${NOW} - interval '${KEPT_DAYS} days'
         limit $1 for update skip locked
     ), gone as (
       delete from outbox using old
         where outbox.shard = old.shard and outbox.account_id = old.account_id and outbox.number = old.number
         returning 1
     )
     select count(*)::int as deleted from gone`,
    [limit],
  );
  return row.deleted;
}
