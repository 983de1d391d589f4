import { createHash } from 'node:crypto';
import { clockSql } from '../src/database/clock';
import { migrate } from '../src/database/migrate';
import { shardOf } from '../src/kernel/ids';
import { createLedger } from '../src/ledger/door';
import { checkSome, type Place } from '../src/ledger/integrity';
import { rulesOf } from '../src/ledger/rules';
import { eventCommand } from '../src/orders/event-command';
import type { PlatformEvent } from '../src/orders/platform-event';
import { loadShippedPrograms, Programs } from '../src/programs/programs';
import { captureRedemption } from '../src/redemption/decide-hold';
import { redeem } from '../src/redemption/redeem';
import { openDatabase } from './books';

type Database = Awaited<ReturnType<typeof openDatabase>>;

/** Lots of each customer, each of an order of its own. */
export const SCALE_LOTS = 5;
/** Orders of each customer that points may pay for; they are numbered after those that earned. */
export const SCALE_OPEN = 1;
const ORDERS = SCALE_LOTS + SCALE_OPEN;
/** Entries of each customer: the lots, a redemption, two holds and their captures. */
export const SCALE_ENTRIES = SCALE_LOTS + 5;
/** Net value of each order that earned, by tier reached. */
const MODELS = ['1000.00', '5000.00', '20000.00'];
const CHUNK = 20_000;
const OPEN_NET = '1000000.00';
const HOLD_MS = 3_600_000;
/** Customers are as old as that, evenly: their lots do not all run out on one day. */
const DAYS = 300;
/** So old that every lot has run out. */
const OVERDUE_DAYS = 370;

/** The n-th customer's id: as platforms give them, without an order that an index could profit from. */
export function scaleCustomerId(n: number): string {
  return uuidOf(`customer ${n}`);
}

/** The id of a customer's k-th order. */
export function scaleOrderId(n: number, k: number): string {
  return uuidOf(`order ${n} ${k}`);
}

function uuidOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  return [0, 8, 12, 16, 20, 32]
    .slice(1)
    .map((to, n) => hex.slice([0, 8, 12, 16, 20][n], to))
    .join('-');
}

/** Columns of the copies that are not those of the model. `c` is the customer, `m` the model's row. */
const OWN_COLUMNS: Readonly<Record<string, string>> = {
  shard: 'c.shard',
  account_id: 'c.id',
  account_shard: 'c.shard',
  customer_id: 'c.id',
  customer_shard: 'c.shard',
  'accounts.id': 'c.id',
  'accounts.referral_code': `'SCALE' || c.n`,
  'referral_codes.code': `'SCALE' || c.n`,
  'members.email': `c.id || '@example.com'`,
  'members.email_hash': `md5(c.id)`,
  'orders.id': `c.order_ids[m.model_order]`,
  'orders.shard': `c.order_shards[m.model_order]`,
  'lots.source_ref': `c.order_ids[m.model_order]`,
  'entries.order_id': `c.order_ids[m.model_order]`,
  'redemptions.order_id': `c.order_ids[m.model_order]`,
  'answers.key': `md5(c.id || m.key)::uuid::text`,
  actor: `case when m.actor like 'customer:%' then 'customer:' || c.id else m.actor end`,
};

/** What is copied: whose row it is, in which order rows come to be, the column with an order's id, and of which rows. */
const COPIED: readonly {
  readonly table: string;
  readonly owner: string;
  readonly age: string;
  readonly order?: string;
  readonly only?: string;
  readonly recent?: boolean;
}[] = [
  { table: 'accounts', owner: 'id', age: '1' },
  { table: 'members', owner: 'account_id', age: '1' },
  { table: 'referral_codes', owner: 'account_id', age: '1' },
  { table: 'orders', owner: 'customer_id', age: 'model_order', order: 'id' },
  { table: 'lots', owner: 'account_id', age: 'number', order: 'source_ref' },
  { table: 'entries', owner: 'account_id', age: 'sequence', order: 'order_id' },
  { table: 'allocations', owner: 'account_id', age: 'sequence' },
  { table: 'redemptions', owner: 'account_id', age: 'number', order: 'order_id' },
  // Of what is deleted again after a while, the latest of every fourth account.
  {
    table: 'answers',
    owner: 'account_id',
    age: '1',
    only: `operation = 'redeemXPoints' and key = 'spent'`,
    recent: true,
  },
  {
    table: 'outbox',
    owner: 'account_id',
    age: '1',
    only: 'number = (select max(number) from outbox o where o.account_id = t.account_id)',
    recent: true,
  },
];

