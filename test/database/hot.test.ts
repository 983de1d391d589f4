import { setTimeout as pause } from 'node:timers/promises';
import { redeem } from '../../src/redemption/redeem';
import { type Books, complete, openBooks, placed, registered } from '../ledger/stories';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.close());

const REDEMPTIONS = 20;
const TABLES = ['accounts', 'lots'] as const;

interface Updates {
  readonly updates: number;
  /** Of these those for which no index had to be written, */
  readonly hot: number;
  /** and those that found no room on their page, which writes every index. */
  readonly moved: number;
}

/** How often rows of a table were updated, as far as the connections have told. */
async function updatesOf(table: string): Promise<Updates> {
  const [row] = await books.database.query<[Updates]>(
    `select n_tup_upd as updates, n_tup_hot_upd as hot, n_tup_newpage_upd as moved from pg_stat_user_tables where relname = $1`,
    [table],
  );
  return row;
}

/** The same once nothing is added to it any more: a connection tells with its next transaction, a second later or more. */
async function settledUpdatesOf(table: string, atLeast: number): Promise<Updates> {
  for (;;) {
    await Promise.all(Array.from({ length: 20 }, () => books.database.query('select 1')));
    const before = await updatesOf(table);
    await pause(1_200);
    const { updates } = await updatesOf(table);
    if (updates === before.updates && updates >= atLeast) return before;
  }
}

test('a redemption writes no index of accounts and lots, whatever else they are looked up by', async () => {
  await books.at('2025-03-01T10:00:00Z');
  await books.send(registered('ada'));
  await complete(books, 'first', 'ada', '10000.00');
  const before = await Promise.all(TABLES.map((table) => settledUpdatesOf(table, 0)));
  for (let n = 0; n < REDEMPTIONS; n += 1) {
    await books.send(placed(`order-${n}`, 'ada', '10.00'));
    const answer = await books.ledger.execute(
      redeem({
        ...{ customerId: 'ada', orderId: `order-${n}`, points: 1, holdMs: null },
        ...{ idempotencyKey: `key-${n}`, actor: 'test' },
      }),
    );
    expect(answer).not.toHaveProperty('refused');
  }
  for (const [n, table] of TABLES.entries()) {
    const after = await settledUpdatesOf(table, before[n]!.updates + REDEMPTIONS);
    const hot = after.hot - before[n]!.hot;
    const moved = after.moved - before[n]!.moved;
    expect(hot).toBeGreaterThan(REDEMPTIONS / 2);
    expect({ table, updates: after.updates - before[n]!.updates }).toEqual({
      ...{ table, updates: hot + moved },
    });
  }
}, 60_000);
