import type { DataSource } from 'typeorm';
import type { Instant } from '../kernel/time';

/** What delivery does with time: the database's own clock, in the sandbox too. */
export const NOW = 'clock_timestamp()';

/** How many accounts one step of a walk looks at, at most. */
const ACCOUNTS_PER_STEP = 500;

/** A message that a relay has claimed and is to send. */
export interface ClaimedMessage {
  readonly endpoint: string;
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
  /** This attempt included. Grows with every claim of a round, so it also tells a claim from a later one. */
  readonly attempts: number;
  /** How often it was replayed. */
  readonly round: number;
}

/** An account, as its rows name it. */
export interface AccountKey {
  readonly shard: number;
  readonly accountId: string;
}

/** Before the first account: where a walk starts. */
export const START: AccountKey = { shard: -1, accountId: '' };

/** How much is claimed at most, and for how long. */
export interface Room {
  readonly limit: number;
  /** After that anybody may claim it again. */
  readonly leaseMs: number;
}

// Only the oldest pending message of an account may be tried, which keeps the account's order: what it
// waits behind is committed before it, since numbers are given under the account's lock. The outer where is judged
// again on the row as it is once locked, so a message that another relay took or settled meanwhile is left alone.
const claimFrom = (oldest: string) => `
  with recursive ${oldest},
  due as (
    select d.shard, d.account_id, d.number
      from oldest join webhook_deliveries d using (shard, account_id, number)
      where d.endpoint = $1 and d.state = 'PENDING' and d.next_attempt_at <= ${NOW}
        and coalesce(d.claimed_until <= ${NOW}, true)
      order by d.shard, d.account_id
      limit $2 for update of d skip locked
  ),
  claimed as (
    update webhook_deliveries d
      set claimed_until = ${NOW} + $3 * interval '1 millisecond', attempts = d.attempts + 1
      from due
      where (d.shard, d.account_id, d.number) = (due.shard, due.account_id, due.number) and d.endpoint = $1
      returning d.shard, d.account_id, d.number, d.attempts, d.round
  )
  select
    (select count(*)::int from oldest) as accounts,
    (select json_build_object('shard', shard, 'accountId', account_id) from oldest
      order by shard desc, account_id desc limit 1) as last_seen,
    (select json_build_object('shard', shard, 'accountId', account_id) from claimed
      order by shard desc, account_id desc limit 1) as last_claimed,
    (select coalesce(json_agg(json_build_object(
        'endpoint', $1, 'shard', shard, 'accountId', account_id, 'number', number, 'type', type, 'sequence', sequence,
        'occurredAt', (extract(epoch from occurred_at) * 1000)::bigint, 'data', data,
        'attempts', attempts, 'round', round, 'traceparent', traceparent)), '[]')
      from claimed join outbox using (shard, account_id, number)) as messages`;

// One index probe per account finds its oldest pending message, however many wait behind it.
const WALK = claimFrom(`
  walk as (
    (select shard, account_id, number from webhook_deliveries
      where endpoint = $1 and state = 'PENDING' and (shard, account_id) > ($4::smallint, $5::text)
      order by shard, account_id, number limit 1)
    union all
    select following.* from walk cross join lateral (
      select shard, account_id, number from webhook_deliveries
        where endpoint = $1 and state = 'PENDING' and (shard, account_id) > (walk.shard, walk.account_id)
        order by shard, account_id, number limit 1) following
  ),
  oldest as materialized (select * from walk limit ${ACCOUNTS_PER_STEP})`);

const NAMED = claimFrom(`
  oldest as materialized (
    select first.* from unnest($4::smallint[], $5::text[]) as named (shard, account_id) cross join lateral (
      select shard, account_id, number from webhook_deliveries
        where endpoint = $1 and state = 'PENDING' and shard = named.shard and account_id = named.account_id
        order by number limit 1) first)`);

interface ClaimRow {
  readonly accounts: number;
  readonly last_seen: AccountKey | null;
  readonly last_claimed: AccountKey | null;
  readonly messages: readonly ClaimedMessage[];
}

/**
 * Claims messages of an endpoint, each the oldest pending one of its account and due, from the accounts after
 * `cursor`. `next` is where the next step goes on; START after the last account.
 */
