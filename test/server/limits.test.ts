import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { ErrorCode } from '../../src/kernel/error-codes';
import { LIMITS } from '../../src/server/limits';
import { doubled, streams } from './fixture';
import { type Answer, ask, type Running, Socket, startFixture, token } from './running';

let server: Running;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = await startFixture({} as DataSource);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.end();
  jest.restoreAllMocks();
});
afterAll(() => server.stop());

async function connectAs(sub: string, to: Running = server): Promise<Socket> {
  const socket = new Socket(to);
  sockets.push(socket);
  await socket.init({ token: await token(sub) });
  return socket;
}

function lower(name: keyof typeof LIMITS, most: number): void {
  jest.replaceProperty(LIMITS[name] as { most: number }, 'most', most);
}

const many = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');
const nested = (depth: number, leaf: string) =>
  `${'{ self '.repeat(depth - 2)}{ ${leaf} }${' }'.repeat(depth - 2)}`;

interface Bound {
  readonly what: string;
  readonly code: ErrorCode;
  readonly most: number;
  /** A document with so many of it. */
  readonly query: (count: number) => string;
  readonly variables?: (count: number) => object;
}

const BOUNDS: readonly Bound[] = [
  {
    what: 'tokens',
    most: 2_000,
    code: 'TOO_MANY_TOKENS',
    // Few fields of one name: those would be refused for what it costs to compare them.
    query: (n) =>
      `{ ${many(20, (at) => `a${at}: sum(numbers: [${many(90, () => '1')}])`)} ${many(n - 1982, () => 'count')} }`,
  },
  {
    what: 'depth',
    most: 14,
    code: 'TOO_DEEP',
    query: (n) => `{ customer(id: "a") ${nested(n, 'id')} }`,
  },
  {
    what: 'depth in fragments',
    most: 14,
    code: 'TOO_DEEP',
    query: (n) => `{ customer(id: "a") { ...A } } fragment A on Customer ${nested(n, 'id')}`,
  },
  {
    what: 'aliases',
    most: 30,
    code: 'TOO_MANY_ALIASES',
    query: (n) => `{ ${many(n, (at) => `a${at}: count`)} }`,
  },
  {
    what: 'directives',
    most: 50,
    code: 'TOO_MANY_DIRECTIVES',
    query: (n) => `{ ${many(n, () => 'count @include(if: true)')} }`,
  },
  {
    what: 'commands',
    most: 1,
    code: 'TOO_MANY_MUTATIONS',
    query: (n) => `mutation { ${many(n, (at) => `a${at}: double(number: 1)`)} }`,
  },
  {
    what: 'commands in fragments',
    most: 1,
    code: 'TOO_MANY_MUTATIONS',
    query: (n) =>
      `mutation { ${many(n, (at) => `...F${at}`)} } ${many(n, (at) => `fragment F${at} on Mutation { a${at}: double(number: 1) }`)}`,
  },
  {
    what: 'commands that are one',
    most: 1,
    code: 'TOO_MANY_MUTATIONS',
    query: (n) => `mutation { ${many(n, () => '... { double(number: 1) }')} }`,
  },
  {
    what: 'items of a literal',
    most: 100,
    code: 'LIST_TOO_LONG',
    query: (n) => `{ sum(numbers: [${many(n, () => '1')}]) }`,
  },
  {
    what: 'items of a variable',
    most: 100,
    code: 'LIST_TOO_LONG',
    query: () => 'query ($numbers: [Int!]!) { sum(numbers: $numbers) }',
    variables: (n) => ({ numbers: Array.from({ length: n }, () => 1) }),
  },
  {
    what: 'items inside a representation',
    most: 100,
    code: 'LIST_TOO_LONG',
    query: () => 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
    variables: (n) => ({
      of: [{ __typename: 'Customer', id: 'a', more: { list: Array.from({ length: n }, () => 1) } }],
    }),
  },
  {
    what: 'representations',
    most: 1_000,
    code: 'TOO_MANY_REPRESENTATIONS',
    query: () => 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
    variables: (n) => ({
      of: Array.from({ length: n }, () => ({ __typename: 'Customer', id: 'a' })),
    }),
  },
];

