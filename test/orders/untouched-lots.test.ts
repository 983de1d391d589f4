import { type Books, balance, complete, openBooks, placed, registered } from '../ledger/stories';
import { capture } from '../plans/capture';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
  await books.at('2025-01-10T10:00:00Z');
  await books.send(registered('ada'));
});
afterAll(() => books.close());

/** What reads lots while something is told, on connections of its own. */
async function readings(tell: (books: Books) => Promise<unknown>): Promise<string[]> {
  const sent = await capture(async () => {
    const own = await openBooks({ url: books.url });
    await tell(own);
    await own.close();
  });
  expect(sent.map(({ from }) => from)).toContain('ledger/door');
  return sent.flatMap(({ from, text }) => (/^\s*select[^;]* from lots /.test(text) ? from : []));
}

test('an order is placed, paid, delivered and credited without a look at the lots that are there', async () => {
  await complete(books, 'first', 'ada', '100.00');
  const none = await readings((own) => complete(own, 'second', 'ada', '50.00'));
  expect(none).toEqual([]);
  expect(await balance(books, 'ada')).toMatchObject({ available: 150 });
});

test('a cancellation looks at them', async () => {
  const reads = await readings((own) =>
    own.send({ type: 'order.cancelled', orderId: 'second', net: null }),
  );
  expect(reads).toContain('ledger/ledger.store');
  expect(await balance(books, 'ada')).toMatchObject({ available: 100 });
});

test('what fell due is booked by whatever comes next, a placing too', async () => {
  await books.at('2027-01-10T10:00:00Z');
  await books.send(placed('third', 'ada', '10.00'));
  expect(await balance(books, 'ada')).toMatchObject({ available: 0 });
  await complete(books, 'fourth', 'ada', '20.00');
  expect(await balance(books, 'ada')).toMatchObject({ available: 20 });
  const [row] = await books.database.query(
    `select next_due_at > now() as "isLater" from accounts where id = 'ada'`,
  );
  expect(row).toEqual({ isLater: true });
  expect(await books.broken()).toEqual([]);
});
