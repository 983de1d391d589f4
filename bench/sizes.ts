import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { clockSql } from '../src/database/clock';
import { createDataSource } from '../src/database/data-source';
import { migrate } from '../src/database/migrate';
import { startThrowAwayPostgres } from '../src/database/throw-away-postgres';
import { fingerprint } from '../src/kernel/ids';
import type { Ledger } from '../src/ledger/command';
import { createLedger } from '../src/ledger/door';
import { rulesOf } from '../src/ledger/rules';
import { eventCommand } from '../src/orders/event-command';
import type { PlatformEvent } from '../src/orders/platform-event';
import { loadShippedPrograms, Programs } from '../src/programs/programs';
import { captureRedemption } from '../src/redemption/decide-hold';
import { redeem } from '../src/redemption/redeem';
import { checkBooks } from './books';
import { printTable } from './harness';

const ORDERS_EACH = 10;
const PAID_WITH_POINTS = 4;
const HOLD_MS = 30 * 60_000;
const CALLERS = 64;
const MILLION = 1_000_000;

const USAGE = `Usage: node -r @swc-node/register bench/sizes.ts [--orders 5000]
  What a million orders and a million members take on disk, table by table, from as many orders as said, through the door.
  Each member has ${ORDERS_EACH} orders of 100.00, every ${PAID_WITH_POINTS}th paid in part with points (a hold, then its capture).`;

interface Size {
  readonly table: string;
  readonly rows: number;
  /** With its indexes. */
  readonly bytes: number;
}

/** The table that docs/growth.md has, measured anew. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { orders: { type: 'string', default: '5000' } } });
  const members = Math.ceil(Number(values.orders) / ORDERS_EACH);
  if (!(members > 0)) throw new Error(USAGE);
  const server = await startThrowAwayPostgres({ durable: false });
  try {
    await migrate(server.ownerUrl);
    const options = { session: 'migration', poolSize: 8 } as const;
    const database = await createDataSource(server.ownerUrl, options).initialize();
    try {
      await measure(database, members);
    } finally {
      await database.destroy();
    }
    await checkBooks(server.ownerUrl);
  } finally {
    await server.stop();
  }
}

async function measure(database: DataSource, members: number): Promise<void> {
  await loadShippedPrograms(database);
  // Somebody is told of everything.
  await database.query(
    `insert into webhook_endpoints (name, seen_at) values ('platform', clock_timestamp())`,
  );
  const rules = rulesOf(await Programs.load(database));
  const ledger = createLedger({ database, rules, clock: clockSql(false), writers: 4 });
  const ids = Array.from({ length: members }, () => randomUUID());
  await each(ids, (id) => send(ledger, registration(id)));
  const enrolled = await sizes(database);
  let number = 0;
  for (let n = 1; n <= ORDERS_EACH; n += 1) {
    await each(ids, (id) => {
      number += 1;
      return order(ledger, id, n > 1 && number % PAID_WITH_POINTS === 0);
    });
  }
  await ledger.drain();
  const after = await sizes(database);
  tell(enrolled, after, members);
}

async function order(ledger: Ledger, customerId: string, withPoints: boolean): Promise<void> {
  const orderId = randomUUID();
  const placing = { type: 'order.placed', orderId, customerId, net: '100.00' } as const;
  await send(ledger, { ...placing, currency: 'EUR', placedAt: null, tags: [] });
  if (withPoints) await pay(ledger, customerId, orderId);
  await send(ledger, { type: 'order.paid', orderId, xPoints: null });
  await send(ledger, { type: 'order.delivered', orderId });
}

async function pay(ledger: Ledger, customerId: string, orderId: string): Promise<void> {
  const same = { customerId, actor: `customer:${customerId}` };
  const held = await ledger.execute(
    redeem({ ...same, orderId, points: 40, holdMs: HOLD_MS, idempotencyKey: randomUUID() }),
  );
  if ('refused' in held) throw new Error(`The points were refused: ${held.refused}`);
  const { number } = held.redemption;
  await ledger.execute(
    captureRedemption({ ...same, number, points: null, idempotencyKey: randomUUID() }),
  );
}

async function send(ledger: Ledger, event: PlatformEvent): Promise<void> {
  const told = { source: 'shop', id: randomUUID(), type: event.type, digest: fingerprint(event) };
  const answer = await ledger.execute(eventCommand({ ...told, payload: event, event }));
  if (!('outcome' in answer) || answer.outcome !== 'APPLIED') throw new Error(event.type);
}

function registration(customerId: string): PlatformEvent {
  return {
    ...{ type: 'customer.registered', customerId, program: 'EU', registeredAt: null, locale: 'de' },
    ...{ organizationId: null, billingAccountId: null, email: `${customerId}@example.com` },
    ...{ emailHash: fingerprint(customerId), phoneHash: null, paymentHash: null },
    referralCode: null,
  };
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const caller = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** Packed first: what is measured is rows, not what churn left. */
async function sizes(database: DataSource): Promise<Map<string, Size>> {
  await database.query('vacuum full');
  const tables = await database.query<{ table: string }[]>(
    `select relname as table from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'migrations'`,
  );
  const found = new Map<string, Size>();
  for (const { table } of tables) {
    const [size] = await database.query<[Size]>(
      `select '${table}' as table, count(*)::int as rows, pg_total_relation_size('${table}')::float8 as bytes from ${table}`,
    );
    found.set(table, size);
  }
  return found;
}

function tell(
  enrolled: ReadonlyMap<string, Size>,
  after: ReadonlyMap<string, Size>,
  members: number,
) {
  const grown = [...after.values()].filter(({ rows }) => rows >= members / 2);
  const rows = grown.map(({ table, rows, bytes }) => {
    const before = enrolled.get(table)!;
    const orders = members * ORDERS_EACH;
    const own = before.rows >= members / 2 && rows === before.rows;
    const [unit, count, size] = own
      ? ['members', rows / members, bytes / members]
      : ['orders', (rows - before.rows) / orders, (bytes - before.bytes) / orders];
    return {
      table,
      'of a million': unit,
      'million rows': count.toFixed(2),
      'bytes per row': (bytes / rows).toFixed(0),
      GB: ((size * MILLION) / 1e9).toFixed(2),
      size,
    };
  });
  rows.sort((a, b) => b.size - a.size);
  printTable(
    `What they take on disk, from ${members * ORDERS_EACH} orders of ${members} members`,
    rows.map(({ size: _, ...row }) => row),
  );
  for (const unit of ['orders', 'members']) {
    const sum = rows.reduce(
      (total, row) => total + (row['of a million'] === unit ? row.size : 0),
      0,
    );
    process.stdout.write(`A million ${unit}: ${((sum * MILLION) / 1e9).toFixed(1)} GB\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
