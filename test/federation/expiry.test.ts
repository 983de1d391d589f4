import { customer, desk, World } from './world';

const FIELDS = `xPoints { available held owed lifetimeExpired sequence expirySchedule { expiresAt points } }
  lots(state: null) { nodes { number state remaining held } }
  open: lots { nodes { number } } expired: lots(state: EXPIRED) { nodes { number } }`;

interface Seen {
  xPoints: {
    available: number;
    held: number;
    owed: number;
    lifetimeExpired: number;
    sequence: number;
    expirySchedule: { expiresAt: string | null; points: number }[];
  };
  lots: { nodes: { number: number; state: string; remaining: number; held: number }[] };
  open: { nodes: { number: number }[] };
  expired: { nodes: { number: number }[] };
}

let world: World;
beforeEach(async () => {
  world = await World.open('2025-03-15T10:00:00Z');
  await world.register('ada');
  await world.earn('a1', 'ada', '100.00');
  await world.at('2025-03-15T23:00:00Z');
  await world.earn('a2', 'ada', '70.00');
});
afterEach(() => world.close());

async function see(): Promise<Seen> {
  const { entities, errors } = await world.entities<Seen>(customer('ada'), 'Customer', FIELDS, [
    'ada',
  ]);
  expect(errors).toEqual([]);
  return entities[0]!;
}

async function hold(orderId: string, points: number, seconds: number): Promise<string> {
  const { data } = await world.ask<{ redeemXPoints: { redemption: { id: string } } }>(
    desk,
    `mutation { redeemXPoints(input: { customerId: "ada", orderId: "${orderId}", points: ${points}, hold: { seconds: ${seconds} }, idempotencyKey: "${orderId}" }) { ... on RedeemXPointsSuccess { redemption { id } } } }`,
  );
  return data.redeemXPoints.redemption.id;
}

async function order(id: string) {
  const fields = 'xPoints { held redeemed redemptions { state held released decidedAt } }';
  const { entities } = await world.entities<{ xPoints: object }>(desk, 'Order', fields, [id]);
  return entities[0]?.xPoints;
}

test('a lot is gone at its instant, to the millisecond, without being booked (R6.2)', async () => {
  await world.at('2026-03-15T22:59:59.999Z');
  const before = await see();
  expect(before.xPoints.available).toBe(170);
  expect(before.open.nodes).toEqual([{ number: 1 }, { number: 2 }]);
  expect(before.xPoints.expirySchedule).toEqual([
    { expiresAt: '2026-03-15T23:00:00.000Z', points: 100 },
    { expiresAt: '2026-03-16T23:00:00.000Z', points: 70 },
  ]);

  await world.at('2026-03-15T23:00:00Z');
  const after = await see();
  expect(after.xPoints).toEqual({
    available: 70,
    held: 0,
    owed: 0,
    lifetimeExpired: 100,
    sequence: 2,
    expirySchedule: [{ expiresAt: '2026-03-16T23:00:00.000Z', points: 70 }],
  });
  expect(after.lots.nodes).toEqual([
    { number: 1, state: 'EXPIRED', remaining: 0, held: 0 },
    { number: 2, state: 'OPEN', remaining: 70, held: 0 },
  ]);
  expect(after.open.nodes).toEqual([{ number: 2 }]);
  expect(after.expired.nodes).toEqual([{ number: 1 }]);
});

test('without the schedule the answer is the same, with one statement more (R6.2)', async () => {
  await world.at('2026-03-15T23:00:00Z');
  const { entities, statements } = await world.entities(
    customer('ada'),
    'Customer',
    'xPoints { available sequence }',
    ['ada'],
  );
  expect(entities).toEqual([{ xPoints: { available: 70, sequence: 2 } }]);
  expect(statements.length).toBe(2);
});

