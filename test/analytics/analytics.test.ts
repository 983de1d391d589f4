import { SmallStory } from './small-story';

interface Figure {
  readonly points: number;
  readonly unbooked: number;
  readonly value: { readonly amount: string };
}
type Flows = Readonly<Record<string, Figure>> & {
  readonly issuedBySource: { readonly source: string; readonly figure: Figure }[];
};
interface Liability {
  readonly at: string;
  readonly outstanding: Figure;
  readonly available: number;
  readonly held: number;
  readonly owed: Figure;
  readonly byExpiry: { readonly month: string; readonly points: number }[];
}
interface Breakage {
  readonly realised: Figure;
  readonly expected: number;
  readonly expectedValue: { readonly amount: string };
  readonly rate: string | null;
  readonly method: string;
}
interface Analytics {
  readonly basis: string;
  readonly asOf: string;
  readonly knownNow: Analytics | null;
  readonly total: Flows;
  readonly liability: Liability;
  readonly breakage: Breakage;
  readonly buckets: {
    readonly start: string;
    readonly end: string;
    readonly flows: Flows;
    readonly liability: Liability;
    readonly breakage: Breakage;
  }[];
}

const FLOWS = [
  ...['issued', 'transferredIn', 'restored', 'redeemed', 'expired', 'reversed', 'forfeited'],
  ...['voided', 'transferredOut', 'owedIncurred', 'owedPaid'],
];
const FIGURE = '{ points unbooked value { amount } }';
const ALL = `
  fragment flows on RewardsFlows {
    ${FLOWS.map((flow) => `${flow} ${FIGURE}`).join(' ')} issuedBySource { source figure ${FIGURE} }
  }
  fragment liability on RewardsLiability {
    at outstanding ${FIGURE} available held owed ${FIGURE} byExpiry { month points value { amount } }
  }
  fragment breakage on RewardsBreakage {
    realised ${FIGURE} expected expectedValue { amount currency } rate method
  }
  fragment answer on RewardsAnalytics {
    basis asOf total { ...flows } liability { ...liability } breakage { ...breakage }
    buckets { start end flows { ...flows } liability { ...liability } breakage { ...breakage } }
  }
  query ($program: ProgramCode! = "EU", $from: DateTime!, $to: DateTime!, $by: RewardsAnalyticsBucket, $asOf: DateTime) {
    rewardsAnalytics(program: $program, from: $from, to: $to, by: $by, asOf: $asOf) {
      ...answer knownNow { ...answer }
    }
  }`;
/** The first half of 2025, and January 2026, in Berlin. */
const HALF = { from: '2024-12-31T23:00:00Z', to: '2025-06-30T22:00:00Z' };
const WINTER = { from: '2025-12-31T23:00:00Z', to: '2026-01-31T23:00:00Z' };

let story: SmallStory;
beforeAll(async () => {
  story = await SmallStory.open();
});
afterAll(() => story.close());

async function answer(variables: object): Promise<Analytics> {
  const { body } = await story.ask(ALL, variables);
  expect(body.errors).toBeUndefined();
  return body.data!.rewardsAnalytics as Analytics;
}

/** The flows that are not 0. */
function flowed(flows: Flows): Record<string, number> {
  const all = FLOWS.map((flow) => [flow, flows[flow]!.points] as const);
  return Object.fromEntries(all.filter(([, points]) => points !== 0));
}

describe('before anything happened', () => {
  test('everything is nothing, and there is no rate', async () => {
    const { total, liability, breakage, basis, knownNow } = await answer(HALF);
    expect({ flows: flowed(total), basis, knownNow }).toEqual({
      ...{ flows: {}, basis: 'KNOWN', knownNow: null },
    });
    expect(liability).toMatchObject({ available: 0, held: 0, byExpiry: [] });
    expect(breakage).toMatchObject({ rate: null, expected: 0, method: 'COHORT_12_MONTHS' });
  });
});

