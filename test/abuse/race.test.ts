import { followLots } from '../../src/abuse/abuse.reads';
import {
  readAndVoidDiscount,
  readAndVoidLots,
  readAndVoidReferral,
  type VoidingIn,
} from '../../src/abuse/read-and-void';
import { canonicalJson } from '../../src/kernel/ids';
import type { Command } from '../../src/ledger/command';
import { releaseRedemption } from '../../src/redemption/decide-hold';
import { type RedemptionAnswer, redeem } from '../../src/redemption/redeem';
import { applyDiscountCode } from '../../src/referrals/apply-discount';
import { transferPoints } from '../../src/transfers/transfer';
import { type Books, balance, complete, openBooks, placed, registered } from '../ledger/stories';

const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };
const IDS = ['ada', 'bo', 'cy', 'di'];

let books: Books;
let keys = 0;
beforeEach(async () => {
  books = await openBooks({ writers: 4 });
  await books.at('2025-01-10T10:00:00Z');
  for (const id of IDS) {
    await books.send(registered(id, ACME));
    await books.send(placed(`${id}-open`, id, '900.00'));
  }
  await complete(books, 'a1', 'ada', '400.00');
});
afterEach(() => books.close());

const key = () => {
  keys += 1;
  return `k${keys}`;
};
const own = () => ({ idempotencyKey: key(), actor: 'test' });
const request = () => ({ ...own(), reason: 'abuse' });

function give(fromId: string, toId: string, points: number): Command<object> {
  const wish = { id: key(), fromId, toId, points, reason: 'OTHER' as const, evidence: null };
  return transferPoints({ ...wish, ...own() });
}

const spend = (customerId: string, points: number, holdMs: number | null = null) =>
  redeem({ customerId, orderId: `${customerId}-open`, points, holdMs, ...own() });

/** A ledger that lets something happen before each of the first commands it is given. */
function disturbed(...meanwhile: readonly (() => Promise<unknown>)[]): VoidingIn['ledger'] {
  const left = [...meanwhile];
  return {
    execute: async (command) => {
      await left.shift()?.();
      return books.ledger.execute(command);
    },
  };
}

/** What the lots that points of ada's first one became hold, and how much of it is claimed. */
async function standing(): Promise<{
  lots: number;
  open: number;
  redeemed: number;
  claimed: number;
}> {
  const tree = await followLots(books.database, 'ada', [1]);
  const [row] = await books.database.query(
    `select count(*)::int as lots, sum(l.remaining + l.held)::int as open, sum(l.redeemed)::int as redeemed,
       (select coalesce(sum(points), 0)::int from claims) as claimed, bool_and(l.voided_at is not null) as voided
     from unnest($1::text[], $2::integer[]) as k (id, lot) join lots l on l.account_id = k.id and l.number = k.lot`,
    [tree.map(({ accountId }) => accountId), tree.map(({ lot }) => lot)],
  );
  const { voided, ...rest } = row;
  expect(voided).toBe(true);
  return rest;
}

