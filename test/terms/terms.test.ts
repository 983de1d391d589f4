import { parseInstant } from '../../src/kernel/time';
import { recordDelivery } from '../../src/notifications/record-delivery';
import type { PublishedTerms, Terms } from '../../src/programs/terms';
import { tellTerms } from '../../src/terms/tell-terms';
import { Tale } from '../ledger/tale';
import { shippedTerms } from '../programs/documents';

const EU = shippedTerms('eu');
const at = (text: string) => parseInstant(text)!;

/** The next version of the European terms: from a day on every tier earns a point more. */
function next(version: number, effectiveAt: string, change: Partial<Terms> = {}): PublishedTerms {
  const tiers = EU.tiers.map((tier) => ({ ...tier, pointsPerUnit: tier.pointsPerUnit + version }));
  const terms = { ...EU, version, effectiveAt: at(effectiveAt), tiers, ...change };
  return { terms, publishedAt: at('2025-02-01T00:00:00Z') };
}

function tale(): Tale {
  const story = new Tale();
  story.at('2025-01-10T10:00:00Z').register('ada');
  return story;
}

function tell(story: Tale, customerId = 'ada'): number | null {
  story.run(tellTerms(customerId));
  const ahead = story.world.accounts.get(customerId)?.termsAhead.at(-1);
  return ahead?.notification ?? null;
}

function deliver(story: Tale, number: number | null, customerId = 'ada'): void {
  story.run(recordDelivery({ customerId, number: number ?? 0, channel: 'EMAIL' }));
}

function version(story: Tale): number | null {
  story.membership('ada');
  return story.world.accounts.get('ada')?.termsVersion ?? null;
}

describe('a new version of the terms (R1.4, R2.6)', () => {
  it('binds a month after its notification was delivered, to the end of the day', () => {
    const story = tale();
    story.publish(next(2, '2025-02-10T23:00:00Z'));
    const number = tell(story.at('2025-02-03T09:00:00Z'));
    deliver(story.at('2025-02-05T15:00:00Z'), number);
    expect(version(story.at('2025-03-05T22:59:59.999Z'))).toBe(1);
    expect(version(story.at('2025-03-05T23:00:00Z'))).toBe(2);
  });

  it('binds at its effective date where that is later', () => {
    const story = tale();
    story.publish(next(2, '2025-05-31T22:00:00Z'));
    deliver(story.at('2025-02-05T15:00:00Z'), tell(story));
    expect(version(story.at('2025-05-31T21:59:59.999Z'))).toBe(1);
    expect(version(story.at('2025-05-31T22:00:00Z'))).toBe(2);
  });

  it('never binds who was not told; a second delivery does not start the month again', () => {
    const story = tale();
    story.publish(next(2, '2025-02-10T23:00:00Z'));
    const number = tell(story.at('2025-02-05T15:00:00Z'));
    expect(version(story.at('2026-02-05T15:00:00Z'))).toBe(1);
    deliver(story, number);
    deliver(story.at('2026-02-20T15:00:00Z'), number);
    expect(version(story.at('2026-03-05T23:00:00Z'))).toBe(2);
  });

  it('is told once, and orders are priced by the version that binds when they are judged', () => {
    const story = tale();
    story.publish(next(2, '2025-02-10T23:00:00Z'));
    const number = tell(story.at('2025-02-05T15:00:00Z'));
    expect(tell(story)).toBe(number);
    deliver(story, number);
    story.complete('before', 'ada', '100.00');
    story.at('2025-03-10T10:00:00Z').complete('after', 'ada', '100.00');
    expect(story.earned('before')).toBe(100);
    expect(story.earned('after')).toBe(300);
    expect(story.lot('ada', 'before').termsVersion).toBe(1);
    expect(story.lot('ada', 'after').termsVersion).toBe(2);
    // R4.2: a cancellation is reckoned under the version the order was credited by.
    story.cancel('before', '50.00');
    expect(story.earned('before')).toBe(50);
  });

  it('is told with what it changes: each field, before and after', () => {
    const story = tale();
    story.publish(next(2, '2025-02-10T23:00:00Z', { lotValidityMonths: 24, tiers: EU.tiers }));
    story.publish(next(3, '2025-02-11T23:00:00Z', { lotValidityMonths: 24 }));
    tell(story.at('2025-02-03T09:00:00Z'));
    const told = [...story.world.notifications.get('ada')!.values()].map(({ data }) => data);
    expect(told).toMatchObject([
      { version: 2, changes: [{ field: 'lotValidityMonths', before: '12', after: '24' }] },
      {
        version: 3,
        changes: [
          { field: 'tiers.BRONZE.pointsPerUnit', before: '1', after: '4' },
          { field: 'tiers.SILVER.pointsPerUnit', before: '2', after: '5' },
          { field: 'tiers.GOLD.pointsPerUnit', before: '3', after: '6' },
        ],
      },
    ]);
  });

  it('binds who enrols after its publication from its effective date, untold', () => {
    const story = new Tale();
    story.publish(next(2, '2025-05-31T22:00:00Z'));
    story.at('2025-03-01T10:00:00Z').register('ada');
    expect(tell(story)).toBeNull();
    expect(version(story)).toBe(1);
    expect(version(story.at('2025-05-31T22:00:00Z'))).toBe(2);
    story.register('bo');
    expect(story.world.accounts.get('bo')).toMatchObject({ termsVersion: 2, termsAhead: [] });
  });

  it('may be overtaken: an older version that is still ahead never binds', () => {
    const story = tale();
    story.publish(next(2, '2025-12-31T23:00:00Z'));
    tell(story.at('2025-02-05T15:00:00Z'));
    story.publish(next(3, '2026-01-31T23:00:00Z'));
    deliver(story, tell(story));
    expect(version(story.at('2026-01-31T23:00:00Z'))).toBe(3);
    expect(story.world.accounts.get('ada')?.termsAhead).toEqual([]);
  });

  it('tells the tier where the new ladder gives another one', () => {
    const story = tale();
    story.complete('a1', 'ada', '100.00');
    const tiers = EU.tiers.map((tier) =>
      tier.code === 'SILVER' ? { ...tier, from: 5_000n } : tier,
    );
    story.publish(next(2, '2025-02-10T23:00:00Z', { tiers }));
    deliver(story.at('2025-02-05T15:00:00Z'), tell(story));
    story.at('2025-03-10T10:00:00Z').complete('a2', 'ada', '10.00');
    expect(story.earned('a2')).toBe(20);
  });
});

