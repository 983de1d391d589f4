import { DAY_MS, MINUTE_MS } from '../../src/kernel/time';
import { endForProgram } from '../../src/members/terminate';
import { Tale } from '../ledger/tale';

function tale(): Tale {
  const story = new Tale();
  story.register('ada');
  story.at('2025-01-20T10:00:00Z').complete('a1', 'ada', '100.00');
  return story;
}

describe('notice by the provider (R2.4, R2.8)', () => {
  it.each([
    ['2025-01-31T10:00:00Z', '2025-02-28T23:00:00Z', '2025-05-31T22:00:00Z'],
    ['2025-02-01T10:00:00Z', '2025-03-31T22:00:00Z', '2025-06-30T22:00:00Z'],
    ['2025-03-03T22:59:59Z', '2025-03-31T22:00:00Z', '2025-06-30T22:00:00Z'],
    ['2025-03-03T23:00:00Z', '2025-04-30T22:00:00Z', '2025-07-31T22:00:00Z'],
  ])('given at %s ends at %s, and the window at %s', (at, ends, until) => {
    const story = tale().at(at);
    expect(story.terminate('ada')).toBe('ok');
    expect(story.world.accounts.get('ada')).toMatchObject({
      stage: 'ENDING',
      endsAt: Date.parse(ends),
      redeemUntil: Date.parse(until),
    });
  });

  it('still earns until the end, then only redeems, then all is gone, to the instant', () => {
    const story = tale().at('2025-01-31T10:00:00Z');
    story.terminate('ada');
    story.at('2025-02-28T22:59:59.999Z').complete('a2', 'ada', '50.00');
    expect(story.membership('ada')).toBe('ENDING');
    story.at('2025-02-28T23:00:00Z');
    expect(story.membership('ada')).toBe('REDEEM_ONLY');
    story.complete('a3', 'ada', '50.00');
    expect(story.account('ada')).toMatchObject({ available: 150 });
    story.place('a4', 'ada', '5.00');
    expect(typeof story.redeem('ada', 'a4', 10)).toBe('number');
    story.at('2025-05-31T22:00:00Z');
    expect(story.account('ada')).toMatchObject({ available: 0 });
    expect(story.membership('ada')).toBe('ENDED');
    expect(story.entries('ada').at(-1)).toMatchObject({ kind: 'FORFEITED', cause: 'due' });
    expect(story.redeem('ada', 'a4', 1)).toBe('MEMBERSHIP_NOT_ACTIVE');
  });

  it('is refused when it was given before; a suspension is a flag over it (R7.4, R2.8)', () => {
    const story = tale();
    story.suspend('ada');
    expect(story.terminate('ada')).toBe('ok');
    expect(story.membership('ada')).toBe('SUSPENDED');
    expect(story.terminate('ada')).toBe('MEMBERSHIP_NOT_ACTIVE');
    story.reinstate('ada');
    expect(story.membership('ada')).toBe('ENDING');
    story.at('2026-01-01T00:00:00Z');
    expect(story.suspend('ada')).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(story.reinstate('ada')).toBe('MEMBERSHIP_NOT_SUSPENDED');
  });

  it('for good cause ends it at once, and the points are gone', () => {
    const story = tale();
    story.terminate('ada');
    expect(story.terminate('ada', true)).toBe('ok');
    expect(story.account('ada')).toMatchObject({ available: 0 });
    expect(story.terminate('ada', true)).toBe('MEMBERSHIP_NOT_ACTIVE');
  });

  it('a window that runs out during a suspension ends all the same', () => {
    const story = tale();
    story.terminate('ada');
    story.suspend('ada');
    story.at('2025-12-01T00:00:00Z');
    expect(story.membership('ada')).toBe('ENDED');
  });
});

