import { MINUTE_MS } from '../../src/kernel/time';
import { bookDue } from '../../src/ledger/book-due';
import { redeem } from '../../src/redemption/redeem';
import type { BalanceFeed } from '../../src/subscriptions/balance-feed';
import { type Books, balance, complete, openBooks, placed, registered } from '../ledger/stories';
import { makeFeed, take } from './following';

let books: Books;
let other: Books;
let feed: BalanceFeed;

beforeAll(async () => {
  books = await openBooks();
  other = await openBooks({ url: books.url });
  feed = (await makeFeed(books.database)).feed;
  await feed.start();
});

afterAll(async () => {
  await feed.stop();
  await other.close();
  await books.close();
});

test('what the ledger books arrives with its allocations and the balance after it', async () => {
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
    entry: { kind: 'CREDITED', orderId: 'a1', allocations: [{ from: 'ISSUED', points: 100 }] },
    ...{ sequence: 1, available: 100, held: 0, turnover: 10_000n },
  });
  expect(held).toMatchObject({
    entry: {
      kind: 'HELD',
      redemption: 2,
      allocations: [{ redemption: 2, to: 'HELD', points: 40 }],
    },
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
