import { request as httpRequest } from 'node:http';
import type { DataSource } from 'typeorm';
import { NOT_THE_ROUTER, ROUTER_SECRET } from '../../src/server/router-secret';
import { ask, type Running, Socket, startFixture, token } from './running';

const SECRET = 'the secret of the router, 32 characters or more'.replaceAll(' ', '-');
const NEXT = 'the secret that it will have once it changed'.replaceAll(/[ ,]/g, '-');
const QUERY = '{ count }';
const TICKS = 'subscription { ticks(customerId: "ada", every: 5) { number } }';
const REFUSED = {
  errors: [{ message: NOT_THE_ROUTER, extensions: { code: 'FORBIDDEN' } }],
};

let server: Running;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startFixture({} as DataSource, { routerSecrets: [SECRET, NEXT] });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.end();
});
afterAll(() => server.stop());

function connect(headers: Record<string, string> = {}): Socket {
  const socket = new Socket(server, { headers });
  sockets.push(socket);
  return socket;
}

/** Everything that is no secret of the router, though it may look like one. */
const WRONG: readonly (readonly [string, Record<string, string>])[] = [
  ['none', {}],
  ['an empty one', { [ROUTER_SECRET]: '' }],
  ['another', { [ROUTER_SECRET]: 'x'.repeat(SECRET.length) }],
  ['its beginning', { [ROUTER_SECRET]: SECRET.slice(0, -1) }],
  ['more than it', { [ROUTER_SECRET]: `${SECRET}x` }],
  ['other case', { [ROUTER_SECRET]: SECRET.toUpperCase() }],
  ['both in one', { [ROUTER_SECRET]: `${SECRET},${NEXT}` }],
  ['the setting itself', { [ROUTER_SECRET]: `${SECRET}, ${NEXT}` }],
  ['another header', { 'x-router-secret': SECRET, authorization: `Bearer ${SECRET}` }],
];

