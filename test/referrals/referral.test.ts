import { Tale } from '../ledger/tale';

/** Ada has completed an order of 20,000: Silver, with a link. Bo registered through it. */
function tale(fields: Parameters<Tale['refer']>[2] = {}): Tale {
  const story = new Tale();
  story.register('ada', { emailHash: 'e-ada', phoneHash: 'p-ada', paymentHash: 'c-ada' });
  story.complete('a1', 'ada', '20000.00');
  story.at('2025-02-01T10:00:00Z').refer('ada', 'bo', fields);
  return story;
}

describe('a referral (R5)', () => {
  it('needs a link, which its owner has from their first completed order on (R5.1)', () => {
    const story = new Tale();
    story.register('ada');
    story.register('bo', { referralCode: 'guessed' });
    expect(story.referral('bo')).toBeUndefined();
    expect(story.discount('bo')).toBeUndefined();
  });

  it('credits the bonus of the tier the referrer holds when the first order is completed (R5.3)', () => {
    const story = tale();
    story.complete('a2', 'ada', '50000.00');
    story.place('b1', 'bo', '10.00');
    story.pay('b1');
    expect(story.referral('bo')).toMatchObject({ state: 'WAITING' });
    const before = story.account('ada').available;
    story.deliver('b1');
    expect(story.referral('bo')).toMatchObject({ state: 'REWARDED', bonus: 10_000, orderId: 'b1' });
    expect(story.account('ada')).toMatchObject({
      available: before + 10_000,
      turnover: 7_000_000n,
    });
  });

  it('is rewarded once, and again only when its order was cancelled in full (R5.3, R4.5)', () => {
    const story = tale();
    story.complete('b1', 'bo', '10.00');
    story.complete('b2', 'bo', '10.00');
    expect(story.account('ada')).toMatchObject({ available: 27_000 });
    story.cancel('b1', '5.00');
    expect(story.referral('bo')).toMatchObject({ state: 'REWARDED' });
    story.cancel('b1');
    expect(story.account('ada')).toMatchObject({ available: 20_000 });
    expect(story.referral('bo')).toMatchObject({ state: 'WAITING', orderId: null, bonus: 0 });
    story.complete('b3', 'bo', '10.00');
    story.cancel('b3');
    story.complete('b4', 'bo', '10.00');
    expect(story.account('ada')).toMatchObject({ available: 27_000, owed: 0 });
  });

  it('that is taken back says so in its entry, with the tier that brought it (R4.5)', () => {
    const story = tale();
    story.complete('b1', 'bo', '10.00');
    story.complete('a2', 'ada', '50000.00');
    story.cancel('b1');
    expect(story.entries('ada').at(-1)).toMatchObject({
      kind: 'REVERSED',
      arithmetic: { type: 'REFERRAL', tier: 'SILVER', points: 0, creditedBefore: 7000 },
    });
  });

  it('takes back a bonus that was spent as owed points (R4.5, R4.3)', () => {
    const story = tale();
    story.complete('b1', 'bo', '10.00');
    story.place('a2', 'ada', '270.00');
    story.redeem('ada', 'a2', null);
    story.cancel('b1');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 7000 });
  });

  it('is lost for good while the referrer may not be rewarded, also when the order is cancelled later (R5.3)', () => {
    const story = tale();
    story.suspend('ada');
    story.complete('b1', 'bo', '10.00');
    story.reinstate('ada');
    expect(story.referral('bo')).toMatchObject({ state: 'LOST' });
    story.cancel('b1');
    story.complete('b2', 'bo', '10.00');
    expect(story.referral('bo')).toMatchObject({ state: 'LOST' });
    expect(story.account('ada')).toMatchObject({ available: 20_000 });
  });

  it('does not begin while the owner of the link may not refer; the registration goes through (R5.1, R2.9)', () => {
    const story = tale();
    story.suspend('ada');
    expect(story.refer('ada', 'cy')).toBe('APPLIED');
    expect(story.referral('cy')).toBeUndefined();
    expect(story.discount('cy')).toBeUndefined();
  });

  it('counts for orders that waited for the registration (R3.7)', () => {
    const story = tale();
    story.complete('c1', 'cy', '10.00');
    story.refer('ada', 'cy', { registeredAt: Date.parse('2025-01-31T00:00:00Z') });
    expect(story.referral('cy')).toMatchObject({ state: 'REWARDED', bonus: 7000 });
  });

  it('between colleagues counts like any other, without a flag (R5.4)', () => {
    const acme = { organizationId: 'acme', billingAccountId: 'acme-1' };
    const story = new Tale();
    story.register('ada', acme);
    story.complete('a1', 'ada', '100.00');
    story.refer('ada', 'bo', acme);
    expect(story.referral('bo')).toMatchObject({ state: 'WAITING', flags: [] });
    expect(story.discount('bo')).toMatchObject({ percent: 10 });
    story.complete('b1', 'bo', '10.00');
    expect(story.referral('bo')).toMatchObject({ state: 'REWARDED', bonus: 5000 });
  });

  it('crosses programs: the bonus is the referrer’s (R5.3)', () => {
    const story = tale();
    story.refer('ada', 'cem', { program: 'TR' });
    story.place('t1', 'cem', '100.00', 'TRY');
    story.pay('t1');
    story.deliver('t1');
    expect(story.referral('cem')).toMatchObject({ state: 'REWARDED', bonus: 7000 });
  });
});