describe('leaving (R2.3)', () => {
  it('names the number of points it forfeits; another number is refused', () => {
    const story = tale();
    expect(story.leave('ada', 99)).toBe('FORFEITURE_CHANGED');
    expect(story.account('ada')).toMatchObject({ available: 100 });
    expect(story.leave('ada', 100)).toBe('ok');
    expect(story.leave('ada', 0)).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(story.leave('zoe', 0)).toBe('NOT_A_MEMBER');
  });

  it('releases holds, which pays what is owed, and forfeits the rest (R2.9, R4.3)', () => {
    const story = tale();
    story.place('open', 'ada', '5.00');
    story.redeem('ada', 'open', 80, 30 * MINUTE_MS);
    story.cancel('a1', '50.00');
    expect(story.account('ada')).toMatchObject({ available: 0, held: 80, owed: 30 });
    expect(story.leave('ada', 50)).toBe('ok');
    expect(story.account('ada')).toMatchObject({ available: 0, held: 0, owed: 0 });
    expect(story.lot('ada', 'a1')).toMatchObject({ forfeited: 50, reversed: 50 });
  });

  it('keeps what is owed on record, and later reversals still add to it (R2.9)', () => {
    const story = tale();
    story.place('open', 'ada', '1.00');
    story.redeem('ada', 'open', 100);
    story.cancel('a1', '60.00');
    story.leave('ada', 0);
    story.cancel('a1');
    expect(story.account('ada')).toMatchObject({ owed: 100 });
  });

  it('points that come back afterwards are gone at once; forfeited ones count as taken back (R4.4, R4.3)', () => {
    const story = tale();
    story.place('open', 'ada', '1.00');
    story.redeem('ada', 'open', 40);
    story.leave('ada', 60);
    story.cancel('open');
    expect(story.account('ada')).toMatchObject({ available: 0 });
    expect(story.lot('ada', 'a1')).toMatchObject({ forfeited: 100 });
    story.cancel('a1');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 0 });
  });

  it('a hold on an expired lot is not among the points named', () => {
    const story = tale().at('2026-01-19T10:00:00Z');
    story.place('open', 'ada', '5.00');
    story.redeem('ada', 'open', 70, 60 * DAY_MS);
    story.at('2026-02-01T10:00:00Z');
    expect(story.leave('ada', 0)).toBe('ok');
    expect(story.lot('ada', 'a1')).toMatchObject({ expired: 100, forfeited: 0 });
  });

  it('completes no order afterwards: no link, no bonus for a referrer (R5.1)', () => {
    const story = tale();
    story.refer('ada', 'bo');
    story.place('b1', 'bo', '10.00');
    story.leave('bo', 0);
    story.pay('b1');
    story.deliver('b1');
    expect(story.referral('bo')).toMatchObject({ state: 'WAITING' });
    expect(story.world.accounts.get('bo')?.referralCode).toBeNull();
  });
});

describe('deleting the account (R2.3)', () => {
  it('is leaving, without a question; it applies with the registration when it came first', () => {
    const story = tale();
    story.send({ type: 'customer.deleted', customerId: 'ada' });
    expect(story.membership('ada')).toBe('ENDED');
    expect(story.send({ type: 'customer.deleted', customerId: 'bo' })).toBe('WAITING');
    story.complete('b1', 'bo', '10.00');
    story.register('bo');
    expect(story.membership('bo')).toBe('ENDED');
    expect(story.account('bo')).toMatchObject({ available: 0, turnover: 0n });
  });

  it('reported before the registration leaves no referral and completes no order (R2.9, R5.1)', () => {
    const story = tale();
    story.send({ type: 'customer.deleted', customerId: 'bo' });
    story.complete('b1', 'bo', '10.00');
    story.refer('ada', 'bo', { registeredAt: Date.parse('2025-01-01T00:00:00Z') });
    expect(story.referral('bo')).toBeUndefined();
    expect(story.world.accounts.get('bo')?.referralCode).toBeNull();
    expect(story.account('ada')).toMatchObject({ available: 100 });
  });
});

describe('a program that is discontinued (R2.5)', () => {
  const ending = {
    program: 'EU',
    endsAt: Date.parse('2025-06-15T22:00:00Z'),
    redeemUntil: Date.parse('2025-09-15T22:00:00Z'),
    goodCause: false,
    reason: 'The program is over.',
    announcedAt: 0,
    announcedBy: 'desk:x',
  };

  it('gives notice to everyone; what ends earlier stays as it is, and doing it again changes nothing', () => {
    const story = tale();
    story.register('bo');
    story.terminate('bo');
    for (const id of ['ada', 'bo', 'ada']) story.run(endForProgram(id, ending));
    expect(story.world.accounts.get('ada')).toMatchObject({
      stage: 'ENDING',
      endsAt: ending.endsAt,
    });
    expect(story.world.accounts.get('bo')?.endsAt).toBe(Date.parse('2025-02-28T23:00:00Z'));
    story.at('2025-09-15T22:00:00Z');
    expect(story.membership('ada')).toBe('ENDED');
  });

  it('for good cause ends everyone at once', () => {
    const story = tale();
    story.run(endForProgram('ada', { ...ending, goodCause: true }));
    expect(story.account('ada')).toMatchObject({ available: 0 });
  });

  it('takes in who registers meanwhile', () => {
    const story = tale();
    story.world.endings.set('EU', ending);
    story.register('bo');
    expect(story.membership('bo')).toBe('ENDING');
    story.at('2025-07-01T10:00:00Z').complete('c1', 'cy', '10.00');
    story.register('cy', { registeredAt: Date.parse('2025-06-01T10:00:00Z') });
    expect(story.membership('cy')).toBe('REDEEM_ONLY');
    expect(story.account('cy')).toMatchObject({ available: 0 });
  });
});
