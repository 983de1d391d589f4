import { createHash } from 'node:crypto';
import { migrate } from '../src/database/migrate';
import { shardOf } from '../src/kernel/ids';
import { checkSome, type Place } from '../src/ledger/integrity';
import { loadShippedPrograms, Programs } from '../src/programs/programs';
import { openDatabase } from './books';
import { MODELS, makeModels, modelId, SCALE_LOTS, SCALE_OPEN } from './scale-models';

type Database = Awaited<ReturnType<typeof openDatabase>>;

const ORDERS = SCALE_LOTS + SCALE_OPEN;
/** Entries of each customer: the lots, a redemption, two holds and their captures. */
export const SCALE_ENTRIES = SCALE_LOTS + 5;
const CHUNK = 20_000;
/** Customers are as old as that, evenly: their lots do not all run out on one day. */
const DAYS = 300;
const DAY_MINUTES = 24 * 60;
/** What is written within so many minutes is written by one transaction. */
const XACT_MINUTES = 10;
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
  'entries.xact': `c.last_xact - (extract(epoch from ${entryAge('m.sequence')}) / ${XACT_MINUTES * 60})::bigint`,
};

/** How much longer ago than the model's things of a copy are; whatever is not named is `c.age`. Lots run out at midnight. */
const AGES: Readonly<Record<string, string>> = {
  entries: entryAge('m.sequence'),
  redemptions: 'c.spent',
  answers: 'c.spent',
  outbox: 'c.spent',
  'accounts.last_entry_at': 'c.spent',
  'accounts.next_due_at': `date_trunc('day', c.age)`,
  'lots.expires_at': `date_trunc('day', c.age)`,
};

function entryAge(sequence: string): string {
  return `case when ${sequence} > ${SCALE_LOTS} then c.spent else c.age end`;
}

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
      spent interval, last_xact bigint, order_ids text[], order_shards smallint[])`);
    const lastXact = await passTransactions(database);
    for (let from = 1; from <= accounts + overdue; from += CHUNK) {
      const to = Math.min(from + CHUNK - 1, accounts + overdue);
      await database.query(
        'insert into scale_customers select * from json_populate_recordset(null::scale_customers, $1)',
        [JSON.stringify(customers(from, to, accounts, lastXact))],
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

/**
 * Lets as many transactions pass as wrote what the copies have, so that their numbers ascend with time as they do in production, and answers
 * the last of them.
 */
async function passTransactions(database: Database): Promise<number> {
  const count = Math.ceil(((OVERDUE_DAYS + 2) * DAY_MINUTES) / XACT_MINUTES);
  await database.query(
    `do $$ begin for n in 1..${count} loop perform pg_current_xact_id(); commit; end loop; end $$`,
  );
  const [row] = await database.query<{ xact: number }[]>(
    'select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 as xact',
  );
  return row!.xact;
}

function customers(from: number, to: number, accounts: number, lastXact: number): object[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const n = from + i;
    const id = scaleCustomerId(n);
    const orders = Array.from({ length: ORDERS }, (_, k) => scaleOrderId(n, k + 1));
    return {
      ...{ n, id, shard: shardOf(id), model: n % MODELS.length },
      ...ages(n, n > accounts),
      last_xact: lastXact,
      ...{ order_ids: orders, order_shards: orders.map(shardOf) },
    };
  });
}

/** How long ago a customer came, and spent points: at any time since, and of the day. */
function ages(n: number, isOverdue: boolean): { age: string; spent: string } {
  const days = isOverdue ? OVERDUE_DAYS : n % DAYS;
  const minutes = (n * 733) % DAY_MINUTES;
  const since = (days: number) => `${days} days ${minutes} minutes`;
  return { age: since(days), spent: since(isOverdue ? days : (n * 7_919) % (days + 1)) };
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
    const age = AGES[`${table}.${name}`] ?? AGES[table] ?? 'c.age';
    return own ?? (type === 'timestamp with time zone' ? `m.${name} - ${age}` : `m.${name}`);
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
