import { customer } from '../federation/world';
import { at, Partners } from '../organizations/partners';

/** The sections of an answer over HTTP, on a story small enough to be reckoned on paper. */

const ANALYST = { scope: 'rewards:analytics' } as const;
const MONTHS = { from: '2024-12-31T23:00:00Z', to: '2025-04-30T22:00:00Z' };
const TIERS = 'tiers { at counts { tier { code } members } movements { from to members } }';
const REFERRALS = `referrals { links registrations rejected flagged orders acquired bonuses { points value { amount } }
  discounts { amount currency } costPerAcquired { amount } }`;
const SHARE = `redemptionShare { orders ordersWithPoints ordersPaidInFull share turnover { amount }
  paidWithPoints { amount currency } pointsOnCredited { points } shareOfValue }`;
const CAMPAIGNS = `campaigns { campaign { code } issued { points } redeemed { points } restored { points } expired { points unbooked }
  reversed { points } forfeited { points } voided { points } transferredOut { points }
  outstanding { points unbooked value { amount } } cost { amount } }`;

let desk: Partners;
/** The Turkish funnel before Tom's order was cancelled. */
let abroad: { readonly referrals: object };
beforeAll(async () => {
  desk = await Partners.open('2025-01-15T10:00:00Z');
  await january();
  await february();
  await march();
  abroad = await ask<{ referrals: object }>(REFERRALS, { program: 'TR' });
  await april();
});
afterAll(() => desk.close());

/** Ada becomes Silver, and refers three: Bob, herself under another address, and Tom, in Turkey, with her phone. */
async function january(): Promise<void> {
  const { world } = desk;
  await world.register('ada', null, 'EU', { ...at('acme'), emailHash: 'ada', phoneHash: '1' });
  await desk.earn('a1', 'ada', '30000.00');
  const referralCode = await desk.codeOf('ada');
  await world.register('bob', null, 'EU', { ...at('acme'), referralCode });
  await world.register('sam', null, 'EU', { referralCode, emailHash: 'ada' });
  await world.register('tom', null, 'TR', { referralCode, phoneHash: '1' });
}

/** Bob's and Tom's first orders, each with their discount: Ada gets Silver's bonus twice. */
async function february(): Promise<void> {
  const { world } = desk;
  await world.at('2025-02-10T10:00:00Z');
  for (const [orderId, who, net, currency] of [
    ['b1', 'bob', '1000.00', 'EUR'],
    ['t1', 'tom', '5000.05', 'TRY'],
  ] as const) {
    await world.place(orderId, who, net, currency);
    await discounted(who, orderId);
    await paid(orderId);
  }
}

/** A campaign; points pay 40 of 100 euro of an order, and all of another. */
async function march(): Promise<void> {
  const { world } = desk;
  await world.at('2025-03-05T10:00:00Z');
  await desk.run('startCampaign', {
    ...{ program: 'EU', code: 'SPRING', kind: 'MULTIPLIER', factor: '1.5', reason: 'Few orders.' },
    names: { en: 'Spring', de: 'Frühling', tr: 'İlkbahar', pl: 'Wiosna', es: 'Primavera' },
    endsAt: '2025-03-31T22:00:00Z',
  });
  for (const [orderId, net, points] of [
    ['a2', '100.00', 4_000],
    ['a3', '50.00', 5_000],
  ] as const) {
    await world.place(orderId, 'ada', net);
    const input = { customerId: 'ada', orderId, points };
    const { data } = await world.command(customer('ada'), 'redeemXPoints', input, '');
    expect(data.answer).toMatchObject({ __typename: 'RedeemXPointsSuccess' });
    await paid(orderId);
  }
  await world.register('eve', null, 'EU', at('eve-co'));
  await desk.earn('e1', 'eve', '200.00');
}

/** Eve's order and Tom's are cancelled, half of Ada's first too, and Bob leaves. */
async function april(): Promise<void> {
  const { world } = desk;
  await world.at('2025-04-10T10:00:00Z');
  await world.tell({ type: 'order.cancelled', orderId: 'e1', net: null });
  await world.tell({ type: 'order.cancelled', orderId: 't1', net: null });
  await world.tell({ type: 'order.cancelled', orderId: 'a1', net: '15000.00' });
  await desk.run('leaveRewards', { customerId: 'bob', forfeits: 900 });
}

