import { redeem } from '../../src/redemption/redeem';
import { applyDiscountCode } from '../../src/referrals/apply-discount';
import { transferPoints } from '../../src/transfers/transfer';
import { type Books, complete, placed, registered } from './stories';

/**
 * Ada has earned, spent, holds, cancelled, referred cy and given to bo; cy came with a discount; dee is a neighbour who
 * has nothing to do with any of them.
 */
export async function tellOfEverybody(books: Books): Promise<void> {
  await books.at('2025-06-15T10:00:00Z');
  const team = { organizationId: 'acme', billingAccountId: 'acme-1' };
  for (const id of ['ada', 'bo', 'dee']) await books.send(registered(id, team));
  await complete(books, 'a-1', 'ada', '300.00');
  await complete(books, 'a-2', 'ada', '200.00');
  for (const id of ['bo', 'dee']) await complete(books, `${id}-1`, id, '100.00');
  await complete(books, 'a-cancelled', 'ada', '50.00');
  await books.send({ type: 'order.cancelled', orderId: 'a-cancelled', net: null });
  const [{ code }] = await books.database.query(
    `select referral_code as code from accounts where id = 'ada'`,
  );
  await books.send(registered('cy', { referralCode: code }));
  const [discount] = await books.database.query(
    `select code from discount_codes where account_id = 'cy'`,
  );
  await books.send(placed('c-1', 'cy', '100.00'));
  await books.ledger.execute(
    applyDiscountCode({
      ...{ customerId: 'cy', orderId: 'c-1', code: discount.code },
      ...{ idempotencyKey: 'd', actor: 'customer:cy' },
    }),
  );
  await books.send({ type: 'order.paid', orderId: 'c-1', xPoints: null });
  await books.send({ type: 'order.delivered', orderId: 'c-1' });
  await books.send(placed('a-open', 'ada', '500.00'));
  await books.send(placed('dee-open', 'dee', '500.00'));
  for (const [key, holdMs] of [
    ['spend', null],
    ['hold', 60_000],
  ] as const) {
    const wish = { customerId: 'ada', orderId: 'a-open', points: 320, holdMs };
    const answer = await books.ledger.execute(
      redeem({ ...wish, points: holdMs === null ? 320 : 20, idempotencyKey: key, actor: 'test' }),
    );
    if ('refused' in answer) throw new Error(answer.refused);
  }
  const answer = await books.ledger.execute(
    transferPoints({
      ...{ id: 't1', fromId: 'ada', toId: 'bo', points: 30, reason: 'OTHER', evidence: null },
      ...{ idempotencyKey: 't', actor: 'desk:dan' },
    }),
  );
  if ('refused' in answer) throw new Error(answer.refused);
}