/**
 * Copied kind by kind, half of the pages have room for one small row more, and each new row would be put on another old page. Where rows of all
 * sizes come one after the other that room is soon taken, and what is new lies at the end: so it is here with that much to be left free.
 */
const GROWN = { entries: 90, outbox: 75 };

/** How long slices of the books are checked, at least one of each track and quarter. */
export const CHECK_MS = { whole: 20_000, quick: 800, smoke: 0 } as const;

/** How many accounts, and how many more of which every lot has run out and is not booked yet. */
export interface Scale {
  readonly accounts: number;
  readonly overdue?: number;
}

/**
 * Makes very many customers in a new database: five lots and ten entries each. Three models are made through the door; the others are copies of
 * their rows under ids of their own, set by set, with the indexes built at the end. Rows lie as time brings them: all first entries
 * before all second ones, so what an account has is scattered as it is in production. The overdue customers are the last ones.
 */
export async function fillScale(url: string, { accounts, overdue = 0 }: Scale): Promise<void> {
  await migrate(url);
  const database = await openDatabase(url);
  try {
    await loadShippedPrograms(database);
    await makeModels(database);
    await database.query(
      `set session_replication_role = replica; set maintenance_work_mem = '1GB'; set work_mem = '256MB'`,
    );
    await database.query(`create unlogged table scale_customers (n integer, id text, shard smallint, model smallint, age interval,
      order_ids text[], order_shards smallint[])`);
    for (let from = 1; from <= accounts + overdue; from += CHUNK) {
      const to = Math.min(from + CHUNK - 1, accounts + overdue);
      await database.query(
        'insert into scale_customers select * from json_populate_recordset(null::scale_customers, $1)',
        [JSON.stringify(customers(from, to, accounts))],
      );
    }
    await copyModels(database);
    for (const { table } of COPIED) await database.query(`reindex table ${table}`);
    await database.query('drop table scale_customers');
    // Twice: the second one sees every row as old enough, and marks its page as visible to all.
    await database.query('vacuum (analyze)');
    for (const [table, fillfactor] of Object.entries(GROWN)) {
      await database.query(`alter table ${table} set (fillfactor = ${fillfactor})`);
    }
  } finally {
    await database.destroy();
  }
}

function customers(from: number, to: number, accounts: number): object[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const n = from + i;
    const id = scaleCustomerId(n);
    const orders = Array.from({ length: ORDERS }, (_, k) => scaleOrderId(n, k + 1));
    return {
      ...{ n, id, shard: shardOf(id), model: n % MODELS.length },
      age: `${n > accounts ? OVERDUE_DAYS : n % DAYS} days`,
      ...{ order_ids: orders, order_shards: orders.map(shardOf) },
    };
  });
}

async function makeModels(database: Database): Promise<void> {
  const rules = rulesOf(await Programs.load(database));
  const ledger = createLedger({ database, rules, clock: clockSql(false), writers: 1 });
  const send = async (event: PlatformEvent, id: string) => {
    const answer = await ledger.execute(
      eventCommand({ source: 'bench', id, type: event.type, digest: id, payload: event, event }),
    );
    if (!('outcome' in answer) || answer.outcome !== 'APPLIED') throw new Error(`${id} failed`);
  };
  for (const [model, net] of MODELS.entries()) {
    const id = modelId(model);
    await send(registration(id), id);
    for (let k = 1; k <= ORDERS; k += 1) {
      const orderId = `${id}-${k}`;
      await send(placing(orderId, id, k > SCALE_LOTS ? OPEN_NET : net), `${orderId}-placed`);
      if (k > SCALE_LOTS) continue;
      await send({ type: 'order.paid', orderId, xPoints: null }, `${orderId}-paid`);
      await send({ type: 'order.delivered', orderId }, `${orderId}-delivered`);
    }
    const actor = `customer:${id}`;
    const spend = async (k: number, points: number, holdMs: number | null, key: string) => {
      const orderId = `${id}-${k}`;
      const spent = await ledger.execute(
        redeem({ customerId: id, orderId, points, holdMs, idempotencyKey: key, actor }),
      );
      if ('refused' in spent) throw new Error(`${id} was refused: ${spent.refused}`);
      const { number } = spent.redemption;
      if (holdMs === null) return;
      await ledger.execute(
        captureRedemption({ customerId: id, number, points: null, idempotencyKey: key, actor }),
      );
    };
    await spend(SCALE_LOTS + 1, 50, null, 'spent');
    await spend(SCALE_LOTS + 1, 30, HOLD_MS, 'held');
    await spend(SCALE_LOTS + 1, 20, HOLD_MS, 'held again');
  }
  await ledger.drain();
}

