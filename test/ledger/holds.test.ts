import { DAY_MS, MINUTE_MS } from '../../src/kernel/time';
import { Tale } from './tale';

const HALF_AN_HOUR = 30 * MINUTE_MS;

/** Ada has 100 points of `a` (credited 11 January) and 60 of `b` (12 January), and an open order of 5.00. */
function tale(): Tale {
  const story = new Tale();
  story.register('ada');
  story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '100.00');
  story.at('2025-01-12T10:00:00Z').complete('b', 'ada', '60.00');
  story.at('2025-01-13T10:00:00Z').place('open', 'ada', '5.00');
  return story;
}

describe('a hold', () => {
  it('leaves the spendable balance, first in first out, until captured (R6.7, R6.3)', () => {
    const story = tale();
    const hold = story.redeem('ada', 'open', 120, HALF_AN_HOUR);
    expect(story.account('ada')).toMatchObject({ available: 40, held: 120 });
    expect(story.openLots('ada')).toEqual(['a 0+100', 'b 40+20']);
    expect(story.capture('ada', hold)).toBe(hold);
    expect(story.account('ada')).toMatchObject({ available: 40, held: 0 });
    expect(story.openLots('ada')).toEqual(['b 40+0']);
  });

  it('is captured in part from what was consumed first; the rest is released in the same entry (R6.7)', () => {
    const story = tale();
    story.capture('ada', story.redeem('ada', 'open', 120, HALF_AN_HOUR), 30);
    expect(story.openLots('ada')).toEqual(['a 70+0', 'b 60+0']);
    expect(story.entries('ada').at(-1)).toMatchObject({
      kind: 'CAPTURED',
      availableChange: 90,
      heldChange: -120,
    });
  });

  it('is decided once (R6.7, L6)', () => {
    const story = tale();
    const captured = story.redeem('ada', 'open', 10, HALF_AN_HOUR);
    story.capture('ada', captured);
    expect(story.capture('ada', captured)).toBe('REDEMPTION_NOT_HELD');
    expect(story.release('ada', captured)).toBe('REDEMPTION_NOT_HELD');
    const released = story.redeem('ada', 'open', 10, HALF_AN_HOUR);
    story.release('ada', released);
    expect(story.capture('ada', released)).toBe('REDEMPTION_NOT_HELD');
    expect(story.capture('ada', 999)).toBe('REDEMPTION_NOT_FOUND');
    expect(story.capture('zoe', 1)).toBe('REDEMPTION_NOT_FOUND');
  });

  it('refuses a capture of more than it holds, of nothing and of less (R7.4)', () => {
    const story = tale();
    const hold = story.redeem('ada', 'open', 10, HALF_AN_HOUR);
    expect(story.capture('ada', hold, 11)).toBe('EXCEEDS_HOLD');
    expect(story.capture('ada', hold, 0)).toBe('INVALID_POINTS');
    expect(story.capture('ada', 999, -1)).toBe('INVALID_POINTS');
    expect(story.account('ada')).toMatchObject({ available: 150, held: 10 });
  });

  it('lapses at the instant its time is up, not before (R6.8)', () => {
    const story = tale();
    const hold = story.redeem('ada', 'open', 10, HALF_AN_HOUR);
    story.at('2025-01-13T10:29:59.999Z');
    expect(story.account('ada')).toMatchObject({ available: 150, held: 10 });
    story.at('2025-01-13T10:30:00Z');
    expect(story.account('ada')).toMatchObject({ available: 160, held: 0 });
    expect(story.capture('ada', hold)).toBe('REDEMPTION_NOT_HELD');
    expect(story.entries('ada').at(-1)).toMatchObject({
      kind: 'LAPSED',
      cause: 'due',
      actor: 'system',
    });
  });

  it.each([
    [MINUTE_MS - 1, 'INVALID_HOLD_TIME'],
    [MINUTE_MS, 3],
    [90 * DAY_MS, 3],
    [90 * DAY_MS + 1, 'INVALID_HOLD_TIME'],
  ])('of %i ms answers %p (R6.7: a minute to 90 days)', (ms, answer) => {
    expect(tale().redeem('ada', 'open', 1, ms)).toBe(answer);
  });

  it('outlives its lot: captured after the expiry it pays, released it is gone at once (R6.8)', () => {
    const story = tale();
    story.at('2026-01-10T10:00:00Z').place('late', 'ada', '5.00');
    const kept = story.redeem('ada', 'late', 50, 60 * DAY_MS);
    const lost = story.redeem('ada', 'late', 30, 60 * DAY_MS);
    story.at('2026-01-12T10:00:00Z');
    expect(story.account('ada')).toMatchObject({ available: 60, held: 80 });
    expect(story.lot('ada', 'a')).toMatchObject({ remaining: 0, held: 80, expired: 20 });
    story.capture('ada', kept);
    story.release('ada', lost);
    expect(story.account('ada')).toMatchObject({ available: 60, held: 0 });
    expect(story.lot('ada', 'a')).toMatchObject({ redeemed: 50, expired: 50 });
  });

  it('placed before a suspension can still be captured or released; nothing new is placed (R2.9)', () => {
    const story = tale();
    const first = story.redeem('ada', 'open', 10, HALF_AN_HOUR);
    const second = story.redeem('ada', 'open', 10, HALF_AN_HOUR);
    expect(story.suspend('ada')).toBe('ok');
    expect(story.redeem('ada', 'open', 10)).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(story.capture('ada', first)).toBe(first);
    expect(story.release('ada', second)).toBe(second);
    expect(story.suspend('ada')).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(story.reinstate('ada')).toBe('ok');
    expect(story.reinstate('ada')).toBe('MEMBERSHIP_NOT_SUSPENDED');
    expect(story.account('ada')).toMatchObject({ available: 150, held: 0 });
  });
});

describe('an order reported paid', () => {
  it('captures everything held for it, and takes nothing more (R6.6)', () => {
    const story = tale();
    story.redeem('ada', 'open', 100, HALF_AN_HOUR);
    story.redeem('ada', 'open', 20, HALF_AN_HOUR);
    story.pay('open');
    expect(story.account('ada')).toMatchObject({ available: 40, held: 0 });
    expect(story.redeem('ada', 'open', 1)).toBe('ORDER_NOT_OPEN');
  });

  it('is listed where the platform reckoned with other points than were captured (R6.6)', () => {
    const story = tale();
    story.redeem('ada', 'open', 100, HALF_AN_HOUR);
    story.pay('open', 90);
    expect(story.world.orders.get('open')).toMatchObject({
      reckonedPoints: 90,
      capturedPoints: 100,
    });
  });

  it('knows that a hold had lapsed before (R6.6, R6.8)', () => {
    const story = tale();
    story.redeem('ada', 'open', 100, HALF_AN_HOUR);
    story.at('2025-01-13T10:30:00Z').pay('open', 100);
    expect(story.world.orders.get('open')).toMatchObject({
      reckonedPoints: 100,
      capturedPoints: 0,
    });
    expect(story.account('ada')).toMatchObject({ available: 160, held: 0 });
  });
});
