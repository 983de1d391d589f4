import { adjustPoints, decideAdjustment } from '../../src/adjustments/adjust';
import { approvalAbove } from '../../src/adjustments/approval';
import type { Adjustment } from '../../src/ledger/desk';
import { Tale } from '../ledger/tale';

const LIMIT = 10_000;
let keys = 0;

function tale(): Tale {
  const story = new Tale();
  story.register('ada');
  story.at('2025-01-30T10:00:00Z').complete('a1', 'ada', '100.00');
  story.at('2025-03-01T10:00:00Z').complete('a2', 'ada', '50.00');
  return story;
}

/** The adjustment, or why it was refused. */
function answerOf(answer: object): Adjustment | string {
  if ('refused' in answer) return String(answer.refused);
  return (answer as { adjustment: Adjustment }).adjustment;
}

function adjust(story: Tale, points: number, actor = 'desk:dan', customerId = 'ada') {
  keys += 1;
  const wish = { customerId, points, reason: 'Goodwill.', actor, approvalAbove: LIMIT };
  return answerOf(story.run(adjustPoints({ ...wish, idempotencyKey: `k${keys}` })));
}

function decide(story: Tale, number: number, approve: boolean, actor = 'desk:kim') {
  keys += 1;
  const decision = { customerId: 'ada', number, approve, note: 'Seen.', actor };
  return answerOf(story.run(decideAdjustment({ ...decision, idempotencyKey: `k${keys}` })));
}

describe('points that the desk gives', () => {
  it('are a lot of their own that names the adjustment; turnover and tier stay (R6.1)', () => {
    const story = tale();
    expect(adjust(story, 25)).toMatchObject({ number: 1, state: 'BOOKED', sequence: 3 });
    expect(story.lot('ada', '1')).toMatchObject({
      ...{ source: 'ADJUSTMENT', granted: 25, termsVersion: 1 },
      ...{ creditedAt: Date.parse('2025-03-01T10:00:00Z') },
      expiresAt: Date.parse('2026-03-01T23:00:00Z'),
    });
    expect(story.account('ada')).toMatchObject({ available: 175, turnover: 15_000n });
    expect(story.entries('ada').at(-1)).toMatchObject({
      kind: 'CREDITED',
      arithmetic: { type: 'ADJUSTMENT', adjustment: 1, objection: null, points: 25 },
    });
    const told = [...story.world.notifications.get('ada')!.values()].at(-1);
    expect(told).toMatchObject({
      kind: 'POINTS_CREDITED',
      data: { source: 'ADJUSTMENT', points: 25, orderId: null },
    });
  });

  it('pay what is owed first (R4.3)', () => {
    const story = tale();
    adjust(story, -160);
    adjust(story, 25);
    expect(story.account('ada')).toMatchObject({ available: 15, owed: 0 });
  });
});

describe('points that the desk takes', () => {
  it('come out of the open lots, first in first out; held ones are not touched (R4.3)', () => {
    const story = tale();
    story.place('a3', 'ada', '10.00');
    story.redeem('ada', 'a3', 30, 3_600_000);
    expect(adjust(story, -90)).toMatchObject({ state: 'BOOKED', points: -90 });
    expect(story.openLots('ada')).toEqual(['a1 0+30', 'a2 30+0']);
    expect(story.entries('ada').at(-1)).toMatchObject({
      kind: 'REVERSED',
      arithmetic: { type: 'ADJUSTMENT', adjustment: 1, points: -90 },
    });
  });

  it('and are missing are owed; the next credit pays them (R4.3)', () => {
    const story = tale();
    adjust(story, -200);
    expect(story.account('ada')).toMatchObject({ available: 0, owed: 50, turnover: 15_000n });
    story.complete('a4', 'ada', '80.00');
    expect(story.account('ada')).toMatchObject({ available: 30, owed: 0 });
  });
});

