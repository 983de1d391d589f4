import { parseInstant } from '../../src/kernel/time';
import { placed } from '../ledger/stories';
import { Tale } from '../ledger/tale';

describe('an amendment (R3.8)', () => {
  it.each([
    ['below what is cancelled', '0.29', 'AMENDED_BELOW_CANCELLED'],
    ['to nothing', '0.00', 'AMENDED_TO_NOTHING'],
    ['with more places than the currency has', '1.001', 'AMOUNT_DOES_NOT_FIT'],
    ['to what it was', '1.00', 'UNCHANGED'],
    ['up', '1.50', 'APPLIED'],
    ['down', '0.31', 'APPLIED'],
    ['to exactly what is cancelled', '0.30', 'APPLIED'],
  ])('%s: %s is %s', (_, net, outcome) => {
    const story = new Tale();
    story.register('ada');
    story.place('o', 'ada', '1.00');
    story.cancel('o', '0.30');
    expect(story.amend('o', net)).toBe(outcome);
  });

  it('to exactly what is cancelled completes a full cancellation, which is final', () => {
    const story = new Tale();
    story.register('ada');
    story.complete('a', 'ada', '10.00');
    story.place('o', 'ada', '1.00');
    story.cancel('o', '0.30');
    story.redeem('ada', 'o', 70);
    story.amend('o', '0.30');
    expect(story.account('ada')).toMatchObject({ available: 10 });
    expect(story.amend('o', '5.00')).toBe('AMENDED_AFTER_CANCELLED');
    expect(story.redeem('ada', 'o', 1)).toBe('ORDER_NOT_OPEN');
  });

  it('is closed by judging, whatever the order earned, and open until then, after the payment too', () => {
    const story = new Tale();
    story.register('ada');
    story.place('o', 'ada', '1.00', 'TRY');
    story.pay('o');
    expect(story.amend('o', '2.00')).toBe('APPLIED');
    story.deliver('o');
    expect(story.earned('o')).toBe(0);
    expect(story.amend('o', '3.00')).toBe('AMENDED_AFTER_JUDGED');
  });

  it('waits open for an order whose customer is not known, though paid and delivered', () => {
    const story = new Tale();
    story.complete('o', 'ada', '50.00');
    expect(story.amend('o', '80.00')).toBe('APPLIED');
    story.register('ada', { registeredAt: parseInstant('2025-01-01T00:00:00Z') });
    expect(story.earned('o')).toBe(80);
    expect(story.amend('o', '90.00')).toBe('AMENDED_AFTER_JUDGED');
  });
});

describe('facts that come early (R3.7, R3.8)', () => {
  it('apply after the placing in their order of arrival; what cannot is set aside', () => {
    const story = new Tale();
    story.register('ada');
    expect(story.cancel('o', '30.00')).toBe('WAITING');
    expect(story.amend('o', '20.00')).toBe('WAITING');
    expect(story.amend('o', '90.00')).toBe('WAITING');
    expect(story.cancel('o', '10.00')).toBe('WAITING');
    expect(story.deliver('o')).toBe('WAITING');
    expect(story.pay('o')).toBe('WAITING');
    expect(story.place('o', 'ada', '100.00')).toBe('APPLIED');
    expect(story.earned('o')).toBe(50);
  });

  it('a full cancellation before the placing cancels it', () => {
    const story = new Tale();
    story.register('ada');
    story.cancel('o');
    story.complete('o', 'ada', '100.00');
    expect(story.earned('o')).toBe(0);
    expect(story.account('ada')).toEqual({ available: 0, held: 0, owed: 0, turnover: 0n });
  });

  it('orders that waited for their customer are judged by placing time, then arrival', () => {
    const story = new Tale();
    const early = { placedAt: parseInstant('2025-01-05T10:00:00Z')! };
    story.send(
      placed('second', 'ada', '20000.00', { placedAt: parseInstant('2025-01-06T10:00:00Z')! }),
    );
    story.send(placed('first', 'ada', '10000.00', early));
    story.send(placed('also first', 'ada', '100.00', early));
    for (const order of ['second', 'also first', 'first']) {
      story.pay(order);
      story.deliver(order);
    }
    story
      .at('2025-01-20T10:00:00Z')
      .register('ada', { registeredAt: parseInstant('2025-01-01T00:00:00Z') });
    expect(story.entries('ada').map(({ orderId }) => orderId)).toEqual([
      'first',
      'also first',
      'second',
    ]);
    expect(story.earned('second')).toBe(9900 + 2 * 10100);
    expect(story.lot('ada', 'first').creditedAt).toBe(parseInstant('2025-01-20T10:00:00Z'));
  });

  it('changes of a customer that come before the registration apply with it', () => {
    const story = new Tale();
    const changes = { organizationId: 'zeta', billingAccountId: null };
    expect(story.send({ type: 'customer.updated', customerId: 'ada', changes })).toBe('WAITING');
    story.register('ada', {
      organizationId: 'acme',
      billingAccountId: 'acme-1',
      email: 'ada@acme.example',
    });
    expect(story.world.members.get('ada')).toMatchObject({
      organizationId: 'zeta',
      billingAccountId: null,
      email: 'ada@acme.example',
      changedBefore: [],
    });
  });

  it('an order in the sixth decimal of nowhere is never more than its limit of waiting facts', () => {
    const story = new Tale();
    for (let n = 0; n < 100; n += 1) expect(story.cancel('o', '0.01')).toBe('WAITING');
    expect(story.cancel('o', '0.01')).toBe('TOO_MANY_FACTS');
  });
});

