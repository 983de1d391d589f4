import { MINUTE_MS } from '../../src/kernel/time';
import { Tale } from '../ledger/tale';

/** Ada has 100 points of `a` and 100 of `b`, and an open order of 2.00. */
function tale(): Tale {
  const story = new Tale();
  story.register('ada');
  story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '100.00');
  story.at('2025-01-12T10:00:00Z').complete('b', 'ada', '100.00');
  story.at('2025-01-13T10:00:00Z').place('open', 'ada', '2.00');
  return story;
}

describe('cancelling an order that points were redeemed on (R4.4)', () => {
  it('gives back the newest placed redemption first, held or captured alike, the last-consumed lot first', () => {
    const story = tale();
    story.redeem('ada', 'open', 80);
    story.redeem('ada', 'open', 60, 30 * MINUTE_MS);
    story.redeem('ada', 'open', 30);
    expect(story.openLots('ada')).toEqual(['a 0+20', 'b 30+40']);
    story.cancel('open', '0.80');
    expect(story.openLots('ada')).toEqual(['a 0+20', 'b 80+20']);
    expect(story.entries('ada').at(-1)).toMatchObject({
      kind: 'RETURNED',
      availableChange: 50,
      heldChange: -20,
    });
    story.cancel('open');
    expect(story.openLots('ada')).toEqual(['a 100+0', 'b 100+0']);
    expect(story.account('ada')).toMatchObject({ available: 200, held: 0 });
  });

  it('gives nothing back while what is left still costs what points pay', () => {
    const story = tale();
    story.redeem('ada', 'open', 120);
    story.cancel('open', '0.80');
    expect(story.account('ada')).toMatchObject({ available: 80 });
  });

  it('restores before it takes back, when the cancelled order had earned (R4.4, R4.2)', () => {
    const story = tale();
    story.place('mixed', 'ada', '150.00');
    story.redeem('ada', 'mixed', 200);
    story.pay('mixed');
    story.deliver('mixed');
    expect(story.earned('mixed')).toBe(148);
    story.place('spent', 'ada', '1.48');
    story.redeem('ada', 'spent', null);
    story.cancel('mixed');
    expect(story.account('ada')).toMatchObject({ available: 52, owed: 0, turnover: 20_000n });
  });
});

describe('cancelling an order that was credited (R4.2)', () => {
  it('takes back the difference at the turnover it started from; later orders are not priced again', () => {
    const story = new Tale();
    story.register('ada');
    story.complete('a', 'ada', '15000.00');
    story.complete('b', 'ada', '10000.00');
    story.complete('c', 'ada', '1000.00');
    expect([story.earned('b'), story.earned('c')]).toEqual([15000, 2000]);
    story.cancel('a');
    expect([story.earned('a'), story.earned('b'), story.earned('c')]).toEqual([0, 15000, 2000]);
    story.cancel('b', '4000.00');
    expect(story.earned('b')).toBe(7000);
    expect(story.account('ada')).toMatchObject({ turnover: 700_000n });
  });

  it('leaves no rounding residue: parts that add up to the whole take back all of it (R3.4, L11)', () => {
    const story = new Tale();
    story.register('ada');
    story.complete('a', 'ada', '10.99');
    for (const part of ['3.33', '3.33', '3.33', '1.00']) story.cancel('a', part);
    expect(story.earned('a')).toBe(0);
    expect(story.account('ada')).toEqual({ available: 0, held: 0, owed: 0, turnover: 0n });
    expect(story.world.orders.get('a')?.cancelledAt).not.toBeNull();
  });

  it('cuts a cancellation to what is left, and counts equal ones each (R4.1, R4.2)', () => {
    const story = new Tale();
    story.register('ada');
    story.complete('a', 'ada', '100.00');
    story.cancel('a', '30.00');
    story.cancel('a', '30.00');
    expect(story.earned('a')).toBe(40);
    story.cancel('a', '999.00');
    expect(story.earned('a')).toBe(0);
    expect(story.cancel('a', '1.00')).toBe('UNCHANGED');
  });

  it('is done during a suspension too (R2.7: nothing earned, but reversals go on)', () => {
    const story = new Tale();
    story.register('ada');
    story.complete('a', 'ada', '100.00');
    story.suspend('ada');
    story.cancel('a', '40.00');
    expect(story.account('ada')).toMatchObject({ available: 60 });
  });
});
