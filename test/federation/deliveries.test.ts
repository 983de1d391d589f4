import { nameEndpoints } from '../../src/outbox/endpoints';
import { endpoint } from '../outbox/outbox';
import { anonymous, codes, customer, desk, service, World } from './world';

interface Listed {
  list: {
    nodes: Record<string, unknown>[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

const SHOWN =
  'endpoint customerId number type state attempts nextAttemptAt lastError settledAt log { round attempt at durationMs status failure }';

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  const names = ['platform', 'billing'].map((name) => endpoint('http://127.0.0.1:9', { name }));
  await nameEndpoints(world.app.database, names);
  for (const id of ['ada', 'bo']) {
    await world.register(id);
    await world.earn(`${id}-1`, id, '10.00');
    await world.earn(`${id}-2`, id, '10.00');
  }
  const attempt = { round: 0, attempt: 1, at: 0, durationMs: 12, status: 503, failure: 'STATUS' };
  await world.app.database.query(
    `update webhook_deliveries set state = 'DEAD', attempts = 1, last_error = 'It answered 503', settled_at = now(), log = $1
      where account_id = 'ada' and number = 2 and endpoint = 'billing'`,
    [JSON.stringify([attempt])],
  );
});
afterAll(() => world.close());

function ask(args: string, actor = desk) {
  return world.ask<Listed>(
    actor,
    `{ list: webhookDeliveries(customerId: "ada"${args}) { nodes { ${SHOWN} } pageInfo { hasNextPage endCursor } } }`,
  );
}

async function walk(first: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let after = ''; ; ) {
    const { data, errors } = await ask(`, first: ${first}${after}`);
    expect(errors).toEqual([]);
    found.push(...data.list.nodes.map(({ number, endpoint: name }) => `${number} ${name}`));
    if (!data.list.pageInfo.hasNextPage) return found;
    after = `, after: "${data.list.pageInfo.endCursor}"`;
  }
}

test('the delivery log shows an account’s messages at every endpoint, latest first (R9.2)', async () => {
  const all = await walk(100);
  expect(all.slice(-4)).toEqual(['2 billing', '2 platform', '1 billing', '1 platform']);
  expect(new Set(all).size).toBe(all.length);
  for (const first of [1, 3]) expect(await walk(first)).toEqual(all);
});

test('the delivery log shows each attempt, and what became of it', async () => {
  const { data } = await ask(', endpoint: "billing"');
  const dead = data.list.nodes.find(({ number }) => number === 2);
  expect(dead).toEqual({
    ...{ endpoint: 'billing', customerId: 'ada', number: 2, type: expect.any(String) },
    ...{ state: 'DEAD', attempts: 1, nextAttemptAt: null, lastError: 'It answered 503' },
    settledAt: expect.any(String),
    log: [
      {
        ...{ round: 0, attempt: 1, at: '1970-01-01T00:00:00.000Z', durationMs: 12 },
        ...{ status: 503, failure: 'STATUS' },
      },
    ],
  });
  const waiting = data.list.nodes.find(({ number }) => number === 1);
  expect(waiting).toMatchObject({ state: 'PENDING', settledAt: null, log: [] });
  expect(waiting!.nextAttemptAt).not.toBeNull();
});

test('dead letters are listed by endpoint', async () => {
  const listed = async (args: string) => {
    const { data } = await world.ask<Listed>(
      desk,
      `{ list: undeliveredWebhooks${args} { nodes { endpoint number } pageInfo { hasNextPage endCursor } } }`,
    );
    return data.list.nodes;
  };
  expect(await listed('')).toEqual([{ endpoint: 'billing', number: 2 }]);
  expect(await listed('(endpoint: "billing")')).toHaveLength(1);
  expect(await listed('(endpoint: "platform")')).toEqual([]);
});

test('the delivery log is for the desk only, and refuses what is no cursor of it', async () => {
  for (const actor of [customer('ada'), service, anonymous]) {
    const { errors } = await ask('', actor);
    expect(codes(errors).list).toBe(actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN');
  }
  for (const args of [', after: "x"', ', endpoint: ""', ', first: 0', ', first: 101']) {
    expect(codes((await ask(args)).errors).list).toBe('BAD_USER_INPUT');
  }
});
