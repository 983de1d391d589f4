import { redeem } from '../../src/redemption/redeem';
import { type Books, complete, placed, registered } from '../ledger/stories';

/** Members with a lot of 100 points and 10 spent of it, all of 2024, and an order that is open in 2025. */
export async function tell(books: Books, ...ids: readonly string[]): Promise<void> {
  await books.at('2024-09-01T10:00:00Z');
  for (const id of ids) {
    await books.send(registered(id));
    await complete(books, `${id}-1`, id, '100.00');
    await books.send(placed(`${id}-2`, id, '50.00'));
    await spend(books, id, 10, null);
  }
  await books.at('2025-02-01T10:00:00Z');
}

/** Spends points on the member's open order, or holds them; answers the redemption's number. */
export async function spend(
  books: Books,
  id: string,
  points: number,
  holdMs: number | null,
): Promise<number> {
  const idempotencyKey = `${id} ${points} ${holdMs}`;
  const wish = { customerId: id, orderId: `${id}-2`, points, holdMs, idempotencyKey };
  const answer = await books.ledger.execute(redeem({ ...wish, actor: `customer:${id}` }));
  if ('refused' in answer) throw new Error(answer.refused);
  return answer.redemption.number;
}