describe('an adjustment above the limit', () => {
  it.each([
    [LIMIT, 'BOOKED'],
    [LIMIT + 1, 'REQUESTED'],
    [-LIMIT, 'BOOKED'],
    [-LIMIT - 1, 'REQUESTED'],
  ])('of %i points is %s at first', (points, state) => {
    const story = tale();
    const before = story.account('ada');
    expect(adjust(story, points)).toMatchObject({ state });
    if (state === 'REQUESTED') expect(story.account('ada')).toEqual(before);
  });

  it('is booked when a second person approves it, and not by whoever asked', () => {
    const story = tale();
    adjust(story, 20_000);
    expect(decide(story, 1, true, 'desk:dan')).toBe('SAME_PERSON');
    story.at('2025-04-01T10:00:00Z');
    expect(decide(story, 1, true)).toMatchObject({
      ...{ state: 'BOOKED', requestedBy: 'desk:dan', sequence: 3 },
      decision: { by: 'desk:kim', note: 'Seen.', at: Date.parse('2025-04-01T10:00:00Z') },
    });
    // It is credited when it is approved (R6.2).
    expect(story.lot('ada', '1').expiresAt).toBe(Date.parse('2026-04-01T22:00:00Z'));
    expect(decide(story, 1, true)).toBe('ADJUSTMENT_NOT_REQUESTED');
    expect(decide(story, 1, false)).toBe('ADJUSTMENT_NOT_REQUESTED');
    expect(story.account('ada')).toMatchObject({ available: 20_150 });
  });

  it('is declined by anybody at the desk, and nothing moves', () => {
    const story = tale();
    adjust(story, -20_000);
    expect(decide(story, 1, false, 'desk:dan')).toMatchObject({
      state: 'DECLINED',
      sequence: null,
    });
    expect(decide(story, 1, true)).toBe('ADJUSTMENT_NOT_REQUESTED');
    expect(story.account('ada')).toMatchObject({ available: 150, owed: 0 });
  });

  it('is configured by program, and 10,000 where it is not', () => {
    expect(approvalAbove({ TR: 350_000 }, 'TR')).toBe(350_000);
    expect(approvalAbove({ TR: 350_000 }, 'EU')).toBe(10_000);
    expect(approvalAbove({}, undefined)).toBe(10_000);
  });
});

describe('an adjustment is refused', () => {
  it.each([0, 1_000_000_001, -1_000_000_001, Number.MAX_SAFE_INTEGER, 0.5])('of %p points', (n) => {
    expect(adjust(tale(), n)).toBe('INVALID_POINTS');
  });

  it('for who is no member, and for an ended membership; not for a suspended one', () => {
    const story = tale();
    expect(adjust(story, 5, 'desk:dan', 'zoe')).toBe('NOT_A_MEMBER');
    expect(decide(story, 1, true)).toBe('ADJUSTMENT_NOT_FOUND');
    story.suspend('ada');
    expect(adjust(story, 5)).toMatchObject({ state: 'BOOKED' });
    story.reinstate('ada');
    adjust(story, 20_000);
    adjust(story, 30_000);
    story.leave('ada', 155);
    expect(adjust(story, 5)).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(decide(story, 2, true, 'desk:dan')).toBe('SAME_PERSON');
    expect(decide(story, 2, true)).toBe('MEMBERSHIP_NOT_ACTIVE');
    expect(decide(story, 3, false)).toMatchObject({ state: 'DECLINED' });
    expect(story.account('ada')).toMatchObject({ available: 0 });
  });

  it('with a used key and other input; with the same it is answered once more', () => {
    const story = tale();
    const wish = { customerId: 'ada', points: 5, reason: 'Goodwill.', actor: 'desk:dan' };
    const asked = { ...wish, approvalAbove: LIMIT, idempotencyKey: 'once' };
    const first = story.run(adjustPoints(asked));
    expect(story.run(adjustPoints(asked))).toEqual(first);
    expect(story.run(adjustPoints({ ...asked, reason: 'Other.' }))).toMatchObject({
      refused: 'IDEMPOTENCY_CONFLICT',
    });
    expect(story.account('ada')).toMatchObject({ available: 155 });
  });
});
