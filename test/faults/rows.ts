import type { DataSource } from 'typeorm';
import type { Instant } from '../../src/kernel/time';
import { checkIntegrity } from '../../src/ledger/integrity';
import { type OrderRecord, orderOf } from '../../src/ledger/order.records';
import { type AccountRecord, accountOf, type LotRecord, lotOf } from '../../src/ledger/records';
import type { Redemption } from '../../src/ledger/redemption';
import type { Programs } from '../../src/programs/programs';
import type { EntryLine, Rows } from './evidence';
import { storedAnswer } from './history';

/** Reads what the checker compares. Nobody may be writing any more. */
export async function readRows(database: DataSource, programs: Programs): Promise<Rows> {
  const accounts = await database.query<AccountRecord[]>('select * from accounts order by id');
  const lots = await database.query<LotRecord[]>('select * from lots order by account_id, number');
  const orders = await database.query<OrderRecord[]>('select * from orders order by id');
  const breaches = await checkIntegrity(database, programs);
  return {
    answers: await readAnswers(database),
    accounts: accounts.map(accountOf),
    lots: lots.map((row) => ({ accountId: row.account_id, what: lotOf(row) })),
    redemptions: await readRedemptions(database),
    orders: orders.map(orderOf),
    entries: await readEntries(database),
    messages: await database.query(
      `select account_id as "accountId", number, coalesce(state, 'given to nobody') as state
       from outbox left join webhook_deliveries using (shard, account_id, number) order by account_id, number`,
    ),
    broken: breaches
      .filter(({ rows }) => rows > 0)
      .map(({ number, rows, accounts: whose }) => `${number}: ${rows} rows, of ${whose.join(' ')}`),
  };
}

async function readAnswers(database: DataSource): Promise<Rows['answers']> {
  const rows = await database.query<{ cause: string; at: Instant; answer: object }[]>(
    `select operation || ' ' || key as cause, answered_at as at, answer from answers
     union all
     select 'event ' || source || ' ' || event_id, received_at, answer from inbox`,
  );
  return rows.map(({ cause, at, answer }) => ({ cause, at, answer: storedAnswer(answer) }));
}

/** How many answers wait to be sent, and to whom they go astray: 0 once the platform knows everything. */
export async function readUntold(database: DataSource): Promise<number> {
  const [row] = await database.query<[{ n: number }]>(
    `select count(*)::int as n from webhook_deliveries where state = 'PENDING'`,
  );
  return row.n;
}

async function readRedemptions(database: DataSource): Promise<Rows['redemptions']> {
  const rows = await database.query<({ accountId: string } & Redemption)[]>(
    `select account_id as "accountId", number, order_id as "orderId", state, points, held, captured, released, restored,
       placed_at as "placedAt", held_until as "heldUntil", decided_at as "decidedAt",
       terms_version as "termsVersion", entries
     from redemptions order by account_id, number`,
  );
  return rows.map(({ accountId, ...what }) => ({ accountId, what }));
}

function readEntries(database: DataSource): Promise<EntryLine[]> {
  return database.query(
    `select account_id as "accountId", sequence, kind, cause, recorded_at as "recordedAt",
       available_change as "availableChange", held_change as "heldChange", owed_change as "owedChange",
       available_after as "availableAfter", held_after as "heldAfter", owed_after as "owedAfter"
     from entries order by account_id, sequence`,
  );
}
