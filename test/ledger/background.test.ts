import { Client } from 'pg';
import { bookDue } from '../../src/ledger/book-due';
import { redeem } from '../../src/redemption/redeem';
import { eventually } from '../outbox/outbox';
import { ownerUrlOf } from '../support/database';
import { type Books, openBooks } from './stories';

const WRITERS = 4;
let books: Books;
beforeAll(async () => {
  books = await openBooks({ writers: WRITERS });
});
afterAll(() => books.close());

/** Runs `work` while no batch gets past its first lock. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  const owner = new Client(ownerUrlOf(books.url));
  await owner.connect();
  await owner.query('begin; lock table accounts in exclusive mode');
  try {
    await work();
  } finally {
    await owner.end();
  }
}

async function batchesUnderWay(): Promise<number> {
  const [row] = await books.database.query<[{ n: number }]>(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row.n;
}

const customer = (n: number) => `customer-${n}`;
const bookMany = () =>
  Array.from({ length: 100 }, (_, n) => books.ledger.execute(bookDue(customer(n))));

test('what nobody waits for is written by two', async () => {
  let booked: Promise<unknown>[] = [];
  await whileLocked(async () => {
    booked = bookMany();
    await eventually(async () => (await batchesUnderWay()) === 2);
  });
  await Promise.all(booked);
});

const ask = (n: number) => {
  const [customerId, key] = [`caller-${n}`, `key-${n}`];
  return books.ledger.execute(
    redeem({
      ...{ customerId, orderId: key, points: 1, holdMs: null },
      ...{ idempotencyKey: key, actor: 'test' },
    }),
  );
};
const crowd = (from: number, size: number) => Array.from({ length: size }, (_, n) => ask(from + n));

test('beside a crowd it waits until some of the crowd are done', async () => {
  const asked: Promise<unknown>[] = [];
  await whileLocked(async () => {
    asked.push(...crowd(100, 8));
    await eventually(async () => (await batchesUnderWay()) === 1);
    asked.push(...bookMany());
    // Another batch of callers, which came after it.
    asked.push(...crowd(200, 16));
    await eventually(async () => (await batchesUnderWay()) > 1);
    expect(await batchesUnderWay()).toBe(2);
  });
  await Promise.all(asked);
});

test('however much of it there is, callers find their writers free', async () => {
  let asked: Promise<unknown>[] = [];
  await whileLocked(async () => {
    asked = bookMany();
    await eventually(async () => (await batchesUnderWay()) === 2);
    for (let n = 1; n <= WRITERS; n += 1) {
      asked.push(ask(n));
      await eventually(async () => (await batchesUnderWay()) === 2 + n);
    }
  });
  await Promise.all(asked);
});