async function paid(orderId: string): Promise<void> {
  await desk.world.tell({ type: 'order.paid', orderId, xPoints: null });
  await desk.world.tell({ type: 'order.delivered', orderId });
}

async function discounted(who: string, orderId: string): Promise<void> {
  const { world } = desk;
  const query = `{ rewardsMember(customerId: "${who}") { discountCodes { code } } }`;
  const { data } = await world.ask<{
    rewardsMember: { discountCodes: readonly { code: string }[] };
  }>(customer(who), query);
  const code = data.rewardsMember.discountCodes[0]!.code;
  const input = { customerId: who, orderId, code };
  const { data: applied } = await world.command(customer(who), 'applyDiscountCode', input, '');
  expect(applied.answer).toMatchObject({ __typename: expect.stringMatching(/Success$/) });
}

async function ask<T>(fields: string, change: object = {}): Promise<T> {
  const query = `query A($program: ProgramCode!, $from: DateTime!, $to: DateTime!, $asOf: DateTime) {
    rewardsAnalytics(program: $program, from: $from, to: $to, asOf: $asOf) { ${fields} } }`;
  const { data, errors } = await desk.ask(ANALYST, query, {
    ...{ program: 'EU', ...MONTHS },
    ...change,
  });
  expect(errors).toBeUndefined();
  return data!.rewardsAnalytics as T;
}

interface Report {
  readonly at: string;
  readonly counts: readonly {
    readonly tier: { readonly code: string };
    readonly members: number;
  }[];
  readonly movements: readonly object[];
}
const counted = ({ at: end, counts, movements }: Report) => ({
  at: end,
  counts: Object.fromEntries(counts.map(({ tier, members }) => [tier.code, members])),
  movements,
});
const UP = { from: 'BRONZE', to: 'SILVER', members: 1 };
const DOWN = { from: 'SILVER', to: 'BRONZE', members: 1 };

test('members by tier at the end of each month, and who went up and down (R3.9)', async () => {
  const { tiers, buckets } = await ask<{
    tiers: Report;
    buckets: readonly { readonly tiers: Report }[];
  }>(`${TIERS} buckets { ${TIERS} }`);
  const months = buckets.map((bucket) => counted(bucket.tiers));
  expect(months).toEqual([
    ...[{ at: '2025-01-31T23:00:00.000Z', counts: tiersOf(2, 1), movements: [UP] }],
    ...[{ at: '2025-02-28T23:00:00.000Z', counts: tiersOf(2, 1), movements: [] }],
    ...[{ at: '2025-03-31T22:00:00.000Z', counts: tiersOf(3, 1), movements: [] }],
    ...[{ at: '2025-04-10T10:00:00.000Z', counts: tiersOf(3, 0), movements: [DOWN] }],
  ]);
  expect(counted(tiers)).toEqual({ ...months.at(-1), movements: [UP, DOWN] });
});

function tiersOf(BRONZE: number, SILVER: number): object {
  return { BRONZE, SILVER, GOLD: 0 };
}

