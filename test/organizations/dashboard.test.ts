import { at, DESK, Partners } from './partners';

/** Figures of an organisation, to the point: its members, what they have together, and what is due but not booked. */

const MEMBER = `customerId program { code termsVersion } available held owed value { amount currency }
  expiringIn30Days expiringIn90Days tier { tier { code } turnover { amount } } state enrolledAt sequence`;
const TOTALS = `program { code currency } members available held owed value { amount currency }
  expiringIn30Days expiringIn90Days tiers { tier { code } members }`;

interface Totals {
  readonly program: { readonly code: string };
  readonly available: number;
}
interface Board {
  readonly asOf: string;
  readonly totals: readonly Totals[];
  readonly members: { readonly nodes: readonly { readonly customerId: string }[] };
}

let partners: Partners;
beforeEach(async () => {
  partners = await Partners.open('2025-01-31T10:00:00Z');
  const { world } = partners;
  await world.register('ada', null, 'EU', at('acme'));
  await world.register('bo', null, 'EU', at('acme'));
  await world.register('cy', null, 'TR', at('acme'));
  await world.register('dee', null, 'EU', at('acme'));
  await world.register('eve', null, 'EU', at('acme'));
  await world.register('far', null, 'EU', at('globex'));
  await world.register('lone');
  await partners.earn('a1', 'ada', '100.00');
  await partners.earn('b1', 'bo', '20000.00');
  await partners.earn('c1', 'cy', '500.00', 'TRY');
  await partners.earn('e1', 'eve', '30.00');
  await partners.earn('f1', 'far', '7.00');
  await partners.earn('l1', 'lone', '9.00');
  await world.place('e2', 'eve', '1000.00');
  await partners.run('redeemXPoints', { customerId: 'eve', orderId: 'e2', points: 30 });
  await world.tell({ type: 'order.cancelled', orderId: 'e1', net: '12.00' });
  await world.place('a2', 'ada', '1000.00');
  const hold = { customerId: 'ada', orderId: 'a2', points: 25, hold: { seconds: 3600 } };
  await partners.run('redeemXPoints', hold);
});
afterEach(() => partners.close());

const TIERS_EU = (bronze: number, silver: number) => [
  { tier: { code: 'BRONZE' }, members: bronze },
  { tier: { code: 'SILVER' }, members: silver },
  { tier: { code: 'GOLD' }, members: 0 },
];

test('members and totals, program by program: each in its currency, nobody of elsewhere (R2.2)', async () => {
  const board = await partners.organization<Board>(
    'acme',
    `id asOf totals { ${TOTALS} } members { nodes { ${MEMBER} } }`,
  );
  const eur = (amount: string) => ({ amount, currency: 'EUR' });
  const lira = (amount: string) => ({ amount, currency: 'TRY' });
  expect(board).toEqual({
    id: 'acme',
    asOf: '2025-01-31T10:00:00.000Z',
    totals: [
      {
        program: { code: 'EU', currency: 'EUR' },
        ...{ members: 4, available: 20_075, held: 25, owed: 12, value: eur('200.75') },
        ...{ expiringIn30Days: 0, expiringIn90Days: 0, tiers: TIERS_EU(3, 1) },
      },
      {
        program: { code: 'TR', currency: 'TRY' },
        ...{ members: 1, available: 500, held: 0, owed: 0, value: lira('5.00') },
        ...{ expiringIn30Days: 0, expiringIn90Days: 0, tiers: TIERS_EU(1, 0) },
      },
    ],
    members: {
      nodes: [
        member('bo', { available: 20_000, value: eur('200.00') }, 'SILVER', '20000.00', 1),
        {
          ...member('cy', { available: 500, value: lira('5.00') }, 'BRONZE', '500.00', 1),
          program: { code: 'TR', termsVersion: 1 },
        },
        member('ada', { available: 75, held: 25, value: eur('0.75') }, 'BRONZE', '100.00', 2),
        member('dee', { value: eur('0.00') }, 'BRONZE', '0.00', 0),
        member('eve', { owed: 12, value: eur('0.00') }, 'BRONZE', '18.00', 3),
      ],
    },
  });
});

function member(
  customerId: string,
  has: object,
  tier: string,
  turnover: string,
  sequence: number,
): object {
  return {
    ...{ customerId, program: { code: 'EU', termsVersion: 1 }, available: 0, held: 0, owed: 0 },
    ...{ expiringIn30Days: 0, expiringIn90Days: 0, state: 'ACTIVE', sequence },
    ...{ tier: { tier: { code: tier }, turnover: { amount: turnover } } },
    enrolledAt: '2025-01-31T10:00:00.000Z',
    ...has,
  };
}

const EXPIRING = 'customerId available held expiringIn30Days expiringIn90Days sequence';
const SUMS =
  'program { code } available held owed expiringIn30Days expiringIn90Days value { amount }';

test("what expires within 30 and 90 days is counted in days of each program's zone (R6.2, R6.9)", async () => {
  // Every lot is good until the end of 31 January 2026; 2 January is 30 days before its first day without it.
  const seen = async (instant: string) => {
    await partners.world.at(instant);
    const { members } = await partners.organization<{ members: { nodes: object[] } }>(
      'acme',
      `members(sort: EXPIRING, first: 3) { nodes { customerId expiringIn30Days expiringIn90Days } }`,
    );
    return members.nodes.map((node) => Object.values(node).join(' '));
  };
  expect(await seen('2025-11-02T20:59:59.999Z')).toEqual(['eve 0 0', 'dee 0 0', 'cy 0 0']);
  // Midnight in Istanbul comes two hours before Berlin's in winter; bo's points are of Berlin.
  expect(await seen('2025-11-02T21:00:00Z')).toEqual(['cy 0 500', 'eve 0 0', 'dee 0 0']);
  expect(await seen('2025-11-02T23:00:00Z')).toEqual(['bo 0 20000', 'cy 0 500', 'ada 0 100']);
  expect(await seen('2026-01-01T22:00:00Z')).toEqual(['cy 500 500', 'bo 0 20000', 'ada 0 100']);
  expect(await seen('2026-01-01T23:00:00Z')).toEqual([
    'bo 20000 20000',
    'cy 500 500',
    'ada 100 100',
  ]);
  expect(await seen('2026-01-31T21:00:00Z')).toEqual(['bo 20000 20000', 'ada 100 100', 'eve 0 0']);
});

