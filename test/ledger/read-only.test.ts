import { redeem } from '../../src/redemption/redeem';
import { ownerUrlOf } from '../support/database';
import { demote, promote } from '../support/demoted';
import { type Books, openBooks } from './stories';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.close());

function ask() {
  return books.ledger.execute(
    redeem({
      ...{ customerId: 'ada', orderId: 'o1', points: 1, holdMs: null },
      ...{ idempotencyKey: 'once', actor: 'test' },
    }),
  );
}

test('commands are told to come back while the server takes no writes, and connections to it are not kept', async () => {
  const database = { ownerUrl: ownerUrlOf(books.url) };
  await demote(database);
  await expect(ask()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await promote(database);
  expect(await ask()).toEqual({ refused: 'NOT_A_MEMBER' });
});
