import { anonymous, codes, customer, desk, service, World } from './world';

const POINTS = `xPoints { earned redeemed held expected redemptions { id state points value { amount } order { id } } }
  tier { code } lots { number granted source { kind reference } }`;

interface Seen {
  id: string;
  xPoints: {
    earned: number;
    redeemed: number;
    held: number;
    expected: number;
    redemptions: { id: string; state: string; points: number }[];
  } | null;
  tier: { code: string } | null;
  lots: { number: number }[] | null;
  xPointsQuote: object | null;
}
const NOTHING = { xPoints: null, tier: null, lots: null };

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  for (const id of ['ada', 'bob']) await world.register(id);
  await world.earn('a1', 'ada', '15000.00');
  await world.earn('a2', 'ada', '10000.00');
  await world.place('open', 'ada', '1000.00');
  await world.place('b1', 'bob', '10.00');
});
afterAll(() => world.close());

describe('who sees an order', () => {
  test('its customer, the desk and the service; for anybody else everything is null, without an error', async () => {
    for (const actor of [customer('ada'), desk, service]) {
      const { entities } = await world.entities<Seen>(actor, 'Order', POINTS, ['a1']);
      expect(entities[0]?.xPoints?.earned).toBe(15000);
    }
    for (const actor of [customer('bob'), anonymous]) {
      const { entities, errors } = await world.entities<Seen>(actor, 'Order', `id ${POINTS}`, [
        'a1',
        'none',
      ]);
      expect(errors).toEqual([]);
      expect(entities).toEqual([
        { id: 'a1', ...NOTHING },
        { id: 'none', ...NOTHING },
      ]);
    }
  });

  test("another customer's orders stay closed beside one's own", async () => {
    const { entities } = await world.entities<Seen>(customer('bob'), 'Order', `id ${POINTS}`, [
      'b1',
      'a1',
    ]);
    expect(entities[0]?.xPoints).toMatchObject({ earned: 0, expected: 10 });
    expect(entities[1]).toEqual({ id: 'a1', ...NOTHING });
  });

  test('of a representation only the net total is taken', async () => {
    const forged = {
      __typename: 'Order',
      id: 'a1',
      view: {},
      xPoints: { earned: 1 },
      customerId: 'bob',
    };
    const { entities } = await world.entities<Seen>(customer('bob'), 'Order', POINTS, [forged]);
    expect(entities).toEqual([NOTHING]);
  });
});

describe('points of an order', () => {
  test('the tier is that held before it was credited, or held now (R3.3)', async () => {
    const { entities } = await world.entities<Seen>(desk, 'Order', POINTS, ['a1', 'a2', 'open']);
    expect(
      entities.map((seen) => [seen?.tier?.code, seen?.xPoints?.earned, seen?.xPoints?.expected]),
    ).toEqual([
      ['BRONZE', 15000, 0],
      ['BRONZE', 15000, 0],
      ['SILVER', 0, 2000],
    ]);
    expect(entities.map((seen) => seen?.lots)).toMatchObject([
      [{ number: 1, granted: 15000, source: { kind: 'ORDER', reference: 'a1' } }],
      [{ number: 2, granted: 15000, source: { kind: 'ORDER', reference: 'a2' } }],
      [],
    ]);
  });

  test('what will earn nothing is expected to earn nothing (R3.6)', async () => {
    await world.place('lira', 'ada', '1000.00', 'TRY');
    await world.place('gone', 'ada', '1000.00');
    await world.tell({ type: 'order.cancelled', orderId: 'gone', net: null });
    const { entities } = await world.entities<Seen>(desk, 'Order', POINTS, ['lira', 'gone']);
    expect(entities.map((seen) => seen?.xPoints?.expected)).toEqual([0, 0]);
  });

  test('one statement for any number of orders, two with their lots', async () => {
    for (const [fields, statements] of [
      ['xPoints { earned } tier { code }', 1],
      ['xPoints { earned } lots { number }', 2],
    ] as const) {
      const { statements: taken } = await world.entities(desk, 'Order', fields, [
        'a1',
        'a2',
        'open',
        'b1',
        'none',
        'a1',
      ]);
      expect(taken.length).toBe(statements);
    }
  });
});

