import { outstanding, stillRedeemed } from '../../src/abuse/claim';
import { voidDiscount } from '../../src/abuse/void-discount';
import { voidXPointsLots } from '../../src/abuse/void-lots';
import { MovedMeanwhileError } from '../../src/abuse/void-points';
import type { Book } from '../../src/ledger/book';
import { Tale } from '../ledger/tale';
import { followed } from './followed';

const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };

/** Ada has 100 points of a1 (lot 1) and 50 of a2 (lot 2); bo and cy are colleagues. */
function tale(): Tale {
  const story = new Tale();
  for (const id of ['ada', 'bo', 'cy']) story.register(id, ACME);
  story.complete('a1', 'ada', '100.00');
  story.at('2025-01-11T10:00:00Z').complete('a2', 'ada', '50.00');
  return story;
}

const lotOf = (story: Tale, id: string, number: number) => story.world.lots.get(id)!.get(number)!;
const kinds = (story: Tale, id: string) => story.entries(id).map(({ kind }) => kind);
const money = (story: Tale, id: string) =>
  story.claims(id).map((it) => [it.redeemerId, it.orderId, it.points, it.minor]);

/** What is left of a member's first claim, as of now. */
function left(story: Tale, id: string): bigint {
  const claim = story.claims(id)[0]!;
  const { world } = story;
  const redemption = claim.redemption ?? 0;
  const redeemer = world.redemptions.get(claim.redeemerId)?.get(redemption);
  const book = { redemptions: new Map(redeemer ? [[redemption, redeemer]] : []) };
  return outstanding(claim, {
    redeemed: (lot) => stillRedeemed(book as unknown as Book, claim.redemption, lot),
    order: world.orders.get(claim.orderId) ?? null,
  });
}

