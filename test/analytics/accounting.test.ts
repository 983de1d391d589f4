import fc from 'fast-check';
import { type AccountingPeriod, type Amount, accountFor } from '../../src/analytics/accounting';
import { BreakageByExpiry, recogniseBreakage } from '../../src/analytics/accounting-breakage';
import { closing, FLOWS, type Flows } from '../../src/analytics/flows';
import type { EntrySum, MoveSum } from '../../src/analytics/sums';
import { LOT_STATES } from '../../src/ledger/lot';

const NONE = Object.fromEntries(FLOWS.map((flow) => [flow, 0])) as Flows;

function period(number: number, pointValueMinor = 1n): AccountingPeriod {
  const month = `2026-${String(number).padStart(2, '0')}`;
  return { month, start: number, end: number + 1, isOpen: false, pointValueMinor };
}

function move(changes: Partial<MoveSum>): MoveSum {
  return {
    ...{ bucket: 1, kind: 'CREDITED', source: 'ORDER', campaign: '', from: 'ISSUED' },
    ...{ to: 'REMAINING', expires: '2027-01', points: 1, moves: 1 },
    ...changes,
  };
}

function owing(bucket: number | null, owedChange: number): EntrySum {
  return {
    ...{ bucket, kind: owedChange > 0 ? 'REVERSED' : 'CREDITED', tierBefore: 'A', tierAfter: 'A' },
    ...{ entries: 1, availableChange: 0, heldChange: 0, owedChange, turnoverChange: 0n },
    ...{ orders: 0, ordersWithPoints: 0, pointsOnOrders: 0, firstEntries: 0, bonuses: 0 },
  };
}

function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce((all, it) => ({
    points: all.points + it.points,
    minor: all.minor + it.minor,
  }));
}

const steps = fc.record({
  bucket: fc.constantFrom(null, 1, 2, 3),
  source: fc.constantFrom('ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT', 'TRANSFER'),
  from: fc.constantFrom('ISSUED', 'ISSUED', 'REMAINING', 'HELD', 'REDEEMED', 'EXPIRED'),
  to: fc.constantFrom(...LOT_STATES),
  expires: fc.constantFrom('2025-06', '2026-01', '2026-02', '2027-01'),
  points: fc.integer({ min: 1, max: 1_000_000 }),
}) as fc.Arbitrary<Partial<MoveSum>>;

/** Points issued first, so that nobody has less than nothing. */
const FIRST = move({ bucket: null, points: 1_000_000_000, expires: '2025-12' });

test('whatever was booked, each month rolls forward, in points and in money, and leaves its closing to the next', () => {
  fc.assert(
    fc.property(
      fc.array(steps, { maxLength: 40 }),
      fc.array(fc.tuple(fc.constantFrom(null, 1, 2, 3), fc.integer({ min: -9, max: 9 }))),
      fc.array(fc.bigInt({ min: 1n, max: 500n }), { minLength: 3, maxLength: 3 }),
      (some, owed, values) => {
        const moves = [FIRST, ...some.map(move)];
        const entries = owed.map(([bucket, change]) => owing(bucket, change));
        const months = accountFor(
          values.map((value, i) => period(i + 1, value)),
          { moves, entries },
        );
        for (const [i, month] of months.entries()) {
          expect(sum([month.opening, ...month.lines])).toEqual(month.closing);
          expect(month.closing.minor).toBe(BigInt(month.closing.points) * values[i]!);
          const { opening, incurred, paid, closing: left } = month.owed;
          expect(opening.points + incurred.points - paid.points).toBe(left.points);
          const next = months[i + 1];
          expect(next?.opening ?? month.closing).toEqual(month.closing);
          expect(next?.owed.opening.points ?? left.points).toBe(left.points);
          const { ahead, contractLiability, revenue, inProportion, atExpiry } = month.breakage;
          expect(ahead.points).toBeGreaterThanOrEqual(0);
          expect(ahead.points).toBeLessThanOrEqual(month.closing.points);
          expect(contractLiability.points).toBe(month.closing.points - ahead.points);
          expect(revenue).toEqual(sum([inProportion, atExpiry]));
          // The net liability rolls forward with breakage revenue in the place of what expired.
          const before = months[i - 1]?.breakage.contractLiability ?? month.opening;
          const others = month.lines.filter((it) => it.class !== 'BREAKAGE');
          const moved = others.reduce((all, it) => all + it.points, before.points);
          expect(moved - revenue.points).toBe(contractLiability.points);
        }
      },
    ),
  );
});

