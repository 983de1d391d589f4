import { Client } from 'pg';
import { rollUp, rollUpStep } from '../../src/analytics/roll-up';
import { redeem } from '../../src/redemption/redeem';
import { type Books, complete, openBooks, placed, registered } from '../ledger/stories';
import { asOwner, ownerUrlOf } from '../support/database';
import {
  expectEqual,
  forgetRollups,
  NEVER,
  rollingOf,
  rollUpAll,
  settled,
  tailOf,
} from './rolling';

let books: Books;
beforeEach(async () => {
  books = await openBooks();
  await books.at('2025-06-15T10:00:00Z');
});
afterEach(() => books.close());

/** Members with an order each of 100 points. */
async function earn(...customers: string[]): Promise<void> {
  for (const customerId of customers) {
    await books.send(registered(customerId));
    await complete(books, `${customerId}-1`, customerId, '100.00');
  }
}

const entriesRolledUp = async (): Promise<{ grain: string; n: number }[]> =>
  books.database.query(
    'select grain, sum(entries)::int as n from rollup_entries group by grain order by grain',
  );

test('a database on its first day has rollups of nothing, complete', async () => {
  expect(await tailOf(books.database)).toEqual({ entries: 0, tail: 0 });
  await rollUpAll(books);
  expect(await expectEqual(books)).toBe(0);
});

test('each entry is in every grain once, step by step', async () => {
  await earn('ada', 'bo', 'cy', 'di');
  expect(await tailOf(books.database)).toEqual({ entries: 4, tail: 4 });
  await settled(books);
  expect(await rollUpStep(rollingOf(books), 2)).toBe('more');
  expect((await tailOf(books.database)).tail).toBe(2);
  await expectEqual(books);
  await rollUpAll(books, 2);
  expect(await tailOf(books.database)).toEqual({ entries: 4, tail: 0 });
  expect(await entriesRolledUp()).toEqual([
    { grain: 'DAY', n: 4 },
    { grain: 'HOUR', n: 4 },
    { grain: 'MONTH', n: 4 },
  ]);
  expect(await expectEqual(books)).toBeGreaterThan(0);
});

test('a budget that is used up leaves the rest for the next run', async () => {
  await earn('ada', 'bo', 'cy');
  await settled(books);
  expect(await rollUp(rollingOf(books), NEVER, 0, 1)).toBe(false);
  expect((await tailOf(books.database)).tail).toBe(2);
  expect(await rollUp(rollingOf(books), AbortSignal.abort(), 1_000, 1)).toBe(false);
  expect((await tailOf(books.database)).tail).toBe(2);
});

test('what commits late, with an earlier transaction and instant, is waited for and not lost', async () => {
  await earn('ada');
  await rollUpAll(books);
  const owner = new Client({ connectionString: ownerUrlOf(books.url) });
  await owner.connect();
  try {
    // It has written its entry, and does not commit yet; others write and commit after it.
    await owner.query('begin');
    await owner.query('set local session_replication_role = replica');
    await owner.query(
      `insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
         available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, terms_version, cause, actor)
       select shard, account_id, 2, 'CREDITED', 0, 0, 0, 0, available_after, 0, 0, turnover_after, occurred_at, recorded_at,
         terms_version, 'late', 'test' from entries where account_id = 'ada'`,
    );
    await books.at('2025-06-15T12:00:00Z');
    await earn('bo', 'cy');
    expect(await rollUp(rollingOf(books), NEVER)).toBe(true);
    expect(await tailOf(books.database)).toEqual({ entries: 3, tail: 2 });
    await expectEqual(books);
    await owner.query('commit');
  } finally {
    await owner.end();
  }
  expect(await tailOf(books.database)).toEqual({ entries: 4, tail: 3 });
  await rollUpAll(books);
  expect(await tailOf(books.database)).toEqual({ entries: 4, tail: 0 });
  await expectEqual(books);
});

