import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { fillScale, scaleCustomerId, scaleOrderId } from '../../bench/scale';
import { Storage1732610000000 } from '../../migrations/1732610000000-storage';
import { createDataSource } from '../../src/database/data-source';
import { buildIndexOnline } from '../../src/database/online-index';
import { PATIENCE, whileLocked } from '../../src/database/patience';
import { anyCommand, type Reply, type Request, type Telling } from '../concurrency/client';
import { type Books, openBooks, placed } from '../ledger/stories';
import { freshDatabase, type TestDatabase } from '../support/database';
import { madeAt, RELEASED_UNTIL } from './released';
import { scriptOf, unsafe } from './unsafe';

/** Those that are not released yet, oldest first: what is released has run wherever it will. */
function newMigrations(): MigrationInterface[] {
  const classes = createDataSource('postgres://nowhere/none').options
    .migrations as (new () => MigrationInterface)[];
  return classes.filter((it) => madeAt(it) > RELEASED_UNTIL).map((it) => new it());
}

/** What may be done all the same, by migration: what `unsafe` says, with a comment why it harms nobody (such as that it drops what two versions did not use). */
const ANSWERED_FOR: Readonly<Record<string, readonly string[]>> = {};

describe('what is not released yet may be run while the service serves', () => {
  it.each(newMigrations().map((it) => [it.constructor.name, it] as const))('%s', async (_, it) => {
    expect(unsafe(await scriptOf(it))).toEqual(ANSWERED_FOR[it.constructor.name] ?? []);
  });
});

describe('migrations that must not be', () => {
  it.each([
    [`alter table lots alter column granted type numeric`],
    [`alter table "lots" alter granted set data type numeric`],
    [`alter table public.entries add column x int, alter column cause set not null`],
    [`alter table orders add column ref uuid default gen_random_uuid()`],
    [`alter table orders add seen timestamptz not null default clock_timestamp()`],
    [`alter table orders add column x integer not null`],
    [`alter table orders add column n bigserial`],
    [`alter table orders add column n bigint generated always as identity`],
    [`alter table orders add column n bigint generated always as (net_minor * 2) stored`],
    [`alter table orders add column n bigint references accounts (id)`],
    [`alter table orders add column n bigint check (n > 0)`],
    [`alter table orders alter column tags drop default`],
    [`create index orders_at on orders (placed_at)`],
    [`create unique index if not exists orders_at on only orders (placed_at)`],
    [`create index concurrently if not exists orders_at on orders (placed_at)`],
    [`drop index orders_at`],
    [`alter table orders drop column tags`],
    [`alter table orders drop tags`],
    [`drop table if exists voidings`],
    [`alter table orders rename to purchases`],
    [`alter table orders rename column tags to labels`],
    [`alter index orders_at rename to orders_when`],
    [`alter table lots add constraint enough check (granted > 1)`],
    [`alter table lots add check (granted > 1)`],
    [`alter table lots add constraint whose foreign key (shard, account_id) references accounts`],
    [`alter table lots add constraint once unique (source_ref)`],
    [`alter table lots add constraint once exclude using gist (source_ref with =)`],
    [`alter table lots set unlogged`],
    [`alter table lots set tablespace fast`],
    [`alter table lots disable trigger all`],
    [`lock table lots`],
    [`lock lots in exclusive mode`],
    [`vacuum full lots`],
    [`vacuum (analyze, full) lots`],
    [`cluster lots using lots_pkey`],
    [`reindex table lots`],
    [`truncate inbox`],
    [`update accounts set stage = 'ACTIVE'`],
    [`delete from inbox`],
    [`set lock_timeout = 0`],
    [`set local lock_timeout to '1h'`],
    [`comment on table lots is 'x'; alter table lots drop column held`],
    [`/* harmless */ alter table lots -- really\n drop column held`],
    [`do $$ begin if true then alter table lots drop column held; end if; end $$`],
    [`alter system set fsync = off`],
  ])('%s', (statement) => {
    expect(unsafe({ statements: [statement], isTransaction: true })).toHaveLength(1);
  });

  it('what is added is not validated under the same lock', () => {
    const statements = [
      `alter table lots add constraint enough check (granted > 1) not valid`,
      `alter table lots validate constraint enough`,
    ];
    expect(unsafe({ statements, isTransaction: true })).toHaveLength(1);
    expect(unsafe({ statements, isTransaction: false })).toEqual([]);
  });

  it('outside a transaction everything can be run again', () => {
    for (const statement of [
      `create table news (id text)`,
      `alter table lots add column x integer`,
      `create index concurrently lots_x on lots (x)`,
    ]) {
      expect(unsafe({ statements: [statement], isTransaction: false })).toHaveLength(1);
    }
  });
});

