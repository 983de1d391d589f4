import type { DataSource } from 'typeorm';
import { clockSql } from '../../src/database/clock';
import { inTransaction } from '../../src/database/transaction';
import { isRegistered } from '../../src/ledger/account';
import { standingAt } from '../../src/ledger/at-instant';
import { readAccounts, readDiscrepancies, readOrders } from '../../src/ledger/ledger.reads';
import * as store from '../../src/ledger/ledger.store';
import { load } from '../../src/ledger/load';
import { readRedemptions } from '../../src/ledger/redemption.store';
import {
  inAccountKey,
  readEntries,
  readEntriesBefore,
  readLots,
  readLotsAfter,
  readMoves,
  readUses,
} from '../../src/ledger/statement.reads';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { redeem } from '../../src/redemption/redeem';
import { World } from '../federation/world';

const CLOCK = clockSql(true);
const EVERYTHING = { pending: true, book: true };

let world: World;
let database: DataSource;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00.123Z');
  database = world.app.database;
  for (const id of ['ada', 'bob', 'cem']) await world.register(id);
  for (let i = 1; i <= 4; i += 1) await world.earn(`a${i}`, 'ada', `${i * 10}.00`);
  await world.earn('b1', 'bob', '5.00');
  await world.place('open', 'ada', '50.00');
  for (const points of [15, 40]) await hold('open', points);
  await world.tell({ type: 'order.cancelled', orderId: 'a4', net: '5.00' });
});
afterAll(() => world.close());

async function hold(orderId: string, points: number): Promise<void> {
  const answer = await world.app.ledger.execute(
    redeem({
      customerId: 'ada',
      orderId,
      points,
      holdMs: 3_600_000,
      idempotencyKey: `h${points}`,
      actor: 'customer:ada',
    }),
  );
  expect(answer).not.toHaveProperty('refused');
}

test('a book read without locks is the book that the door reads under them', async () => {
  const { book, account } = (await readAccounts(database, CLOCK, ['ada'], EVERYTHING)).get('ada')!;
  await inTransaction(database, async (connection) => {
    const accounts = await store.lockAccounts(connection, ['ada']);
    expect(account).toEqual(accounts.get('ada'));
    const lots = (await store.readLots(connection, ['ada'])).get('ada')!;
    expect(new Map(book?.lots.map((lot) => [lot.number, lot]))).toEqual(lots);
    const redemptions = await readRedemptions(connection, ['ada'], []);
    const theirs = redemptions.map(({ accountId: _, slices, ...rest }) => ({
      ...rest,
      slices: [...slices].sort((a, b) => a.lot - b.lot),
    }));
    const ours = book?.holds.map((held) => ({
      ...held,
      slices: [...held.slices].sort((a, b) => a.lot - b.lot),
    }));
    expect(ours).toEqual(theirs);
    expect(ours).toHaveLength(2);
  });
});

test('orders read without locks are those that the door reads, with their redemptions', async () => {
  const reads = await readOrders(database, CLOCK, ['open', 'a4', 'none']);
  await inTransaction(database, async (connection) => {
    const orders = await store.readOrders(connection, ['open', 'a4', 'none']);
    const theirs = new Map(orders.map(({ order }) => [order.id, order]));
    expect(new Map([...reads].map(([id, { order }]) => [id, order]))).toEqual(theirs);
    const accounts = await store.lockAccounts(connection, ['ada']);
    expect(reads.get('open')?.account).toEqual(accounts.get('ada'));
  });
  expect(reads.get('open')?.redemptions.map(({ points, state }) => [points, state])).toEqual([
    [15, 'HELD'],
    [40, 'HELD'],
  ]);
});

test('what is pending comes with what points pay on it, until the holds are over', async () => {
  const pending = async () => {
    const read = await readAccounts(database, CLOCK, ['ada'], { pending: true, book: false });
    return read.get('ada')?.pendingOrders.map(({ order, paidPoints }) => [order.id, paidPoints]);
  };
  expect(await pending()).toEqual([['open', 55]]);
});

test('only what is asked for is read', async () => {
  const read = (await readAccounts(database, CLOCK, ['ada'], { pending: false, book: false })).get(
    'ada',
  );
  expect([read?.book, read?.pendingOrders]).toEqual([null, []]);
});

test('ids without a row are missing, the same id twice is one, hostile ids are ids', async () => {
  const ids = ['ada', 'ada', 'nobody', `'; drop table accounts; --`, '%', 'ADA'];
  const reads = await readAccounts(database, CLOCK, ids, EVERYTHING);
  expect([...reads.keys()]).toEqual(['ada']);
  expect(await readAccounts(database, CLOCK, [], EVERYTHING)).toEqual(new Map());
  expect(await readOrders(database, CLOCK, ids)).toEqual(new Map());
});

