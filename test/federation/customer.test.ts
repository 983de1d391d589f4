import { anonymous, codes, customer, desk, scoped, service, World } from './world';

const BALANCE = `xPoints { available held pending owed value { amount currency }
  lifetimeEarned lifetimeRedeemed lifetimeExpired sequence asOf }`;
const SCHEDULE =
  'xPoints { available expirySchedule(first: 2) { expiresAt points value { amount } } }';

interface Seen {
  xPoints: {
    available: number;
    held: number;
    pending: number;
    owed: number;
    value: { amount: string; currency: string };
    lifetimeEarned: number;
    lifetimeExpired: number;
    sequence: number;
    asOf: string;
    expirySchedule: { expiresAt: string | null; points: number; value: { amount: string } }[];
  } | null;
  tier: {
    tier: { code: string; name: string };
    next: { missing: { amount: string }; progress: number } | null;
  } | null;
  membership: { state: string; suspensionReason: string | null } | null;
  referral: { link: { code: string; url: string } | null } | null;
  lots: { nodes: Lot[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } | null;
  xPointsHistory: {
    nodes: { sequence: number; kind: string; order: { id: string } | null }[];
    pageInfo: {
      hasNextPage: boolean;
      hasPreviousPage: boolean;
      startCursor: string;
      endCursor: string | null;
    };
  } | null;
}
interface Lot {
  number: number;
  state: string;
  remaining: number;
  held: number;
  uses: { to: string; points: number; entry: { kind: string } }[];
}

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  for (const id of ['ada', 'bob', 'cem']) await world.register(id);
  await world.earn('a1', 'ada', '20000.00');
  await world.earn('b1', 'bob', '70.00');
});
afterAll(() => world.close());

describe('who sees a customer', () => {
  const fields = 'id xPoints { available }';

  test('each customer sees their own and nobody else, whether or not the other exists', async () => {
    const { entities, errors } = await world.entities(customer('ada'), 'Customer', fields, [
      'ada',
      'bob',
      'nobody',
    ]);
    expect(entities).toEqual([{ id: 'ada', xPoints: { available: 20000 } }, null, null]);
    expect(codes(errors)).toEqual({ '_entities.1': 'FORBIDDEN', '_entities.2': 'FORBIDDEN' });
    expect(errors[0]?.message).toBe(errors[1]?.message);
  });

  test('the desk and the service see everybody', async () => {
    for (const actor of [desk, service]) {
      const { entities, errors } = await world.entities(actor, 'Customer', fields, ['ada', 'bob']);
      expect(errors).toEqual([]);
      expect(entities).toEqual([
        { id: 'ada', xPoints: { available: 20000 } },
        { id: 'bob', xPoints: { available: 70 } },
      ]);
    }
  });

  test('without a token nothing is seen, with another scope neither, not even by a matching subject', async () => {
    const seen = await world.entities(anonymous, 'Customer', fields, ['ada']);
    expect([seen.entities, codes(seen.errors)]).toEqual([
      [null],
      { '_entities.0': 'UNAUTHENTICATED' },
    ]);
    const partner = await world.entities(scoped('ada', 'rewards:partner'), 'Customer', fields, [
      'ada',
    ]);
    expect(codes(partner.errors)).toEqual({ '_entities.0': 'FORBIDDEN' });
  });

  test('a bad representation costs only itself', async () => {
    const { entities, errors } = await world.entities(desk, 'Customer', fields, [
      'ada',
      { __typename: 'Customer', id: { $gt: '' } },
      { __typename: 'Nonsense', id: 'ada' },
      { __typename: 'Customer', id: 'a\u0000b' },
      'bob',
    ]);
    expect(entities.map((entity) => entity && (entity as { id?: string }).id)).toEqual([
      'ada',
      null,
      null,
      null,
      'bob',
    ]);
    expect(Object.values(codes(errors))).toEqual([
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
    ]);
  });

  test('of a representation nothing but the key counts', async () => {
    const forged = {
      __typename: 'Customer',
      id: 'bob',
      xPoints: { available: 9 },
      view: { at: 1 },
    };
    const { entities } = await world.entities(desk, 'Customer', fields, [forged]);
    expect(entities).toEqual([{ id: 'bob', xPoints: { available: 70 } }]);
  });
});

describe('who is no member (R2.9)', () => {
  const everything = `id xPoints { available } tier { tier { code } } membership { state } referral { link { code } }
    lots { nodes { id } } xPointsHistory { nodes { sequence } }`;
  const nothing = (id: string) => ({
    id,
    xPoints: null,
    tier: null,
    membership: null,
    referral: null,
    lots: null,
    xPointsHistory: null,
  });

  test('unknown, known by an order only, enrolled in the future: null, without an error', async () => {
    await world.place('s1', 'stub', '10.00');
    await world.register('early', '2025-01-12T10:00:00Z', 'TR');
    const ids = ['unknown', 'stub', 'early'];
    const { entities, errors } = await world.entities(desk, 'Customer', everything, ids);
    expect(errors).toEqual([]);
    expect(entities).toEqual(ids.map(nothing));
    const member = await world.ask(desk, '{ rewardsMember(customerId: "early") { id } }');
    expect(member.data).toEqual({ rewardsMember: null });
  });
});

