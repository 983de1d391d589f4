import { setTimeout as pause } from 'node:timers/promises';
import { createDataSource } from '../../src/database/data-source';
import { redeem } from '../../src/redemption/redeem';
import { type Books, complete, openBooks, placed, registered } from '../ledger/stories';
import { freshDatabase, type TestDatabase } from '../support/database';

let made: TestDatabase;
beforeAll(async () => {
  made = await freshDatabase();
});
afterAll(() => made.drop());

const REDEMPTIONS = 20;
const TABLES = ['accounts', 'lots'] as const;

interface Updates {
  readonly table: string;
  readonly updates: number;
  /** Of these those for which no index had to be written, */
  readonly hot: number;
  /** and those that found no room on their page, which writes every index. */
  readonly moved: number;
}

/** Does something with books of its own, whose connections are gone afterwards: only then have they told all they counted. */
async function withBooks(use: (books: Books) => Promise<void>): Promise<Updates[]> {
  const books = await openBooks({ url: made.url });
  await use(books).finally(() => books.close());
  const database = await createDataSource(made.ownerUrl, { poolSize: 1 }).initialize();
  try {
    for (let others = 1; others > 0; await pause(20)) {
      const [row] = await database.query<[{ others: number }]>(
        `select count(*)::int as others from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      );
      others = row.others;
    }
    return await database.query<Updates[]>(
      `select relname as "table", n_tup_upd as updates, n_tup_hot_upd as hot, n_tup_newpage_upd as moved
       from pg_stat_user_tables where relname = any ($1) order by relname`,
      [TABLES],
    );
  } finally {
    await database.destroy();
  }
}

test('a redemption writes no index of accounts and lots, whatever else they are looked up by', async () => {
  const before = await withBooks(async (books) => {
    await books.at('2025-03-01T10:00:00Z');
    await books.send(registered('ada'));
    await complete(books, 'first', 'ada', '10000.00');
    for (let n = 0; n < REDEMPTIONS; n += 1) {
      await books.send(placed(`order-${n}`, 'ada', '10.00'));
    }
  });
  const after = await withBooks(async (books) => {
    for (let n = 0; n < REDEMPTIONS; n += 1) {
      const answer = await books.ledger.execute(
        redeem({
          ...{ customerId: 'ada', orderId: `order-${n}`, points: 1, holdMs: null },
          ...{ idempotencyKey: `key-${n}`, actor: 'test' },
        }),
      );
      expect(answer).not.toHaveProperty('refused');
    }
  });
  expect(after.map(({ table }) => table)).toEqual(TABLES);
  for (const [n, { table, updates, hot, moved }] of after.entries()) {
    const earlier = before[n]!;
    const done = { table, updates: updates - earlier.updates };
    expect(done).toEqual({ table, updates: REDEMPTIONS });
    expect(hot - earlier.hot).toBeGreaterThan(REDEMPTIONS / 2);
    expect(hot - earlier.hot + moved - earlier.moved).toBe(REDEMPTIONS);
  }
}, 60_000);
