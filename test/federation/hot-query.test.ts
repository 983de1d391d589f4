import { codes, customer, desk, service, World } from './world';

/** Federation's hot query, as routers send it. */
const HOT = `id xPoints { available held owed value { amount currency } sequence }
  tier { tier { code pointsPerUnit } turnover { amount } }`;
const REST = `xPoints { lifetimeEarned lifetimeRedeemed lifetimeExpired asOf }
  tier { tier { referralBonus from { amount } } next { tier { code } missing { amount currency } progress } }
  referral { link { code url } }`;
/** Asks for the whole member, beside the same fields. */
const WIDE =
  'membership { state program { code tiers { code } } termsAhead { version } } xPoints { pending }';
const ORDER = `id xPoints { earned redeemed held expected redemptions { id state points } }
  tier { code pointsPerUnit from { amount } } netTotal { amount currency }`;

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00.123Z');
  for (const id of ['ada', 'bob', 'cem']) await world.register(id);
  await world.earn('a1', 'ada', '20000.00');
  await world.earn('b1', 'bob', '70.00');
  await world.place('open', 'ada', '50.00');
});
afterAll(() => world.close());

describe('the hot query is written, never walked', () => {
  test.each([
    ['Customer', HOT, ['ada', 'bob', 'cem', 'nobody', 'ada']],
    ['Customer', `${HOT} ${REST}`, ['ada', 'bob', 'cem', 'nobody']],
    ['Customer', `${HOT} ${REST} ${WIDE}`, ['ada', 'bob', 'nobody']],
    ['Order', ORDER, ['a1', 'open', 'none']],
  ] as const)('of a %s: %s', async (type, fields, ids) => {
    const { entities, errors, statements, isWritten } = await world.entities(
      service,
      type,
      fields,
      ids,
    );
    expect([isWritten, errors, statements.length]).toEqual([true, [], 1]);
    expect(entities.map((entity) => (entity as { id: string }).id)).toEqual(ids);
  });

  test('both entities at once take one statement each', async () => {
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on Customer { ${HOT} } ... on Order { ${ORDER.replace('tier {', 'reached: tier {').replace('xPoints {', 'points: xPoints {')} } } }`;
    const r = ['ada', 'bob'].map((id) => ({ __typename: 'Customer', id }));
    const mixed = [r[0], { __typename: 'Order', id: 'a1' }, r[1], { __typename: 'Order', id: 'x' }];
    const { data, errors, statements, isWritten } = await world.ask<{
      _entities: { id: string }[];
    }>(desk, query, { r: mixed });
    expect([errors, isWritten, statements.length]).toEqual([[], true, 2]);
    expect(data._entities.map(({ id }) => id)).toEqual(['ada', 'a1', 'bob', 'x']);
  });
});

test('the narrow read, the whole one and the member say the same, whoever has points or owes some', async () => {
  await world.register('dee');
  const taken = { customerId: 'dee', points: -30, reason: 'Too many.' };
  await world.command(desk, 'adjustXPoints', taken, '__typename');
  const ids = ['ada', 'bob', 'cem', 'dee', 'nobody'];
  const of = async (fields: string) =>
    (await world.entities<Record<string, unknown>>(desk, 'Customer', fields, ids)).entities;
  const walked = await of(`${HOT} ${REST} lots { nodes { id } }`);
  const [narrow, whole, wide] = [
    await of(HOT),
    await of(`${HOT} ${REST}`),
    await of(`${HOT} ${REST} ${WIDE}`),
  ];
  expect(narrow[0]).toMatchObject({ xPoints: { available: 20000, owed: 0 } });
  expect(narrow[3]).toMatchObject({ xPoints: { available: 0, owed: 30 } });
  for (const [n, entity] of walked.entries()) {
    expect(narrow[n]).toEqual(only(entity, narrow[n]));
    expect(whole[n]).toEqual(only(entity, whole[n]));
    expect(only(wide[n], whole[n])).toEqual(whole[n]);
  }
});

test('what fell due is done, whoever reads it (R6.2)', async () => {
  const later = await World.open('2025-01-10T10:00:00Z');
  try {
    await later.register('eve');
    await later.earn('e1', 'eve', '70.00');
    await later.register('fay', null);
    await later.at('2045-01-10T10:00:00Z');
    const seen = await later.entities<{ xPoints: { available: number } }>(
      service,
      'Customer',
      HOT,
      ['eve', 'fay'],
    );
    expect(seen.isWritten).toBe(true);
    expect(seen.statements.length).toBe(2);
    expect(seen.entities.map((entity) => entity?.xPoints.available)).toEqual([0, 0]);
  } finally {
    await later.close();
  }
});

describe('whatever is not plain is for graphql-js, and reads nothing twice', () => {
  test('a customer who may not be seen costs their own slot', async () => {
    const seen = await world.entities(customer('ada'), 'Customer', HOT, ['ada', 'bob']);
    expect([seen.isWritten, seen.statements.length]).toEqual([false, 1]);
    expect(codes(seen.errors)).toEqual({ '_entities.1': 'FORBIDDEN' });
    expect(seen.entities[0]).toMatchObject({ id: 'ada', xPoints: { available: 20000 } });
  });

  test('an error in a field of one entity, found while writing, leaves the others as they were read', async () => {
    const order = { __typename: 'Order', id: 'a1', netTotal: { amount: 'none', currency: 'EUR' } };
    const seen = await world.entities(desk, 'Order', ORDER, [order, 'open']);
    expect([seen.isWritten, seen.statements.length]).toEqual([false, 1]);
    expect(codes(seen.errors)).toEqual({ '_entities.0.netTotal': 'BAD_USER_INPUT' });
    expect(seen.entities[1]).toMatchObject({ id: 'open', netTotal: null });
  });

  test('a failing read is told once for each slot, and tried once', async () => {
    const { database } = world.app;
    const real = database.driver;
    let tries = 0;
    const failing = () => {
      tries += 1;
      return Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }));
    };
    const spy = jest
      .spyOn(real as never, 'obtainMasterConnection')
      .mockImplementation(failing as never);
    const seen = await world.entities(service, 'Customer', HOT, ['ada', 'bob']);
    spy.mockRestore();
    expect(codes(seen.errors)).toEqual({
      '_entities.0': 'UNAVAILABLE',
      '_entities.1': 'UNAVAILABLE',
    });
    expect(tries).toBe(1);
  });
});

/** Of `entity` what `shape` has. */
function only(entity: unknown, shape: unknown): unknown {
  if (typeof shape !== 'object' || shape === null) return entity;
  const from = Object(entity) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(shape).map(([name, inner]) => [name, only(from[name], inner)]),
  );
}