test('before anything fell due an account stands as its row has it', async () => {
  const { account, book, now } = (await readAccounts(database, CLOCK, ['ada'], EVERYTHING)).get(
    'ada',
  )!;
  if (!isRegistered(account) || !book) throw new Error('ada is registered');
  const terms = (version: number) => world.app.programs.terms('EU', version);
  expect(standingAt(account, book, terms, now).account).toEqual(account);
});

test('pages of several customers come in one read, each its own', async () => {
  const page = { state: null, after: null, limit: 2 };
  const lots = await readLotsAfter(database, ['ada', 'bob', 'cem'], page);
  expect([...lots].map(([id, found]) => [id, found.map(({ number }) => number)])).toEqual([
    ['ada', [1, 2]],
    ['bob', [1]],
  ]);
  const second = lots.get('ada')![1]!;
  const rest = await readLotsAfter(database, ['ada', 'bob'], {
    ...page,
    after: [second.creditedAt, second.number],
  });
  expect([...rest].map(([id, found]) => [id, found.map(({ number }) => number)])).toEqual([
    ['ada', [3, 4]],
  ]);
  const entries = await readEntriesBefore(database, ['ada', 'bob'], {
    kinds: ['CREDITED'],
    before: 4,
    limit: 2,
  });
  expect([...entries].map(([id, found]) => [id, found.map(({ sequence }) => sequence)])).toEqual([
    ['ada', [3, 2]],
    ['bob', [1]],
  ]);
});

test("what is read by number stays on its own account: bob's lot 1 is not ada's", async () => {
  const keys = [
    { customerId: 'ada', number: 1 },
    { customerId: 'bob', number: 1 },
    { customerId: 'cem', number: 1 },
  ];
  const [ada, bob, cem] = keys.map(inAccountKey);
  const lots = await readLots(database, keys);
  expect([ada, bob, cem].map((key) => lots.get(key!)?.sourceRef)).toEqual(['a1', 'b1', undefined]);
  const entries = await readEntries(database, keys);
  expect([ada, bob, cem].map((key) => entries.get(key!)?.orderId)).toEqual(['a1', 'b1', undefined]);
  const moves = await readMoves(database, keys);
  expect([ada, bob, cem].map((key) => moves.get(key!)?.map(({ points }) => points))).toEqual([
    [10],
    [5],
    undefined,
  ]);
  const uses = await readUses(database, keys, 100);
  expect(uses.get(ada!)?.map(({ from, to, points }) => [from, to, points])).toEqual([
    ['REMAINING', 'HELD', 10],
  ]);
  expect(uses.get(bob!)).toBeUndefined();
});

test('the door reads what pays on an order once, not what was given back', async () => {
  await world.place('cart', 'bob', '5.00');
  const same = { customerId: 'bob', actor: 'customer:bob' } as const;
  const { ledger } = world.app;
  const numbers: number[] = [];
  for (const key of ['released', 'captured']) {
    const hold = { orderId: 'cart', points: 2, holdMs: 3_600_000, idempotencyKey: key };
    const held = await ledger.execute(redeem({ ...same, ...hold }));
    if ('refused' in held) throw new Error(held.refused);
    const { number } = held.redemption;
    numbers.push(number);
    const decided = { ...same, number, idempotencyKey: `${key} now` };
    await (key === 'released'
      ? ledger.execute(releaseRedemption(decided))
      : ledger.execute(captureRedemption({ ...decided, points: null })));
  }
  await inTransaction(database, async (connection) => {
    const on = [{ accountId: 'bob', orderId: 'cart' }];
    const found = await readRedemptions(connection, ['bob'], on);
    expect(found.map(({ state, captured }) => [state, captured])).toEqual([['CAPTURED', 2]]);
  });
  const more = { orderId: 'cart', points: 1, holdMs: null, idempotencyKey: 'more' };
  const named = { ...same, number: numbers[1]!, points: null, idempotencyKey: 'again' };
  const commands = [redeem({ ...same, ...more }), captureRedemption(named)];
  await inTransaction(database, async (connection) => {
    const alone = await load(connection, commands.slice(0, 1), CLOCK);
    expect(alone.capturedBesides.get('cart')).toBe(2);
    expect(alone.redemptions.get('bob')).toBeUndefined();
    const both = await load(connection, commands, CLOCK);
    expect(both.capturedBesides.get('cart')).toBe(0);
    expect(both.redemptions.get('bob')?.get(numbers[1]!)?.captured).toBe(2);
  });
});

test('discrepancies read on from a place (R6.6)', async () => {
  await world.place('d1', 'bob', '1.00');
  await world.tell({ type: 'order.paid', orderId: 'd1', xPoints: 3 });
  const [row] = await readDiscrepancies(database, null, 10);
  expect(row).toEqual({
    orderId: 'd1',
    customerId: 'bob',
    reckoned: 3,
    captured: 0,
    paidAt: Date.parse('2025-01-10T10:00:00.123Z'),
  });
  expect(await readDiscrepancies(database, [row!.paidAt, 255, 'zzz'], 10)).toEqual([]);
});