describe('an objection to new terms (R2.6)', () => {
  function told(): Tale {
    const story = tale();
    story.complete('a1', 'ada', '100.00');
    story.publish(next(2, '2025-02-10T23:00:00Z'));
    deliver(story.at('2025-02-05T15:00:00Z'), tell(story));
    return story;
  }

  it('ends the membership on the day the version would have bound; the old one applies until then', () => {
    const story = told();
    expect(story.objectToTerms('ada', 2)).toBe('ok');
    expect(story.membership('ada')).toBe('ENDING');
    story.at('2025-03-05T22:59:59.999Z').complete('a2', 'ada', '10.00');
    expect(story.account('ada')).toMatchObject({ available: 110 });
    expect(version(story)).toBe(1);
    story.at('2025-03-05T23:00:00Z');
    expect(story.membership('ada')).toBe('ENDED');
    expect(story.account('ada')).toMatchObject({ available: 0 });
    expect(version(story)).toBe(1);
  });

  it('comes too late once the month is over, also where the version has not begun', () => {
    const story = tale();
    story.publish(next(2, '2025-05-31T22:00:00Z'));
    deliver(story.at('2025-02-05T15:00:00Z'), tell(story));
    expect(story.at('2025-03-05T23:00:00Z').objectToTerms('ada', 2)).toBe('OBJECTION_TOO_LATE');
    expect(version(story.at('2025-05-31T22:00:00Z'))).toBe(2);
    expect(story.objectToTerms('ada', 2)).toBe('TERMS_NOT_OPEN');
  });

  it('before the delivery counts as having been told', () => {
    const story = tale();
    story.publish(next(2, '2025-02-10T23:00:00Z'));
    const number = tell(story.at('2025-02-05T15:00:00Z'));
    expect(story.objectToTerms('ada', 2)).toBe('ok');
    deliver(story.at('2025-02-20T15:00:00Z'), number);
    expect(story.at('2025-03-05T22:59:59.999Z').membership('ada')).toBe('ENDING');
    expect(story.at('2025-03-05T23:00:00Z').membership('ada')).toBe('ENDED');
  });

  it('is refused twice, for a version that is none, and for who enrolled later', () => {
    const story = told();
    expect(story.objectToTerms('ada', 1)).toBe('TERMS_NOT_OPEN');
    expect(story.objectToTerms('ada', 3)).toBe('TERMS_NOT_OPEN');
    expect(story.objectToTerms('zoe', 2)).toBe('NOT_A_MEMBER');
    expect(story.objectToTerms('ada', 2)).toBe('ok');
    expect(story.objectToTerms('ada', 2)).toBe('TERMS_NOT_OPEN');
    story.register('bo');
    expect(story.objectToTerms('bo', 2)).toBe('TERMS_NOT_OPEN');
    expect(story.at('2025-03-06T00:00:00Z').objectToTerms('ada', 2)).toBe('MEMBERSHIP_NOT_ACTIVE');
  });

  it('cuts the time to redeem short where notice was given before (R2.4)', () => {
    const story = told();
    story.terminate('ada');
    expect(story.objectToTerms('ada', 2)).toBe('ok');
    expect(story.at('2025-03-05T23:00:00Z').membership('ada')).toBe('ENDED');
  });
});
