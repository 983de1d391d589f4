import { aboutRows, type Row, type Statement } from '../database/row-statements';
import { shardOf } from '../kernel/ids';
import type { Message } from './message';

/** An endpoint that no process has named for so long is told of nothing more that is written. */
export const FORGOTTEN_DAYS = 7;

/**
 * SQL: whether the endpoint of `types` takes a message of `type`. It does where it names the type, or its beginning as
 * in 'redemption.*'; one that names none (null) takes all.
 */
export function takesSql(types: string, type: string): string {
  return `(${types} is null or exists (select from unnest(${types}) as taken (type)
    where case when taken.type like '%.*' then starts_with(${type}, left(taken.type, -1)) else ${type} = taken.type end))`;
}

const MESSAGES = aboutRows(
  {
    ...{
      shard: 'smallint',
      account_id: 'text',
      number: 'bigint',
      type: 'text',
      sequence: 'bigint',
    },
    ...{ occurred_at: 'timestamptz', data: 'jsonb', traceparent: 'text' },
  },
  (sql) => `
  with given as materialized ${sql},
  written as (
    insert into outbox (shard, account_id, number, type, sequence, occurred_at, data, traceparent)
      select shard, account_id, number, type, sequence, occurred_at, data, traceparent from given
  )
  insert into webhook_deliveries (shard, account_id, number, endpoint)
    select m.shard, m.account_id, m.number, e.name from given m join webhook_endpoints e
      on e.seen_at > now() - interval '${FORGOTTEN_DAYS} days' and ${takesSql('e.types', 'm.type')}`,
);

/**
 * What writes messages, and for each endpoint that takes one that it is to be told (R9.2), inside the caller's
 * transaction: what is written for an account is told in the order of its numbers.
 */
export function messageWrites(
  messages: readonly {
    readonly accountId: string;
    readonly what: Message;
    /** The trace of its command, where that was traced. */
    readonly traceparent: string | undefined;
  }[],
): Statement | null {
  if (messages.length === 0) return null;
  const rows = messages.map(
    ({ accountId, what, traceparent }): Row => ({
      shard: shardOf(accountId),
      account_id: accountId,
      number: what.number,
      type: what.type,
      sequence: what.sequence,
      occurred_at: what.occurredAt,
      data: what.data,
      traceparent: traceparent ?? null,
    }),
  );
  return MESSAGES(rows);
}
