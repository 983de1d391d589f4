import { nameEndpoints } from '../../src/outbox/endpoints';
import { endpoint } from '../outbox/outbox';
import { type Answer, anonymous, codes, customer, desk, service, World } from './world';

interface List {
  list: {
    nodes: Record<string, unknown>[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

const LISTS = {
  setAsideEvents: 'eventId reason source type orderId customerId receivedAt',
  orderDiscrepancies: 'order { id xPoints { redeemed } } customer { id } reckoned captured paidAt',
  undeliveredWebhooks: 'endpoint customerId number type attempts lastError occurredAt settledAt',
};
type ListName = keyof typeof LISTS;

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await nameEndpoints(world.app.database, [endpoint('http://127.0.0.1:9')]);
  await world.register('ada');
  for (let i = 1; i <= 5; i += 1) {
    await world.earn(`o${i}`, 'ada', '10.00');
    await world.tell({ type: 'order.amended', orderId: `o${i}`, net: '11.00' });
    await world.place(`p${i}`, 'ada', '10.00');
    if (i === 3) await world.at('2025-01-10T10:00:01Z');
    await world.tell({ type: 'order.paid', orderId: `p${i}`, xPoints: i });
  }
  await world.app.database.query(
    `update webhook_deliveries set state = 'DEAD', attempts = 12, last_error = '500',
       settled_at = now() + number * interval '1 microsecond'
     where number <= 5`,
  );
});
afterAll(() => world.close());

async function walk(name: ListName, first: number): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let after: string | null = null; ; ) {
    const query = `query L($after: String) { list: ${name}(first: ${first}, after: $after) {
      nodes { ${LISTS[name]} } pageInfo { hasNextPage endCursor } } }`;
    const answer: Answer<List> = await world.ask<List>(desk, query, { after });
    expect(answer.errors).toEqual([]);
    const { nodes, pageInfo } = answer.data.list;
    found.push(...nodes);
    if (!pageInfo.hasNextPage) return found;
    expect(nodes).toHaveLength(first);
    after = pageInfo.endCursor;
  }
}

test.each(Object.keys(LISTS) as ListName[])(
  '%s: a walk in pages finds everything once',
  async (name) => {
    const all = await walk(name, 100);
    expect(all).toHaveLength(5);
    for (const first of [1, 2, 4, 5]) expect(await walk(name, first)).toEqual(all);
  },
);

test.each(Object.keys(LISTS) as ListName[])('%s is for the desk only', async (name) => {
  const seen = [];
  for (const actor of [customer('ada'), service, anonymous]) {
    const { data, errors } = await world.ask(actor, `{ list: ${name} { nodes { __typename } } }`);
    seen.push(data, codes(errors));
  }
  expect(seen).toEqual([
    null,
    { list: 'FORBIDDEN' },
    null,
    { list: 'FORBIDDEN' },
    null,
    { list: 'UNAUTHENTICATED' },
  ]);
});

test('events set aside name what they are about (R3.8)', async () => {
  expect((await walk('setAsideEvents', 100))[0]).toEqual({
    eventId: expect.any(String),
    reason: 'AMENDED_AFTER_JUDGED',
    source: 'test',
    type: 'order.amended',
    orderId: 'o1',
    customerId: 'ada',
    receivedAt: '2025-01-10T10:00:00.000Z',
  });
});

test('discrepancies show both numbers (R6.6)', async () => {
  const rows = await walk('orderDiscrepancies', 100);
  expect(rows.map((row) => (row.order as { id: string }).id).sort()).toEqual([
    'p1',
    'p2',
    'p3',
    'p4',
    'p5',
  ]);
  const p4 = rows.find((row) => (row.order as { id: string }).id === 'p4');
  expect(p4).toEqual({
    order: { id: 'p4', xPoints: { redeemed: 0 } },
    customer: { id: 'ada' },
    reckoned: 4,
    captured: 0,
    paidAt: '2025-01-10T10:00:01.000Z',
  });
});

test('undelivered messages tell why', async () => {
  const rows = await walk('undeliveredWebhooks', 100);
  expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  expect(rows[0]).toMatchObject({
    endpoint: 'platform',
    customerId: 'ada',
    attempts: 12,
    lastError: '500',
  });
});
