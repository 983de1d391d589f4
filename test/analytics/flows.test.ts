import fc from 'fast-check';
import { expectedBreakage } from '../../src/analytics/breakage';
import { isOfMoves, MEASURES, weightOf } from '../../src/analytics/figure';
import { closing, FLOWS, flowsOf, isOutstanding, type Step } from '../../src/analytics/flows';
import { LOT_STATES } from '../../src/ledger/lot';

const step: fc.Arbitrary<Step & { points: number }> = fc.record({
  source: fc.constantFrom('ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT', 'TRANSFER'),
  from: fc.constantFrom('ISSUED', ...LOT_STATES),
  to: fc.constantFrom(...LOT_STATES),
  points: fc.integer({ min: 1, max: 1_000_000_000 }),
});
const steps = fc.array(step, { maxLength: 60 });

function outstanding(all: readonly (Step & { points: number })[]): number {
  return all.reduce((sum, { from, to, points }) => {
    const change = Number(isOutstanding(to)) - Number(isOutstanding(from));
    return sum + change * points;
  }, 0);
}

test('opening and all flows are closing, whatever steps points take', () => {
  fc.assert(
    fc.property(steps, steps, (before, then) => {
      const opening = outstanding(before);
      expect(closing(opening, flowsOf(then))).toBe(outstanding([...before, ...then]));
    }),
  );
});

test('a figure counts of each step what the flows count', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const flows = flowsOf(all);
      const expected: Record<string, number> = {
        ...flows,
        outstanding: outstanding(all),
        breakage: flows.expired + flows.forfeited,
      };
      for (const measure of MEASURES.filter(isOfMoves)) {
        const sum = all.reduce((total, one) => total + weightOf(measure, one) * one.points, 0);
        expect([measure, sum]).toEqual([measure, expected[measure]]);
      }
    }),
  );
});

test.each([
  ['credited', 'ORDER', 'ISSUED', 'REMAINING', { issued: 1 }],
  ['received', 'TRANSFER', 'ISSUED', 'REMAINING', { transferredIn: 1 }],
  ['held', 'ORDER', 'REMAINING', 'HELD', {}],
  ['captured', 'ORDER', 'HELD', 'REDEEMED', { redeemed: 1 }],
  ['given back', 'ORDER', 'REDEEMED', 'REMAINING', { restored: 1 }],
  ['given back too late (R4.4)', 'ORDER', 'REDEEMED', 'EXPIRED', { restored: 1, expired: 1 }],
  ['released too late (R6.8)', 'ORDER', 'HELD', 'EXPIRED', { expired: 1 }],
  ['expired and taken over (R4.3)', 'ORDER', 'EXPIRED', 'REVERSED', { expired: -1, reversed: 1 }],
  ['forfeited and taken over', 'ORDER', 'FORFEITED', 'REVERSED', { forfeited: -1, reversed: 1 }],
  ['given away', 'ORDER', 'REMAINING', 'TRANSFERRED', { transferredOut: 1 }],
] as const)('a point that is %s', (_name, source, from, to, flowed) => {
  const flows = flowsOf([{ source, from, to, points: 1 }]);
  const told = Object.fromEntries(
    FLOWS.map((flow) => [flow, flows[flow]] as const).filter(([, n]) => n !== 0),
  );
  expect(told).toEqual(flowed);
});

test('points beyond what is exact are refused, not rounded', () => {
  const most = {
    source: 'ORDER',
    from: 'ISSUED',
    to: 'REMAINING',
    points: Number.MAX_SAFE_INTEGER,
  } as const;
  expect(flowsOf([most]).issued).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => flowsOf([most, { ...most, points: 2 }])).toThrow(RangeError);
});

test('what is expected to break is rounded down, and never more than there is', () => {
  const cohort = fc
    .tuple(fc.integer({ min: 1, max: 10 ** 15 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([granted, share]) => ({ granted, broken: Math.floor(granted * share) }));
  fc.assert(
    fc.property(fc.maxSafeNat(), cohort, (points, { granted, broken }) => {
      const expected = BigInt(expectedBreakage(points, { granted, broken }));
      const exact = BigInt(points) * BigInt(broken);
      expect(expected * BigInt(granted) <= exact).toBe(true);
      expect((expected + 1n) * BigInt(granted) > exact).toBe(true);
    }),
  );
  expect(expectedBreakage(100, null)).toBe(0);
});