test('the referral funnel: what each step came to, and what a customer cost (R5.1 to R5.5)', async () => {
  const { referrals, buckets } = await ask<{
    referrals: object;
    buckets: readonly { readonly referrals: object }[];
  }>(`${REFERRALS} buckets { ${REFERRALS} }`);
  const nothing = {
    ...{ links: 0, registrations: 0, rejected: 0, flagged: 0, orders: 0, acquired: 0 },
    ...{ bonuses: { points: 0, value: { amount: '0.00' } }, costPerAcquired: null },
    discounts: { amount: '0.00', currency: 'EUR' },
  };
  const hundred = { amount: '100.00', currency: 'EUR' };
  // Tom's order was cancelled in April: he is not acquired any more, and his bonus went back then (R4.5).
  expect(buckets.map((bucket) => bucket.referrals)).toEqual([
    { ...nothing, links: 1, registrations: 3, rejected: 1, flagged: 2 },
    {
      ...{ ...nothing, links: 1, orders: 1, acquired: 1, discounts: hundred },
      ...{ bonuses: { points: 14_000, value: { amount: '140.00' } } },
      costPerAcquired: { amount: '240.00' },
    },
    { ...nothing, links: 1 },
    { ...nothing, bonuses: { points: -7_000, value: { amount: '-70.00' } } },
  ]);
  expect(referrals).toEqual({
    ...{ links: 3, registrations: 3, rejected: 1, flagged: 2, orders: 1, acquired: 1 },
    ...{ bonuses: { points: 7_000, value: { amount: '70.00' } }, discounts: hundred },
    costPerAcquired: { amount: '170.00' },
  });
});

test("a referred customer's discount counts in their own program, the rest in the referrer's (R5.3)", async () => {
  const discounts = { amount: '500.01', currency: 'TRY' };
  const inTurkey = {
    ...{ links: 1, registrations: 0, rejected: 0, flagged: 0, orders: 0, acquired: 0 },
    ...{ bonuses: { points: 0, value: { amount: '0.00' } }, costPerAcquired: null },
  };
  expect(abroad).toEqual({ referrals: { ...inTurkey, discounts } });
  expect(await ask(REFERRALS, { program: 'TR' })).toEqual({
    referrals: { ...inTurkey, discounts: { ...discounts, amount: '0.00' } },
  });
});

test('the entries behind the bonuses add up to them, down to what was taken back', async () => {
  const { referrals } = await ask<{
    referrals: { bonuses: { entries: { nodes: readonly object[] } } };
  }>('referrals { bonuses { entries { nodes { points customerId entry { kind } } } } }');
  expect(referrals.bonuses.entries.nodes).toEqual([
    { points: 7_000, customerId: 'ada', entry: { kind: 'CREDITED' } },
    { points: 7_000, customerId: 'ada', entry: { kind: 'CREDITED' } },
    { points: -7_000, customerId: 'ada', entry: { kind: 'REVERSED' } },
  ]);
});

test('which share of orders points paid: in part, and in full', async () => {
  const { redemptionShare, buckets } = await ask<{
    redemptionShare: object;
    buckets: readonly { readonly redemptionShare: object }[];
  }>(
    `redemptionShare { ordersPaidInFull shareOfValue pointsOnCredited { entries { nodes { points entry { kind } } } } }
     buckets { ${SHARE} }`,
  );
  const none = { orders: 1, ordersWithPoints: 0, ordersPaidInFull: 0, share: '0.000000' };
  const nothingPaid = { amount: '0.00', currency: 'EUR' };
  expect(buckets.map((bucket) => bucket.redemptionShare)).toEqual([
    ...[none, none].map((month, n) => ({
      ...{ ...month, turnover: { amount: ['30000.00', '900.00'][n] }, shareOfValue: '0.000000' },
      ...{ paidWithPoints: nothingPaid, pointsOnCredited: { points: 0 } },
    })),
    {
      ...{ orders: 3, ordersWithPoints: 2, ordersPaidInFull: 1, share: '0.666667' },
      ...{ turnover: { amount: '260.00' }, paidWithPoints: { amount: '90.00', currency: 'EUR' } },
      ...{ pointsOnCredited: { points: 4_000 }, shareOfValue: '0.257143' },
    },
    {
      ...{ orders: 0, ordersWithPoints: 0, ordersPaidInFull: 0, share: null },
      ...{ turnover: { amount: '0.00' }, paidWithPoints: nothingPaid },
      ...{ pointsOnCredited: { points: 0 }, shareOfValue: null },
    },
  ]);
  const entries = { nodes: [{ points: 4_000, entry: { kind: 'CREDITED' } }] };
  expect(redemptionShare).toEqual({
    ...{ ordersPaidInFull: 1, shareOfValue: '0.002880', pointsOnCredited: { entries } },
  });
});

