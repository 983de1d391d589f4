import fc from 'fast-check';
import { MINOR_MAX, minorPerUnit } from '../../src/kernel/money';
import { POINTS_MAX } from '../../src/kernel/points';
import { dayOf } from '../../src/kernel/time';
import { lotExpiry, nextTier, pointsFor, price, tierAt, worth } from '../../src/programs/pricing';
import type { Terms } from '../../src/programs/terms';
import { anyTerms, shippedTerms } from './documents';

/** Amounts around the thresholds of `anyTerms`, and now and then far above. */
const amount = fc.oneof(
  { weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 30_000n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 13n }) },
);

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, part) => sum + part, 0n);
}

describe('R3.9: the tier', () => {
  test('never falls as turnover grows, and the next one is the first above it', () => {
    fc.assert(
      fc.property(anyTerms, amount, amount, (terms, turnover, more) => {
        const tier = tierAt(terms, turnover);
        const next = nextTier(terms, turnover);
        expect(tier.from <= turnover).toBe(true);
        expect(next === undefined || next.from > turnover).toBe(true);
        expect(next).toBe(terms.tiers[terms.tiers.indexOf(tier) + 1]);
        expect(tierAt(terms, turnover + more).from >= tier.from).toBe(true);
      }),
    );
  });

  test('changes exactly at each threshold', () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        for (const [index, tier] of terms.tiers.entries()) {
          expect(tierAt(terms, tier.from)).toBe(tier);
          if (index > 0) expect(tierAt(terms, tier.from - 1n)).toBe(terms.tiers[index - 1]);
        }
      }),
    );
  });
});

describe('R3.3: the price of an order', () => {
  test('has brackets that ascend, are not empty and add up to the base', () => {
    fc.assert(
      fc.property(anyTerms, amount, amount, (terms, start, base) => {
        const { brackets } = price(terms, start, base);
        expect(total(brackets.map((part) => part.base))).toBe(base);
        expect(brackets.every((part) => part.base > 0n)).toBe(true);
        const places = brackets.map(({ tier }) => terms.tiers.findIndex((t) => t.code === tier));
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
      }),
    );
  });

  test('is what its minor units earn one by one, each at the rate of its own place in the turnover', () => {
    const small = fc.bigInt({ min: 0n, max: 600n });
    fc.assert(
      fc.property(anyTerms, small, small, (terms, start, base) => {
        let sum = 0;
        for (let place = start; place < start + base; place++) {
          sum += tierAt(terms, terms.rateBasis === 'BRACKETS' ? place : start).pointsPerUnit;
        }
        const { points } = price(terms, start, base);
        expect(points).toBe(Math.floor(sum / Number(minorPerUnit(terms.currency))));
      }),
    );
  });

  test('never falls as the base or the turnover before it grows', () => {
    fc.assert(
      fc.property(anyTerms, amount, amount, amount, (terms, start, base, more) => {
        const { points } = price(terms, start, base);
        expect(price(terms, start, base + more).points).toBeGreaterThanOrEqual(points);
        expect(price(terms, start + more, base).points).toBeGreaterThanOrEqual(points);
      }),
    );
  });

  test('R3.4: split in brackets, never earns more, and less than one point less per further part', () => {
    const parts = fc.array(amount, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyTerms, amount, parts, (any, start, bases) => {
        const terms: Terms = { ...any, rateBasis: 'BRACKETS' };
        const whole = price(terms, start, total(bases)).points;
        const split = bases
          .map((base, index) => price(terms, start + total(bases.slice(0, index)), base).points)
          .reduce((sum, points) => sum + points, 0);
        expect(split).toBeLessThanOrEqual(whole);
        expect(split).toBeGreaterThan(whole - bases.length);
      }),
    );
  });
});

describe('R6.4: points and money', () => {
  test('as many points as fit are worth at most the amount, one more is worth more', () => {
    fc.assert(
      fc.property(anyTerms, fc.bigInt({ min: 0n, max: MINOR_MAX }), (terms, budget) => {
        const points = pointsFor(terms, budget);
        expect(worth(terms, points) <= budget).toBe(true);
        expect(budget < worth(terms, points) + terms.pointValueMinor).toBe(true);
      }),
    );
  });

  test('points fit exactly in what they are worth', () => {
    fc.assert(
      fc.property(anyTerms, fc.nat({ max: Math.floor(POINTS_MAX / 1_000) }), (terms, points) => {
        expect(pointsFor(terms, worth(terms, points))).toBe(points);
      }),
    );
  });
});

test('R6.2: expiry is strictly after crediting, at local midnight, never before an earlier lot’s', () => {
  const program = fc.constantFrom(shippedTerms('eu'), shippedTerms('tr'));
  const instant = fc.integer({ min: Date.UTC(2024, 7, 1), max: Date.UTC(2060, 0, 1) });
  fc.assert(
    fc.property(program, instant, instant, (terms, a, b) => {
      const expiry = lotExpiry(terms, Math.min(a, b));
      expect(expiry).toBeGreaterThan(Math.min(a, b));
      expect(dayOf(expiry - 1, terms.zone) < dayOf(expiry, terms.zone)).toBe(true);
      const clock = new Date(expiry).toLocaleTimeString('en-GB', { timeZone: terms.zone });
      expect(clock).toBe('00:00:00');
      expect(lotExpiry(terms, Math.max(a, b))).toBeGreaterThanOrEqual(expiry);
    }),
  );
});