describe('a hold that lapsed on the 6th and was booked on the 10th', () => {
  const until = (asOf: string) => ({ ...HALF, asOf });
  beforeAll(async () => {
    await story.january();
    await story.february();
  });

  test('is held in what the books said on the 8th, and given back in what is known of the 8th now', async () => {
    const { basis, liability, knownNow } = await answer(until('2025-02-08T10:00:00Z'));
    expect(basis).toBe('RECORDED');
    expect(liability).toMatchObject({ at: '2025-02-08T10:00:00.000Z', available: 6400, held: 100 });
    expect(knownNow).toMatchObject({ basis: 'KNOWN', asOf: '2025-02-08T10:00:00.000Z' });
    expect(knownNow!.liability).toMatchObject({ available: 6500, held: 0 });
  });

  test('is given back in what the books said on the 10th, at the very instant it was booked', async () => {
    const before = await answer(until('2025-02-10T09:59:59.999Z'));
    expect(before.liability).toMatchObject({ available: 6400, held: 100 });
    const then = await answer(until('2025-02-10T10:00:00Z'));
    expect(then.liability).toMatchObject({ available: 6500, held: 0 });
    expect(flowed(then.total)).toMatchObject({ transferredIn: 50, transferredOut: 50 });
  });
});

describe('half a year', () => {
  let whole: Analytics;
  beforeAll(async () => {
    await story.march();
    await story.april();
    await story.world.at('2025-06-10T10:00:00Z');
    whole = await answer({ ...HALF, by: 'MONTH' });
  });

  test('is told month by month, and adds up to the total', () => {
    expect(whole.buckets.map(({ flows }) => flowed(flows))).toEqual([
      { issued: 6900 },
      { transferredIn: 50, restored: 100, redeemed: 400, transferredOut: 50 },
      { issued: 80, redeemed: 300, reversed: 1130, owedIncurred: 100, owedPaid: 80 },
      { forfeited: 500, voided: 100 },
      ...[{}, {}],
    ]);
    expect(flowed(whole.total)).toEqual({
      ...{ issued: 6980, transferredIn: 50, restored: 100, redeemed: 700, reversed: 1130 },
      ...{ forfeited: 500, voided: 100, transferredOut: 50, owedIncurred: 100, owedPaid: 80 },
    });
    expect(whole.buckets.map(({ start }) => start).slice(0, 4)).toEqual([
      ...['2024-12-31T23:00:00.000Z', '2025-01-31T23:00:00.000Z', '2025-02-28T23:00:00.000Z'],
      '2025-03-31T22:00:00.000Z',
    ]);
  });

  test('says what credited the points', () => {
    const sources = whole.total.issuedBySource.map(({ source, figure }) => [source, figure.points]);
    expect(sources).toEqual([
      ...[['ORDER', 1580] as const, ['REFERRAL', 5000] as const, ['CAMPAIGN', 100] as const],
      ['ADJUSTMENT', 300] as const,
    ]);
  });

  test('rolls forward: each month closes with what the next one opens with', () => {
    let opening = 0;
    for (const { flows, liability } of whole.buckets) {
      const [into, out] = [
        ['issued', 'transferredIn', 'restored'],
        ['redeemed', 'expired', 'reversed', 'forfeited', 'voided', 'transferredOut'],
      ].map((names) => names.reduce((sum, name) => sum + flows[name]!.points, 0));
      expect(liability.outstanding.points).toBe(opening + into! - out!);
      opening = liability.outstanding.points;
    }
    const standing = whole.buckets.map(({ liability }) => liability.outstanding.points);
    expect(standing).toEqual([6900, 6600, 5250, 4650, 4650, 4650]);
  });

  test('values points in money, ages them by the month they expire in, and knows who owes', () => {
    expect(whole.liability).toEqual({
      at: '2025-06-10T10:00:00.000Z',
      outstanding: { points: 4650, unbooked: 0, value: { amount: '46.50' } },
      ...{ available: 4650, held: 0 },
      owed: { points: 20, unbooked: 0, value: { amount: '0.20' } },
      byExpiry: [{ month: '2026-01', points: 4650, value: { amount: '46.50' } }],
    });
  });

  test.each(['HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'])(
    'is the same by %s',
    async (by) => {
      const to = by === 'HOUR' ? '2025-02-10T22:00:00Z' : HALF.to;
      const monthly = await answer({ ...HALF, to, by: 'MONTH' });
      const { buckets, ...told } = await answer({ ...HALF, to, by });
      const { buckets: months, ...all } = monthly;
      expect({ ...told, asOf: '' }).toEqual({ ...all, asOf: '' });
      expect(buckets.at(-1)!.liability).toEqual(months.at(-1)!.liability);
      for (const flow of FLOWS) {
        const sum = buckets.reduce((total, { flows }) => total + flows[flow]!.points, 0);
        expect([flow, sum]).toEqual([flow, told.total[flow]!.points]);
      }
    },
  );

  test('begins with what was there before it', async () => {
    const { total, liability } = await answer({ ...HALF, from: '2025-03-31T22:00:00Z' });
    expect(flowed(total)).toEqual({ forfeited: 500, voided: 100 });
    expect(liability.outstanding.points).toBe(4650);
  });

  test('of another program is nothing', async () => {
    const { total, liability } = await answer({ ...HALF, program: 'TR' });
    expect([flowed(total), liability.outstanding.points]).toEqual([{}, 0]);
  });
});