describe('the balance', () => {
  test('says what can be spent and what it is worth', async () => {
    const { entities } = await world.entities<Seen>(customer('ada'), 'Customer', BALANCE, ['ada']);
    expect(entities[0]?.xPoints).toEqual({
      available: 20000,
      held: 0,
      pending: 0,
      owed: 0,
      value: { amount: '200.00', currency: 'EUR' },
      lifetimeEarned: 20000,
      lifetimeRedeemed: 0,
      lifetimeExpired: 0,
      sequence: 1,
      asOf: '2025-01-10T10:00:00.000Z',
    });
  });

  test('what is pending is priced at the present turnover and shrinks with what points pay (R3.1)', async () => {
    await world.place('a2', 'ada', '1000.00');
    await world.place('a3', 'ada', '500.00', 'TRY');
    const pending = async () =>
      (await world.entities<Seen>(desk, 'Customer', BALANCE, ['ada'])).entities[0]?.xPoints
        ?.pending;
    expect(await pending()).toBe(2000);
    await world.ask(
      desk,
      `mutation { redeemXPoints(input: { customerId: "ada", orderId: "a2", points: 10000, hold: {}, idempotencyKey: "p" }) { __typename } }`,
    );
    expect(await pending()).toBe(1800);
    await world.tell({ type: 'order.cancelled', orderId: 'a2', net: null });
    expect(await pending()).toBe(0);
  });

  test('tier names follow the reader, unless a language is named (R9.4)', async () => {
    const query = `{ rewardsMember(customerId: "ada") { tier { tier { code name german: name(locale: "de-AT") odd: name(locale: "xx") } } } }`;
    const { data } = await world.ask(customer('ada'), query, {}, 'tr');
    expect(data).toEqual({
      rewardsMember: {
        tier: { tier: { code: 'SILVER', name: 'Gümüş', german: 'Silber', odd: 'Gümüş' } },
      },
    });
  });

  test('the way to the next tier', async () => {
    const query =
      '{ rewardsMember(customerId: "bob") { tier { next { missing { amount } progress tier { code } } } } }';
    const { data } = await world.ask(customer('bob'), query);
    expect(data).toEqual({
      rewardsMember: {
        tier: {
          next: { missing: { amount: '19930.00' }, progress: 0.0035, tier: { code: 'SILVER' } },
        },
      },
    });
  });

  test('a referral link comes with the first completed order (R5.1)', async () => {
    const query = '{ rewardsMember(customerId: "bob") { referral { link { code url } } } }';
    const { data } = await world.ask<{ rewardsMember: Seen }>(customer('bob'), query);
    const link = data.rewardsMember.referral?.link;
    expect(link?.url).toBe(`${world.app.config.referralUrl}${link?.code}`);
    const none = await world.ask<{ rewardsMember: Seen }>(
      customer('cem'),
      '{ rewardsMember(customerId: "cem") { referral { link { code } } } }',
    );
    expect(none.data.rewardsMember.referral).toEqual({ link: null });
  });
});

describe('one statement for any number of customers', () => {
  const ids = ['ada', 'bob', 'cem', 'unknown', 'ada'];

  test.each([
    [
      'the balance, tier and membership',
      `${BALANCE} tier { tier { code } } membership { state }`,
      1,
    ],
    ['the expiry schedule as well', `${BALANCE} ${SCHEDULE}`, 1],
    ['lots', `lots { nodes { number source { reference } } }`, 2],
    [
      'lots and what became of them',
      `lots { nodes { number uses(first: 20) { points entry { kind } } } }`,
      4,
    ],
    ['history', `xPointsHistory { nodes { kind order { id } } }`, 2],
    [
      'history with moves and orders',
      `xPointsHistory { nodes { kind lots { lotId } order { xPoints { earned } } } }`,
      4,
    ],
  ])('%s: the statements do not grow with the ids', async (_, fields, most) => {
    const one = await world.entities(desk, 'Customer', fields, ['ada']);
    const many = await world.entities(desk, 'Customer', fields, ids);
    expect([...one.errors, ...many.errors]).toEqual([]);
    expect(many.statements.length).toBe(one.statements.length);
    expect(many.statements.length).toBeLessThanOrEqual(most);
    expect(many.entities[4]).toEqual(many.entities[0]);
  });

  test('nothing is read where only the key is asked for', async () => {
    const query = `{ rewardsMember(customerId: "bob") { xPointsHistory { nodes { order { __typename id } } } } }`;
    const { data, statements } = await world.ask(customer('bob'), query);
    expect(data).toEqual({
      rewardsMember: { xPointsHistory: { nodes: [{ order: { __typename: 'Order', id: 'b1' } }] } },
    });
    expect(statements.length).toBe(2);
  });
});

describe('suspension', () => {
  test('its reason is for the desk only (R2.7)', async () => {
    await world.register('sue');
    await world.ask(
      desk,
      `mutation { suspendMember(input: { customerId: "sue", reason: "chargebacks", idempotencyKey: "s" }) { __typename } }`,
    );
    const query = '{ rewardsMember(customerId: "sue") { membership { state suspensionReason } } }';
    const own = await world.ask(customer('sue'), query);
    const theirs = await world.ask(desk, query);
    expect(own.data).toEqual({
      rewardsMember: { membership: { state: 'SUSPENDED', suspensionReason: null } },
    });
    expect(theirs.data).toEqual({
      rewardsMember: { membership: { state: 'SUSPENDED', suspensionReason: 'chargebacks' } },
    });
  });
});
