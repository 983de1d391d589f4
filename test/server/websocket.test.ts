import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { LIMITS } from '../../src/server/limits';
import { revoked, streams } from './fixture';
import { type Running, Socket, startFixture, token } from './running';

const MAX_SUBSCRIPTIONS = LIMITS.subscriptionsOfSocket.most;
const TICKS =
  'subscription ($every: Int!) { ticks(customerId: "ada", every: $every) { number loaders } }';

let server: Running;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startFixture({} as DataSource);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.end();
});
afterAll(() => server.stop());

function connect(options?: ConstructorParameters<typeof Socket>[1]): Socket {
  const socket = new Socket(server, options);
  sockets.push(socket);
  return socket;
}

async function connectAs(sub: string): Promise<Socket> {
  const socket = connect();
  await socket.init({ token: await token(sub) });
  return socket;
}

describe('the handshake', () => {
  test.each([
    ['Apollo Router', (bearer: string) => ({ connectionParams: { token: bearer } })],
    ['Hive Gateway', (bearer: string) => ({ token: bearer })],
    ['Hive Router', (bearer: string) => ({ authorization: bearer })],
    ['a browser', (bearer: string) => ({ Authorization: bearer })],
  ])('takes the token as %s sends it', async (_client, payload) => {
    const socket = connect();
    await socket.init(payload(`Bearer ${await token('ada')}`));
    await socket.subscribe('1', TICKS, { every: 5 });
    await expect(socket.next('next', '1')).resolves.toMatchObject({
      payload: { data: { ticks: { number: 1 } } },
    });
  });

  test('takes the token of the upgrade request', async () => {
    const socket = connect({ headers: { authorization: `Bearer ${await token('ada')}` } });
    await socket.init();
    await socket.subscribe('1', TICKS, { every: 5 });
    await socket.next('next', '1');
  });

  test('lets someone without a token in, to nothing', async () => {
    const socket = connect();
    await socket.init();
    await socket.subscribe('1', TICKS, { every: 5 });
    expect(await socket.next('next', '1')).toMatchObject({
      payload: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    });
    await socket.next('complete', '1');
  });

  test('says FORBIDDEN where the subject is another’s', async () => {
    const socket = await connectAs('bob');
    await socket.subscribe('1', TICKS, { every: 5 });
    expect(await socket.next('next', '1')).toMatchObject({
      payload: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
  });
});

describe('a socket is closed with', () => {
  test('4400 for what is no message', async () => {
    for (const message of [
      'not json',
      '[]',
      '{"type":"unknown"}',
      '{"type":"subscribe","id":1,"payload":{"query":"{a}"}}',
      '{"type":"subscribe","id":"","payload":{"query":"{a}"}}',
      '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}',
    ]) {
      const socket = connect();
      await socket.send(message);
      await expect(socket.closed).resolves.toMatchObject({ code: 4400 });
    }
  });

  test('4400 for a message that only servers send', async () => {
    const socket = await connectAs('ada');
    await socket.send({ type: 'next', id: '1', payload: { data: {} } });
    await expect(socket.closed).resolves.toMatchObject({ code: 4400 });
  });

  test('4401 for a subscription before the connection is acknowledged', async () => {
    const socket = connect();
    await socket.subscribe('1', TICKS, { every: 5 });
    await expect(socket.closed).resolves.toMatchObject({ code: 4401 });
  });

  test.each([
    ['no token at all', 'nonsense'],
    ['a token too long', 'x'.repeat(9_000)],
  ])('4403 for %s', async (_what, bad) => {
    const socket = connect();
    await socket.send({ type: 'connection_init', payload: { token: bad } });
    await expect(socket.closed).resolves.toEqual({
      ...{ code: 4403, reason: 'The access token is not valid.' },
    });
    expect(socket.messages).toEqual([]);
  });

  test('4403 for two different tokens', async () => {
    const socket = connect({ headers: { authorization: `Bearer ${await token('ada')}` } });
    await socket.send({ type: 'connection_init', payload: { token: await token('bob') } });
    await expect(socket.closed).resolves.toMatchObject({ code: 4403 });
  });

  test('4403 when its token expires', async () => {
    const socket = connect();
    await socket.init({ token: await token('ada', { lifetime: 2 }) });
    await socket.subscribe('1', TICKS, { every: 50 });
    const started = Date.now();
    await expect(socket.closed).resolves.toEqual({
      ...{ code: 4403, reason: 'The access token has expired.' },
    });
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  test('4406 for another subprotocol, or none', async () => {
    const none = connect({ protocol: '' });
    await expect(none.closed).resolves.toMatchObject({ code: 4406 });
    await expect(connect({ protocol: 'graphql-ws' }).open()).rejects.toThrow(/subprotocol/);
  });

  test('4408 when it says nothing for three seconds', async () => {
    await expect(connect().closed).resolves.toMatchObject({ code: 4408 });
  });

  test('4409 for an id that is in use', async () => {
    const socket = await connectAs('ada');
    await socket.subscribe('1', TICKS, { every: 50 });
    await socket.subscribe('1', TICKS, { every: 50 });
    await expect(socket.closed).resolves.toMatchObject({ code: 4409 });
  });

  test('4429 for a second connection_init', async () => {
    const socket = await connectAs('ada');
    await socket.send({ type: 'connection_init' });
    await expect(socket.closed).resolves.toMatchObject({ code: 4429 });
  });

  test('1009 for a message of more than 64 KiB', async () => {
    const socket = await connectAs('ada');
    await socket.send('x'.repeat(64 * 1024 + 1));
    await expect(socket.closed).resolves.toMatchObject({ code: 1009 });
  });

  test('1008 for a message in a crowd of fragments', async () => {
    const socket = await connectAs('ada');
    await socket.sendFragments(40);
    await expect(socket.closed).resolves.toMatchObject({ code: 1008 });
  });

  test.each<[string, readonly string[] | null, string | undefined, boolean]>([
    ['a router or an app', [], undefined, true],
    ['a page that is listed', ['https://shop.example'], 'https://shop.example', true],
    ['a page that is not', ['https://shop.example'], 'https://evil.example', false],
    ['a page of a like name', ['https://shop.example'], 'https://shop.example.evil', false],
    ['a page of another scheme', ['https://shop.example'], 'http://shop.example', false],
    ['any page, where none is listed', [], 'https://shop.example', false],
    ['a page without an address', ['https://shop.example'], 'null', false],
    ['a page of this machine, in development', null, 'http://localhost:3000', true],
    ['a page of elsewhere, in development', null, 'http://localhost.evil', false],
  ])('403 or nothing, by origin: %s', async (_who, socketOrigins, origin, passes) => {
    const guarded = await startFixture({} as DataSource, { socketOrigins });
    const socket = new Socket(guarded, origin === undefined ? {} : { headers: { origin } });
    if (passes) await socket.open();
    else await expect(socket.open()).rejects.toThrow('403');
    socket.end();
    await guarded.stop();
  });

  test('nothing at all where the path is another', async () => {
    await expect(connect({ path: '/elsewhere' }).open()).rejects.toThrow('400');
  });
});

describe('an operation that is no good gets an error of its own and the socket lives on', () => {
  test.each([
    ['a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['too many tokens', `subscription { ticks ${'a '.repeat(2_100)} }`, 'TOO_MANY_TOKENS'],
    ['a stack of brackets', `subscription ${'{a'.repeat(900)}`, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { tacks }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'too much depth',
      `subscription { ticks(customerId: "ada", every: 9) ${'{ self '.repeat(14)}{ number }${' }'.repeat(14)} }`,
      'TOO_DEEP',
    ],
    ['a query', '{ customer(id: "ada") { id } }', 'BAD_REQUEST'],
    ['a mutation', 'mutation { double(number: 2) }', 'BAD_REQUEST'],
    ['introspection', '{ __schema { types { name } } }', 'BAD_REQUEST'],
    ['the SDL', '{ _service { sdl } }', 'BAD_REQUEST'],
    ['_entities', '{ _entities(representations: []) { __typename } }', 'BAD_REQUEST'],
    ['no operation', 'fragment A on Tick { number }', 'OPERATION_RESOLUTION_FAILURE'],
  ])('%s', async (_what, query, code) => {
    const socket = await connectAs('ada');
    await socket.subscribe('good', TICKS, { every: 5 });
    await socket.subscribe('bad', query);
    expect(await socket.next('error', 'bad')).toMatchObject({
      payload: [{ extensions: { code } }],
    });
    await socket.subscribe('later', TICKS, { every: 5 });
    await socket.next('next', 'later');
    await socket.next('next', 'good');
  });

  test('a variable of the wrong type', async () => {
    const socket = await connectAs('ada');
    await socket.subscribe('1', TICKS, { every: 'often' });
    expect(await socket.next('next', '1')).toMatchObject({
      payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    });
  });

  test(`more than ${MAX_SUBSCRIPTIONS} subscriptions`, async () => {
    const socket = await connectAs('ada');
    for (let id = 0; id < MAX_SUBSCRIPTIONS; id += 1) {
      await socket.subscribe(`s${id}`, TICKS, { every: 10_000 });
    }
    await socket.subscribe('one more', TICKS, { every: 5 });
    expect(await socket.next('error', 'one more')).toMatchObject({
      payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
    });
    await socket.send({ type: 'complete', id: 's7' });
    await socket.subscribe('again', TICKS, { every: 5 });
    await socket.next('next', 'again');
  });

  test('an unexpected failure is masked and logged with its id', async () => {
    const socket = await connectAs('ada');
    await socket.subscribe('1', TICKS, { every: 1 });
    const { payload } = (await socket.next('next', '1')) as {
      payload: { errors: { message: string; extensions: { code: string; id: string } }[] };
    };
    const { message, extensions } = payload.errors[0]!;
    expect(message).toBe(`Internal error, id ${extensions.id}`);
    expect(extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(server.logged.join()).toContain(extensions.id);
    expect(JSON.stringify(socket.messages)).not.toContain('hunter2');
  });
});

describe('a subscription', () => {
  test('is answered with fresh loaders at each event', async () => {
    const socket = await connectAs('ada');
    await socket.subscribe('1', TICKS, { every: 5 });
    const events = () => socket.messages.filter(({ type }) => type === 'next');
    await until(() => events().length > 3);
    const serials = events().map(
      ({ payload }) => (payload as { data: { ticks: { loaders: number } } }).data.ticks.loaders,
    );
    expect(new Set(serials).size).toBe(serials.length);
  });

  test('ends when its events may not be seen any more; the socket and the others on it live on', async () => {
    const socket = await connectAs('ada');
    const before = { ...streams };
    await socket.subscribe('1', TICKS, { every: 5 });
    await socket.next('next', '1');
    revoked.add('ada');
    await socket.next('complete', '1');
    revoked.clear();
    const last = socket.messages.filter(({ type, id }) => type === 'next' && id === '1').at(-1);
    expect(last).toMatchObject({
      payload: { data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    await until(() => streams.closed === before.closed + 1);
    await socket.subscribe('2', TICKS, { every: 5 });
    await socket.next('next', '2');
  });

  test('whose id is taken again at once ends with the socket too', async () => {
    const before = streams.opened - streams.closed;
    for (let round = 0; round < 20; round += 1) {
      const socket = await connectAs('ada');
      await socket.subscribe('1', TICKS, { every: 60_000 });
      await socket.send({ type: 'complete', id: '1' });
      await socket.subscribe('1', TICKS, { every: 60_000 });
      await socket.send({ type: 'ping' });
      await socket.next('pong');
      socket.end();
      await socket.closed;
    }
    await until(() => streams.opened - streams.closed <= before);
  });

  test('ends at its source when it is completed, and when the socket goes', async () => {
    const socket = await connectAs('ada');
    const before = { ...streams };
    await socket.subscribe('1', TICKS, { every: 60_000 });
    await socket.subscribe('2', TICKS, { every: 60_000 });
    await until(() => streams.opened === before.opened + 2);
    await socket.send({ type: 'complete', id: '1' });
    await until(() => streams.closed === before.closed + 1);
    socket.end();
    await until(() => streams.closed === before.closed + 2);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 3_000; waited += 5) {
    if (condition()) return;
    await pause(5);
  }
  throw new Error('It never came to that');
}
