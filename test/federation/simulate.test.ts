import type { Actor } from '../../src/auth/actor';
import { anonymous, codes, customer, desk, World } from './world';

interface Balance {
  available: number;
  held: number;
  owed: number;
  turnover: { amount: string };
  tier: { code: string };
}
interface Answer {
  simulateXPoints: {
    __typename: string;
    code?: string;
    before?: Balance;
    after?: Balance;
    entries?: { kind: string; availableChange: number; order: { id: string } | null }[];
  };
}

const BALANCE = 'available held owed turnover { amount } tier { code }';
const QUERY = `query ($input: SimulateXPointsInput!) { simulateXPoints(input: $input) {
  __typename ... on Refusal { code }
  ... on XPointsSimulation { before { ${BALANCE} } after { ${BALANCE} }
    entries { kind availableChange order { id } arithmetic { points brackets { tier } } lots { from to points } } } } }`;

let world: World;
beforeEach(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada');
  await world.register('bo');
  await world.earn('a1', 'ada', '19900.00');
  await world.tell({
    ...{ type: 'order.placed', orderId: 'open', customerId: 'ada', net: '50.00' },
    ...{ currency: 'EUR', placedAt: null, tags: [] },
  });
});
afterEach(() => world.close());

async function ask(input: object, actor: Actor = customer('ada')) {
  const variables = { input: { customerId: 'ada', ...input } };
  const { data, errors } = await world.ask<Answer>(actor, QUERY, variables);
  return { shown: data?.simulateXPoints, errors };
}

const digest = () => world.digest();

const EUR = (amount: string) => ({ amount, currency: 'EUR' });

test('an order across a threshold: what it would earn, bracket by bracket, and nothing is kept (R3.3)', async () => {
  const rows = await digest();
  const { shown } = await ask({ order: { net: EUR('200.00') } });
  expect(shown).toMatchObject({
    before: { available: 19_900, turnover: { amount: '19900.00' }, tier: { code: 'BRONZE' } },
    after: { available: 20_200, turnover: { amount: '20100.00' }, tier: { code: 'SILVER' } },
    entries: [
      {
        kind: 'CREDITED',
        availableChange: 300,
        order: null,
        arithmetic: { points: 300, brackets: [{ tier: 'BRONZE' }, { tier: 'SILVER' }] },
        lots: [{ from: 'ISSUED', to: 'REMAINING', points: 300 }],
      },
    ],
  });
  expect(await digest()).toBe(rows);
});

test('a redemption and a cancellation do what they then really do (R6.4, R4.2)', async () => {
  const redemption = await ask({ redemption: { orderId: 'open', points: 1200, holdMinutes: 5 } });
  expect(redemption.shown).toMatchObject({
    after: { available: 18_700, held: 1200 },
    entries: [{ kind: 'HELD', availableChange: -1200 }],
  });
  const part = await ask({ cancellation: { orderId: 'a1', net: EUR('900.00') } });
  expect(part.shown).toMatchObject({
    after: { available: 19_000, turnover: { amount: '19000.00' } },
    entries: [{ kind: 'REVERSED', availableChange: -900, order: { id: 'a1' } }],
  });
  await world.tell({ type: 'order.cancelled', orderId: 'a1', net: '900.00' });
  const { data } = await world.ask<{ rewardsMember: { xPoints: { available: number } } }>(
    desk,
    '{ rewardsMember(customerId: "ada") { xPoints { available } } }',
  );
  expect(data.rewardsMember.xPoints.available).toBe(19_000);
});

test('what fell due is booked first (R6.2)', async () => {
  await world.at('2026-01-10T23:00:00Z');
  const { shown } = await ask({ order: { net: EUR('10.00') } });
  expect(shown).toMatchObject({ before: { available: 0 }, after: { available: 10 } });
});

test('is refused as the real thing would be (R7.4)', async () => {
  const code = async (input: object, actor?: Actor) => (await ask(input, actor)).shown?.code;
  expect(await code({ redemption: { orderId: 'open', points: 5001 } })).toBe('EXCEEDS_ORDER_VALUE');
  expect(await code({ redemption: { orderId: 'a1', points: 1 } })).toBe('ORDER_NOT_OPEN');
  expect(await code({ redemption: { orderId: 'zzz', points: 1 } })).toBe('ORDER_NOT_FOUND');
  expect(await code({ redemption: { orderId: 'open', points: 0 } })).toBe('INVALID_POINTS');
  expect(await code({ cancellation: { orderId: 'zzz' } })).toBe('ORDER_NOT_FOUND');
  expect(await code({ customerId: 'bo', cancellation: { orderId: 'a1' } }, customer('bo'))).toBe(
    'ORDER_NOT_FOUND',
  );
  expect(await code({ customerId: 'zoe', order: { net: EUR('1.00') } }, desk)).toBe('NOT_A_MEMBER');
});

test('bad input and strangers get errors, and every row is as it was', async () => {
  const rows = await digest();
  const order = { net: EUR('1.00') };
  const inputs = [
    {},
    { order, cancellation: { orderId: 'a1' } },
    { order: { net: EUR('-1.00') } },
    { order: { net: EUR('1.001') } },
    { order: { net: EUR('1.00'), tags: Array.from({ length: 21 }, () => 'x') } },
    { cancellation: { orderId: 'a1', net: { amount: '1.00', currency: 'TRY' } } },
  ];
  for (const input of inputs) {
    expect(codes((await ask(input)).errors)).toEqual({ simulateXPoints: 'BAD_USER_INPUT' });
  }
  expect(codes((await ask({ order }, customer('bo'))).errors)).toEqual({
    simulateXPoints: 'FORBIDDEN',
  });
  expect(codes((await ask({ order }, anonymous)).errors)).toEqual({
    simulateXPoints: 'UNAUTHENTICATED',
  });
  expect(await digest()).toBe(rows);
});