test('what a campaign gave, what was taken back of it, and what it costs (R1.5)', async () => {
  const nothing = { points: 0 };
  const none = { points: 0, unbooked: 0 };
  const { campaigns } = await ask<{ campaigns: readonly object[] }>(CAMPAIGNS);
  expect(campaigns).toEqual([
    {
      ...{ campaign: { code: 'SPRING' }, issued: { points: 160 }, reversed: { points: 100 } },
      ...{ redeemed: nothing, restored: nothing, expired: none, forfeited: nothing },
      ...{ voided: nothing, transferredOut: nothing, cost: { amount: '0.60' } },
      outstanding: { points: 60, unbooked: 0, value: { amount: '0.60' } },
    },
  ]);
  const { campaigns: drilled } = await ask<{
    campaigns: readonly { issued: { entries: { nodes: readonly { points: number }[] } } }[];
  }>('campaigns { issued { entries { nodes { points } } } }');
  expect(drilled[0]!.issued.entries.nodes.map(({ points }) => points)).toEqual([60, 100]);
  const before = { from: '2025-01-01T00:00:00Z', to: '2025-03-01T00:00:00Z' };
  expect(await ask(CAMPAIGNS, before)).toEqual({ campaigns: [] });
});

test('if nobody spends them, the points of a campaign expire', async () => {
  const ahead = { to: '2026-05-01T00:00:00Z', asOf: '2026-04-01T00:00:00Z' };
  expect(await ask(CAMPAIGNS, ahead)).toMatchObject({
    campaigns: [
      {
        ...{ issued: { points: 160 }, expired: { points: 60, unbooked: 60 } },
        ...{ outstanding: { points: 0, unbooked: -60 }, cost: { amount: '0.00' } },
      },
    ],
  });
});

test('what the books said on a past day, and what is known of it now', async () => {
  const fields = `tiers { at counts { members } } referrals { bonuses { points } acquired } redemptionShare { orders }`;
  const asOf = '2025-02-20T12:00:00Z';
  const said = {
    tiers: {
      at: '2025-02-20T12:00:00.000Z',
      counts: [{ members: 2 }, { members: 1 }, { members: 0 }],
    },
    // The books keep no earlier state of a referral: Tom's is as it is now.
    referrals: { bonuses: { points: 14_000 }, acquired: 1 },
    redemptionShare: { orders: 2 },
  };
  expect(await ask(`${fields} knownNow { ${fields} }`, { asOf })).toEqual({
    ...said,
    knownNow: said,
  });
});

test('the organisations that have most, whatever the period', async () => {
  const fields =
    'organizationId members available held owed earned redeemed expired value { amount currency }';
  const { topOrganizations, first } = await ask<{
    topOrganizations: readonly object[];
    first: readonly object[];
  }>(`topOrganizations { ${fields} } first: topOrganizations(by: REDEEMED, first: 1) { members }`);
  expect(topOrganizations).toEqual([
    {
      ...{ organizationId: 'acme', members: 2, available: 13_180, held: 0, owed: 0 },
      ...{ earned: 23_080, redeemed: 9_000, expired: 0 },
      value: { amount: '131.80', currency: 'EUR' },
    },
    {
      ...{ organizationId: 'eve-co', members: 1, available: 0, held: 0, owed: 0 },
      ...{ earned: 0, redeemed: 0, expired: 0, value: { amount: '0.00', currency: 'EUR' } },
    },
  ]);
  expect(first).toEqual([{ members: 2 }]);
});

test.each([
  ['topOrganizations(first: 51) { members }', 'first is a number from 1 to 50.'],
  ['topOrganizations(first: 0) { members }', 'first is a number from 1 to 50.'],
  ['campaigns(first: 101) { cost { amount } }', 'first is a number from 1 to 100.'],
])('%s is refused', async (field, message) => {
  const query = `{ rewardsAnalytics(program: "EU", from: "2025-01-01T00:00:00Z", to: "2025-02-01T00:00:00Z") { ${field} } }`;
  const { errors } = await desk.ask(ANALYST, query);
  expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
});
