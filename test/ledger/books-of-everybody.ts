import { readAndVoidLots, readAndVoidReferral } from '../../src/abuse/read-and-void';
import { adjustPoints } from '../../src/adjustments/adjust';
import { startCampaign } from '../../src/campaigns/start-campaign';
import { parseInstant } from '../../src/kernel/time';
import { decideObjection } from '../../src/objections/decide-objection';
import { objectToCredit } from '../../src/objections/object';
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

/**
 * What the desk does besides: two campaigns, of which one has a limit per member, give eve something; a lot of hers is voided of
 * which she had redeemed; fay was referred by her, and that bonus is voided too; she is given and taken points, and an objection of
 * hers is corrected. To be told after `tellOfEverybody`.
 */
export async function tellOfTheDesk(books: Books): Promise<void> {
  const { database, programs, ledger } = books;
  const name = 'Summer';
  const wish = {
    ...{ program: 'EU', factor: null, tiers: [], minimum: null, tag: null, startsAt: null },
    ...{ endsAt: parseInstant('2025-07-01T00:00:00Z')!, capPerOrder: null, withDiscount: null },
    ...{ names: { en: name, de: name, tr: name, pl: name, es: name }, reason: 'Summer.' },
  };
  for (const own of [
    { code: 'BONUS', kind: 'BONUS', bonus: 40, capPerMember: 1_000 },
    { code: 'DOUBLE', kind: 'MULTIPLIER', bonus: null, factor: '2', capPerMember: null },
  ] as const) {
    const asked = { ...wish, ...own, idempotencyKey: own.code, actor: 'desk:dan' };
    const campaign = await startCampaign(
      { database, programs, config: { sandbox: true } } as Parameters<typeof startCampaign>[0],
      asked,
    );
    if ('refused' in campaign) throw new Error(campaign.mistakes.join(' '));
  }
  await books.at('2025-06-16T10:00:00Z');
  await books.send(registered('eve'));
  await complete(books, 'e-1', 'eve', '100.00');
  const [{ code }] = await database.query(
    `select referral_code as code from accounts where id = 'eve'`,
  );
  await books.send(registered('fay', { referralCode: code }));
  await complete(books, 'f-1', 'fay', '100.00');
  await books.send(placed('e-open', 'eve', '500.00'));
  const spent = await ledger.execute(
    redeem({
      ...{ customerId: 'eve', orderId: 'e-open', points: 30, holdMs: null },
      ...{ idempotencyKey: 'eve', actor: 'test' },
    }),
  );
  if ('refused' in spent) throw new Error(spent.refused);
  const request = { reason: 'Abuse.', actor: 'desk:dan' };
  for (const voided of [
    await readAndVoidLots({ database, ledger }, 'eve', [1], { ...request, idempotencyKey: 'v1' }),
    await readAndVoidReferral({ database, ledger }, 'fay', { ...request, idempotencyKey: 'v2' }),
  ]) {
    if ('refused' in voided) throw new Error(voided.refused);
  }
  const eve = { customerId: 'eve', approvalAbove: 100, actor: 'desk:dan' };
  const about = { about: 'CREDIT', sequence: 1, orderId: null, discountCode: null } as const;
  const objected = await ledger.execute(
    objectToCredit({
      ...{ ...about, customerId: 'eve', isKnown: true, notification: null, statement: 'Too few.' },
      ...{ idempotencyKey: 'o', actor: 'customer:eve' },
    }),
  );
  if ('refused' in objected) throw new Error(objected.refused);
  const { number } = objected.objection;
  for (const command of [
    adjustPoints({ ...eve, points: 25, reason: 'Goodwill.', idempotencyKey: 'j1' }),
    adjustPoints({ ...eve, points: -10, reason: 'A mistake.', idempotencyKey: 'j2' }),
    decideObjection({ ...eve, number, points: 5, note: 'It was.', idempotencyKey: 'j3' }),
  ]) {
    const answer = await ledger.execute<object>(command);
    if ('refused' in answer) throw new Error(String(answer.refused));
  }
}
