import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { clockSql } from '../src/database/clock';
import { createDataSource } from '../src/database/data-source';
import { migrate } from '../src/database/migrate';
import { shardOf } from '../src/kernel/ids';
import { createLedger } from '../src/ledger/door';
import { checkIntegrity } from '../src/ledger/integrity';
import { rulesOf } from '../src/ledger/rules';
import { eventCommand } from '../src/orders/event-command';
import type { PlatformEvent } from '../src/orders/platform-event';
import { loadShippedPrograms, Programs } from '../src/programs/programs';
import { customerId, OPEN_ORDERS, openOrderId } from './customers';

/** Net value of each of a model's completed orders, by tier reached: five lots each. */
const MODELS = [
  { id: 'model-bronze', net: '1000.00' },
  { id: 'model-silver', net: '5000.00' },
  { id: 'model-gold', net: '20000.00' },
];
/** The tables of which the models' rows are copied, with the column that says whose a row is, or which order. */
const COPIED = {
  ...{ accounts: 'id', members: 'account_id', lots: 'account_id', entries: 'account_id' },
  ...{ allocations: 'account_id', orders: 'id' },
};
const LOTS = 5;
const CHUNK = 5_000;
const OPEN_NET = '1000000.00';

/**
 * Makes `accounts` customers of five lots and a few open orders each. Three models are made by the platform's
 * events, through the door; the others are copies of their rows under other ids, so that the invariants hold.
 */
export async function fillBooks(url: string, accounts: number): Promise<void> {
  await migrate(url);
  const database = await openDatabase(url);
  try {
    await loadShippedPrograms(database);
    await makeModels(database);
    for (const [table, owner] of Object.entries(COPIED)) {
      await database.query(
        `create unlogged table model_${table} as select * from ${table} where starts_with(${owner}, 'model-')`,
      );
    }
    await database.query(`create table bench_customers (
      n integer primary key, id text not null, shard smallint not null, model text not null,
      open_ids text[] not null, open_shards smallint[] not null)`);
    for (let from = 1; from <= accounts; from += CHUNK) {
      await copyModels(database, from, Math.min(from + CHUNK - 1, accounts));
    }
    for (const table of Object.keys(COPIED)) await database.query(`drop table model_${table}`);
    await database.query(await readFile(join(__dirname, 'sides/redeem.sql'), 'utf8'));
    await database.query('vacuum analyze');
  } finally {
    await database.destroy();
  }
}

async function makeModels(database: DataSource): Promise<void> {
  const rules = rulesOf(await Programs.load(database));
  const ledger = createLedger({ database, rules, clock: clockSql(false), writers: 1 });
  const send = async (event: PlatformEvent, id: string) => {
    const source = 'bench';
    const answer = await ledger.execute(
      eventCommand({ source, id, type: event.type, digest: id, payload: event, event }),
    );
    if (!('outcome' in answer) || answer.outcome !== 'APPLIED') throw new Error(`${id} failed`);
  };
  for (const { id, net } of MODELS) {
    await send(registration(id), id);
    for (let n = 1; n <= LOTS; n += 1) {
      const orderId = `${id}-${n}`;
      await send(placing(orderId, id, net), `${orderId}-placed`);
      await send({ type: 'order.paid', orderId, xPoints: null }, `${orderId}-paid`);
      await send({ type: 'order.delivered', orderId }, `${orderId}-delivered`);
    }
    for (let k = 1; k <= OPEN_ORDERS; k += 1) {
      await send(placing(`${id}-open-${k}`, id, OPEN_NET), `${id}-open-${k}`);
    }
  }
  await ledger.drain();
}

function registration(id: string): PlatformEvent {
  return {
    ...{ type: 'customer.registered', customerId: id, program: 'EU', email: `${id}@example.com` },
    ...{ organizationId: null, billingAccountId: null, locale: 'de', registeredAt: null },
    ...{ referralCode: null, emailHash: id, phoneHash: null, paymentHash: null },
  };
}

function placing(orderId: string, id: string, net: string): PlatformEvent {
  return {
    ...{ type: 'order.placed', orderId, customerId: id, net, currency: 'EUR' },
    ...{ placedAt: null, tags: [] },
  };
}