export async function claimOnWalk(
  database: DataSource,
  endpoint: string,
  room: Room,
  cursor: AccountKey,
): Promise<{ readonly messages: readonly ClaimedMessage[]; readonly next: AccountKey }> {
  const { limit, leaseMs } = room;
  const [row] = await database.query<[ClaimRow]>(WALK, [
    ...[endpoint, limit, leaseMs],
    ...[cursor.shard, cursor.accountId],
  ]);
  const isFull = row.messages.length === limit;
  const wasLastPage = row.accounts < ACCOUNTS_PER_STEP;
  const next = isFull ? row.last_claimed : wasLastPage ? null : row.last_seen;
  return { messages: row.messages, next: next ?? START };
}

/** Claims messages of an endpoint, each the oldest pending one of one of the accounts and due. */
export async function claimOfAccounts(
  database: DataSource,
  endpoint: string,
  room: Room,
  accounts: readonly AccountKey[],
): Promise<readonly ClaimedMessage[]> {
  const [row] = await database.query<[ClaimRow]>(NAMED, [
    ...[endpoint, room.limit, room.leaseMs],
    ...[accounts.map(({ shard }) => shard), accounts.map(({ accountId }) => accountId)],
  ]);
  return row.messages;
}

/** What an attempt came to, for the delivery log. */
export interface Attempt {
  /** When it began, by this machine's clock. */
  readonly at: Instant;
  readonly durationMs: number;
  /** The HTTP status it was answered with; null where no answer came. */
  readonly status: number | null;
  /** Null where it was taken. */
  readonly failure: DeliveryFailure | null;
}

/** Why an attempt failed. */
export const DELIVERY_FAILURES = {
  STATUS: 'It answered with a status that is no success.',
  REDIRECT: 'It pointed elsewhere, which is not followed.',
  TIMEOUT: 'It did not answer in time.',
  CONNECTION: 'It could not be reached, or the connection broke before it answered.',
} as const;
export type DeliveryFailure = keyof typeof DELIVERY_FAILURES;

/** Attempts that the log of one message keeps: the latest, more than a round has. */
export const LOG_MAX = 20;

const KEY = 'shard = $1 and account_id = $2 and number = $3 and endpoint = $4';
const LOGGED = `log = (case when jsonb_array_length(log) >= ${LOG_MAX} then log - 0 else log end)
  || (jsonb_build_object('round', round, 'attempt', $6::int) || $7::jsonb)`;

/** The endpoint took the message. True also of a claim whose lease has run out: it was delivered; not of one from before a replay. */
export async function markDelivered(
  database: DataSource,
  message: ClaimedMessage,
  attempt: Attempt,
): Promise<void> {
  await database.query(
    `update webhook_deliveries set state = 'DELIVERED', settled_at = ${NOW}, claimed_until = null,
        last_error = null, ${LOGGED}
      where ${KEY} and state = 'PENDING' and round = $5`,
    claimOf(message, attempt),
  );
}

/** The attempt failed: the next one is due after `delayMs`. Changes nothing once somebody else has claimed it. */
export async function retryLater(
  database: DataSource,
  message: ClaimedMessage,
  attempt: Attempt,
  delayMs: number,
  error: string,
): Promise<void> {
  await database.query(
    `update webhook_deliveries set claimed_until = null, last_error = $8,
        next_attempt_at = ${NOW} + $9 * interval '1 millisecond', ${LOGGED}
      where ${KEY} and state = 'PENDING' and round = $5 and attempts = $6`,
    [...claimOf(message, attempt), error, delayMs],
  );
}

/** No attempt is left: the message goes to the dead letters, and the account's next one may go. */
export async function markDead(
  database: DataSource,
  message: ClaimedMessage,
  attempt: Attempt,
  error: string,
): Promise<void> {
  await database.query(
    `update webhook_deliveries set state = 'DEAD', settled_at = ${NOW}, claimed_until = null,
        last_error = $8, ${LOGGED}
      where ${KEY} and state = 'PENDING' and round = $5 and attempts = $6`,
    [...claimOf(message, attempt), error],
  );
}

/** Gives a claim back as if it had not been made: the attempt was broken off by us. */
export async function giveBack(database: DataSource, message: ClaimedMessage): Promise<void> {
  await database.query(
    `update webhook_deliveries set claimed_until = null, attempts = attempts - 1
      where ${KEY} and state = 'PENDING' and round = $5 and attempts = $6`,
    claimOf(message),
  );
}

function claimOf(message: ClaimedMessage, attempt?: Attempt): unknown[] {
  const { shard, accountId, number, endpoint, round, attempts } = message;
  const claim = [shard, accountId, number, endpoint, round, attempts];
  return attempt ? [...claim, JSON.stringify(attempt)] : claim;
}