describe('migrations that may be', () => {
  it.each([
    [true, [`alter table lots add column x integer`]],
    [true, [`alter table lots add column x jsonb not null default '{"drop column": 1}'::jsonb`]],
    [
      true,
      [`alter table lots add column at timestamptz not null default now(), add y numeric(10, 2)`],
    ],
    [true, [`alter table lots alter column x drop not null, alter column x set default 1`]],
    [true, [`alter table lots set (fillfactor = 90)`, `alter table lots drop constraint enough`]],
    [true, [`create table news (id text primary key)`, `create index news_id on news (id)`]],
    [
      true,
      [
        `create table news (id text)`,
        `alter table news add check (id <> ''), alter column id set not null`,
      ],
    ],
    [true, [`create index campaigns_code on campaigns (code)`]],
    [true, [`alter table lots add constraint enough check (granted > 1) not valid`]],
    [
      true,
      [
        `create or replace function f() returns trigger language plpgsql as $$ begin delete from lots; end $$`,
      ],
    ],
    [
      false,
      [
        `set lock_timeout = 0`,
        `create index concurrently if not exists lots_x on lots (x)`,
        `reset lock_timeout`,
      ],
    ],
    [false, [`drop index concurrently if exists lots_x`]],
    [
      false,
      [
        `alter table lots drop constraint if exists x_there`,
        `alter table lots add constraint x_there check (x is not null) not valid`,
        `alter table lots validate constraint x_there`,
        `alter table lots alter column x set not null`,
      ],
    ],
    [
      false,
      [
        `create unique index concurrently if not exists lots_once on lots (x)`,
        `alter table lots add constraint lots_once unique using index lots_once`,
      ],
    ],
  ])('in a transaction: %s, %j', (isTransaction, statements) => {
    expect(unsafe({ statements, isTransaction })).toEqual([]);
  });
});

/** What the next version may add, as a migration would. */
class Columns4000000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`alter table ${table} add column later integer not null default 7`);
    }
  }
  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`alter table ${table} drop column later`);
  }
}
class Index4000000000001 implements MigrationInterface {
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await buildIndexOnline(runner, 'entries_later', 'on entries (recorded_at)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index entries_later');
  }
}
/** One that this version can do without. */
class Storage4000000000002 extends Storage1732610000000 {}
// In the order in which commands lock them.
const TABLES = ['orders', 'accounts', 'lots', 'redemptions', 'entries', 'allocations', 'outbox'];

const ACCOUNTS = 3_000;
const ORDERS = 250;
const CALLERS = 32;

