import type { Refusal } from '../../src/kernel/errors';
import { redeem } from '../../src/redemption/redeem';
import { transferPoints } from '../../src/transfers/transfer';
import { type Books, balance, complete, openBooks, placed, registered } from '../ledger/stories';

/** Two doors on one database, as two processes have them. */
let books: Books;
let other: Books;
let code: string;

const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };
const BONUS = 5000;

beforeEach(async () => {
  books = await openBooks({ writers: 4 });
  other = await openBooks({ url: books.url, writers: 4 });
  await books.at('2025-06-15T10:00:00Z');
  await books.send(registered('ada', ACME));
  await complete(books, 'a1', 'ada', '1000.00');
  const [row] = await books.database.query(`select referral_code from accounts where id = 'ada'`);
  code = row.referral_code;
});
afterEach(async () => {
  await other.close();
  await books.close();
});

const doors = () => [books, other];
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

async function count(query: string): Promise<number> {
  const [row] = await books.database.query(`select count(*)::int as n from ${query}`);
  return row.n;
}

describe('one referrer, many referees, two doors at once', () => {
  it('register through the link while the referrer is busy: each has a referral and a code (R5.2, L9)', async () => {
    await books.send(placed('open', 'ada', '500.00'));
    const spending = numbers(200).map((n) =>
      doors()[n % 2]!.ledger.execute(
        redeem({
          ...{ customerId: 'ada', orderId: 'open', points: 1, holdMs: null },
          ...{ idempotencyKey: `key-${n}`, actor: 'test' },
        }),
      ),
    );
    const registering = numbers(60).map((n) =>
      doors()[n % 2]!.send(registered(`r${n}`, { referralCode: code })),
    );
    expect(await Promise.all(registering)).toEqual(numbers(60).map(() => 'APPLIED'));
    await Promise.all(spending);
    expect(await balance(books, 'ada')).toEqual({
      available: 800,
      held: 0,
      owed: 0,
      sequence: 201,
    });
    expect(await count(`referrals where referrer_id = 'ada' and state = 'WAITING'`)).toBe(60);
    expect(await count('discount_codes where order_id is null and voided_at is null')).toBe(60);
    expect(await count(`(select distinct code from discount_codes) c`)).toBe(60);
    expect(await books.broken()).toEqual([]);
  });

  it('complete their first orders, each fact told at both doors: one bonus each; cancelled, each is taken back (R5.3, R4.5)', async () => {
    const referees = numbers(40).map((n) => `r${n}`);
    await Promise.all(referees.map((id) => books.send(registered(id, { referralCode: code }))));
    const tell = async (fact: (id: string) => Parameters<Books['send']>[0], kind: string) => {
      const told = referees.map((id) =>
        Promise.all(doors().map((door) => door.send(fact(id), `${kind}-${id}`))),
      );
      return (await Promise.all(told)).map((outcomes) => outcomes.sort().join());
    };
    const all = [
      tell((id) => placed(`o-${id}`, id, '10.00'), 'placed'),
      tell((id) => ({ type: 'order.paid', orderId: `o-${id}`, xPoints: null }), 'paid'),
      tell((id) => ({ type: 'order.delivered', orderId: `o-${id}` }), 'delivered'),
    ];
    for (const outcomes of (await Promise.all(all)).flat()) {
      expect(outcomes).toMatch(/^(APPLIED,DUPLICATE|DUPLICATE,WAITING)$/);
    }
    const rewarded = { available: 1000 + 40 * BONUS, held: 0, owed: 0, sequence: 41 };
    expect(await balance(books, 'ada')).toEqual(rewarded);
    const paid = `referrals where state = 'REWARDED' and bonus = ${BONUS} and referrer_id = 'ada'`;
    expect(await count(paid)).toBe(40);
    expect(await books.broken()).toEqual([]);

    const cancelled = await tell(
      (id) => ({ type: 'order.cancelled', orderId: `o-${id}`, net: null }),
      'cancelled',
    );
    expect(new Set(cancelled)).toEqual(new Set(['APPLIED,DUPLICATE']));
    expect(await balance(books, 'ada')).toEqual({ ...rewarded, available: 1000, sequence: 81 });
    expect(await count(`referrals where state = 'WAITING' and lot is null`)).toBe(40);
    expect(await books.broken()).toEqual([]);
  });

  it('are registered and complete at once, told at different doors in any order (R3.7, R5.3)', async () => {
    const facts = numbers(30).flatMap((n): Parameters<Books['send']>[0][] => [
      { type: 'order.delivered', orderId: `o${n}` },
      { type: 'order.paid', orderId: `o${n}`, xPoints: null },
      placed(`o${n}`, `r${n}`, '10.00'),
      registered(`r${n}`, {
        referralCode: code,
        registeredAt: Date.parse('2025-06-01T00:00:00Z'),
      }),
    ]);
    const outcomes = await Promise.all(facts.map((fact, n) => doors()[(n * 7) % 2]!.send(fact)));
    expect(new Set(outcomes)).toEqual(new Set(['APPLIED', 'WAITING']));
    expect(await balance(books, 'ada')).toMatchObject({
      available: 1000 + 30 * BONUS,
      sequence: 31,
    });
    expect(await books.broken()).toEqual([]);
  });
});

describe('transfers to and fro, two doors at once', () => {
  it('lose no point, and no deadlock reaches a caller (R7.3, L9)', async () => {
    const ids = ['ada', 'bo', 'cy'];
    for (const id of ids.slice(1)) {
      await books.send(registered(id, ACME));
      await complete(books, `${id}-1`, id, '1000.00');
    }
    const pairs = ids.flatMap((from) =>
      ids.filter((to) => to !== from).map((to) => ({ from, to })),
    );
    const moves = numbers(50).flatMap((n) => pairs.map((pair) => ({ ...pair, n })));
    const answers = await Promise.all(
      moves.map(({ from, to, n }, i) =>
        doors()[i % 2]!.ledger.execute(
          transferPoints({
            ...{ id: `${from}-${to}-${n}`, fromId: from, toId: to, points: 7, reason: 'OTHER' },
            ...{ evidence: null, idempotencyKey: `${to}-${n}`, actor: 'desk:dan' },
          }),
        ),
      ),
    );
    expect(answers.filter((answer): answer is Refusal => 'refused' in answer)).toEqual([]);
    for (const id of ids) expect(await balance(books, id)).toMatchObject({ available: 1000 });
    expect(await count(`transfers where state = 'APPROVED' and moved = 7`)).toBe(300);
    const [entries] = await books.database.query(
      `select count(*)::int as n from entries where kind in ('TRANSFERRED_IN', 'TRANSFERRED_OUT')`,
    );
    expect(entries.n).toBe(600);
    expect(await books.broken()).toEqual([]);
  });

  it('the last points leave once, though both doors move all of them (R7.4)', async () => {
    await books.send(registered('bo', ACME));
    const answers = await Promise.all(
      numbers(20).map((n) =>
        doors()[n % 2]!.ledger.execute(
          transferPoints({
            ...{ id: `t${n}`, fromId: 'ada', toId: 'bo', points: null, reason: 'LEFT_COMPANY' },
            ...{ evidence: null, idempotencyKey: `key-${n}`, actor: 'desk:dan' },
          }),
        ),
      ),
    );
    const codes = answers.map((answer) => ('refused' in answer ? answer.refused : 'moved')).sort();
    expect(codes).toEqual([...Array(19).fill('INSUFFICIENT_X_POINTS'), 'moved']);
    expect(await balance(books, 'bo')).toMatchObject({ available: 1000 });
    expect(await books.broken()).toEqual([]);
  });
});