describe('voiding lots (R8.1)', () => {
  it('takes what is unspent, in one entry that says so; turnover and tier stay', () => {
    const story = tale();
    expect(story.voidLots('ada', 1)).toBe('ok');
    expect(story.account('ada')).toEqual({ available: 50, held: 0, owed: 0, turnover: 15000n });
    expect(lotOf(story, 'ada', 1)).toMatchObject({ remaining: 0, voided: 100 });
    expect(story.entries('ada').at(-1)).toMatchObject({
      ...{ kind: 'VOIDED', availableChange: -100, turnoverChange: 0n, actor: 'test' },
      arithmetic: { type: 'VOID', points: 100 },
    });
    expect(story.world.accounts.get('ada')).toMatchObject({ lifetimeEarned: 50 });
    expect([...story.world.voidings.values()]).toMatchObject([
      {
        ...{ accountId: 'ada', kind: 'LOTS', reason: 'abuse', voidedBy: 'test' },
        lots: [{ accountId: 'ada', lot: 1, points: 100 }],
      },
    ]);
    expect(story.claims('ada')).toEqual([]);
  });

  it('takes several in one entry', () => {
    const story = tale();
    story.voidLots('ada', 2, 1);
    expect(kinds(story, 'ada').filter((kind) => kind === 'VOIDED')).toHaveLength(1);
    expect(story.account('ada')).toMatchObject({ available: 0 });
  });

  it('releases every hold that draws on it first, whole, and no other', () => {
    const story = tale();
    story.place('open', 'ada', '90.00');
    story.redeem('ada', 'open', 30, 60_000);
    story.redeem('ada', 'open', 80, 60_000);
    story.redeem('ada', 'open', 10, 60_000);
    expect(story.openLots('ada')).toEqual(['a1 0+100', 'a2 30+20']);
    expect(story.voidLots('ada', 1)).toBe('ok');
    expect(story.openLots('ada')).toEqual(['a2 40+10']);
    expect(kinds(story, 'ada').slice(-3)).toEqual(['RELEASED', 'RELEASED', 'VOIDED']);
    expect(lotOf(story, 'ada', 1)).toMatchObject({ held: 0, voided: 100 });
    const states = [...story.world.redemptions.get('ada')!.values()].map(({ state }) => state);
    expect(states).toEqual(['RELEASED', 'RELEASED', 'HELD']);
  });

  it('lets points that come back pay nothing that is owed (R4.3)', () => {
    const story = tale();
    story.place('open', 'ada', '90.00');
    story.redeem('ada', 'open', 60, 60_000);
    story.redeem('ada', 'open', 90);
    story.cancel('a2');
    expect(story.account('ada')).toMatchObject({ available: 0, held: 60, owed: 50 });
    story.voidLots('ada', 1);
    expect(story.account('ada')).toMatchObject({ available: 0, held: 0, owed: 50 });
    expect(lotOf(story, 'ada', 1)).toMatchObject({ redeemed: 40, voided: 60 });
  });

  it('leaves paid what the lot had paid of what was owed (R4.3)', () => {
    const story = new Tale();
    story.register('ada');
    story.complete('a0', 'ada', '40.00');
    story.place('open', 'ada', '90.00');
    story.redeem('ada', 'open', 40);
    story.cancel('a0');
    story.complete('a1', 'ada', '100.00');
    expect(story.account('ada')).toMatchObject({ available: 60, owed: 0 });
    story.voidLots('ada', 2);
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 0 });
    expect(lotOf(story, 'ada', 2)).toMatchObject({ reversed: 40, voided: 60 });
    expect(story.claims('ada')).toEqual([]);
  });

  it('claims what was redeemed at its value, once for each redemption', () => {
    const story = tale();
    story.place('o1', 'ada', '90.00');
    story.redeem('ada', 'o1', 30);
    story.redeem('ada', 'o1', 90);
    story.voidLots('ada', 1);
    expect(money(story, 'ada')).toEqual([
      ['ada', 'o1', 30, 30n],
      ['ada', 'o1', 70, 70n],
    ]);
    expect(story.claims('ada')[1]).toMatchObject({
      ...{ lots: [{ lot: 1, points: 70 }], currency: 'EUR', state: 'OPEN', reason: 'abuse' },
      ...{ openedBy: 'test', decision: null, decidedMinor: null },
    });
    story.voidLots('ada', 2);
    expect(money(story, 'ada')[2]).toEqual(['ada', 'o1', 20, 20n]);
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 0 });
  });

  it('follows what was transferred, to and fro, and claims from the member what a colleague redeemed', () => {
    const story = tale();
    story.transfer('ada', 'bo', 80);
    story.transfer('bo', 'cy', 50);
    story.transfer('cy', 'ada', 10);
    story.place('b', 'bo', '90.00');
    story.redeem('bo', 'b', 12);
    story.place('c', 'cy', '90.00');
    story.redeem('cy', 'c', 25);
    story.redeem('cy', 'c', 5, 60_000);
    expect(story.voidLots('ada', 1)).toBe('ok');
    expect(story.openLots('ada')).toEqual(['a2 50+0']);
    for (const id of ['bo', 'cy']) {
      expect(story.account(id)).toMatchObject({ available: 0, held: 0, owed: 0 });
      expect(kinds(story, id).at(-1)).toBe('VOIDED');
      expect(story.claims(id)).toEqual([]);
    }
    expect(money(story, 'ada')).toEqual([
      ['bo', 'b', 12, 12n],
      ['cy', 'c', 25, 25n],
    ]);
    const [{ lots } = { lots: [] }] = story.world.voidings.values();
    expect(lots).toEqual([
      { accountId: 'ada', lot: 1, points: 20 },
      { accountId: 'ada', lot: 3, points: 10 },
      { accountId: 'bo', lot: 1, points: 18 },
      { accountId: 'cy', lot: 1, points: 15 },
    ]);
    // What was earned elsewhere was no colleague's earning.
    expect(story.world.accounts.get('bo')).toMatchObject({ lifetimeEarned: 0 });
  });

  it('of a receiver leaves the giver alone; the giver’s voided later passes over it', () => {
    const story = tale();
    story.transfer('ada', 'bo', 60);
    story.place('b', 'bo', '90.00');
    story.redeem('bo', 'b', 15);
    story.voidLots('bo', 1);
    expect(story.account('ada')).toMatchObject({ available: 90 });
    expect(money(story, 'bo')).toEqual([['bo', 'b', 15, 15n]]);
    story.voidLots('ada', 1);
    expect(story.account('ada')).toMatchObject({ available: 50 });
    expect(story.claims('ada')).toEqual([]);
  });

  it('leaves alone what expired, was taken back or forfeited, in every state of the membership', () => {
    const story = tale();
    story.place('o1', 'ada', '90.00');
    story.redeem('ada', 'o1', 10);
    story.terminate('ada', true);
    expect(story.voidLots('ada', 1)).toBe('ok');
    expect(lotOf(story, 'ada', 1)).toMatchObject({ forfeited: 90, redeemed: 10, voided: 0 });
    expect(money(story, 'ada')).toEqual([['ada', 'o1', 10, 10n]]);
    const other = tale();
    other.at('2026-02-01T10:00:00Z');
    expect(other.voidLots('ada', 1)).toBe('ok');
    expect(lotOf(other, 'ada', 1)).toMatchObject({ expired: 100, voided: 0 });
    expect(other.claims('ada')).toEqual([]);
  });

  it.each([
    ['zoe', [1], 'NOT_A_MEMBER'],
    ['ada', [3], 'LOT_NOT_FOUND'],
    ['ada', [1, 3], 'LOT_NOT_FOUND'],
    ['ada', [2, 3], 'LOT_NOT_FOUND'],
    ['ada', [1, 2], 'ALREADY_VOIDED'],
  ])('of %s, lots %j, is refused: %s, and nothing is voided', (id, lots, code) => {
    const story = tale();
    story.voidLots('ada', 2);
    expect(story.voidLots(id, ...lots)).toBe(code);
    expect(story.account('ada')).toMatchObject({ available: 100 });
  });

  it('is decided on all that left the lot or not at all', () => {
    const story = tale();
    const before = followed(story.world, 'ada', [1]);
    const command = voidXPointsLots({
      ...{ customerId: 'ada', lots: [1], followed: before, reason: 'abuse' },
      ...{ idempotencyKey: 'once', actor: 'test' },
    });
    story.transfer('ada', 'bo', 5);
    expect(() => story.run(command)).toThrow(MovedMeanwhileError);
    expect(story.account('ada')).toMatchObject({ available: 145 });
    const again = voidXPointsLots({
      ...{ customerId: 'ada', lots: [1], followed: followed(story.world, 'ada', [1]) },
      ...{ reason: 'abuse', idempotencyKey: 'once', actor: 'test' },
    });
    expect(story.run(again)).toMatchObject({ accountId: 'ada' });
    expect(story.account('bo')).toMatchObject({ available: 0 });
  });
});