test('a test clock that was taken back and set anew loses nothing', async () => {
  await earn('ada');
  await rollUpAll(books);
  const owner = { ownerUrl: ownerUrlOf(books.url) };
  await asOwner(owner, `update sandbox_clock set at = '2025-01-01T00:00:00Z'`);
  await earn('bo');
  await rollUpAll(books);
  expect(await tailOf(books.database)).toEqual({ entries: 2, tail: 0 });
  await expectEqual(books);
});

test('many writers, and two processes that roll up meanwhile: nothing twice, nothing lost', async () => {
  const other = await openBooks({ url: books.url, writers: 6 });
  try {
    const members = Array.from({ length: 24 }, (_, n) => `m${n}`);
    const stopping = new AbortController();
    const roll = async (on: Books) => {
      while (!stopping.signal.aborted) await rollUp(rollingOf(on), stopping.signal, 50, 3);
    };
    const rolling = [roll(books), roll(other), roll(other)];
    await Promise.all(members.map((id) => books.send(registered(id))));
    await Promise.all(
      members.map(async (id, n) => {
        const on = n % 2 ? books : other;
        await complete(on, `${id}-1`, id, '300.00');
        await on.send(placed(`${id}-2`, id, '50.00'));
        for (const idempotencyKey of ['k1', 'k2', 'k3']) {
          const order = { customerId: id, orderId: `${id}-2`, points: 10, holdMs: null };
          await on.ledger.execute(redeem({ ...order, idempotencyKey, actor: `customer:${id}` }));
        }
      }),
    );
    stopping.abort();
    await Promise.all(rolling);
    await expectEqual(books);
    await rollUpAll(books);
    const { entries, tail } = await tailOf(books.database);
    expect(tail).toBe(0);
    expect(entries).toBe(4 * members.length);
    await expectEqual(books);
    expect(await entriesRolledUp()).toContainEqual({ grain: 'HOUR', n: entries });
  } finally {
    await other.close();
  }
});

test('a step that is killed in the middle has done nothing, and the next one does it', async () => {
  await earn('ada', 'bo');
  await settled(books);
  const owner = new Client({ connectionString: ownerUrlOf(books.url) });
  await owner.connect();
  try {
    // The step has added moves, and waits for the entries: there it is killed.
    await owner.query('begin');
    await owner.query('lock table rollup_entries in access exclusive mode');
    const step = rollUpStep(rollingOf(books)).then(
      () => 'done',
      () => 'killed',
    );
    let killed = 0;
    while (killed === 0) {
      await owner.query('select pg_stat_clear_snapshot()');
      const { rowCount } = await owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      killed = rowCount ?? 0;
    }
    expect(await step).toBe('killed');
    await owner.query('rollback');
  } finally {
    await owner.end();
  }
  expect(await entriesRolledUp()).toEqual([]);
  expect((await tailOf(books.database)).tail).toBe(2);
  await rollUpAll(books);
  await expectEqual(books);
});

test('while one process is at it another goes away', async () => {
  await earn('ada');
  const owner = new Client({ connectionString: ownerUrlOf(books.url) });
  await owner.connect();
  try {
    await owner.query('begin; select from rollup_progress for update');
    expect(await rollUpStep(rollingOf(books))).toBe('elsewhere');
    expect(await rollUp(rollingOf(books), NEVER)).toBe(true);
  } finally {
    await owner.end();
  }
  expect((await tailOf(books.database)).tail).toBe(1);
});

test('books from before the rollups are walked over by the job itself, while others write', async () => {
  await earn('ada', 'bo', 'cy', 'di', 'ed');
  await forgetRollups(books);
  expect(await rollUpStep(rollingOf(books), 2)).toBe('more');
  await earn('fay', 'al');
  await rollUpAll(books, 2);
  expect(await tailOf(books.database)).toEqual({ entries: 7, tail: 0 });
  await expectEqual(books);
  expect(await entriesRolledUp()).toContainEqual({ grain: 'HOUR', n: 7 });
});
