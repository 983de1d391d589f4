import type { App } from '../app';
import { readClock } from '../database/clock';
import type { Connection } from '../database/transaction';
import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint, shardOf } from '../kernel/ids';
import { takesSql } from '../ledger/message.writes';
import { answerOnce } from '../ledger/seen';
import { NOW } from './outbox.store';

/** The most messages that one replay makes pending again. */
export const REPLAY_MAX = 10_000;

export interface ReplayInput {
  readonly endpoint: string;
  /** Null, with `fromNumber` null: dead letters of all accounts. */
  readonly customerId: string | null;
  /** Null: dead letters only. */
  readonly fromNumber: number | null;
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

export interface ReplayAnswer {
  readonly replayed: number;
  /** Whether there are more than `REPLAY_MAX`. */
  readonly more: boolean;
  /** Who wanted it and why: kept with the answer, for good. */
  readonly by: string;
  readonly reason: string;
}

/**
 * Makes messages pending again at an endpoint, up to `REPLAY_MAX`, the first ones first: an account's from a number on, or
 * dead letters. They are told in order, like new ones, with a full number of attempts; what is under way to the endpoint just
 * then is told again in its turn. Refused, in this order: ENDPOINT_NOT_FOUND, NOTHING_TO_REPLAY.
 */
export async function replay(
  app: Pick<App, 'config' | 'database' | 'log' | 'written'>,
  input: ReplayInput,
): Promise<ReplayAnswer | Refusal> {
  const { endpoint, customerId, fromNumber, reason, idempotencyKey, actor } = input;
  const ask = {
    account: `webhook:${endpoint}`,
    operation: 'replayWebhooks',
    key: idempotencyKey,
    fingerprint: fingerprint({ customerId, fromNumber, reason }),
    at: await readClock(app.database, app.config.sandbox),
  };
  let accounts: readonly string[] = [];
  const answer = await answerOnce<ReplayAnswer>(app.database, ask, async (connection) => {
    if (!app.config.webhooks.some(({ name }) => name === endpoint)) {
      return refuse('ENDPOINT_NOT_FOUND');
    }
    accounts = await makePendingTx(connection, input);
    if (accounts.length === 0) return refuse('NOTHING_TO_REPLAY');
    const replayed = Math.min(accounts.length, REPLAY_MAX);
    return { replayed, more: accounts.length > REPLAY_MAX, by: actor, reason };
  });
  if (accounts.length > 0) {
    const replayed = Math.min(accounts.length, REPLAY_MAX);
    app.log.info({ endpoint, customerId, fromNumber, replayed, actor }, 'Webhooks are replayed');
    app.written.emit('messages', [...new Set(accounts)]);
  }
  return answer;
}

const AGAIN = `state = 'PENDING', round = d.round + 1, attempts = 0, next_attempt_at = ${NOW},
  claimed_until = null, settled_at = null, last_error = null`;

const DEAD_LETTERS = `
  with chosen as (
    select shard, account_id, number, endpoint from webhook_deliveries
      where state = 'DEAD' and endpoint = $1 and ($2::smallint is null or (shard, account_id) = ($2, $3::text))
      order by settled_at, shard, account_id, number limit $4 + 1 for update
  ), again as (
    update webhook_deliveries d set ${AGAIN}
      from (select * from chosen limit $4) as c
      where (d.shard, d.account_id, d.number, d.endpoint) = (c.shard, c.account_id, c.number, c.endpoint)
  )
  select account_id as id from chosen`;

// A message that the endpoint was never given (written before it was added) gets a row now; those of a type it does
// not take get none.
const FROM_NUMBER = `
  with chosen as materialized (
    select o.shard, o.account_id, o.number from outbox o join webhook_endpoints e on e.name = $1
      where o.shard = $2 and o.account_id = $3 and o.number >= $4
        and ${takesSql('e.types', 'o.type')}
      order by o.number limit $5 + 1
  ), again as (
    insert into webhook_deliveries as d (shard, account_id, number, endpoint)
      select shard, account_id, number, $1 from chosen order by number limit $5
      on conflict (shard, account_id, number, endpoint) do update set ${AGAIN}
  )
  select account_id as id from chosen`;

/** The account of each message found, one more than is replayed where there are more. */
async function makePendingTx(
  connection: Connection,
  { endpoint, customerId, fromNumber }: ReplayInput,
): Promise<string[]> {
  const shard = customerId === null ? null : shardOf(customerId);
  const { rows } = await connection.query<{ id: string }>(
    fromNumber === null ? DEAD_LETTERS : FROM_NUMBER,
    fromNumber === null
      ? [endpoint, shard, customerId, REPLAY_MAX]
      : [endpoint, shard, customerId, fromNumber, REPLAY_MAX],
  );
  return rows.map(({ id }) => id);
}
