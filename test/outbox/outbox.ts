import type { DataSource } from 'typeorm';
import type { WebhookEndpoint } from '../../src/config';
import { inTransaction } from '../../src/database/transaction';
import { shardOf } from '../../src/kernel/ids';
import type { Message } from '../../src/ledger/message';
import { messageWrites } from '../../src/ledger/message.writes';

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** An endpoint that takes everything, as WEBHOOK_URL gives it. */
export function endpoint(url: string, change: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  return { name: 'platform', url, secrets: [SECRET], types: null, ...change };
}

/** How a message stands at an endpoint, as the tests look at it. */
export interface Delivery {
  readonly number: number;
  readonly state: string;
  readonly attempts: number;
  readonly claimed: boolean;
  readonly last_error: string | null;
}

/** Writes messages `from` … `to` of an account, as the door does: under the account, in order. */
export async function addMessages(
  database: DataSource,
  account: string,
  to: number,
  from = 1,
  type: Message['type'] = 'points.credited',
): Promise<void> {
  await database.query(
    `insert into accounts (shard, id, last_message) values ($1, $2, $3)
      on conflict (shard, id) do update set last_message = excluded.last_message`,
    [shardOf(account), account, to],
  );
  const messages = Array.from({ length: to - from + 1 }, (_, i) => from + i).map((number) => ({
    accountId: account,
    what: {
      ...{ number, type, sequence: number * 10, occurredAt: Date.UTC(2026, 2, 1, 10, 0, 0, 123) },
      data: { points: number * 100 },
    },
    traceparent: undefined,
  }));
  await inTransaction(database, (connection) => connection.query(messageWrites(messages)!));
}

/** How an account's messages stand at an endpoint, in order. */
export async function messagesOf(
  database: DataSource,
  account: string,
  name = 'platform',
): Promise<Delivery[]> {
  return database.query(
    `select number, state, attempts, claimed_until is not null as claimed, last_error
      from webhook_deliveries where shard = $1 and account_id = $2 and endpoint = $3 order by number`,
    [shardOf(account), account, name],
  );
}

/** How many messages are in a state at an endpoint. */
export async function countOf(
  database: DataSource,
  state: string,
  name = 'platform',
): Promise<number> {
  const [row] = await database.query<[{ n: number }]>(
    'select count(*) as n from webhook_deliveries where state = $1 and endpoint = $2',
    [state, name],
  );
  return row.n;
}

/** Waits until `holds` does, looking often; fails when that takes too long. */
export async function eventually(
  holds: () => Promise<boolean> | boolean,
  patienceMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