test('a held point outlives its lot; once its time is up it is gone at once (R6.8)', async () => {
  await world.place('next', 'ada', '50.00');
  await world.at('2026-03-15T22:00:00Z');
  await hold('next', 30, 7200);
  await world.at('2026-03-15T23:59:59.999Z');
  const held = await see();
  expect([held.xPoints.available, held.xPoints.held]).toEqual([70, 30]);
  expect(held.lots.nodes[0]).toEqual({ number: 1, state: 'OPEN', remaining: 0, held: 30 });
  expect(await order('next')).toMatchObject({
    held: 30,
    redemptions: [{ state: 'HELD', held: 30 }],
  });

  await world.at('2026-03-16T00:00:00Z');
  const lapsed = await see();
  expect([lapsed.xPoints.available, lapsed.xPoints.held]).toEqual([70, 0]);
  expect(lapsed.xPoints.lifetimeExpired).toBe(100);
  expect(lapsed.lots.nodes[0]).toEqual({ number: 1, state: 'EXPIRED', remaining: 0, held: 0 });
  expect(await order('next')).toEqual({
    held: 0,
    redeemed: 0,
    redemptions: [
      { state: 'LAPSED', held: 0, released: 30, decidedAt: '2026-03-16T00:00:00.000Z' },
    ],
  });
});

test('a hold that lapses in time gives its points back, and pays what is owed (R4.3, R6.7)', async () => {
  await world.place('next', 'ada', '200.00');
  await hold('next', 170, 3600);
  await world.tell({ type: 'order.cancelled', orderId: 'a1', net: null });
  const held = await see();
  expect([held.xPoints.available, held.xPoints.held, held.xPoints.owed]).toEqual([0, 170, 100]);

  await world.at('2025-03-16T00:00:00Z');
  const lapsed = await see();
  expect([lapsed.xPoints.available, lapsed.xPoints.held, lapsed.xPoints.owed]).toEqual([70, 0, 0]);
  expect(lapsed.lots.nodes).toEqual([
    { number: 1, state: 'REVERSED', remaining: 0, held: 0 },
    { number: 2, state: 'OPEN', remaining: 70, held: 0 },
  ]);
  const filtered = await world.entities(
    desk,
    'Customer',
    'lots(state: REVERSED) { nodes { number } }',
    ['ada'],
  );
  expect(filtered.entities).toEqual([{ lots: { nodes: [{ number: 1 }] } }]);
  const { entities } = await world.entities<{ lots: object[] }>(
    desk,
    'Order',
    'lots { number state remaining }',
    ['a1'],
  );
  expect(entities[0]?.lots).toEqual([{ number: 1, state: 'REVERSED', remaining: 0 }]);
});

test('what is read and what is booked afterwards agree', async () => {
  await world.place('next', 'ada', '50.00');
  await hold('next', 30, 7200);
  await world.at('2026-03-16T05:00:00Z');
  const { xPoints, lots } = await see();
  await world.place('other', 'ada', '1.00');
  const booked = await see();
  expect(booked.lots).toEqual(lots);
  expect({ ...booked.xPoints, sequence: 0 }).toEqual({ ...xPoints, sequence: 0 });
  expect(booked.xPoints.sequence).toBeGreaterThan(xPoints.sequence);
});

test('points of a hold that lapsed, unbooked, no longer pay: what is pending counts the whole order again (R3.1)', async () => {
  await world.place('next', 'ada', '200.00');
  await hold('next', 170, 3600);
  const pending = async () =>
    (await world.entities(desk, 'Customer', 'xPoints { pending }', ['ada'])).entities;
  expect(await pending()).toEqual([{ xPoints: { pending: 198 } }]);
  await world.at('2025-03-16T00:00:00Z');
  expect(await pending()).toEqual([{ xPoints: { pending: 200 } }]);
});

test('the last row of a schedule gathers what expires later', async () => {
  const fields =
    'xPoints { available expirySchedule(first: 1) { expiresAt points value { amount } } }';
  const { entities } = await world.entities(desk, 'Customer', fields, ['ada']);
  expect(entities).toEqual([
    {
      xPoints: {
        available: 170,
        expirySchedule: [{ expiresAt: null, points: 170, value: { amount: '1.70' } }],
      },
    },
  ]);
});
