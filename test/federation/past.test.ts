import { shardOf } from '../../src/kernel/ids';
import { readPast } from '../../src/ledger/past.reads';
import { anonymous, codes, customer, desk, scoped, service, World } from './world';

const BALANCE = `available held owed value { amount currency } lifetimeEarned lifetimeRedeemed
  lifetimeExpired sequence asOf`;

interface Balance {
  readonly available: number;
  readonly sequence: number;
}

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  for (const id of ['ada', 'bob']) await world.register(id);
  await world.earn('a1', 'ada', '100.00');
  await world.at('2025-02-01T00:00:00Z');
  await world.earn('a2', 'ada', '40.00');
  await world.place('a3', 'ada', '30.00');
  await world.earn('b1', 'bob', '7.00');
  await world.at('2025-03-01T00:00:00Z');
  await world.command(
    customer('ada'),
    'redeemXPoints',
    {
      ...{ customerId: 'ada', orderId: 'a3', points: 20 },
    },
    '',
  );
  await world.at('2025-04-01T00:00:00Z');
  await world.tell({ type: 'order.paid', orderId: 'a3', xPoints: null });
  await world.tell({ type: 'order.delivered', orderId: 'a3' });
  await world.at('2026-01-15T00:00:00Z');
});
afterAll(() => world.close());

function past(actor: typeof desk, asOf: string, fields = BALANCE) {
  return world.entities<{ xPoints: Balance | null }>(
    actor,
    'Customer',
    `xPoints(asOf: "${asOf}") { ${fields} }`,
    ['ada', 'bob', 'nobody'],
  );
}

test('the desk sees what was true at a past instant, with the schedule of then', async () => {
  const { entities, errors } = await past(
    desk,
    '2025-03-01T00:00:00Z',
    `${BALANCE} pending expirySchedule { expiresAt points }`,
  );
  expect(errors).toEqual([]);
  expect(entities.map((entity) => entity?.xPoints ?? null)).toEqual([
    {
      ...{ available: 120, held: 0, owed: 0, value: { amount: '1.20', currency: 'EUR' } },
      ...{ lifetimeEarned: 140, lifetimeRedeemed: 20, lifetimeExpired: 0 },
      // Of 30.00, 0.20 is paid with points.
      ...{ sequence: 3, asOf: '2025-03-01T00:00:00.000Z', pending: 29 },
      expirySchedule: [
        { expiresAt: '2026-01-10T23:00:00.000Z', points: 80 },
        { expiresAt: '2026-02-01T23:00:00.000Z', points: 40 },
      ],
    },
    expect.objectContaining({ available: 7, sequence: 1, pending: 0 }),
    null,
  ]);
});

test('what fell due is gone from the very instant on, though it is not booked', async () => {
  const at = async (asOf: string) => (await past(desk, asOf)).entities[0]?.xPoints;
  expect(await at('2026-01-10T22:59:59.999Z')).toMatchObject({
    available: 149,
    lifetimeExpired: 0,
  });
  expect(await at('2026-01-10T23:00:00Z')).toMatchObject({ available: 69, lifetimeExpired: 80 });
});

test('however many customers are asked of, it takes one more statement, and one for the clock', async () => {
  const { statements } = await past(desk, '2025-02-10T00:00:00Z');
  expect(statements.filter((text) => text.includes('search (shard'))).toHaveLength(1);
  expect(statements.length).toBeLessThanOrEqual(4);
});

test('without a past instant the hot query is written as ever', async () => {
  const { isWritten, statements } = await world.entities(
    desk,
    'Customer',
    'xPoints { available }',
    ['bob', 'nobody'],
  );
  expect([isWritten, statements.length]).toEqual([true, 1]);
  const present = await world.entities<{ xPoints: Balance }>(
    service,
    'Customer',
    'xPoints(asOf: null) { available }',
    ['bob'],
  );
  expect([present.isWritten, present.errors]).toEqual([false, []]);
  expect(present.entities[0]?.xPoints.available).toBe(7);
});

