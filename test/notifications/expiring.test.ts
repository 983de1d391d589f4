import { tellExpiring } from '../../src/notifications/tell-expiring';
import { Tale } from '../ledger/tale';

/** Ada's lot of 100 is credited on 10 January 2025, so its last day is 10 January 2026. */
function tale(): Tale {
  const story = new Tale();
  story.at('2025-01-10T10:00:00Z').register('ada');
  story.complete('a1', 'ada', '100.00');
  return story;
}

/** What Ada is told now; null where it is nothing. */
function told(story: Tale): object | null {
  const { told: isTold } = story.run(tellExpiring('ada')) as { told: boolean };
  const { lastNotification } = story.world.accounts.get('ada')!;
  return isTold ? story.world.notifications.get('ada')!.get(lastNotification)!.data : null;
}

describe('points that will expire (R6.9)', () => {
  it.each([
    ['2025-12-11T23:00:00Z', 30],
    ['2026-01-03T23:00:00Z', 7],
  ])('are told of from the first instant of the day %s on: %i days ahead', (from, days) => {
    const before = new Date(Date.parse(from) - 1).toISOString();
    const story = tale();
    told(story.at('2025-12-01T10:00:00Z'));
    if (days === 7) told(story.at('2025-12-20T10:00:00Z'));
    expect(told(story.at(before))).toBeNull();
    expect(told(story.at(from))).toMatchObject({
      points: 100,
      value: { amount: '1.00', currency: 'EUR' },
      parts: [{ points: 100, days, expiresAt: '2026-01-10T23:00:00.000Z' }],
    });
    expect(told(story)).toBeNull();
  });

  it('are summed: one notification a day, one part per expiry', () => {
    const story = tale();
    story.at('2025-02-02T10:00:00Z').complete('a2', 'ada', '50.00');
    story.complete('a3', 'ada', '25.00');
    expect(told(story.at('2026-01-05T10:00:00Z'))).toMatchObject({
      points: 175,
      parts: [
        { points: 100, days: 7 },
        { points: 75, days: 30 },
      ],
    });
  });

  it('are told of once after an outage, by the nearest notice', () => {
    const story = tale();
    expect(told(story.at('2026-01-06T10:00:00Z'))).toMatchObject({ parts: [{ days: 7 }] });
    expect(told(story.at('2026-01-07T10:00:00Z'))).toBeNull();
  });

  it('are none where they were spent, held or have expired', () => {
    const story = tale();
    story.at('2025-12-01T10:00:00Z').place('a2', 'ada', '1.00');
    story.redeem('ada', 'a2', 100, 60_000 * 60 * 24 * 89);
    expect(told(story.at('2026-01-05T10:00:00Z'))).toBeNull();
    const gone = tale();
    expect(told(gone.at('2026-01-10T23:00:00Z'))).toBeNull();
  });
});