describe('over HTTP', () => {
  test.each(BOUNDS)(
    '$most $what are answered, one more is not: $code',
    async ({ most, code, query, variables }) => {
      const answer = await ask(server, query(most), { variables: variables?.(most) });
      expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
      const before = doubled.count;
      const refused = await ask(server, query(most + 1), { variables: variables?.(most + 1) });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ extensions: { code } }] } });
      expect(refused.body.data).toBeUndefined();
      expect(doubled.count).toBe(before);
    },
  );

  test('a document has 10 operations at most, one of which runs', async () => {
    const asked = async (count: number): Promise<Answer> => {
      const query = many(count, (at) => `mutation M${at} { double(number: ${at}) }`);
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, operationName: 'M3' }),
      });
      return { status: response.status, body: (await response.json()) as Answer['body'] };
    };
    expect((await asked(10)).body).toEqual({ data: { double: 6 } });
    expect(await asked(11)).toMatchObject({
      ...{ status: 400, body: { errors: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }] } },
    });
  });

  test('a body has 1 MiB at most', async () => {
    const send = async (size: number) => {
      const empty = JSON.stringify({ query: '{ count }', pad: '' });
      const body = JSON.stringify({ query: '{ count }', pad: 'x'.repeat(size - empty.length) });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
      return [response.status, ((await response.json()) as Answer['body']).errors?.[0]?.extensions];
    };
    expect(await send(LIMITS.bodyBytes.most)).toEqual([200, undefined]);
    expect(await send(LIMITS.bodyBytes.most + 1)).toEqual([413, { code: 'BODY_TOO_LARGE' }]);
  });

  test('fragments that double do not take for ever', async () => {
    const chain = many(60, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`);
    const { body } = await ask(server, `{ ...F0 } ${chain} fragment F60 on Query { count }`);
    expect(body.data).toEqual({ count: 5 });
  });

  test('a message that quotes its caller is cut', async () => {
    const variables = { n: 'x'.repeat(100_000) };
    const { body } = await ask(server, 'query ($n: Int!) { count(first: $n) }', { variables });
    expect(body.errors?.[0]?.message.length).toBeLessThan(600);
  });
});

describe('on a socket', () => {
  const TICKS = 'subscription { ticks(customerId: "ada", every: 5000) { number } }';
  const asSubscription = (fields: string, before = '') =>
    `subscription ${before} { ticks(customerId: "ada", every: 5) ${fields} }`;
  const bounds: readonly Bound[] = [
    {
      what: 'levels',
      most: 14,
      code: 'TOO_DEEP',
      query: (n) => asSubscription(nested(n, 'number')),
    },
    {
      what: 'aliases',
      most: 30,
      code: 'TOO_MANY_ALIASES',
      query: (n) => asSubscription(`{ ${many(n, (at) => `a${at}: number`)} }`),
    },
    {
      what: 'directives',
      most: 50,
      code: 'TOO_MANY_DIRECTIVES',
      query: (n) => asSubscription(`{ ${many(n, () => 'number @include(if: true)')} }`),
    },
  ];

  test.each(bounds)(
    '$most $what are answered, one more is not, and the socket lives: $code',
    async ({ most, code, query }) => {
      const socket = await connectAs('ada');
      await socket.subscribe('more', query(most + 1));
      expect(await socket.next('error', 'more')).toMatchObject({
        payload: [{ extensions: { code } }],
      });
      await socket.subscribe('most', query(most));
      const { payload } = await socket.next('next', 'most');
      expect(payload).not.toHaveProperty('errors');
    },
  );

  test('2001 tokens are refused, and the socket lives: TOO_MANY_TOKENS', async () => {
    const socket = await connectAs('ada');
    for (const [tokens, code] of [
      [2_000, 'GRAPHQL_VALIDATION_FAILED'],
      [2_001, 'TOO_MANY_TOKENS'],
    ] as const) {
      await socket.subscribe(code, asSubscription(`{ ${many(tokens - 14, () => 'no')} }`));
      expect(await socket.next('error', code)).toMatchObject({
        payload: expect.arrayContaining([expect.objectContaining({ extensions: { code } })]),
      });
    }
  });

  test('a customer has 200 subscriptions at most, on however many sockets', async () => {
    const before = streams.opened - streams.closed;
    const held = [await connectAs('ada'), await connectAs('ada')];
    for (const socket of held) {
      for (let id = 0; id < 100; id += 1) await socket.subscribe(`s${id}`, TICKS);
    }
    const third = await connectAs('ada');
    await until(() => streams.opened - streams.closed === before + 200);
    await third.subscribe('more', TICKS);
    expect(await third.next('error', 'more')).toMatchObject({
      payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
    });
    held[0]!.end();
    await held[0]!.closed;
    await third.subscribe('now', 'subscription { ticks(customerId: "ada", every: 5) { number } }');
    await third.next('next', 'now');
  });

  test('a process has its bound too', async () => {
    lower('subscriptions', 1);
    const socket = await connectAs('ada');
    const before = streams.opened;
    await socket.subscribe('one', TICKS);
    await until(() => streams.opened === before + 1);
    await socket.subscribe('two', TICKS);
    expect(await socket.next('error', 'two')).toMatchObject({
      payload: [{ extensions: { code: 'UNAVAILABLE' } }],
    });
  });

  test('a customer has 50 sockets at most', async () => {
    const held = await Promise.all(Array.from({ length: 50 }, () => connectAs('eve')));
    const more = new Socket(server);
    await more.send({ type: 'connection_init', payload: { token: await token('eve') } });
    await expect(more.closed).resolves.toMatchObject({ code: 4429 });
    await connectAs('bob');
    held[0]!.end();
    await held[0]!.closed;
    await connectAs('eve');
  });

  test('a process has so many sockets at most', async () => {
    const other = await startFixture({} as DataSource);
    lower('sockets', 2);
    const held = [await connectAs('ada', other), await connectAs('bob', other)];
    await expect(new Socket(other).open()).rejects.toThrow('503');
    held[0]!.end();
    await held[0]!.closed;
    await connectAs('cy', other);
    await other.stop();
  });

  test('a message has 64 KiB and 16 fragments at most', async () => {
    const whole = (size: number) =>
      JSON.stringify({ type: 'ping', payload: { pad: 'x'.repeat(size - 36) } });
    expect(whole(65_536)).toHaveLength(65_536);
    const good = await connectAs('ada');
    await good.send(whole(65_536));
    expect(await good.next('pong')).toEqual({ type: 'pong' });
    await good.send(whole(65_537));
    await expect(good.closed).resolves.toMatchObject({ code: 1009 });
    const crowded = await connectAs('ada');
    // Of 16 ones: no message of the protocol, but one in so many pieces.
    await crowded.sendFragments(16);
    await expect(crowded.closed).resolves.toMatchObject({ code: 4400 });
    const overcrowded = await connectAs('ada');
    await overcrowded.sendFragments(17);
    await expect(overcrowded.closed).resolves.toMatchObject({ code: 1008 });
  });

  test('600 messages in a minute are taken, one more closes it', async () => {
    const socket = await connectAs('ada');
    for (let sent = 1; sent < 600; sent += 1) await socket.send({ type: 'ping' });
    await until(() => pongs(socket) === 599);
    await socket.send({ type: 'ping' });
    await expect(socket.closed).resolves.toMatchObject({ code: 4429 });
  });

  test('pings of the framing count as messages', async () => {
    const socket = await connectAs('ada');
    for (let sent = 1; sent <= 600; sent += 1) {
      await socket.ping();
      // In one piece with a hundred of them the close frame is lost, and the code with it.
      if (sent % 20 === 0) await pause(1);
    }
    await expect(socket.closed).resolves.toMatchObject({ code: 4429 });
  });

  test('who sends without reading is cut', async () => {
    lower('messages', 100_000);
    const socket = await connectAs('ada');
    socket.pause();
    // Answered with some 60 KB of errors each time.
    const query = `subscription { ${many(120, (at) => `no${at}${'o'.repeat(400)}`)} }`;
    let code = 0;
    void socket.closed.then((closed) => {
      code = closed.code;
    });
    // It learns of the cut by what it cannot send any more.
    for (let sent = 0; code === 0 && sent < 5_000; sent += 1) {
      await socket.subscribe(`s${sent}`, query);
      await pause(1);
    }
    expect(code).toBe(1006);
  });
});

describe('a subject', () => {
  let limited: Running;
  beforeEach(async () => {
    limited = await startFixture({} as DataSource, { rateLimit: 5 });
  });
  afterEach(() => limited.stop());

  test('sends so many operations in a minute, over HTTP and sockets together', async () => {
    const ada = await token('ada');
    const socket = await connectAs('ada', limited);
    for (let sent = 0; sent < 4; sent += 1) {
      // What is refused counts too.
      expect((await ask(limited, sent % 2 ? '{ count }' : '{', { token: ada })).status).not.toBe(
        429,
      );
    }
    await socket.subscribe('5', 'subscription { ticks(customerId: "ada", every: 5) { number } }');
    await socket.next('next', '5');
    const response = await fetch(`${limited.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ada}` },
      body: '{"query":"{ count }"}',
    });
    expect(response.status).toBe(429);
    const { errors } = (await response.json()) as {
      errors: { extensions: { retryAfter: number } }[];
    };
    const { retryAfter } = errors[0]!.extensions;
    expect(errors).toEqual([
      { message: expect.any(String), extensions: { code: 'RATE_LIMITED', retryAfter } },
    ]);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(response.headers.get('retry-after')).toBe(String(retryAfter));
    await socket.subscribe('7', 'subscription { ticks(customerId: "ada", every: 5) { number } }');
    expect(await socket.next('error', '7')).toMatchObject({
      payload: [{ extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) } }],
    });
    expect((await ask(limited, '{ count }', { token: await token('bob') })).status).toBe(200);
  });

  test.each([
    ['a service', 'rewards:service'],
    ['who shows no token', null],
  ])('%s sends 50 times as many', async (_who, scope) => {
    const shown = scope ? await token('shop', { scope }) : undefined;
    const statuses = new Set<number>();
    for (let sent = 0; sent < 250; sent += 1) {
      statuses.add((await ask(limited, '{ count }', { token: shown })).status);
    }
    expect([...statuses]).toEqual([200]);
    expect((await ask(limited, '{ count }', { token: shown })).status).toBe(429);
  });
});

function pongs({ messages }: Socket): number {
  return messages.filter(({ type }) => type === 'pong').length;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 5) {
    if (condition()) return;
    await pause(5);
  }
  throw new Error('It never came to that');
}
