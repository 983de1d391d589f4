import { type Answer, codes, customer, desk, World } from './world';

const COUNT = 23;

interface Page {
  nodes: { number: number; sequence: number; kind: string; creditedAt: string }[];
  edges: { cursor: string }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada');
  await world.register('bob');
  for (let i = 1; i <= COUNT; i += 1) {
    await world.at(`2025-01-10T10:00:${String(i >> 1).padStart(2, '0')}Z`);
    await world.earn(`a${i}`, 'ada', `${i}.00`);
  }
  await world.place('next', 'ada', '30.00');
  await world.ask(
    desk,
    `mutation { redeemXPoints(input: { customerId: "ada", orderId: "next", points: 10, hold: {}, idempotencyKey: "h" }) { __typename } }`,
  );
});
afterAll(() => world.close());

async function walk(field: string, first: number, args = ''): Promise<Page['nodes']> {
  const found: Page['nodes'] = [];
  for (let after: string | null = null; ; ) {
    const query = `query Walk($after: String) { rewardsMember(customerId: "ada") {
      page: ${field}(first: ${first}, after: $after ${args}) {
        nodes { ${field === 'lots' ? 'number creditedAt' : 'sequence kind'} }
        edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } } }`;
    const answer: Answer<{ rewardsMember: { page: Page } }> = await world.ask(
      customer('ada'),
      query,
      {
        after,
      },
    );
    expect(answer.errors).toEqual([]);
    const { nodes, edges, pageInfo }: Page = answer.data.rewardsMember.page;
    expect(nodes.length).toBeLessThanOrEqual(first);
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
    found.push(...nodes);
    if (!pageInfo.hasNextPage) return found;
    expect(nodes.length).toBe(first);
    after = pageInfo.endCursor;
  }
}

test.each([1, 2, 7, 22, 23, 24, 100])(
  'a walk over history in pages of %i finds all of it, newest first',
  async (first) => {
    const sequences = (await walk('xPointsHistory', first)).map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: COUNT + 1 }, (_, i) => COUNT + 1 - i));
  },
);

test.each([1, 2, 7, 22, 23, 24, 100])(
  'a walk over lots in pages of %i finds all of them in spending order (R6.3)',
  async (first) => {
    const lots = await walk('lots', first, 'state: null');
    expect(lots.map(({ number }) => number)).toEqual(
      Array.from({ length: COUNT }, (_, i) => i + 1),
    );
    const dates = lots.map(({ creditedAt }) => creditedAt);
    expect([...dates].sort()).toEqual(dates);
  },
);

test('history of some kinds', async () => {
  expect((await walk('xPointsHistory', 3, 'kinds: [HELD]')).map(({ kind }) => kind)).toEqual([
    'HELD',
  ]);
  expect(await walk('xPointsHistory', 3, 'kinds: [EXPIRED, LAPSED]')).toEqual([]);
  expect(await walk('xPointsHistory', 3, 'kinds: []')).toEqual([]);
  expect(await walk('xPointsHistory', 10, 'kinds: null')).toHaveLength(COUNT + 1);
});

test.each([
  'first: 0',
  'first: 101',
  'first: -1',
  'first: 1, after: "rubbish"',
  'first: 1, after: ""',
])('lots(%s) is refused, and costs nothing else', async (args) => {
  const query = `{ rewardsMember(customerId: "ada") { id lots(${args}) { nodes { id } } } }`;
  const { data, errors } = await world.ask(customer('ada'), query);
  expect(data).toEqual({ rewardsMember: { id: 'ada', lots: null } });
  expect(codes(errors)).toEqual({ 'rewardsMember.lots': 'BAD_USER_INPUT' });
});

test("a list does not take another list's cursor", async () => {
  const query = `{ rewardsMember(customerId: "ada") { xPointsHistory(first: 1) { pageInfo { endCursor } } } }`;
  const { data } = await world.ask<{ rewardsMember: { xPointsHistory: Page } }>(
    customer('ada'),
    query,
  );
  const after = data.rewardsMember.xPointsHistory.pageInfo.endCursor;
  const other = await world.ask(
    customer('ada'),
    'query Q($after: String) { rewardsMember(customerId: "ada") { lots(after: $after) { nodes { id } } } }',
    { after },
  );
  expect(codes(other.errors)).toEqual({ 'rewardsMember.lots': 'BAD_USER_INPUT' });
});

test('null for first is the preset', async () => {
  const query = '{ rewardsMember(customerId: "ada") { lots(first: null) { nodes { id } } } }';
  const { data } = await world.ask<{ rewardsMember: { lots: Page } }>(customer('ada'), query);
  expect(data.rewardsMember.lots.nodes).toHaveLength(20);
});

test('the expiry schedule sums to what is available, whatever its length', async () => {
  for (const first of [1, 2, 3, 100]) {
    const query = `{ rewardsMember(customerId: "ada") { xPoints { available expirySchedule(first: ${first}) { expiresAt points } } } }`;
    const { data } = await world.ask<{
      rewardsMember: {
        xPoints: {
          available: number;
          expirySchedule: { expiresAt: string | null; points: number }[];
        };
      };
    }>(customer('ada'), query);
    const { available, expirySchedule } = data.rewardsMember.xPoints;
    expect(expirySchedule.length).toBeLessThanOrEqual(first);
    expect(expirySchedule.reduce((sum, { points }) => sum + points, 0)).toBe(available);
    expect(expirySchedule.map(({ expiresAt }) => expiresAt)).toEqual(['2026-01-10T23:00:00.000Z']);
  }
});

test('a rare state is found behind any number of lots that only may show as it', async () => {
  await world.tell({ type: 'order.cancelled', orderId: `a${COUNT}`, net: null });
  for (const first of [1, 3, 100]) {
    expect((await walk('lots', first, 'state: REVERSED')).map(({ number }) => number)).toEqual([
      COUNT,
    ]);
    expect(await walk('lots', first, 'state: OPEN')).toHaveLength(COUNT - 1);
    expect(await walk('lots', first, 'state: VOIDED')).toEqual([]);
  }
});