describe('after a lot was voided (R8.1)', () => {
  it('what an order gives back is gone at once, and the claim shrinks by it (R4.4)', () => {
    const story = tale();
    story.place('o1', 'ada', '1.20');
    story.redeem('ada', 'o1', 110);
    story.voidLots('ada', 1);
    expect(left(story, 'ada')).toBe(100n);
    story.cancel('o1', '0.50');
    // What a2 had paid comes back first: it was consumed last.
    expect(story.account('ada')).toMatchObject({ available: 50 });
    expect(lotOf(story, 'ada', 1)).toMatchObject({ redeemed: 70, voided: 30 });
    expect(left(story, 'ada')).toBe(70n);
    story.cancel('o1');
    expect(left(story, 'ada')).toBe(0n);
    expect(story.claims('ada')[0]).toMatchObject({ points: 100, minor: 100n, state: 'OPEN' });
  });

  it('its own order cancelled takes nothing back a second time; turnover falls (R4.3)', () => {
    const story = tale();
    story.place('o1', 'ada', '90.00');
    story.redeem('ada', 'o1', 40);
    story.voidLots('ada', 1);
    story.cancel('a1', '30.00');
    story.cancel('a1');
    expect(story.account('ada')).toEqual({ available: 50, held: 0, owed: 0, turnover: 5000n });
    expect(left(story, 'ada')).toBe(40n);
    expect(story.earned('a1')).toBe(0);
  });
});