test('nobody but the desk looks back, and whoever may not learns nothing of who exists', async () => {
  for (const actor of [service, customer('ada'), scoped('p', 'rewards:partner')]) {
    const { errors, entities } = await past(actor, '2025-03-01T00:00:00Z');
    expect(entities.every((entity) => !entity?.xPoints)).toBe(true);
    expect(new Set(Object.values(codes(errors)))).toEqual(new Set(['FORBIDDEN']));
    expect(errors).toHaveLength(3);
  }
  const { errors } = await past(anonymous, '2025-03-01T00:00:00Z');
  expect(new Set(Object.values(codes(errors)))).toEqual(new Set(['UNAUTHENTICATED']));
});

test('before the enrolment there is nothing, and what lies ahead is refused', async () => {
  const before = await past(desk, '2025-01-10T09:59:59.999Z');
  expect(before.errors).toEqual([]);
  expect(before.entities.map((entity) => entity?.xPoints)).toEqual([null, null, null]);
  const first = await past(desk, '2025-01-10T10:00:00Z');
  expect(first.entities.map((entity) => entity?.xPoints?.sequence)).toEqual([1, 0, undefined]);
  const ahead = await past(desk, '2026-01-15T00:00:00.001Z');
  expect(codes(ahead.errors)).toEqual({
    '_entities.0.xPoints': 'BAD_USER_INPUT',
    '_entities.1.xPoints': 'BAD_USER_INPUT',
    '_entities.2.xPoints': 'BAD_USER_INPUT',
  });
});

test('a member by name is asked the same way, several instants at once', async () => {
  const { data, errors } = await world.ask<{ rewardsMember: Record<string, Balance> }>(
    desk,
    `{ rewardsMember(customerId: "ada") { now: xPoints { available }
       later: xPoints(asOf: "2025-02-01T00:00:00Z") { available }
       earlier: xPoints(asOf: "2025-01-31T00:00:00Z") { available } } }`,
  );
  expect(errors).toEqual([]);
  expect(data.rewardsMember).toEqual({
    ...{ now: { available: 69 }, later: { available: 140 }, earlier: { available: 100 } },
  });
});

test('an account of a hundred thousand entries is summed where it lies', async () => {
  const { database } = world.app;
  await database.query(
    `insert into accounts (shard, id, program, terms_version, terms_known, enrolled_at, sequence, available, lifetime_earned, last_lot)
     values ($1, 'big', 'EU', 1, 1, '2024-08-01T00:00:00Z', 100000, 100000, 100000, 1000)`,
    [shardOf('big')],
  );
  await database.query(
    `insert into lots (shard, account_id, number, source, source_ref, terms_version, granted, remaining, is_open, credited_at, expires_at)
     select $1, 'big', n, 'ORDER', 'o' || n, 1, 100, 100, true, '2025-01-01', '2026-12-31' from generate_series(1, 1000) n`,
    [shardOf('big')],
  );
  await database.query(
    `insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
       available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, terms_version, cause, actor)
     select $1, 'big', n, 'CREDITED', 1, 0, 0, 100, n, 0, 0, n * 100, timestamptz '2025-01-01' + n * interval '1 minute',
       timestamptz '2025-01-01' + n * interval '1 minute', 1, 'test', 'test' from generate_series(1, 100000) n`,
    [shardOf('big')],
  );
  await database.query(
    `insert into allocations (shard, account_id, sequence, ordinal, lot, from_state, to_state, points)
     select $1, 'big', n, 0, 1 + n % 1000, 'ISSUED', 'REMAINING', 1 from generate_series(1, 100000) n`,
    [shardOf('big')],
  );
  const at = Date.parse('2025-01-01T00:00:00Z') + 70_000.5 * 60_000;
  const read = (await readPast(database, ['big'], at, { pending: false })).get('big');
  expect(read?.left).toMatchObject({ sequence: 70_000, available: 70_000, lifetimeEarned: 70_000 });
  expect(read?.book.lots).toHaveLength(1_000);
  expect(read?.book.lots.every((lot) => lot.remaining === 70 && lot.granted === 70)).toBe(true);
});
