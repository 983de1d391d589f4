import type { DataSource } from 'typeorm';
import { aboutRows, type Row } from '../database/row-statements';
import { type Connection, inTransaction, together } from '../database/transaction';
import { type Refusal, refuse } from '../kernel/errors';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import { type Command, type SeenAs, seenKey } from './command';

/** What of the commands was answered before. The locks make it final: nobody else answers one of these now. */
export async function readSeen(
  connection: Connection,
  commands: readonly Command<object>[],
): Promise<Map<string, { fingerprint: string; answer: object }>> {
  const keyed = commands.flatMap(({ operation, seen: as }) =>
    as?.in === 'answers' ? [{ operation, as }] : [],
  );
  const events = commands.flatMap(({ seen: as }) => (as?.in === 'inbox' ? [as] : []));
  const [answered, received] = await together([
    keyed.length > 0 ? connection.query<SeenRecord>(answeredBefore(keyed)) : { rows: [] },
    events.length > 0 ? connection.query<SeenRecord>(receivedBefore(events)) : { rows: [] },
  ]);
  const seen = new Map<string, { fingerprint: string; answer: object }>();
  for (const { n, ...before } of answered.rows) {
    const { operation, as } = keyed[n]!;
    seen.set(seenKey(operation, as), before);
  }
  for (const { n, ...before } of received.rows) seen.set(seenKey('', events[n]!), before);
  return seen;
}

interface SeenRecord {
  /** Which of those that were asked about: from 0. */
  n: number;
  fingerprint: string;
  answer: object;
}

// `offset 0`: key by key. While the table is young the planner would rather read all of it, and go on when it is not.
const ANSWERED = aboutRows(
  { n: 'integer', shard: 'smallint', account: 'text', operation: 'text', key: 'text' },
  (sql) => `select k.n, a.fingerprint, a.answer from ${sql} as k cross join lateral (
    select fingerprint, answer from answers
    where shard = k.shard and account_id = k.account and operation = k.operation and key = k.key offset 0
  ) a`,
);

function answeredBefore(keyed: readonly { operation: string; as: SeenAs & { in: 'answers' } }[]) {
  const rows = keyed.map(({ operation, as: { account, key } }, n): Row => {
    return { n, shard: shardOf(account), account, operation, key };
  });
  return ANSWERED(rows);
}

const RECEIVED = aboutRows(
  { n: 'integer', shard: 'smallint', source: 'text', id: 'text' },
  (sql) => `select k.n, i.digest as fingerprint, i.answer from ${sql} as k cross join lateral (
    select digest, answer from inbox where shard = k.shard and source = k.source and event_id = k.id offset 0
  ) i`,
);

function receivedBefore(events: readonly (SeenAs & { in: 'inbox' })[]) {
  const rows = events.map(({ source, id }, n): Row => ({ n, shard: shardOf(id), source, id }));
  return RECEIVED(rows);
}

/** A command that will be recognised when it comes again, and what it was answered. */
export interface Answered {
  readonly operation: string;
  readonly seen: SeenAs;
  /** What the caller asked for. */
  readonly input: object | null;
  readonly answer: object;
}

interface Writes {
  readonly answers: readonly Answered[];
  readonly at: Instant;
  readonly position: number;
}

/** Stored answers as their rows have them. */
export function answerRows({ answers, at, position }: Writes): Row[] {
  return answers.flatMap(({ operation, seen, input, answer }, ordinal) =>
    seen.in === 'answers'
      ? {
          shard: shardOf(seen.account),
          account_id: seen.account,
          operation,
          key: seen.key,
          fingerprint: seen.fingerprint,
          input,
          answer,
          answered_at: at,
          position: position + ordinal,
        }
      : [],
  );
}

/** Events taken in, as their rows have them, in an order of their own. */
export function inboxRows({ answers, at, position }: Writes): Row[] {
  return answers
    .flatMap(({ seen, answer }, ordinal) => (seen.in === 'inbox' ? { seen, answer, ordinal } : []))
    .map(({ seen, answer, ordinal }) => ({
      shard: shardOf(seen.id),
      source: seen.source,
      event_id: seen.id,
      digest: seen.digest,
      customer_id: seen.customerId,
      type: seen.type,
      received_at: at,
      answer,
      payload: seen.payload,
      position: position + ordinal,
    }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Two transactions that write the same new keys do it in the same order, or they would deadlock. */
function keyOf(row: { shard: number; source: string; event_id: string }): string {
  return `${String(row.shard).padStart(3, '0')} ${row.source} ${row.event_id}`;
}

/** Something asked that no command of one account is: what it is recognised by when it comes again. */
export interface Ask {
  readonly account: string;
  readonly operation: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly at: Instant;
}

/**
 * Answers what was answered under the key before, or what `decide` says, and keeps that (L8), in one transaction with what
 * `decide` writes on its connection. Those who ask about the same account of this name wait for each other.
 */
export function answerOnce<A extends object>(
  database: DataSource,
  ask: Ask,
  decide: (connection: Connection) => Promise<A | Refusal>,
): Promise<A | Refusal> {
  const { account, operation, key, at } = ask;
  const place = [shardOf(account), account, operation, key];
  return inTransaction(database, async (connection) => {
    await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [account]);
    const { rows } = await connection.query<{ fingerprint: string; answer: A | Refusal }>(
      'select fingerprint, answer from answers where shard = $1 and account_id = $2 and operation = $3 and key = $4',
      place,
    );
    const [before] = rows;
    if (before) {
      return before.fingerprint === ask.fingerprint
        ? before.answer
        : refuse('IDEMPOTENCY_CONFLICT');
    }
    const answer = await decide(connection);
    await connection.query(
      `insert into answers (shard, account_id, operation, key, fingerprint, answer, answered_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [...place, ask.fingerprint, JSON.stringify(answer), formatInstant(at)],
    );
    return answer;
  });
}