test('a point that is worth more is a line of money without points', () => {
  const [january, february] = accountFor([period(1, 1n), period(2, 3n)], {
    moves: [move({ points: 100 }), move({ bucket: 2, points: 10 })],
    entries: [],
  });
  expect(january!.closing).toEqual({ points: 100, minor: 100n });
  expect(february!.opening).toEqual(january!.closing);
  expect(february!.lines[0]).toMatchObject({ line: 'REVALUED', points: 0, minor: 200n });
  expect(february!.closing).toEqual({ points: 110, minor: 330n });
});

test('the example of docs/accounting.md', () => {
  const flows = {
    ...{ ...NONE, issued: 27_000, restored: 500, redeemed: 12_500 },
    ...{ expired: 3_000, forfeited: 200, reversed: 1_800 },
  };
  const outstanding = closing(100_000, flows);
  expect(outstanding).toBe(110_000);
  const fifth = { granted: 50, broken: 10 };
  expect(recogniseBreakage(10_000, flows, outstanding, fifth)).toEqual({
    ...{ inProportion: 3_000, atExpiry: 0, ahead: 9_800 },
  });
});

describe('breakage', () => {
  const experience = { granted: 4, broken: 1 };

  test('of which nothing is known is recognised when points expire', () => {
    const flows = { ...NONE, redeemed: 300, expired: 50, forfeited: 7 };
    expect(recogniseBreakage(0, flows, 1_000, null)).toEqual({
      ...{ inProportion: 0, atExpiry: 57, ahead: 0 },
    });
  });

  test('that was restored is taken back, as far as it was recognised', () => {
    const flows = { ...NONE, restored: 300 };
    expect(recogniseBreakage(500, flows, 1_000, experience).inProportion).toBe(-100);
    expect(recogniseBreakage(40, flows, 1_000, experience)).toMatchObject({
      ...{ inProportion: -40, ahead: 0 },
    });
  });

  test('is never recognised ahead of more than is outstanding', () => {
    const flows = { ...NONE, redeemed: 90_000 };
    expect(recogniseBreakage(0, flows, 10, experience)).toMatchObject({ ahead: 10 });
    expect(recogniseBreakage(500, { ...NONE, voided: 490 }, 10, experience)).toMatchObject({
      ...{ inProportion: -490, ahead: 10 },
    });
  });

  test('of lots that all broke has no redemption to go by', () => {
    const all = { granted: 4, broken: 4 };
    expect(recogniseBreakage(0, { ...NONE, redeemed: 9 }, 100, all).inProportion).toBe(0);
  });

  test('is learnt from the lots of the twelve months before, reversed and voided points left out', () => {
    const told = new BreakageByExpiry();
    told.add([
      move({ expires: '2025-02', points: 1_000 }),
      move({ expires: '2025-03', points: 600 }),
      move({ expires: '2025-03', from: 'REMAINING', to: 'EXPIRED', points: 100 }),
      move({ expires: '2026-02', points: 500 }),
      move({ expires: '2026-02', from: 'REMAINING', to: 'REVERSED', points: 80 }),
      move({ expires: '2026-02', from: 'REMAINING', to: 'VOIDED', points: 20 }),
      move({ expires: '2026-02', from: 'REMAINING', to: 'FORFEITED', points: 50 }),
      move({ expires: '2026-03', from: 'REMAINING', to: 'EXPIRED', points: 77 }),
    ]);
    expect(told.ofYearBefore('2026-03')).toEqual({ granted: 1_000, broken: 150 });
    expect(told.ofYearBefore('2024-03')).toBeNull();
  });
});