function modelId(model: number): string {
  return `model-${model}`;
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

/**
 * In one transaction with the emptying of the tables, so that no log is written of the rows (wal_level minimal); the indexes are
 * told that they are not ready, and are built afterwards.
 */
async function copyModels(database: Database): Promise<void> {
  const ids = MODELS.map((_, model) => `'${modelId(model)}'`).join(', ');
  const runner = database.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query('set local session_replication_role = replica');
    for (const { table, owner, order, only } of COPIED) {
      await runner.query(
        `create temp table model_${table} on commit drop as
         select t.*, right(t.${owner === 'customer_id' ? 'customer_id' : owner}, 1)::int as model_number,
           ${order ? `substring(t.${order} from '[0-9]+$')::int` : 'null::int'} as model_order
         from ${table} t where t.${owner} in (${ids}) ${only ? `and ${only}` : ''}`,
      );
    }
    const emptied: { table: string }[] = await runner.query(
      `select c.relname as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> all ($1) and not c.relispartition`,
      [KEPT],
    );
    await runner.query(`truncate ${emptied.map(({ table }) => table).join(', ')}`);
    await runner.query(
      `update pg_index set indisready = false where indrelid = any (array[${COPIED.map(({ table }) => `'${table}'::regclass`).join(', ')}])`,
    );
    for (const copied of COPIED) await copyTable(runner, copied);
    await runner.query(UNROLLED);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

/** The copies have the transactions of their models: none of them is in the rollups, which are made anew by whoever rolls up. */
const UNROLLED = `update rollup_progress set generation = null, building = jsonb_build_object('generation', 1, 'watermark', x.horizon,
    'since', '-infinity', 'cluster', cluster, 'place', null, 'walked', false)
  from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as horizon) x`;

/** Neither emptied nor filled. */
const KEPT = [
  'scale_customers',
  'migrations',
  'terms',
  'rules_revision',
  'rollup_progress',
  'campaigns',
  'typeorm_metadata',
];

async function copyTable(
  runner: ReturnType<Database['createQueryRunner']>,
  { table, age, recent }: (typeof COPIED)[number],
): Promise<void> {
  const columns: { name: string; type: string }[] = await runner.query(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`,
    [table],
  );
  const values = columns.map(({ name, type }) => {
    const own = OWN_COLUMNS[`${table}.${name}`] ?? OWN_COLUMNS[name];
    return own ?? (type === 'timestamp with time zone' ? `m.${name} - c.age` : `m.${name}`);
  });
  const ages: { age: number }[] = await runner.query(
    `select distinct ${age}::int as age from model_${table} order by 1`,
  );
  for (const { age: one } of ages) {
    await runner.query(
      `insert into ${table} (${columns.map(({ name }) => name).join(', ')})
       select ${values.join(', ')} from scale_customers c
       join model_${table} m on m.model_number = c.model and m.${age === '1' ? 'model_number = m.model_number' : `${age} = ${one}`}
       ${recent ? 'where c.n % 4 = 0' : ''}`,
    );
  }
}

/** Checks slices of the books, spread over the accounts and orders, for so long; throws where any is broken. */
export async function spotCheck(
  url: string,
  budgetMs: number,
): Promise<{ accounts: number; orders: number }> {
  const database = await openDatabase(url);
  try {
    const programs = await Programs.load(database);
    const seen = { accounts: 0, orders: 0 };
    const places = [0, 64, 128, 192].flatMap((shard): Place[] => [
      { track: 'accounts', shard, id: '8' },
      { track: 'orders', shard, id: '8' },
    ]);
    for (const from of places) {
      const checked = await checkSome(database, programs, {
        from,
        budgetMs: budgetMs / places.length,
      });
      const broken = checked.breaches.filter(({ rows }) => rows > 0);
      if (broken.length > 0) throw new Error(`Broken books: ${JSON.stringify(broken, null, 2)}`);
      seen.accounts += checked.accounts;
      seen.orders += checked.orders;
    }
    return seen;
  } finally {
    await database.destroy();
  }
}