describe('what happens between the reading and the locks (R8.1, L9)', () => {
  it('a transfer, to somebody new and on from there, and a redemption there: it reads again', async () => {
    await books.ledger.execute(give('ada', 'bo', 100));
    const ledger = disturbed(
      () => books.ledger.execute(give('bo', 'cy', 30)),
      () => books.ledger.execute(give('cy', 'di', 20)),
      async () => {
        // Everybody concerned is known by now; what of di's new lot was redeemed is not.
        await books.ledger.execute(spend('bo', 10));
        await books.ledger.execute(give('bo', 'di', 30));
        await books.ledger.execute(spend('di', 25));
      },
    );
    const answer = await readAndVoidLots({ ...books, ledger }, 'ada', [1], request());
    expect(answer).toMatchObject({
      accountId: 'ada',
      claims: [expect.any(Number), expect.any(Number)],
    });
    expect(await standing()).toEqual({ lots: 5, open: 0, redeemed: 35, claimed: 35 });
    for (const id of IDS) expect(await balance(books, id)).toMatchObject({ available: 0, owed: 0 });
    expect(await books.broken()).toEqual([]);
  });

  it('one that never rests is given up, and nothing is voided', async () => {
    const moves = Array.from({ length: 20 }, (_, n) => {
      const to = `r${n}`;
      return async () => {
        await books.send(registered(to, ACME));
        await books.ledger.execute(give('ada', to, 1));
      };
    });
    const voiding = readAndVoidLots(
      { ...books, ledger: disturbed(...moves) },
      'ada',
      [1],
      request(),
    );
    await expect(voiding).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const [{ n }] = await books.database.query(
      'select count(*)::int as n from lots where voided_at is not null',
    );
    expect(n).toBe(0);
  });

  it('a discount that is applied or given back', async () => {
    const [{ code }] = await books.database.query(
      `select referral_code as code from accounts where id = 'ada'`,
    );
    await books.send(registered('eve', { referralCode: code }));
    await books.send(placed('e1', 'eve', '100.00'));
    const [discount] = await books.database.query('select code from discount_codes');
    const apply = applyDiscountCode({
      ...{ customerId: 'eve', orderId: 'e1', code: discount.code, ...own() },
    });
    const ledger = disturbed(() => books.ledger.execute(apply));
    await readAndVoidDiscount({ ...books, ledger }, 'eve', discount.code, request());
    const [order] = await books.database.query(`select discount_code from orders where id = 'e1'`);
    expect(order.discount_code).toBeNull();
    expect(await books.broken()).toEqual([]);
  });

  it('a referral that is rewarded', async () => {
    const [{ code }] = await books.database.query(
      `select referral_code as code from accounts where id = 'ada'`,
    );
    await books.send(registered('eve', { referralCode: code }));
    const ledger = disturbed(async () => {
      await complete(books, 'e1', 'eve', '10.00');
      await books.ledger.execute(spend('ada', 450));
      await books.ledger.execute(give('ada', 'bo', 100));
    });
    const answer = await readAndVoidReferral({ ...books, ledger }, 'eve', request());
    expect(answer).toMatchObject({ accountId: 'ada', claims: [expect.any(Number)] });
    expect(await balance(books, 'ada')).toMatchObject({ available: 0, owed: 0 });
    expect(await balance(books, 'bo')).toMatchObject({ available: 0 });
    expect(await books.broken()).toEqual([]);
  });
});

it('voiding while points are redeemed, held, released and moved by two doors at once (R8.1, L3, L9, L20)', async () => {
  const other = await openBooks({ url: books.url, writers: 4 });
  const doors = [books, other];
  const random = (below: number) => Math.floor(Math.random() * below);
  const one = () => IDS[random(IDS.length)]!;
  /** What one caller does, one thing after the other, until the lot is voided for a while. */
  const caller = async (n: number): Promise<void> => {
    const { ledger } = doors[n % 2]!;
    for (let i = 0; i < 25; i += 1) {
      const id = one();
      const what = random(4);
      if (what < 2) await ledger.execute(give(id, one(), 1 + random(20)));
      else if (what === 2) await ledger.execute(spend(id, 1 + random(5)));
      else {
        const held = await ledger.execute(spend(id, 1 + random(10), 60_000));
        if ('refused' in held || random(2) === 0) continue;
        const { number } = (held as RedemptionAnswer).redemption;
        await ledger.execute(releaseRedemption({ customerId: id, number, ...own() }));
      }
    }
  };
  const voider = async (n: number): Promise<string> => {
    for (;;) {
      const input = { ...request(), idempotencyKey: 'once' };
      const answer = await readAndVoidLots(doors[n % 2]!, 'ada', [1], input).catch(
        (error) => error,
      );
      if (!(answer instanceof Error)) return canonicalJson(answer);
      expect(answer).toMatchObject({ code: 'UNAVAILABLE' });
    }
  };
  const calls = Array.from({ length: 12 }, (_, n) => caller(n));
  const answers = await Promise.all([voider(0), voider(1), voider(0)]);
  await Promise.all(calls);
  expect(new Set(answers).size).toBe(1);
  const { open, redeemed, claimed } = await standing();
  expect(open).toBe(0);
  expect(claimed).toBe(redeemed);
  for (const id of IDS) expect(await balance(books, id)).toMatchObject({ available: 0, owed: 0 });
  expect(await books.broken()).toEqual([]);
  await other.close();
}, 120_000);
