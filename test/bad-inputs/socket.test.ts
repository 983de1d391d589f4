import { setTimeout as pause } from 'node:timers/promises';
import { World } from '../refusals/world';
import { type Message, Socket } from '../server/running';
import { insideOf } from './clean';

const WATCH =
  'subscription ($id: ID!, $after: XPoints) { xPointsBalanceChanged(customerId: $id, after: $after) { sequence balance { available } } }';
const repeat = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');

let world: World;
let before: Record<string, string>;
let tried = 0;
beforeAll(async () => {
  world = await World.open();
  before = await world.digest();
});
afterAll(async () => {
  process.stdout.write(`bad messages on sockets: ${tried}\n`);
  await world.close();
});

async function connect(): Promise<Socket> {
  const socket = new Socket(world.server);
  await socket.init({ token: world.token('ada') });
  return socket;
}

describe('an operation that is no good leaves the others on its socket alone', () => {
  let socket: Socket;
  let serial = 0;
  beforeAll(async () => {
    socket = await connect();
    await socket.subscribe('good', WATCH, { id: 'ada' });
    await socket.next('next', 'good');
  });
  afterAll(async () => {
    // The one that was there all along still hears of the next change.
    await world.tell(['order.cancelled', { orderId: 'a1', net: '1.00' }]);
    await until(
      () => socket.messages.filter(({ id, type }) => id === 'good' && type === 'next').length === 2,
    );
    socket.end();
  });

  /** What is answered to a subscription, until it is over. */
  async function answerTo(query: string, variables?: object): Promise<Message> {
    tried += 1;
    const id = `bad-${++serial}`;
    await socket.subscribe(id, query, variables);
    await until(() => socket.messages.some((one) => one.id === id));
    const answer = socket.messages.find((one) => one.id === id)!;
    expect(insideOf(JSON.stringify(answer))).toBeNull();
    return answer;
  }

  test.each<[string, string, string]>([
    ['nothing', '', 'GRAPHQL_PARSE_FAILED'],
    ['half a subscription', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['a NUL', 'subscription \u0000 { a }', 'GRAPHQL_PARSE_FAILED'],
    ['brackets 20,000 deep', '{a'.repeat(20_000), 'TOO_MANY_TOKENS'],
    ['brackets 600 deep', `subscription ${'{a'.repeat(600)}${'}'.repeat(600)}`, 'TOO_DEEP'],
    ['a query', '{ rewardsPrograms { code } }', 'BAD_REQUEST'],
    ['introspection', '{ __schema { types { name } } }', 'BAD_REQUEST'],
    ['the SDL', '{ _service { sdl } }', 'BAD_REQUEST'],
    [
      '_entities',
      '{ _entities(representations: [{__typename: "Customer", id: "ada"}]) { __typename } }',
      'BAD_REQUEST',
    ],
    [
      'a command',
      'mutation { leaveRewards(input: {customerId: "ada", forfeits: 80, idempotencyKey: "k"}) { __typename } }',
      'BAD_REQUEST',
    ],
    ['a fragment alone', 'fragment A on Query { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['two operations, none named', `${WATCH} ${WATCH}`, 'OPERATION_RESOLUTION_FAILURE'],
    [
      'two fields',
      'subscription { a: xPointsBalanceChanged(customerId: "ada") { sequence } b: xPointsBalanceChanged(customerId: "bo") { sequence } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['an unknown field', 'subscription { everything }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'introspection in a subscription',
      'subscription { __schema { types { name } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a cycle',
      'subscription { ...A } fragment A on Subscription { ...A }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      '400 aliases',
      `subscription { xPointsBalanceChanged(customerId: "ada") { ${repeat(400, (at) => `a${at}: sequence`)} } }`,
      'TOO_MANY_ALIASES',
    ],
    [
      '200 directives',
      `subscription { xPointsBalanceChanged(customerId: "ada") { ${repeat(200, () => 'sequence @skip(if: false)')} } }`,
      'TOO_MANY_DIRECTIVES',
    ],
    [
      'pages of pages',
      'subscription { xPointsBalanceChanged(customerId: "ada") { customer { lots(first: 100) { nodes { uses(first: 100) { entry { lots { points } } } } } } } }',
      'TOO_COSTLY',
    ],
    [
      '101 operations',
      repeat(
        101,
        (at) => `subscription Q${at} { xPointsBalanceChanged(customerId: "ada") { sequence } }`,
      ),
      'OPERATION_RESOLUTION_FAILURE',
    ],
  ])('%s', async (_what, query, code) => {
    const { type, payload } = await answerTo(query);
    const [error] = payload as { extensions: object }[];
    expect([type, error?.extensions]).toEqual(['error', { code }]);
  });

  test.each<[string, object, string]>([
    ...['', ' ', 'a\u0000', '\ud800', 'x'.repeat(256)].map((id): [string, object, string] => [
      `the id ${JSON.stringify(id).slice(0, 20)}`,
      { id },
      'BAD_USER_INPUT',
    ]),
    ...["' or 1=1--", 'bo', '__proto__', 'nobody'].map((id): [string, object, string] => [
      `the id ${id}, somebody else's`,
      { id },
      'FORBIDDEN',
    ]),
    ...[1.5, true, null, {}, ['ada', 'bo']].map((id): [string, object, string] => [
      `the id ${JSON.stringify(id)}`,
      { id },
      'BAD_USER_INPUT',
    ]),
    ...[-1, 1.5, '5', true, {}, [], 2 ** 53, 1e300].map((after): [string, object, string] => [
      `after ${JSON.stringify(after)}`,
      { id: 'ada', after },
      'BAD_USER_INPUT',
    ]),
    ['a list of 101', { id: 'ada', after: Array.from({ length: 101 }, () => 1) }, 'LIST_TOO_LONG'],
    ['no variables', {}, 'BAD_USER_INPUT'],
  ])('%s', async (_what, variables, code) => {
    const answer = await answerTo(WATCH, variables);
    const { payload } = answer as { payload: { errors?: unknown[] } | unknown[] };
    const [error] = (Array.isArray(payload) ? payload : payload.errors) as {
      extensions: { code: string };
    }[];
    expect(error?.extensions.code).toMatch(new RegExp(`^(${code})$`));
  });
});

describe('a message that is none closes its socket', () => {
  test.each<[string, string | object, number]>([
    ['no JSON', 'hello', 4400],
    ['nothing', '', 4400],
    ['null', 'null', 4400],
    ['a number', '7', 4400],
    ['a list', '[]', 4400],
    ['an empty object', {}, 4400],
    ['an unknown type', { type: 'start', id: '1', payload: { query: '{ a }' } }, 4400],
    ['a type that is a list', { type: ['subscribe'] }, 4400],
    ['a type of every object', { type: '__proto__' }, 4400],
    ['what only servers send', { type: 'next', id: '1', payload: {} }, 4400],
    ['another of them', { type: 'connection_ack' }, 4400],
    ['an error', { type: 'error', id: '1', payload: [{ message: 'x' }] }, 4400],
    ['no id', { type: 'subscribe', payload: { query: WATCH } }, 4400],
    ['an id that is a number', { type: 'subscribe', id: 1, payload: { query: WATCH } }, 4400],
    ['an empty id', { type: 'subscribe', id: '', payload: { query: WATCH } }, 4400],
    ['no payload', { type: 'subscribe', id: '1' }, 4400],
    ['a payload in text', { type: 'subscribe', id: '1', payload: WATCH }, 4400],
    ['a query that is a list', { type: 'subscribe', id: '1', payload: { query: [WATCH] } }, 4400],
    [
      'variables in a list',
      { type: 'subscribe', id: '1', payload: { query: WATCH, variables: [] } },
      4400,
    ],
    [
      'variables in text',
      { type: 'subscribe', id: '1', payload: { query: WATCH, variables: '{}' } },
      4400,
    ],
    [
      'a name that is a number',
      { type: 'subscribe', id: '1', payload: { query: WATCH, operationName: 7 } },
      4400,
    ],
    [
      'extensions in text',
      { type: 'subscribe', id: '1', payload: { query: WATCH, extensions: 'x' } },
      4400,
    ],
    ['a second greeting', { type: 'connection_init' }, 4429],
    ['64 KiB and one byte', `"${'x'.repeat(65_535)}"`, 1009],
  ])('%s', async (_what, message, code) => {
    tried += 1;
    const socket = await connect();
    await socket.send(message);
    const closed = await socket.closed;
    expect(closed.code).toBe(code);
    expect(insideOf(closed.reason)).toBeNull();
  });

  test.each<[string, unknown]>([
    ['text', 'Bearer x'],
    ['a token that is a number', { token: 7 }],
    ['a token that is an object', { authorization: { toString: 'x' } }],
    ['a token that is none', { token: 'a.b.c' }],
    ['a token of 60 KB', { token: 'x'.repeat(60_000) }],
    ['a token with a NUL', { token: 'a\u0000.b.c' }],
  ])('a greeting with %s gets nobody in', async (_what, payload) => {
    tried += 1;
    const socket = new Socket(world.server);
    await socket.send({ type: 'connection_init', payload });
    const closed = await socket.closed;
    expect([4400, 4403]).toContain(closed.code);
    expect(insideOf(closed.reason)).toBeNull();
    expect(socket.messages).toEqual([]);
  });

  test('what is left alone: a word of the end of nothing, pings, pongs', async () => {
    const socket = await connect();
    for (const message of [
      { type: 'complete', id: 'nothing' },
      { type: 'complete', id: '__proto__' },
      { type: 'pong', payload: { a: 1 } },
      { type: 'ping', payload: { a: [1] } },
    ]) {
      tried += 1;
      await socket.send(message);
    }
    await socket.next('pong');
    await socket.subscribe('constructor', WATCH, { id: 'ada' });
    await socket.next('next', 'constructor');
    socket.end();
  });
});

test('changed nothing but what it was told to', async () => {
  // Messages to the platform are written and delivered meanwhile.
  const { outbox: _, webhook_deliveries: __, ...after } = await world.digest();
  const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
  // A cancellation was told above, to show that the socket still hears.
  expect(changed.sort()).toEqual(['accounts', 'allocations', 'entries', 'inbox', 'lots', 'orders']);
  expect(await world.value(`select available::text as value from accounts where id = 'ada'`)).toBe(
    '79',
  );
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 5) {
    if (condition()) return;
    await pause(5);
  }
  throw new Error('It never came to that');
}