describe('what expires', () => {
  const ahead = '2026-02-01T10:00:00Z';
  let projected: Analytics;
  beforeAll(async () => {
    await story.world.place('ada-3', 'ada', '100.00');
    const hold = { customerId: 'ada', orderId: 'ada-3', points: 40, hold: { seconds: 3_600 } };
    await story.do('redeemXPoints', hold);
    projected = await answer({ ...WINTER, asOf: ahead });
  });

  test('is foreseen: what is left where nobody spends', () => {
    expect(projected).toMatchObject({ basis: 'PROJECTED', asOf: '2026-02-01T10:00:00.000Z' });
    expect(flowed(projected.total)).toEqual({ expired: 4650 });
    expect(projected.total.expired).toEqual({
      ...{ points: 4650, unbooked: 4650, value: { amount: '46.50' } },
    });
    expect(projected.liability).toMatchObject({ available: 0, held: 0, byExpiry: [] });
    expect(projected.liability.owed.points).toBe(20);
  });

  test('up to an instant before it expires nothing of it has', async () => {
    const { total, liability } = await answer({ ...WINTER, asOf: '2026-01-20T22:59:59.999Z' });
    expect([flowed(total), liability.available]).toEqual([{}, 4650]);
  });

  test('is gone at its instant, before anybody writes it down (R6.2), and is what was foreseen', async () => {
    await story.world.at('2026-01-22T10:00:00Z');
    const { total, liability, breakage } = await answer(WINTER);
    expect(total.expired).toEqual(projected.total.expired);
    expect(liability).toMatchObject({ available: 0, held: 0, byExpiry: [] });
    expect(breakage.realised).toMatchObject({ points: 4650, unbooked: 4650 });
  });

  test('is booked late: the books said nothing of it on the 22nd, and it is known of the 22nd now', async () => {
    await story.world.at('2026-01-25T10:00:00Z');
    await story.book('ada');
    const { total, liability, knownNow } = await answer({
      ...WINTER,
      asOf: '2026-01-22T10:00:00Z',
    });
    expect([flowed(total), liability.available]).toEqual([{}, 4610]);
    expect(liability.held).toBe(40);
    expect(knownNow!.total.expired).toMatchObject({ points: 4650, unbooked: 0 });
    expect(knownNow!.liability).toMatchObject({ available: 0, held: 0 });
  });

  test('tells how much of what is outstanding will be: a cohort of 5,750 points broke by 5,150', async () => {
    await story.world.at('2026-02-01T10:00:00Z');
    await story.world.register('eve');
    await story.world.earn('eve-1', 'eve', '1000.00');
    const { breakage, buckets } = await answer({ ...WINTER, to: '2026-02-28T23:00:00Z' });
    expect(breakage).toMatchObject({ rate: '0.895652', expected: 895 });
    expect(breakage.expectedValue).toEqual({ amount: '8.95', currency: 'EUR' });
    // Until January was over, the month of these lots was not.
    expect(buckets[0]!.breakage).toMatchObject({ rate: null, expected: 0 });
    const early = await answer({ ...WINTER, asOf: '2026-01-25T10:00:00Z' });
    expect(early.breakage.rate).toBeNull();
  });
});