describe('quotes', () => {
  const QUOTE =
    'net { amount } earns tier { code } tierAfter { code } payable payableValue { amount currency } remainder { amount currency } available';
  const onOrder = (customerId: string) => `xPointsQuote(customerId: "${customerId}") { ${QUOTE} }`;
  const representation = (amount: unknown, currency: unknown) => ({
    __typename: 'Order',
    id: 'not-placed',
    netTotal: { amount, currency },
  });

  test('an order that crosses a threshold, before it is placed (R3.3)', async () => {
    await world.register('eve');
    await world.earn('e1', 'eve', '19000.00');
    const { entities, errors } = await world.entities<Seen>(
      customer('eve'),
      'Order',
      onOrder('eve'),
      [representation('2000.00', 'EUR')],
    );
    expect(errors).toEqual([]);
    expect(entities[0]?.xPointsQuote).toEqual({
      net: { amount: '2000.00' },
      earns: 3000,
      tier: { code: 'BRONZE' },
      tierAfter: { code: 'SILVER' },
      payable: 19000,
      payableValue: { amount: '190.00', currency: 'EUR' },
      remainder: { amount: '1810.00', currency: 'EUR' },
      available: 19000,
    });
  });

  test('the same answer without an order', async () => {
    const query = `query Q($net: MoneyInput!) { xPointsQuote(customerId: "ada", net: $net) { ${QUOTE} } }`;
    const net = { amount: '2000.00', currency: 'EUR' };
    const direct = await world.ask<{ xPointsQuote: object }>(customer('ada'), query, { net });
    const { entities } = await world.entities<Seen>(customer('ada'), 'Order', onOrder('ada'), [
      representation('2000.00', 'EUR'),
    ]);
    expect(direct.data.xPointsQuote).toEqual(entities[0]?.xPointsQuote);
    expect(direct.statements.length).toBe(1);
  });

  test('an amount smaller than what is available is payable in whole (R6.4)', async () => {
    const query = `{ xPointsQuote(customerId: "ada", net: { amount: "12.34", currency: "EUR" }) { payable remainder { amount } earns } }`;
    const { data } = await world.ask(customer('ada'), query);
    expect(data).toEqual({
      xPointsQuote: { payable: 1234, remainder: { amount: '0.00' }, earns: 24 },
    });
  });

  test('in another currency nothing is earned and nothing payable (R3.6, R6.4)', async () => {
    const { entities } = await world.entities<Seen>(customer('ada'), 'Order', onOrder('ada'), [
      representation('2000.00', 'TRY'),
    ]);
    expect(entities[0]?.xPointsQuote).toMatchObject({
      earns: 0,
      payable: 0,
      payableValue: { amount: '0.00', currency: 'EUR' },
      remainder: { amount: '2000.00', currency: 'TRY' },
    });
  });

  test('nothing is quoted where there is no net total, or no member', async () => {
    const bare = await world.entities<Seen>(customer('ada'), 'Order', onOrder('ada'), ['x']);
    const nobody = await world.entities<Seen>(desk, 'Order', onOrder('nobody'), [
      representation('1.00', 'EUR'),
    ]);
    expect([bare.entities, bare.errors, nobody.entities, nobody.errors]).toEqual([
      [{ xPointsQuote: null }],
      [],
      [{ xPointsQuote: null }],
      [],
    ]);
  });

  test.each([
    ['-1.00', 'EUR'],
    ['1.001', 'EUR'],
    ['1', 'eur'],
    [1, 'EUR'],
    [{ $gt: '' }, 'EUR'],
    ['1.00', null],
  ])('a net total of %p %p is refused', async (amount, currency) => {
    const { entities, errors } = await world.entities<Seen>(
      customer('ada'),
      'Order',
      onOrder('ada'),
      [representation(amount, currency)],
    );
    expect(entities).toEqual([{ xPointsQuote: null }]);
    expect(codes(errors)).toEqual({ '_entities.0.xPointsQuote': 'BAD_USER_INPUT' });
  });

  test('of an order that was placed our own facts count: what is left to pay of it (R6.4)', async () => {
    await world.register('pia');
    await world.earn('p1', 'pia', '100.00');
    await world.place('p2', 'pia', '50.00');
    const left = async (who = customer('pia')) => {
      const told = { __typename: 'Order', id: 'p2', netTotal: { amount: '9.99', currency: 'EUR' } };
      const asked = `xPointsQuote(customerId: "pia") { net { amount } payable remainder { amount } earns }`;
      const { entities, errors } = await world.entities<Seen>(who, 'Order', asked, [told]);
      expect(errors).toEqual([]);
      return entities[0]?.xPointsQuote;
    };
    const quoted = (amount: string, payable: number, remainder: string, earns: number) => ({
      net: { amount },
      payable,
      remainder: { amount: remainder },
      earns,
    });
    expect(await left()).toEqual(quoted('50.00', 100, '49.00', 50));
    await world.tell({ type: 'order.cancelled', orderId: 'p2', net: '10.00' });
    const redeemed = { customerId: 'pia', orderId: 'p2', points: 60 };
    await world.command(customer('pia'), 'redeemXPoints', redeemed, '');
    expect(await left()).toEqual(quoted('39.40', 40, '39.00', 39));
    expect(await left(desk)).toEqual(await left());
    const bare = await world.entities<Seen>(desk, 'Order', onOrder('pia'), ['p2']);
    expect(bare.entities[0]?.xPointsQuote).toMatchObject({ net: { amount: '39.40' } });
    const another = await world.entities<Seen>(desk, 'Order', onOrder('ada'), ['p2']);
    expect(another.entities[0]?.xPointsQuote).toBeNull();
    await world.tell({ type: 'order.paid', orderId: 'p2', xPoints: null });
    expect(await left()).toEqual(quoted('39.40', 0, '39.40', 39));
    await world.tell({ type: 'order.delivered', orderId: 'p2' });
    expect(await left()).toEqual(quoted('39.40', 0, '39.40', 0));
    await world.tell({ type: 'order.cancelled', orderId: 'p2', net: null });
    expect(await left()).toEqual(quoted('0.00', 0, '0.00', 0));
  });

  test("nobody asks for somebody else's", async () => {
    const theirs = await world.entities<Seen>(customer('bob'), 'Order', onOrder('ada'), [
      representation('1.00', 'EUR'),
    ]);
    expect(codes(theirs.errors)).toEqual({ '_entities.0.xPointsQuote': 'FORBIDDEN' });
    const query =
      '{ xPointsQuote(customerId: "ada", net: { amount: "1.00", currency: "EUR" }) { earns } }';
    expect(codes((await world.ask(customer('bob'), query)).errors)).toEqual({
      xPointsQuote: 'FORBIDDEN',
    });
    expect(codes((await world.ask(anonymous, query)).errors)).toEqual({
      xPointsQuote: 'UNAUTHENTICATED',
    });
  });
});