describe('an order', () => {
  it.each([
    ['paid', 'delivered'],
    ['delivered', 'paid'],
  ])('%s first is credited, as a lot of its own, once it is %s too (R3.2, R6.1)', (first) => {
    const story = new Tale();
    story.register('ada');
    story.place('o', 'ada', '100.00');
    if (first === 'paid') story.pay('o');
    else story.deliver('o');
    expect(story.account('ada')).toEqual({ available: 0, held: 0, owed: 0, turnover: 0n });
    story.at('2025-01-15T10:00:00Z');
    if (first === 'paid') story.deliver('o');
    else story.pay('o');
    expect(story.account('ada')).toMatchObject({ available: 100, turnover: 10_000n });
    expect(story.lot('ada', 'o')).toMatchObject({
      ...{ source: 'ORDER', sourceRef: 'o', granted: 100, remaining: 100 },
      creditedAt: parseInstant('2025-01-15T10:00:00Z'),
      expiresAt: parseInstant('2026-01-15T23:00:00Z'),
    });
  });

  it('earns at the turnover of its own account, whatever a colleague has (R2.2)', () => {
    const story = new Tale();
    const acme = { organizationId: 'acme', billingAccountId: 'acme-1' };
    story.register('ada', acme);
    story.register('bo', acme);
    story.complete('a', 'ada', '20000.00');
    story.complete('b', 'bo', '100.00');
    expect(story.earned('b')).toBe(100);
    expect(story.account('ada')).toMatchObject({ available: 20_000, turnover: 2_000_000n });
    expect(story.account('bo')).toMatchObject({ available: 100, turnover: 10_000n });
  });
});

describe('facts that come again (R3.7)', () => {
  it('change nothing: a second placing, registration, payment, delivery', () => {
    const story = new Tale();
    story.register('ada');
    story.complete('o', 'ada', '10.00');
    expect(story.place('o', 'bo', '99.00')).toBe('UNCHANGED');
    expect(story.pay('o', 5)).toBe('UNCHANGED');
    expect(story.deliver('o')).toBe('UNCHANGED');
    expect(story.register('ada', { program: 'TR' })).toBe('UNCHANGED');
    expect(story.account('ada')).toMatchObject({ available: 10 });
  });

  it('the same event is a duplicate; the same id with other content is set aside', () => {
    const story = new Tale();
    story.register('ada');
    story.place('o', 'ada', '10.00');
    const cancel = (net: string) =>
      story.send({ type: 'order.cancelled', orderId: 'o', net }, 'same-id');
    expect(cancel('3.00')).toBe('APPLIED');
    expect(cancel('3.00')).toBe('DUPLICATE');
    expect(cancel('4.00')).toBe('EVENT_ID_REUSED');
    expect(story.world.orders.get('o')?.cancelled).toBe(300n);
  });

  it('an unknown program is set aside', () => {
    expect(new Tale().register('ada', { program: 'XX' })).toBe('UNKNOWN_PROGRAM');
  });
});

describe('membership (R2.1, R2.7, R2.9)', () => {
  it('begins at the program’s start for who registered before it', () => {
    const story = new Tale().at('2024-07-01T10:00:00Z');
    story.register('ada');
    story.place('o', 'ada', '1.00');
    expect(story.redeem('ada', 'o', 1)).toBe('NOT_A_MEMBER');
    expect(story.suspend('ada')).toBe('NOT_A_MEMBER');
    story.at('2024-07-31T22:00:00Z');
    expect(story.redeem('ada', 'o', 1)).toBe('INSUFFICIENT_X_POINTS');
  });

  it('earns for an order placed at that very instant, and not for one a millisecond before (R3.6)', () => {
    const story = new Tale().at('2024-07-01T10:00:00Z');
    story.register('ada');
    story.send(
      placed('before', 'ada', '10.00', { placedAt: parseInstant('2024-07-31T21:59:59.999Z')! }),
    );
    story.send(placed('at', 'ada', '10.00', { placedAt: parseInstant('2024-07-31T22:00:00Z')! }));
    story.at('2024-08-02T10:00:00Z');
    for (const order of ['before', 'at']) {
      story.pay(order);
      story.deliver(order);
    }
    expect([story.earned('before'), story.earned('at')]).toEqual([0, 10]);
  });

  it('suspended earns nothing, adds no turnover, and nothing is made up for afterwards (R2.7)', () => {
    const story = new Tale();
    story.register('ada');
    story.suspend('ada');
    story.complete('o', 'ada', '100.00');
    story.reinstate('ada');
    expect(story.account('ada')).toEqual({ available: 0, held: 0, owed: 0, turnover: 0n });
    expect(story.world.accounts.get('ada')?.referralCode).toMatch(/^CODE/);
  });

  it('gives the referral link with the first completed order, whatever it earned, and keeps it (R5.1)', () => {
    const story = new Tale();
    story.register('ada');
    const link = () => story.world.accounts.get('ada')?.referralCode;
    story.complete('other currency', 'ada', '0.00');
    expect(link()).toBeNull();
    story.place('lira', 'ada', '10.00', 'TRY');
    story.pay('lira');
    story.deliver('lira');
    expect(link()).toBeNull();
    story.complete('first', 'ada', '0.01');
    expect(story.earned('first')).toBe(0);
    const first = link();
    expect(first).toMatch(/^CODE/);
    story.cancel('first');
    expect(link()).toBe(first);
  });
});
