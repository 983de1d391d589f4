import { Tale } from '../ledger/tale';

function tale(): Tale {
  const story = new Tale();
  story.register('ada');
  story.complete('a1', 'ada', '100.00');
  story.at('2025-02-01T10:00:00Z').refer('ada', 'bo');
  return story;
}

describe('a discount code (R5.2)', () => {
  it('is issued at the registration, 10 % for 12 months to the end of the day', () => {
    expect(tale().discount('bo')).toMatchObject({
      percent: 10,
      orderId: null,
      expiresAt: Date.parse('2026-02-01T23:00:00Z'),
    });
  });

  it.each([
    ['1000.05', 90_004n],
    ['0.05', 4n],
    ['0.04', 4n],
    ['0.15', 13n],
  ])('takes 10 %% off %s, rounded half up to the minor unit', (net, turnover) => {
    const story = tale();
    story.place('b1', 'bo', net);
    expect(story.applyDiscount('bo', 'b1')).toBe('ok');
    story.pay('b1');
    story.deliver('b1');
    expect(story.account('bo')).toMatchObject({ turnover });
  });

  it('follows amendments and partial cancellations, before and after crediting (R4.2)', () => {
    const story = tale();
    story.place('b1', 'bo', '1000.00');
    story.applyDiscount('bo', 'b1');
    story.amend('b1', '2000.00');
    story.cancel('b1', '500.00');
    story.pay('b1');
    story.deliver('b1');
    expect(story.earned('b1')).toBe(1350);
    story.cancel('b1', '500.00');
    expect(story.earned('b1')).toBe(900);
  });

  it('comes back with its old expiry when its order is cancelled in full', () => {
    const story = tale();
    story.place('b1', 'bo', '1000.00');
    story.applyDiscount('bo', 'b1');
    story.cancel('b1');
    expect(story.discount('bo')).toMatchObject({
      orderId: null,
      expiresAt: Date.parse('2026-02-01T23:00:00Z'),
    });
    story.place('b2', 'bo', '10.00');
    expect(story.applyDiscount('bo', 'b2')).toBe('ok');
  });

  it('comes back after a full cancellation of the credited order too: then no order is completed', () => {
    const story = tale();
    story.place('b1', 'bo', '1000.00');
    story.applyDiscount('bo', 'b1');
    story.pay('b1');
    story.deliver('b1');
    story.cancel('b1');
    story.place('b2', 'bo', '10.00');
    expect(story.applyDiscount('bo', 'b2')).toBe('ok');
  });

  it('leaves less to pay with points (R6.4); it is refused where points already pay more', () => {
    const story = tale();
    story.register('cy', { organizationId: 'acme', billingAccountId: 'b' });
    story.complete('c1', 'cy', '100.00');
    story.send({
      type: 'customer.updated',
      customerId: 'bo',
      changes: { organizationId: 'acme', billingAccountId: 'b' },
    });
    story.transfer('cy', 'bo', 100);
    story.place('b1', 'bo', '1.00');
    story.redeem('bo', 'b1', 91);
    expect(story.applyDiscount('bo', 'b1')).toBe('EXCEEDS_ORDER_VALUE');
    story.place('b2', 'bo', '0.09');
    expect(story.applyDiscount('bo', 'b2')).toBe('ok');
    expect(story.redeem('bo', 'b2', 9)).toBe('EXCEEDS_ORDER_VALUE');
    expect(typeof story.redeem('bo', 'b2', 8)).toBe('number');
  });

  it('is refused in the order of the rules (R7.4)', () => {
    const story = tale();
    expect(story.applyDiscount('zoe', 'b1')).toBe('NOT_A_MEMBER');
    expect(story.applyDiscount('bo', 'b1')).toBe('ORDER_NOT_FOUND');
    story.place('lira', 'bo', '10.00', 'TRY');
    expect(story.applyDiscount('bo', 'lira')).toBe('CURRENCY_MISMATCH');
    story.place('b1', 'bo', '10.00');
    expect(story.applyDiscount('bo', 'b1', 'guessed')).toBe('DISCOUNT_NOT_FOUND');
    expect(story.applyDiscount('ada', 'b1')).toBe('ORDER_NOT_FOUND');
    story.applyDiscount('bo', 'b1');
    expect(story.applyDiscount('bo', 'b1')).toBe('DISCOUNT_ALREADY_USED');
    story.suspend('bo');
    expect(story.applyDiscount('bo', 'b1')).toBe('MEMBERSHIP_NOT_ACTIVE');
  });

  it('is refused once an order is completed, and at the instant its validity is over', () => {
    const story = tale();
    story.complete('b1', 'bo', '10.00');
    story.place('b2', 'bo', '10.00');
    expect(story.applyDiscount('bo', 'b2')).toBe('NOT_FIRST_ORDER');
    const late = tale();
    late.place('b1', 'bo', '10.00');
    late.at('2026-02-01T22:59:59.999Z').place('b2', 'bo', '10.00');
    late.at('2026-02-01T23:00:00Z');
    expect(late.applyDiscount('bo', 'b2')).toBe('DISCOUNT_EXPIRED');
  });

  it('stays with its order though another is completed first', () => {
    const story = tale();
    story.place('b1', 'bo', '100.00');
    story.applyDiscount('bo', 'b1');
    story.complete('b2', 'bo', '50.00');
    story.pay('b1');
    story.deliver('b1');
    expect(story.earned('b1')).toBe(90);
  });
});