describe('signals (R5.5)', () => {
  it('the referrer’s own e-mail is rejected: no code, no bonus', () => {
    const story = tale({ emailHash: 'e-ada' });
    expect(story.referral('bo')).toMatchObject({ state: 'REJECTED' });
    expect(story.referral('bo')?.flags).toContain('SAME_EMAIL');
    story.place('b1', 'bo', '100.00');
    expect(story.applyDiscount('bo', 'b1')).toBe('DISCOUNT_NOT_FOUND');
    story.pay('b1');
    story.deliver('b1');
    expect(story.account('ada')).toMatchObject({ available: 20_000 });
  });

  it('a missing e-mail matches nothing', () => {
    expect(tale({ emailHash: null }).referral('bo')).toMatchObject({ state: 'WAITING', flags: [] });
  });

  it('the same phone or payment, and a burst, are flagged and still qualify', () => {
    const story = tale({ phoneHash: 'p-ada', paymentHash: 'c-ada' });
    expect(story.referral('bo')).toMatchObject({ flags: ['SAME_PHONE', 'SAME_PAYMENT'] });
    for (const id of ['c1', 'c2', 'c3', 'c4']) story.refer('ada', id);
    expect(story.referral('c3')).toMatchObject({ flags: [] });
    expect(story.referral('c4')).toMatchObject({ flags: ['BURST'], state: 'WAITING' });
    story.at('2025-02-02T10:00:00.001Z').refer('ada', 'c5');
    expect(story.referral('c5')).toMatchObject({ flags: [] });
  });

  it('deleting and registering again is seen', () => {
    const story = tale({ emailHash: 'e-bo' });
    story.send({ type: 'customer.deleted', customerId: 'bo' });
    story.refer('ada', 'bo2', { emailHash: 'e-bo' });
    expect(story.referral('bo2')).toMatchObject({ flags: ['REGISTERED_BEFORE'] });
  });
});

describe('a review by the desk (R5.5)', () => {
  it('rejected takes the bonus back and voids the code; accepted again restores both', () => {
    const story = tale();
    story.complete('b1', 'bo', '10.00');
    expect(story.review('bo', false)).toBe('ok');
    expect(story.account('ada')).toMatchObject({ available: 20_000 });
    expect(story.referral('bo')).toMatchObject({ state: 'REJECTED', bonus: 0 });
    expect(story.discount('bo')?.voidedAt).not.toBeNull();
    expect(story.review('bo', false)).toBe('REFERRAL_NOT_REVIEWABLE');
    expect(story.review('bo', true)).toBe('ok');
    expect(story.account('ada')).toMatchObject({ available: 27_000 });
    expect(story.referral('bo')).toMatchObject({ state: 'REWARDED', orderId: 'b1' });
    expect(story.discount('bo')?.voidedAt).toBeNull();
  });

  it('accepted after a rejection rewards the order that was completed meanwhile, if it still is', () => {
    const story = tale({ emailHash: 'e-ada' });
    story.complete('b1', 'bo', '10.00');
    story.cancel('b1');
    story.review('bo', true);
    expect(story.referral('bo')).toMatchObject({ state: 'WAITING' });
    story.review('bo', false);
    story.complete('b2', 'bo', '10.00');
    story.review('bo', true);
    expect(story.referral('bo')).toMatchObject({ state: 'REWARDED', orderId: 'b2', bonus: 7000 });
  });

  it('accepted while it waits is only recorded; what is lost or unknown cannot be reviewed', () => {
    const story = tale({ phoneHash: 'p-ada' });
    expect(story.review('bo', true)).toBe('ok');
    expect(story.referral('bo')).toMatchObject({ state: 'WAITING', review: { note: 'test' } });
    story.suspend('ada');
    story.complete('b1', 'bo', '10.00');
    expect(story.review('bo', true)).toBe('REFERRAL_NOT_REVIEWABLE');
    expect(story.review('ada', true)).toBe('REFERRAL_NOT_FOUND');
  });
});
