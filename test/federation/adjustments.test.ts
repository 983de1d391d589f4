import { checkIntegrity } from '../../src/ledger/integrity';
import { codes, customer, desk, scoped, service, World } from './world';

const kim = scoped('desk-2', 'rewards:desk');
const SHOWN =
  'number points reason objection state requestedAt requestedBy decidedAt decidedBy note sequence customer { id }';
const ANSWER = `... on XPointsAdjustmentSuccess { adjustment { ${SHOWN} } } ... on LimitExceeded { limit }`;

interface Answered {
  adjustment: Record<string, unknown>;
  code: string;
  limit: number;
}

let world: World;
beforeEach(async () => {
  world = await World.open('2025-03-01T10:00:00Z', { ADJUSTMENT_APPROVAL_ABOVE: 'TR=350000' });
  await world.register('ada', '2025-01-10T10:00:00Z');
  await world.register('cem', '2025-01-30T10:00:00Z', 'TR');
  await world.earn('a1', 'ada', '100.00');
});
afterEach(async () => {
  const breaches = await checkIntegrity(world.app.database, world.app.programs);
  expect(breaches.filter(({ rows }) => rows > 0)).toEqual([]);
  await world.close();
});

async function adjust(points: number, customerId = 'ada', actor = desk): Promise<Answered> {
  const input = { customerId, points, reason: 'Goodwill.' };
  return (await world.command<Answered>(actor, 'adjustXPoints', input, ANSWER)).data.answer;
}

async function decide(number: number, approve: boolean, actor = kim): Promise<Answered> {
  const input = { customerId: 'ada', number, approve, note: 'Seen.' };
  return (await world.command<Answered>(actor, 'decideAdjustment', input, ANSWER)).data.answer;
}

async function list(args = '', actor = desk) {
  return world.ask<{
    xPointsAdjustments: {
      nodes: Record<string, unknown>[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
  }>(
    actor,
    `{ xPointsAdjustments${args} { nodes { ${SHOWN} } pageInfo { hasNextPage endCursor } } }`,
  );
}

async function member(): Promise<object | null | undefined> {
  const fields = `xPoints { available owed } lots(state: null) { nodes { source { kind reference } granted } }
    xPointsHistory(first: 1) { nodes { kind availableChange owedChange arithmetic { type adjustment objection points } explanation(locale: "de") } }`;
  return (await world.entities<object>(customer('ada'), 'Customer', fields, ['ada'])).entities[0];
}

test('the desk gives points: a lot, an entry with its sentence, a reason on record', async () => {
  expect((await adjust(25)).adjustment).toEqual({
    ...{ number: 1, points: 25, reason: 'Goodwill.', objection: null, state: 'BOOKED' },
    ...{ requestedAt: '2025-03-01T10:00:00.000Z', requestedBy: 'desk:desk-1' },
    ...{ decidedAt: '2025-03-01T10:00:00.000Z', decidedBy: 'desk:desk-1', note: null },
    ...{ sequence: 2, customer: { id: 'ada' } },
  });
  expect(await member()).toEqual({
    xPoints: { available: 125, owed: 0 },
    lots: {
      nodes: [
        { source: { kind: 'ORDER', reference: 'a1' }, granted: 100 },
        { source: { kind: 'ADJUSTMENT', reference: '1' }, granted: 25 },
      ],
    },
    xPointsHistory: {
      nodes: [
        {
          ...{ kind: 'CREDITED', availableChange: 25, owedChange: 0 },
          arithmetic: { type: 'ADJUSTMENT', adjustment: 1, objection: null, points: 25 },
          explanation: ['Das Rewards-Team hat 25 X-Points gutgeschrieben (Berichtigung Nr. 1).'],
        },
      ],
    },
  });
});

test('and takes them: what is missing is owed', async () => {
  expect((await adjust(-130)).adjustment).toMatchObject({ state: 'BOOKED', points: -130 });
  expect(await member()).toMatchObject({
    xPoints: { available: 0, owed: 30 },
    xPointsHistory: {
      nodes: [{ kind: 'REVERSED', availableChange: -100, owedChange: 30 }],
    },
  });
});

test('above the limit of the program a second person decides', async () => {
  expect((await adjust(10_001)).adjustment).toMatchObject({ state: 'REQUESTED', sequence: null });
  expect((await adjust(350_000, 'cem')).adjustment).toMatchObject({ state: 'BOOKED' });
  expect((await adjust(350_001, 'cem')).adjustment).toMatchObject({ state: 'REQUESTED' });
  expect(await member()).toMatchObject({ xPoints: { available: 100 } });
  expect((await decide(1, true, desk)).code).toBe('SAME_PERSON');
  expect((await decide(1, true)).adjustment).toMatchObject({
    ...{ state: 'BOOKED', requestedBy: 'desk:desk-1', decidedBy: 'desk:desk-2', note: 'Seen.' },
  });
  expect(await member()).toMatchObject({ xPoints: { available: 10_101 } });
  expect((await decide(1, false)).code).toBe('ADJUSTMENT_NOT_REQUESTED');
});

test('what waits is listed for the desk, oldest first, page by page', async () => {
  for (const points of [20_000, 5, -20_000]) await adjust(points);
  await adjust(400_000, 'cem');
  const numbers = async (args: string) =>
    (await list(args)).data.xPointsAdjustments.nodes.map(({ points }) => points);
  expect(await numbers('')).toEqual(expect.arrayContaining([20_000, -20_000, 400_000]));
  expect(await numbers('')).toHaveLength(3);
  expect(await numbers('(state: BOOKED)')).toEqual([5]);
  expect(await numbers('(state: DECLINED)')).toEqual([]);
  expect(await numbers('(state: null)')).toHaveLength(4);
  for (const state of ['REQUESTED', 'null']) {
    const found: unknown[] = [];
    for (let after = ''; ; ) {
      const { data } = await list(`(state: ${state}, first: 1${after})`);
      const { nodes, pageInfo } = data.xPointsAdjustments;
      found.push(...nodes);
      if (!pageInfo.hasNextPage) break;
      after = `, after: "${pageInfo.endCursor}"`;
    }
    const all = (await list(`(state: ${state})`)).data.xPointsAdjustments.nodes;
    expect(found).toEqual(all);
  }
  for (const actor of [customer('ada'), service]) {
    expect(codes((await list('', actor)).errors)).toEqual({ xPointsAdjustments: 'FORBIDDEN' });
  }
});

test('no adjustment is beyond what can be counted', async () => {
  expect(await adjust(1_000_000_001)).toMatchObject({
    code: 'INVALID_POINTS',
    limit: 1_000_000_000,
  });
  expect(await adjust(0)).toMatchObject({ code: 'INVALID_POINTS' });
});

test('asked for many times at once, it is booked once', async () => {
  const input = { customerId: 'ada', points: 25, reason: 'Goodwill.', idempotencyKey: 'once' };
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => world.command<Answered>(desk, 'adjustXPoints', input, ANSWER)),
  );
  const booked = answers.map(({ data }) => data.answer.adjustment.sequence);
  expect(new Set(booked)).toEqual(new Set([2]));
  expect(await member()).toMatchObject({ xPoints: { available: 125 } });
});

test('approved and declined at once, one of them holds', async () => {
  await adjust(20_000);
  const answers = await Promise.all([decide(1, true), decide(1, false), decide(1, true)]);
  expect(answers.filter(({ code }) => code === 'ADJUSTMENT_NOT_REQUESTED')).toHaveLength(2);
});
