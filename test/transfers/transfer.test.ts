import { Tale } from '../ledger/tale';

const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };

/** Ada has 100 points of January and 50 of March, bo 10 of February; cy is at another company, di has another billing account. */
function tale(): Tale {
  const story = new Tale();
  story.register('ada', ACME);
  story.register('bo', ACME);
  story.register('cy', { organizationId: 'zeta', billingAccountId: 'acme-1' });
  story.register('di', { organizationId: 'acme', billingAccountId: 'acme-2' });
  story.register('ed', { organizationId: 'acme' });
  story.at('2025-01-22T10:00:00Z').register('tr', { ...ACME, program: 'TR' });
  story.at('2025-01-30T10:00:00Z').complete('a1', 'ada', '100.00');
  story.at('2025-02-15T10:00:00Z').complete('b1', 'bo', '10.00');
  story.at('2025-03-01T10:00:00Z').complete('a2', 'ada', '50.00');
  return story;
}

describe('a transfer (R7)', () => {
  it('moves first in first out, each part keeping its dates and its origin; turnover stays (R7.3)', () => {
    const story = tale();
    expect(story.transfer('ada', 'bo', 120)).toBe('ok');
    expect(story.openLots('ada')).toEqual(['a2 30+0']);
    const lots = [...story.world.lots.get('bo')!.values()].filter(({ origin }) => origin);
    expect(lots).toMatchObject([
      {
        granted: 100,
        creditedAt: Date.parse('2025-01-30T10:00:00Z'),
        origin: { accountId: 'ada', lot: 1 },
      },
      {
        granted: 20,
        creditedAt: Date.parse('2025-03-01T10:00:00Z'),
        origin: { accountId: 'ada', lot: 2 },
      },
    ]);
    expect(story.account('bo')).toMatchObject({ available: 130, turnover: 1000n });
    expect(story.world.accounts.get('bo')).toMatchObject({ lifetimeEarned: 10 });
    expect(story.world.accounts.get('ada')).toMatchObject({ lifetimeEarned: 150 });
  });

  it('pays what the receiver owes (R4.3)', () => {
    const story = tale();
    story.place('spent', 'bo', '0.10');
    story.redeem('bo', 'spent', 10);
    story.cancel('b1');
    story.transfer('ada', 'bo', 30);
    expect(story.account('bo')).toMatchObject({ available: 20, owed: 0 });
  });

  it('does not save points from being taken back: the giver owes (R4.3)', () => {
    const story = tale();
    story.transfer('ada', 'bo', null);
    story.cancel('a1');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 100 });
    expect(story.account('bo')).toMatchObject({ available: 160 });
  });

  it.each([
    ['ada', 'bo', 0, 'INVALID_POINTS'],
    ['ada', 'zoe', 5, 'NOT_A_MEMBER'],
    ['ada', 'ada', 5, 'SAME_ACCOUNT'],
    ['ada', 'tr', 5, 'DIFFERENT_PROGRAM'],
    ['ada', 'cy', 5, 'DIFFERENT_ORGANIZATION'],
    ['ada', 'di', 5, 'DIFFERENT_BILLING_ACCOUNT'],
    ['ada', 'ed', 5, 'DIFFERENT_BILLING_ACCOUNT'],
    ['ada', 'bo', 151, 'INSUFFICIENT_X_POINTS'],
    ['ed', 'bo', null, 'DIFFERENT_BILLING_ACCOUNT'],
    ['di', 'di', null, 'SAME_ACCOUNT'],
  ])('from %s to %s of %p is refused: %s (R7.1, R7.4)', (from, to, points, code) => {
    expect(tale().transfer(from, to, points)).toBe(code);
  });

  it('of all of nothing is refused (R7.4)', () => {
    const story = tale();
    story.transfer('ada', 'bo', null);
    expect(story.transfer('ada', 'bo', null)).toBe('INSUFFICIENT_X_POINTS');
  });

  it('is refused on both sides unless active (R2.9)', () => {
    const story = tale();
    story.suspend('bo');
    expect(story.transfer('ada', 'bo', 5)).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(story.transfer('bo', 'ada', 5)).toBe('MEMBERSHIP_NOT_ACTIVE');
  });
});

describe('a request (R7.2)', () => {
  it('is decided by the desk: approved it moves the points, once', () => {
    const story = tale();
    const id = story.request('bo', 'ada', 'bo', 120);
    expect(story.account('ada')).toMatchObject({ available: 150 });
    expect(story.decide(id, true)).toBe('ok');
    expect(story.account('bo')).toMatchObject({ available: 130 });
    expect(story.decide(id, true)).toBe('TRANSFER_NOT_REQUESTED');
    expect(story.world.transfers.get(id)).toMatchObject({
      state: 'APPROVED',
      moved: 120,
      note: 'seen',
    });
  });

  it('rejected moves nothing; one that cannot be done any more stays open', () => {
    const story = tale();
    const rejected = story.request('ada', 'ada', 'bo', 5);
    story.decide(rejected, false);
    const open = story.request('ada', 'ada', 'bo', 150);
    story.transfer('ada', 'bo', 1);
    expect(story.decide(open, true)).toBe('INSUFFICIENT_X_POINTS');
    expect(story.world.transfers.get(open)).toMatchObject({ state: 'REQUESTED' });
    expect(story.account('bo')).toMatchObject({ available: 11 });
    expect(story.decide('nope', true)).toBe('TRANSFER_NOT_FOUND');
  });

  it.each(['cy', 'zoe', 'tr-stranger'])(
    'about %s, outside the asker’s organisation, is always DIFFERENT_ORGANIZATION (R7.4)',
    (other) => {
      const story = tale();
      story.register('tr-stranger', { program: 'TR', organizationId: 'zeta' });
      story.suspend('cy');
      expect(story.request('ada', 'ada', other, 5)).toBe('DIFFERENT_ORGANIZATION');
      expect(story.request('ada', other, 'ada', 5)).toBe('DIFFERENT_ORGANIZATION');
      expect(story.request('ada', other, 'ada', 999_999)).toBe('DIFFERENT_ORGANIZATION');
    },
  );

  it('by a receiver does not tell what the giver has', () => {
    const story = tale();
    expect(story.request('bo', 'ada', 'bo', 100_000)).toMatch(/^t/);
    expect(story.request('ada', 'ada', 'bo', 100_000)).toBe('INSUFFICIENT_X_POINTS');
  });
});