describe('settling and waiving a claim (R8.1)', () => {
  function claimed(): Tale {
    const story = tale();
    story.place('o1', 'ada', '0.40');
    story.redeem('ada', 'o1', 40);
    story.voidLots('ada', 1);
    return story;
  }

  it.each([
    ['settle', 'SETTLED'],
    ['waive', 'WAIVED'],
  ] as const)('%s: once, by what is left then, with who, when and why', (how, state) => {
    const story = claimed();
    story.cancel('o1', '0.10');
    expect(story.decideClaim('ada', 0, how)).toBe('ok');
    expect(story.claims('ada')[0]).toMatchObject({
      ...{ state, minor: 40n, decidedMinor: 30n },
      decision: { by: 'test', note: 'seen', at: Date.parse('2025-01-11T10:00:00Z') },
    });
    expect(left(story, 'ada')).toBe(0n);
    for (const again of ['settle', 'waive'] as const) {
      expect(story.decideClaim('ada', 0, again)).toBe('CLAIM_NOT_OPEN');
    }
  });

  it('one of which nothing is left can still be waived', () => {
    const story = claimed();
    story.cancel('o1');
    expect(story.decideClaim('ada', 0, 'waive')).toBe('ok');
    expect(story.claims('ada')[0]).toMatchObject({ state: 'WAIVED', decidedMinor: 0n });
  });
});

describe('voiding a discount (R8.1)', () => {
  /** Bo came through ada's link, and has a code of 10 %. */
  function referred(): Tale {
    const story = tale();
    story.refer('ada', 'eve');
    return story;
  }

  it('unused it can be used no more', () => {
    const story = referred();
    expect(story.voidDiscount('eve')).toBe('ok');
    story.place('e1', 'eve', '100.00');
    expect(story.applyDiscount('eve', 'e1')).toBe('DISCOUNT_NOT_FOUND');
    expect(story.voidDiscount('eve')).toBe('ALREADY_VOIDED');
    expect([...story.world.voidings.values()]).toMatchObject([
      { accountId: 'eve', kind: 'DISCOUNT', discountCode: story.discount('eve')!.code },
    ]);
  });

  it('is taken off an order that is not fully paid', () => {
    const story = referred();
    story.place('e1', 'eve', '100.00');
    story.deliver('e1');
    story.applyDiscount('eve', 'e1');
    expect(story.voidDiscount('eve')).toBe('ok');
    expect(story.world.orders.get('e1')!.discount).toBeNull();
    expect(story.discount('eve')).toMatchObject({ orderId: null, isVoidedForAbuse: true });
    expect(story.claims('eve')).toEqual([]);
    story.pay('e1');
    expect(story.account('eve')).toMatchObject({ turnover: 10000n });
  });

  it('on a paid order its value becomes a claim, and follows what is cancelled later', () => {
    const story = referred();
    story.place('e1', 'eve', '100.05');
    story.applyDiscount('eve', 'e1');
    story.pay('e1');
    expect(story.voidDiscount('eve')).toBe('ok');
    expect(story.claims('eve')).toMatchObject([
      {
        ...{ redeemerId: 'eve', redemption: null, lots: [], points: 0, minor: 1001n },
        ...{ orderId: 'e1', discountCode: story.discount('eve')!.code, currency: 'EUR' },
      },
    ]);
    story.deliver('e1');
    expect(story.account('eve')).toMatchObject({ turnover: 9004n });
    story.cancel('e1', '60.05');
    expect(left(story, 'eve')).toBe(400n);
    story.cancel('e1');
    expect(left(story, 'eve')).toBe(0n);
  });

  it('that order cancelled in full, the code comes back as voided', () => {
    const story = referred();
    story.place('e1', 'eve', '100.00');
    story.applyDiscount('eve', 'e1');
    story.pay('e1');
    story.voidDiscount('eve');
    story.cancel('e1');
    story.place('e2', 'eve', '100.00');
    expect(story.applyDiscount('eve', 'e2')).toBe('DISCOUNT_NOT_FOUND');
    expect(story.discount('eve')).toMatchObject({ orderId: null, isVoidedForAbuse: true });
  });

  it('one that went with a rejected referral does not come back with it', () => {
    const story = referred();
    story.review('eve', false);
    expect(story.voidDiscount('eve')).toBe('ok');
    story.review('eve', true);
    expect(story.discount('eve')!.voidedAt).not.toBeNull();
  });

  it('worth less than half a cent leaves nothing to claim', () => {
    const story = referred();
    story.place('e1', 'eve', '0.04');
    story.applyDiscount('eve', 'e1');
    story.pay('e1');
    expect(story.voidDiscount('eve')).toBe('ok');
    expect(story.claims('eve')).toEqual([]);
  });

  it('is refused for nobody and for no code, and decided on the order that was read', () => {
    const story = referred();
    expect(story.voidDiscount('zoe')).toBe('NOT_A_MEMBER');
    expect(story.voidDiscount('eve', 'none')).toBe('DISCOUNT_NOT_FOUND');
    expect(story.voidDiscount('ada')).toBe('DISCOUNT_NOT_FOUND');
    const { code } = story.discount('eve')!;
    const command = voidDiscount({
      ...{ customerId: 'eve', code, orderId: null, reason: 'abuse' },
      ...{ idempotencyKey: 'k', actor: 'test' },
    });
    story.place('e1', 'eve', '100.00');
    story.applyDiscount('eve', 'e1');
    expect(() => story.run(command)).toThrow(MovedMeanwhileError);
  });
});

