import { formatDecimal, MINOR_MAX, parseDecimal } from '../../src/kernel/money';
import { formatInstant } from '../../src/kernel/time';
import {
  lotExpiry,
  nextTier,
  type Price,
  pointsFor,
  price,
  tierAt,
  worth,
} from '../../src/programs/pricing';
import type { Terms } from '../../src/programs/terms';
import { shippedTerms } from './documents';

const PROGRAMS = { EU: shippedTerms('eu'), TR: shippedTerms('tr') } as const;
type Program = keyof typeof PROGRAMS;
const { EU } = PROGRAMS;

/** Minor units of an amount of two places, as both programs' currencies have. */
function minor(decimal: string): bigint {
  const read = parseDecimal(decimal, 'EUR');
  if (read === null) throw new Error(`${decimal} is no amount of two places`);
  return read;
}

/** Brackets as a table writes them: "BRONZE 20000.00 × 1, SILVER 0.01 × 2". */
function written({ brackets }: Price): string {
  return brackets
    .map(({ tier, base, pointsPerUnit }) => {
      return `${tier} ${formatDecimal(base, 'EUR')} × ${pointsPerUnit}`;
    })
    .join(', ');
}

describe('R1.3, R3.9: the tier of a turnover', () => {
  test.each<[Program, string, string, string | undefined]>([
    ['EU', '0.00', 'BRONZE', 'SILVER'],
    ['EU', '0.01', 'BRONZE', 'SILVER'],
    ['EU', '19999.99', 'BRONZE', 'SILVER'],
    ['EU', '20000.00', 'SILVER', 'GOLD'],
    ['EU', '20000.01', 'SILVER', 'GOLD'],
    ['EU', '69999.99', 'SILVER', 'GOLD'],
    ['EU', '70000.00', 'GOLD', undefined],
    ['EU', '70000.01', 'GOLD', undefined],
    ['EU', '90071992547409.91', 'GOLD', undefined],
    ['TR', '0.00', 'BRONZE', 'SILVER'],
    ['TR', '749999.99', 'BRONZE', 'SILVER'],
    ['TR', '750000.00', 'SILVER', 'GOLD'],
    ['TR', '750000.01', 'SILVER', 'GOLD'],
    ['TR', '2499999.99', 'SILVER', 'GOLD'],
    ['TR', '2500000.00', 'GOLD', undefined],
    ['TR', '2500000.01', 'GOLD', undefined],
  ])('%s: %s is %s, the next one %s', (program, turnover, tier, next) => {
    const terms = PROGRAMS[program];
    expect(tierAt(terms, minor(turnover)).code).toBe(tier);
    expect(nextTier(terms, minor(turnover))?.code).toBe(next);
  });

  test('of a negative turnover is a bug that fails', () => {
    expect(() => tierAt(EU, -1n)).toThrow('Broken invariant');
  });
});

describe('R3.5: the worked examples of the pages', () => {
  test.each<[Program, string, string[], number[], string]>([
    ['EU', '20000.00', ['5000.00', '20000.00'], [10_000, 40_000], '500.00'],
    ['TR', '750000.00', ['100000.00', '400000.00'], [200_000, 800_000], '10000.00'],
  ])('%s: at %s orders of %j earn %j, worth %s', (program, start, orders, earned, value) => {
    const terms = PROGRAMS[program];
    let turnover = minor(start);
    const each = orders.map((net) => {
      const { points } = price(terms, turnover, minor(net));
      turnover += minor(net);
      return points;
    });
    expect(each).toEqual(earned);
    const total = each.reduce((sum, points) => sum + points, 0);
    expect(worth(terms, total)).toBe(minor(value));
  });
});

