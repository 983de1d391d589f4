import { DAY_MS, MINUTE_MS } from '../../src/kernel/time';
import { Tale } from './tale';

/** Ada has spent all of `a` but what is said; then `a` is cancelled, so that she owes. */
function owing(spent: string): Tale {
  const story = new Tale();
  story.register('ada');
  story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '100.00');
  story.place('spent', 'ada', spent);
  story.redeem('ada', 'spent', null);
  return story;
}

describe('points taken back after they were spent', () => {
  it('are owed, and block nothing (R4.3)', () => {
    const story = owing('1.00');
    story.cancel('a');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 100, turnover: 0n });
    expect(story.earned('a')).toBe(0);
  });

  it('are paid by the next credit, in the same entry (R4.3, L5)', () => {
    const story = owing('1.00');
    story.cancel('a');
    story.complete('b', 'ada', '140.00');
    expect(story.account('ada')).toMatchObject({ available: 40, owed: 0 });
    expect(story.entries('ada').at(-1)).toMatchObject({
      kind: 'CREDITED',
      availableChange: 40,
      owedChange: -100,
    });
  });

  it('are paid by what a cancelled order gives back (R4.3, R4.4)', () => {
    const story = owing('1.00');
    story.cancel('a');
    story.cancel('spent', '0.30');
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 70 });
  });

  it('are paid by a hold that is released or lapses; the hold itself is not touched (R4.3)', () => {
    const story = new Tale();
    story.register('ada');
    story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '100.00');
    story.place('open', 'ada', '5.00');
    const released = story.redeem('ada', 'open', 60, 30 * MINUTE_MS);
    story.redeem('ada', 'open', 40, 30 * MINUTE_MS);
    story.cancel('a');
    expect(story.account('ada')).toMatchObject({ available: 0, held: 100, owed: 100 });
    story.release('ada', released);
    expect(story.account('ada')).toMatchObject({ available: 0, held: 40, owed: 40 });
    story.at('2025-01-11T10:30:00Z');
    expect(story.account('ada')).toMatchObject({ available: 0, held: 0, owed: 0 });
  });

  it('are not paid by what comes back to a lot that has expired (R4.3)', () => {
    const story = new Tale();
    story.register('ada');
    story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '50.00');
    story.at('2025-06-01T10:00:00Z').complete('b', 'ada', '100.00');
    story.at('2026-01-10T10:00:00Z').place('open', 'ada', '5.00');
    const hold = story.redeem('ada', 'open', 50, 60 * DAY_MS);
    story.place('spent', 'ada', '1.00');
    story.redeem('ada', 'spent', 100);
    story.at('2026-01-20T10:00:00Z').cancel('b');
    expect(story.account('ada')).toMatchObject({ available: 0, held: 50, owed: 100 });
    story.release('ada', hold);
    expect(story.account('ada')).toMatchObject({ available: 0, held: 0, owed: 100 });
  });
});

describe('a clawback takes', () => {
  it('first what is left in its own lot, then other open lots, first in first out (R4.3)', () => {
    const story = new Tale();
    story.register('ada');
    story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '50.00');
    story.at('2025-01-12T10:00:00Z').complete('b', 'ada', '30.00');
    story.at('2025-01-13T10:00:00Z').complete('c', 'ada', '40.00');
    story.place('spent', 'ada', '0.60');
    story.redeem('ada', 'spent', 60);
    expect(story.openLots('ada')).toEqual(['b 20+0', 'c 40+0']);
    story.cancel('c');
    expect(story.openLots('ada')).toEqual(['b 20+0']);
    story.cancel('a');
    expect(story.openLots('ada')).toEqual([]);
    expect(story.account('ada')).toMatchObject({ owed: 30 });
  });

  it('what of its own lot expired unspent counts as taken back, once (R4.3)', () => {
    const story = new Tale();
    story.register('ada');
    story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '100.00');
    story.place('spent', 'ada', '0.40');
    story.redeem('ada', 'spent', 40);
    story.at('2025-06-01T10:00:00Z').complete('b', 'ada', '100.00');
    story.at('2026-02-01T10:00:00Z');
    expect(story.lot('ada', 'a')).toMatchObject({ remaining: 60 });
    story.cancel('a', '50.00');
    expect(story.lot('ada', 'a')).toMatchObject({ redeemed: 40, expired: 10, reversed: 50 });
    expect(story.account('ada')).toMatchObject({ available: 100, owed: 0 });
    story.cancel('a');
    expect(story.lot('ada', 'a')).toMatchObject({ redeemed: 40, expired: 0, reversed: 60 });
    expect(story.account('ada')).toMatchObject({ available: 60, owed: 0 });
  });

  it('nothing from what is held (R4.3)', () => {
    const story = new Tale();
    story.register('ada');
    story.at('2025-01-11T10:00:00Z').complete('a', 'ada', '100.00');
    story.place('open', 'ada', '5.00');
    story.redeem('ada', 'open', 70, 30 * MINUTE_MS);
    story.cancel('a');
    expect(story.account('ada')).toMatchObject({ available: 0, held: 70, owed: 70 });
  });
});