describe('redemptions and facts of orders, by two processes, while the schema changes', () => {
  let made: TestDatabase;
  let books: Books;

  beforeAll(async () => {
    made = await freshDatabase();
    await fillScale(made.ownerUrl, { accounts: ACCOUNTS });
    books = await openBooks({ url: made.url, writers: 4 });
  });
  afterAll(async () => {
    await books.close();
    await made.drop();
  });

  it('are all answered, and the books balance', async () => {
    let busy = 2;
    const all = Promise.all(
      [here(work('a')), beside(work('b'))].map((side) =>
        side.finally(() => {
          busy -= 1;
        }),
      ),
    );
    let rounds = 0;
    const changing = changeSchema(() => {
      if (busy === 2) rounds += 1;
      return busy > 0;
    });
    // Both have ended before the database goes, whichever failed.
    await Promise.allSettled([all, changing]);
    const [replies] = await Promise.all([all, changing]);
    const answers = replies.flat().map(({ answer }) => answer);
    expect(answers).toHaveLength(2 * 3 * ORDERS * 4);
    expect(answers.filter((it) => 'refused' in it)).toEqual([]);
    expect(answers.filter((it) => 'outcome' in it && it.outcome !== 'APPLIED')).toEqual([]);
    expect(rounds).toBeGreaterThan(0);
    expect(await books.broken()).toEqual([]);
  }, 240_000);

  /** Up and down with what may come, until `isGoing` says no. */
  async function changeSchema(isGoing: () => boolean): Promise<void> {
    const { options } = createDataSource(made.ownerUrl, { session: 'migration' });
    const migrations = [Columns4000000000000, Index4000000000001, Storage4000000000002];
    const later = await new DataSource({ ...options, migrations }).initialize();
    try {
      do {
        await whileLocked(() => later.runMigrations(), PATIENCE);
        for (const _ of migrations) {
          await whileLocked(() => later.undoLastMigration(), PATIENCE);
        }
      } while (isGoing());
    } finally {
      await later.destroy();
    }
  }

  async function here(wishes: readonly (Request | Telling)[]): Promise<Reply<unknown, object>[]> {
    const replies: Reply<unknown, object>[] = [];
    const left = wishes.values();
    const caller = async () => {
      for (const request of left) {
        replies.push({ request, answer: await books.ledger.execute<object>(anyCommand(request)) });
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    return replies;
  }

  async function beside(wishes: readonly (Request | Telling)[]): Promise<Reply<unknown, object>[]> {
    const child = fork(join(__dirname, '../concurrency/client.ts'), [made.url, `${CALLERS}`], {
      execArgv: ['-r', '@swc-node/register'],
    });
    const ended = once(child, 'exit');
    const says = async () => {
      const [said] = await Promise.race([once(child, 'message'), ended]);
      if (typeof said === 'number') throw new Error(`The second process ended with ${said}`);
      return said as Reply<unknown, object>[];
    };
    await says();
    child.send([...wishes]);
    const replies = await says();
    await ended;
    return replies;
  }
});

/** Orders that are placed, paid and delivered, one fact well after the other, with three redemptions between each two facts. */
function work(side: string): (Request | Telling)[] {
  const own = Array.from({ length: ORDERS }, (_, n) => ({
    ...{ orderId: `${side}-${n}`, n: 1 + ((n * 11) % ACCOUNTS) },
  }));
  const facts: Telling[] = (['placed', 'paid', 'delivered'] as const).flatMap((step) =>
    own.map(({ orderId, n }): Telling => {
      const key = `${orderId}-${step}`;
      if (step === 'placed') {
        return { kind: 'event', event: placed(orderId, scaleCustomerId(n), '10.00'), key };
      }
      const event =
        step === 'paid'
          ? ({ type: 'order.paid', orderId, xPoints: null } as const)
          : ({ type: 'order.delivered', orderId } as const);
      return { kind: 'event', event, key };
    }),
  );
  return facts.flatMap((fact, i) => [fact, ...[0, 1, 2].map((k) => redemption(side, 3 * i + k))]);
}

function redemption(side: string, i: number): Request {
  const n = 1 + ((i * 7) % ACCOUNTS);
  return {
    ...{ kind: 'redeem' as const, customerId: scaleCustomerId(n), orderId: scaleOrderId(n, 6) },
    ...{ points: 1 + (i % 5), holdMs: i % 2 ? 3_600_000 : null, key: `${side}-${i}` },
  };
}