describe('R3.3: rates apply in brackets of cumulative turnover', () => {
  test.each<[Program, string, string, string, number]>([
    ['EU', '0.00', '0.00', '', 0],
    ['EU', '0.00', '0.99', 'BRONZE 0.99 × 1', 0],
    ['EU', '0.00', '1.00', 'BRONZE 1.00 × 1', 1],
    ['EU', '0.00', '19999.99', 'BRONZE 19999.99 × 1', 19_999],
    ['EU', '0.00', '20000.00', 'BRONZE 20000.00 × 1', 20_000],
    ['EU', '0.00', '20000.01', 'BRONZE 20000.00 × 1, SILVER 0.01 × 2', 20_000],
    ['EU', '0.00', '20000.50', 'BRONZE 20000.00 × 1, SILVER 0.50 × 2', 20_001],
    ['EU', '19999.99', '0.01', 'BRONZE 0.01 × 1', 0],
    ['EU', '19999.99', '0.51', 'BRONZE 0.01 × 1, SILVER 0.50 × 2', 1],
    ['EU', '20000.00', '0.49', 'SILVER 0.49 × 2', 0],
    ['EU', '20000.00', '0.50', 'SILVER 0.50 × 2', 1],
    ['EU', '20000.01', '0.49', 'SILVER 0.49 × 2', 0],
    ['EU', '20000.00', '50000.00', 'SILVER 50000.00 × 2', 100_000],
    ['EU', '69999.99', '0.01', 'SILVER 0.01 × 2', 0],
    ['EU', '69999.99', '1.00', 'SILVER 0.01 × 2, GOLD 0.99 × 3', 2],
    ['EU', '70000.00', '0.33', 'GOLD 0.33 × 3', 0],
    ['EU', '70000.00', '0.34', 'GOLD 0.34 × 3', 1],
    ['EU', '70000.01', '0.34', 'GOLD 0.34 × 3', 1],
    [
      'EU',
      '15000.00',
      '60000.00',
      'BRONZE 5000.00 × 1, SILVER 50000.00 × 2, GOLD 5000.00 × 3',
      120_000,
    ],
    ['TR', '0.00', '749999.99', 'BRONZE 749999.99 × 1', 749_999],
    ['TR', '0.00', '750000.00', 'BRONZE 750000.00 × 1', 750_000],
    ['TR', '0.00', '750000.50', 'BRONZE 750000.00 × 1, SILVER 0.50 × 2', 750_001],
    ['TR', '749999.99', '0.02', 'BRONZE 0.01 × 1, SILVER 0.01 × 2', 0],
    ['TR', '750000.00', '1750000.00', 'SILVER 1750000.00 × 2', 3_500_000],
    ['TR', '2499999.99', '0.02', 'SILVER 0.01 × 2, GOLD 0.01 × 3', 0],
    ['TR', '2500000.00', '0.34', 'GOLD 0.34 × 3', 1],
  ])('%s at %s: a base of %s is %s and earns %i', (program, before, base, brackets, points) => {
    const priced = price(PROGRAMS[program], minor(before), minor(base));
    expect(written(priced)).toBe(brackets);
    expect(priced.points).toBe(points);
  });

  test('CURRENT_TIER: the tier held before the order prices the whole order', () => {
    const terms: Terms = { ...EU, rateBasis: 'CURRENT_TIER' };
    const crossing = price(terms, minor('19999.99'), minor('1000.01'));
    expect(written(crossing)).toBe('BRONZE 1000.01 × 1');
    expect(crossing.points).toBe(1_000);
    expect(price(terms, minor('20000.00'), minor('100000.00')).points).toBe(200_000);
    expect(price(terms, minor('20000.00'), 0n)).toEqual({ points: 0, exact: '0.00', brackets: [] });
  });

  test('amounts stay exact up to the largest one', () => {
    expect(price(EU, minor('70000.00'), MINOR_MAX).points).toBe(270_215_977_642_229);
  });

  test('more than the largest number of points fails rather than being wrong', () => {
    const yen: Terms = { ...EU, currency: 'JPY' };
    expect(() => price(yen, 7_000_000n, MINOR_MAX)).toThrow(RangeError);
  });

  test('a negative base or turnover is a bug that fails', () => {
    expect(() => price(EU, 0n, -1n)).toThrow('Broken invariant');
    expect(() => price(EU, -1n, 1n)).toThrow('Broken invariant');
  });
});

describe('R3.4: points are rounded down once per order', () => {
  test('one order of 1.02 at 3 points earns 3, three of 0.34 earn 1 each, 0.33 earns none', () => {
    const earned = ['1.02', '0.34', '0.33'].map((net) => price(EU, 7_000_000n, minor(net)).points);
    expect(earned).toEqual([3, 1, 0]);
  });

  test('two halves of a point in two brackets make a whole one', () => {
    const priced = price(EU, minor('19999.50'), minor('0.75'));
    expect(written(priced)).toBe('BRONZE 0.50 × 1, SILVER 0.25 × 2');
    expect(priced.points).toBe(1);
  });
});

describe('R6.4: 100 points pay 1.00', () => {
  test.each<[Program, number, string]>([
    ['EU', 0, '0.00'],
    ['EU', 1, '0.01'],
    ['EU', 100, '1.00'],
    ['TR', 100, '1.00'],
    ['TR', 1_000_000, '10000.00'],
  ])('%s: %i points pay %s, and as many fit in it', (program, points, value) => {
    expect(worth(PROGRAMS[program], points)).toBe(minor(value));
    expect(pointsFor(PROGRAMS[program], minor(value))).toBe(points);
  });

  test('an amount that is not positive takes none', () => {
    expect(pointsFor(EU, 0n)).toBe(0);
    expect(pointsFor(EU, -1n)).toBe(0);
  });
});

describe('R6.2: a lot expires at the end of the day 12 months later, in the program’s zone', () => {
  test.each<[Program, string, string]>([
    ['EU', '2025-01-10T10:00:00Z', '2026-01-10T23:00:00.000Z'],
    ['EU', '2025-07-10T21:59:59.999Z', '2026-07-10T22:00:00.000Z'],
    ['EU', '2025-07-10T22:00:00Z', '2026-07-11T22:00:00.000Z'],
    ['EU', '2028-02-29T10:00:00Z', '2029-02-28T23:00:00.000Z'],
    ['EU', '2027-10-31T10:00:00Z', '2028-10-31T23:00:00.000Z'],
    ['TR', '2025-07-10T20:59:59.999Z', '2026-07-10T21:00:00.000Z'],
    ['TR', '2025-07-10T21:00:00Z', '2026-07-11T21:00:00.000Z'],
    ['TR', '2028-02-29T10:00:00Z', '2029-02-28T21:00:00.000Z'],
  ])('%s: credited at %s, gone at %s', (program, creditedAt, expiresAt) => {
    const expiry = lotExpiry(PROGRAMS[program], Date.parse(creditedAt));
    expect(formatInstant(expiry)).toBe(expiresAt);
  });
});