/** Copies rows of the models: those of an account by the account's id, orders by their own. */
async function copyModels(database: DataSource, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const customers = numbers.map((n) => {
    const open = Array.from({ length: OPEN_ORDERS }, (_, k) => openOrderId(n, k + 1));
    const id = customerId(n);
    const model = MODELS[n % MODELS.length]!.id;
    return { n, id, shard: shardOf(id), model, open_ids: open, open_shards: open.map(shardOf) };
  });
  await database.query(
    `insert into bench_customers select * from json_populate_recordset(null::bench_customers, $1)`,
    [JSON.stringify(customers)],
  );
  const code = `'BENCH' || c.n`;
  const key = `'shard', c.shard, 'account_id', c.id`;
  const order = (column: string) => `c.id || substr(m.${column}, length(c.model) + 1)`;
  await copy(
    database,
    from,
    `accounts`,
    'id',
    `'shard', c.shard, 'id', c.id, 'referral_code', ${code}`,
  );
  await copy(database, from, 'members', 'account_id', key);
  await copy(database, from, 'lots', 'account_id', `${key}, 'source_ref', ${order('source_ref')}`);
  await copy(database, from, 'entries', 'account_id', `${key}, 'order_id', ${order('order_id')}`);
  await copy(database, from, 'allocations', 'account_id', key);
  await database.query(
    `insert into referral_codes select ${code}, c.shard, c.id from bench_customers c where c.n >= $1`,
    [from],
  );
  const orders = customers.flatMap(({ id, model }) =>
    [...numbered(LOTS, (n) => `-${n}`), ...numbered(OPEN_ORDERS, (k) => `-open-${k}`)].map(
      (end) => ({
        ...{ n: model + end, id: id + end, shard: shardOf(id + end) },
        ...{ customer_id: id, customer_shard: shardOf(id) },
      }),
    ),
  );
  await database.query(
    `insert into orders select r.*
     from json_to_recordset($1) as c (n text, id text, shard smallint, customer_id text, customer_shard smallint)
     join model_orders m on m.id = c.n, jsonb_populate_record(m, to_jsonb(c) - 'n') as r`,
    [JSON.stringify(orders)],
  );
}

async function copy(
  database: DataSource,
  from: number,
  table: string,
  owner: string,
  fields: string,
): Promise<void> {
  await database.query(
    `insert into ${table} select r.* from bench_customers c join model_${table} m on m.${owner} = c.model,
       jsonb_populate_record(m, jsonb_build_object(${fields})) as r
     where c.n >= $1`,
    [from],
  );
}

function numbered(count: number, name: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => name(i + 1));
}

/** Sentences on what is broken in the books at `url`, and how many redemptions they have; throws where any is. */
export async function checkBooks(url: string): Promise<{ redemptions: number }> {
  const database = await openDatabase(url);
  try {
    await database.query('vacuum analyze');
    const breaches = await checkIntegrity(database, await Programs.load(database));
    const broken = breaches.filter(({ rows }) => rows > 0);
    if (broken.length > 0) throw new Error(`Broken books: ${JSON.stringify(broken, null, 2)}`);
    const [counted] = await database.query<{ redemptions: number }[]>(
      'select count(*)::int as redemptions from redemptions',
    );
    return counted!;
  } finally {
    await database.destroy();
  }
}

/** What redemptions write or change, with the column that says whose it is. */
const TABLES = {
  ...{ accounts: 'id', orders: 'customer_id', lots: 'account_id', entries: 'account_id' },
  ...{ allocations: 'account_id', redemptions: 'account_id', answers: 'account_id' },
  outbox: 'account_id',
};
/** Rows that differ in these only are the same: when it was, in which order and transaction, and what only the service keeps beside. */
const INSTANTS = [
  ...['last_entry_at', 'occurred_at', 'recorded_at', 'placed_at', 'decided_at', 'answered_at'],
  ...['written_at', 'position', 'input', 'traceparent', 'paid_at', 'delivered_at', 'judged_at'],
  ...['credited_at', 'created_at', 'next_attempt_at', 'received_at', 'digest', 'xact'],
];

/** A digest, per table, of the rows of some customers (or what else a table's column names), without the instants. */
export async function digestBooks(
  url: string,
  customers: readonly string[],
  tables: Readonly<Record<string, string>> = TABLES,
): Promise<Record<string, string>> {
  const database = await openDatabase(url);
  try {
    const digests: Record<string, string> = {};
    for (const [table, owner] of Object.entries(tables)) {
      const [row] = await database.query<{ digest: string }[]>(
        `select md5(coalesce(string_agg(row, ' ' order by row), '')) as digest from (
           select (to_jsonb(t) - $1::text[] #- '{answer,redemption,placedAt}'
             #- '{answer,redemption,decidedAt}')::text as row
           from ${table} t where ${owner} = any ($2)) as rows`,
        [INSTANTS, customers],
      );
      digests[table] = row!.digest;
    }
    return digests;
  } finally {
    await database.destroy();
  }
}

/** Without the service's statement timeout: reading everything takes a while. */
export function openDatabase(url: string): Promise<DataSource> {
  return createDataSource(url, { session: 'migration', poolSize: 2 }).initialize();
}