describe('voiding a referral (R8.1)', () => {
  function referred(): Tale {
    const story = tale();
    story.refer('ada', 'eve', ACME);
    return story;
  }

  it('that waits: it never qualifies, and the code goes with it', () => {
    const story = referred();
    expect(story.voidReferral('eve')).toBe('ok');
    expect(story.discount('eve')).toMatchObject({ isVoidedForAbuse: true });
    story.complete('e1', 'eve', '10.00');
    expect(story.referral('eve')).toMatchObject({
      ...{ state: 'VOIDED', lot: null },
      review: { by: 'test', note: 'abuse' },
    });
    expect(story.account('ada')).toMatchObject({ available: 150 });
    expect(story.voidReferral('eve')).toBe('ALREADY_VOIDED');
    for (const accept of [true, false]) {
      expect(story.review('eve', accept)).toBe('REFERRAL_NOT_REVIEWABLE');
    }
  });

  it('that was rewarded: its bonus is voided as any lot, for good', () => {
    const story = referred();
    story.place('e1', 'eve', '10.00');
    story.applyDiscount('eve', 'e1');
    story.pay('e1');
    story.deliver('e1');
    story.place('o1', 'ada', '90.00');
    story.redeem('ada', 'o1', 350);
    story.transfer('ada', 'bo', 100);
    expect(story.voidReferral('eve')).toBe('ok');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 0 });
    expect(story.account('bo')).toMatchObject({ available: 0 });
    expect(story.claims('ada')).toMatchObject([{ orderId: 'o1', points: 200 }]);
    expect(story.claims('eve')).toMatchObject([{ orderId: 'e1', minor: 100n }]);
    expect(story.referral('eve')).toMatchObject({ state: 'VOIDED', bonus: 5000, reversed: 5000 });
    expect([...story.world.voidings.values()]).toMatchObject([
      { accountId: 'ada', kind: 'REFERRAL', refereeId: 'eve' },
    ]);
    story.cancel('e1');
    story.complete('e2', 'eve', '10.00');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 0 });
    expect(story.referral('eve')).toMatchObject({ state: 'VOIDED' });
  });

  it('whose bonus was voided before, or that was rejected', () => {
    const story = referred();
    story.complete('e1', 'eve', '10.00');
    story.voidLots('ada', 3);
    expect(story.voidReferral('eve')).toBe('ok');
    expect(story.account('ada')).toMatchObject({ available: 150 });
    const other = referred();
    other.review('eve', false);
    expect(other.voidReferral('eve')).toBe('ok');
    expect(other.referral('eve')).toMatchObject({ state: 'VOIDED' });
    expect(other.voidReferral('ada')).toBe('REFERRAL_NOT_FOUND');
  });
});