test('who is suspended is quoted nothing and expects nothing, until reinstated (R2.7, R2.9)', async () => {
  await world.register('sue');
  await world.earn('s1', 'sue', '100.00');
  await world.place('s2', 'sue', '50.00');
  const seen = async () => {
    const { data } = await world.ask<{ xPointsQuote: object; rewardsMember: object }>(
      desk,
      `{ xPointsQuote(customerId: "sue", net: { amount: "50.00", currency: "EUR" }) { earns payable available tierAfter { code } }
         rewardsMember(customerId: "sue") { xPoints { pending } } }`,
    );
    const { entities } = await world.entities(desk, 'Order', 'xPoints { expected }', ['s2']);
    return [data.xPointsQuote, data.rewardsMember, entities[0]];
  };
  const command = (name: string, more: string) =>
    world.ask(
      desk,
      `mutation { ${name}(input: { customerId: "sue", ${more} idempotencyKey: "${name}" }) { __typename } }`,
    );
  await command('suspendMember', 'reason: "x",');
  expect(await seen()).toEqual([
    { earns: 0, payable: 0, available: 100, tierAfter: { code: 'BRONZE' } },
    { xPoints: { pending: 0 } },
    { xPoints: { expected: 0 } },
  ]);
  await command('reinstateMember', '');
  expect(await seen()).toEqual([
    { earns: 50, payable: 100, available: 100, tierAfter: { code: 'BRONZE' } },
    { xPoints: { pending: 50 } },
    { xPoints: { expected: 50 } },
  ]);
});