describe('over HTTP', () => {
  test.each([
    ['the secret', SECRET],
    ['the one that follows it', NEXT],
  ])('the router passes with %s', async (_which, secret) => {
    const answer = await ask(server, QUERY, { headers: { [ROUTER_SECRET]: secret } });
    expect(answer).toMatchObject({ status: 200, body: { data: {} } });
  });

  test.each(WRONG)(
    'nobody passes with %s, and every operation is refused alike',
    async (_what, headers) => {
      const bearer = await token('fay', { scope: 'rewards:desk' });
      for (const query of [
        QUERY,
        '{ _service { sdl } }',
        '{ __schema { types { name } } }',
        '{ _entities(representations: []) { __typename } }',
        'mutation { double(number: 2) }',
        '{ noSuchField }',
        '{ no syntax',
      ]) {
        const answer = await ask(server, query, {
          headers: { authorization: `Bearer ${bearer}`, ...headers },
        });
        expect(answer).toEqual({ status: 403, body: REFUSED });
      }
    },
  );

  test('nothing of a request is read before: not its token, nor its body', async () => {
    const bad = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer nonsense' },
      body: 'x'.repeat(2_000_000),
    });
    expect([bad.status, await bad.json()]).toEqual([403, REFUSED]);
    const get = await fetch(`${server.url}/graphql?query={count}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect([get.status, await get.json()]).toEqual([403, REFUSED]);
  });

  test('a wrong secret beside the right one does not pass', async () => {
    for (const values of [
      [SECRET, 'x'.repeat(40)],
      ['x'.repeat(40), SECRET],
    ]) {
      expect(await statusWithHeaders(values)).toBe(403);
    }
    expect(await statusWithHeaders([SECRET])).toBe(200);
  });

  test('the secret makes nobody of the caller: who has no token is still nobody', async () => {
    const headers = { [ROUTER_SECRET]: SECRET, 'x-user-id': 'ada', 'x-customer-id': 'ada' };
    const { body } = await ask(server, '{ customer(id: "ada") { secret } }', { headers });
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
  });

  test('health is asked without it', async () => {
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });

  test('whoever is turned away is logged, without what they showed', async () => {
    const shown = 'a-guess-at-the-secret-of-the-router';
    await ask(server, QUERY, { headers: { [ROUTER_SECRET]: shown } });
    const line = server.logged.findLast((text) => text.includes('not the router'));
    expect(line).toBeDefined();
    expect(line).not.toContain(shown);
  });
});

describe('over a WebSocket', () => {
  test('the router passes with the header of the upgrade request', async () => {
    const socket = connect({ [ROUTER_SECRET]: SECRET });
    await socket.init({ token: await token('ada') });
    await socket.subscribe('1', TICKS);
    await socket.next('next', '1');
  });

  test.each([
    [
      'Hive Gateway',
      (secret: string, bearer: string) => ({ token: bearer, [ROUTER_SECRET]: secret }),
    ],
    [
      'Hive Router',
      (secret: string, bearer: string) => ({ authorization: bearer, [ROUTER_SECRET]: secret }),
    ],
    [
      'Apollo Router',
      (secret: string, bearer: string) => ({
        connectionParams: { token: bearer, [ROUTER_SECRET]: secret },
      }),
    ],
    [
      'headers in the payload',
      (secret: string, bearer: string) => ({
        headers: { Authorization: bearer, 'X-Rewards-Router-Secret': secret },
      }),
    ],
  ])('the router passes with connection_init of %s', async (_router, payload) => {
    for (const secret of [SECRET, NEXT]) {
      const socket = connect();
      await socket.init(payload(secret, `Bearer ${await token('ada')}`));
      await socket.subscribe('1', TICKS);
      await socket.next('next', '1');
    }
  });

  test.each(WRONG)('4403 for %s on the upgrade request', async (_what, headers) => {
    const socket = connect(headers);
    await socket.send({
      type: 'connection_init',
      payload: { authorization: `Bearer ${await token('ada')}` },
    });
    await expect(socket.closed).resolves.toEqual({ code: 4403, reason: NOT_THE_ROUTER });
    expect(socket.messages).toEqual([]);
  });

  test.each([
    ['a wrong one', { [ROUTER_SECRET]: 'x'.repeat(40) }],
    ['no text', { [ROUTER_SECRET]: { $ne: null } }],
    ['a list with the right one', { [ROUTER_SECRET]: [SECRET] }],
    [
      'the right one and, elsewhere, a wrong one',
      { [ROUTER_SECRET]: SECRET, headers: { [ROUTER_SECRET]: 'x' } },
    ],
    ['the right one in a place where nobody looks', { extensions: { [ROUTER_SECRET]: SECRET } }],
  ])('4403 for %s in connection_init', async (_what, payload) => {
    const socket = connect();
    await socket.send({ type: 'connection_init', payload });
    await expect(socket.closed).resolves.toEqual({ code: 4403, reason: NOT_THE_ROUTER });
  });

  test('4403 for a wrong one in connection_init, whatever the upgrade request showed', async () => {
    const socket = connect({ [ROUTER_SECRET]: SECRET });
    await socket.send({ type: 'connection_init', payload: { [ROUTER_SECRET]: 'x'.repeat(40) } });
    await expect(socket.closed).resolves.toMatchObject({ code: 4403 });
  });

  test('a template that filled in nothing beside the right header is no harm', async () => {
    const socket = connect({ [ROUTER_SECRET]: SECRET });
    await socket.init({ [ROUTER_SECRET]: '' });
  });
});

describe('without a secret in the settings', () => {
  test('everybody passes, and production says so in its log', async () => {
    const open = await startFixture({} as DataSource, { routerSecrets: [] });
    const production = await startFixture({} as DataSource, {
      routerSecrets: [],
      production: true,
    });
    expect((await ask(open, QUERY)).status).toBe(200);
    expect((await ask(production, QUERY)).status).toBe(200);
    expect(open.logged.join()).not.toContain('ROUTER_SECRET');
    expect(production.logged.join()).toContain('ROUTER_SECRET is none');
    await Promise.all([open.stop(), production.stop()]);
  }, 15_000);
});

/** One request with the header in several lines, which fetch would join into one. */
function statusWithHeaders(secrets: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = [
      ...['host', '127.0.0.1', 'content-type', 'application/json'],
      ...secrets.flatMap((secret) => [ROUTER_SECRET, secret]),
    ];
    const request = httpRequest(
      `${server.url}/graphql`,
      { method: 'POST', headers },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify({ query: QUERY }));
  });
}