test('what lapsed or expired is gone from every figure, and from the order, though nothing is booked (R6.2, R6.7)', async () => {
  const fields = `totals { ${SUMS} } members { nodes { ${EXPIRING} } }`;
  await partners.world.at('2025-01-31T10:59:59.999Z');
  expect(await partners.organization<Board>('acme', 'totals { available held }')).toMatchObject({
    totals: [{ available: 20_075, held: 25 }, { available: 500 }],
  });
  await partners.world.at('2025-01-31T11:00:00Z');
  expect(await partners.organization<Board>('acme', 'totals { available held }')).toMatchObject({
    totals: [{ available: 20_100, held: 0 }, { available: 500 }],
  });
  await partners.earn('d1', 'dee', '3.00');
  await partners.world.at('2026-01-31T23:00:00Z');
  const board = await partners.organization<Board>('acme', fields);
  const nothing = { expiringIn30Days: 0, expiringIn90Days: 0 };
  const gone = { available: 0, held: 0, owed: 0, ...nothing, value: { amount: '0.00' } };
  expect(board.totals).toEqual([
    { program: { code: 'EU' }, ...gone, owed: 12 },
    { program: { code: 'TR' }, ...gone },
  ]);
  expect(board.members.nodes).toEqual([
    // All of them are equal but eve, who owes: by id, the other way round. The sequence is that of what is booked.
    { customerId: 'dee', available: 0, held: 0, ...nothing, sequence: 1 },
    { customerId: 'cy', available: 0, held: 0, ...nothing, sequence: 1 },
    { customerId: 'bo', available: 0, held: 0, ...nothing, sequence: 1 },
    { customerId: 'ada', available: 0, held: 0, ...nothing, sequence: 2 },
    { customerId: 'eve', available: 0, held: 0, ...nothing, sequence: 3 },
  ]);
});

test('a membership that ended stays in the list, with nothing but what it owes (R2.9)', async () => {
  const leave = { customerId: 'bo', goodCause: true, reason: 'a reason' };
  await partners.run('terminateMember', leave);
  await partners.run('suspendMember', { customerId: 'dee', reason: 'another' });
  const { members, totals } = await partners.organization<{
    members: { nodes: { customerId: string; state: string }[] };
    totals: { members: number; available: number }[];
  }>('acme', 'members { nodes { customerId state available } } totals { members available }');
  expect(members.nodes).toContainEqual({ customerId: 'bo', state: 'ENDED', available: 0 });
  expect(members.nodes).toContainEqual({ customerId: 'dee', state: 'SUSPENDED', available: 0 });
  expect(totals[0]).toEqual({ members: 4, available: 75 });
});

test('who is not enrolled yet, or only named by a change, is no member', async () => {
  const { world } = partners;
  await world.tell({
    type: 'customer.updated',
    customerId: 'stub',
    changes: { organizationId: 'initech' },
  });
  expect(await partners.organization('initech', 'id')).toBeNull();
  await world.register('stub');
  expect(await partners.organization<Board>('initech', 'members { nodes { customerId } }')).toEqual(
    { members: { nodes: [{ customerId: 'stub' }] } },
  );
});

test('an organisation where nobody works is null', async () => {
  expect(await partners.organization('nobodys', 'id asOf totals { members }')).toBeNull();
  expect(await partners.organization('nobodys', 'id', DESK)).toBeNull();
});

test('a request takes one statement for its members and one for each other section, however many they are', async () => {
  const { world } = partners;
  const partner = {
    ...{ subject: 'dora', customerId: null, expiresAt: null, organizationId: 'acme' },
    scopes: new Set(['rewards:partner'] as const),
  };
  const ask = async (fields: string) => {
    const { errors, statements } = await world.ask(
      partner,
      `{ rewardsOrganization(id: "acme") { ${fields} } }`,
    );
    expect(errors).toEqual([]);
    return statements.filter((sql) => !/sandbox_clock/.test(sql)).length;
  };
  const members = `totals { ${TOTALS} } members { nodes { ${MEMBER} customer { id } } } up: members(direction: ASCENDING) { nodes { customerId } }`;
  expect(await ask(members)).toBe(1);
  await world.at('2025-01-31T11:00:00Z');
  expect(await ask(members)).toBe(1);
  await world.at('2026-01-31T23:00:00Z');
  expect(await ask(members)).toBe(1);
  const sections = [
    'transfers { nodes { id from { id } to { id } } }',
    'referrals { nodes { bonus referrer { id } referee { id } } }',
    'referralTotals { pointsEarned }',
    'history { nodes { customerId customer { id } entry { sequence kind arithmetic { points } order { id } } } }',
  ];
  for (const section of sections) expect(await ask(section)).toBe(2);
  expect(await ask([members, ...sections].join(' '))).toBe(1 + sections.length);
  // Steps inside lots are read together, for all entries of the page.
  expect(await ask('history { nodes { entry { lots { points } } } }')).toBe(3);
});
