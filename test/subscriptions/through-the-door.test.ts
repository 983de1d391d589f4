import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../../src/kernel/time';
import { bookDue } from '../../src/ledger/book-due';
import { redeem } from '../../src/redemption/redeem';
import type { BalanceFeed } from '../../src/subscriptions/balance-feed';
import { type Books, balance, complete, openBooks, placed, registered } from '../ledger/stories';
import { isPendingFor, makeFeed, take } from './following';

/** What a process has: a door, and a feed that hears of what the door wrote. */
interface Process {
  readonly books: Books;
  readonly feed: BalanceFeed;
}

let processes: [Process, Process];
let books: Books;
let other: Books;
let feed: BalanceFeed;

async function openProcess(url?: string): Promise<Process> {
  const opened: { feed?: BalanceFeed } = {};
  const books = await openBooks({
    ...(url === undefined ? {} : { url }),
    onWritten: ({ entries }) => opened.feed?.wrote(entries.map(({ accountId }) => accountId)),
  });
  const { feed } = await makeFeed(books.database);
  opened.feed = feed;
  await feed.start();
  return { books, feed };
}

beforeAll(async () => {
  const first = await openProcess();
  processes = [first, await openProcess(first.books.url)];
  books = first.books;
  feed = first.feed;
  other = processes[1].books;
});

afterAll(async () => {
  for (const process of processes) await process.feed.stop();
  await other.close();
  await books.close();
});

test('what the ledger books arrives with the balance after it', async () => {
  await books.send(registered('ada'));
  const changes = feed.changes('ada', 0);
  await complete(books, 'a1', 'ada', '100.00');
  await books.send(placed('a2', 'ada', '30.00'));
  const hold = {
    customerId: 'ada',
    orderId: 'a2',
    points: 40,
    holdMs: MINUTE_MS,
    actor: 'customer:ada',
  };
  await books.ledger.execute(redeem({ ...hold, idempotencyKey: 'k1' }));
  const [credited, held] = await take(changes, 2);
  expect(credited).toMatchObject({
    entry: { kind: 'CREDITED', orderId: 'a1' },
    ...{ sequence: 1, available: 100, held: 0, turnover: 10_000n },
  });
  expect(held).toMatchObject({
    entry: { kind: 'HELD', redemption: 2 },
    ...{ sequence: 2, available: 60, held: 40, owed: 0 },
  });
  await changes.return!();
});

test('a snapshot shows what is due as happened (R6.2, R6.7); its booking is the next change', async () => {
  await books.at('2027-03-01T12:00:00Z');
  await books.send(registered('ben'));
  await complete(books, 'b1', 'ben', '100.00');
  await books.send(placed('b2', 'ben', '30.00'));
  const hold = {
    customerId: 'ben',
    orderId: 'b2',
    points: 30,
    holdMs: MINUTE_MS,
    actor: 'customer:ben',
  };
  await books.ledger.execute(redeem({ ...hold, idempotencyKey: 'k2' }));
  const snapshot = async () => {
    const changes = feed.changes('ben', null);
    const [first] = await take(changes, 1);
    return { changes, first };
  };

  await books.at('2027-03-01T12:01:00Z');
  const lapsed = await snapshot();
  expect(lapsed.first).toMatchObject({ sequence: 2, entry: null, available: 100, held: 0 });
  await lapsed.changes.return!();

  await books.at('2028-03-01T22:59:59.999Z');
  const last = await snapshot();
  expect(last.first).toMatchObject({ sequence: 2, available: 100 });
  await last.changes.return!();

  await books.at('2028-03-01T23:00:00Z');
  const { changes, first } = await snapshot();
  expect(first).toMatchObject({
    sequence: 2,
    entry: null,
    available: 0,
    held: 0,
    turnover: 10_000n,
  });
  await books.ledger.execute(bookDue('ben'));
  expect(await take(changes, 2)).toMatchObject([
    { sequence: 3, entry: { kind: 'LAPSED' }, available: 100, held: 0 },
    { sequence: 4, entry: { kind: 'EXPIRED' }, available: 0, held: 0 },
  ]);
  await changes.return!();
});

test('two doors book one account at once: nothing is missing, nothing comes twice', async () => {
  await books.send(registered('cleo'));
  const changes = feed.changes('cleo', 0);
  const doors = [books, other];
  const orders = Array.from({ length: 60 }, (_, n) => `c${n}`);
  await Promise.all(orders.map((id, n) => complete(doors[n % 2]!, id, 'cleo', `${n + 1}.00`)));
  const { sequence, available } = await balance(books, 'cleo');
  const got = await take(changes, sequence);
  expect(got.map((change) => change.sequence)).toEqual(got.map((_, n) => n + 1));
  let sum = 0;
  for (const { entry, ...after } of got) {
    sum += entry!.availableChange;
    expect(after.available).toBe(sum);
  }
  expect(sum).toBe(available);
  await changes.return!();
});

test('watchers of the writing process and of another learn of a commit at once, by one read', async () => {
  await books.send(registered('dora'));
  const streams = processes.map((process) => process.feed.changes('dora', 0));
  let nexts = streams.map((changes) => changes.next());
  await sleep(100);
  const queries = jest.spyOn(books.database.logger, 'logQuery');
  for (let n = 1; n <= 5; n += 1) {
    await complete(books, `d${n}`, 'dora', '10.00');
    for (const next of nexts) {
      expect(await isPendingFor(500, next)).toBe(false);
      expect((await next).value).toMatchObject({ sequence: n });
    }
    // What this process told the others comes back to it meanwhile.
    await sleep(100);
    nexts = streams.map((changes) => changes.next());
  }
  await sleep(100);
  const reads = queries.mock.calls.filter(([sql]) => sql.includes('left join lateral'));
  queries.mockRestore();
  // One more where the poll came between a commit and its delivery; ten if its own notifications were read.
  expect(reads.length).toBeLessThanOrEqual(6);
  for (const changes of streams) await changes.return!();
});

test('a commit of which nobody was told is found by the polls', async () => {
  await books.send(registered('emil'));
  const silent = await openBooks({ url: books.url });
  const nexts = processes.map((process) => process.feed.changes('emil', 0).next());
  await sleep(100);
  await complete(silent, 'e1', 'emil', '10.00');
  for (const next of nexts) expect((await next).value).toMatchObject({ sequence: 1 });
  await silent.close();
});
