import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { type Answering, CallbackRouter } from './callback-router';
import { revoked, streams } from './fixture';
import { type Answer, type Running, Socket, startFixture, token } from './running';

const TICKS =
  'subscription ($every: Int!) { ticks(customerId: "ada", every: $every) { number loaders } }';

let server: Running;
const routers: CallbackRouter[] = [];
let defects: unknown[];
const remember = (error: unknown): void => void defects.push(error);
let serial = 0;

beforeAll(() => {
  process.on('unhandledRejection', remember).on('uncaughtException', remember);
});
beforeEach(() => {
  defects = [];
});
afterEach(async () => {
  await server.stop();
  await Promise.all(routers.splice(0).map((router) => router.stop()));
  await pause(20);
  expect(defects).toEqual([]);
});
afterAll(() => {
  process.off('unhandledRejection', remember).off('uncaughtException', remember);
});

async function start(answering?: Answering): Promise<CallbackRouter> {
  const router = await CallbackRouter.start(answering);
  routers.push(router);
  server = await startFixture({} as DataSource, { callbackOrigins: [router.origin] });
  return router;
}

interface Asked {
  readonly id?: string;
  readonly every?: number;
  readonly sub?: string | null;
  readonly lifetime?: number;
  readonly url?: string;
  readonly heartbeat?: number | null;
  readonly query?: string;
  readonly extension?: unknown;
}

/** Asks for a subscription as a router does. */
async function subscribe(router: CallbackRouter, asked: Asked = {}) {
  const id = asked.id ?? `id-${++serial}`;
  const { sub = 'ada', lifetime, every = 20, query = TICKS, heartbeat = 0 } = asked;
  const extension = asked.extension ?? {
    callbackUrl: asked.url ?? `${router.origin}/callback/${id}`,
    subscriptionId: id,
    verifier: 'a verifier',
    ...(heartbeat !== null && { heartbeatIntervalMs: heartbeat }),
  };
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json;callbackSpec=1.0',
      ...(sub && { authorization: `Bearer ${await token(sub, lifetime ? { lifetime } : {})}` }),
    },
    body: JSON.stringify({ query, variables: { every }, extensions: { subscription: extension } }),
  });
  return { id, status: response.status, body: (await response.json()) as Answer['body'] };
}

const numbersOf = (router: CallbackRouter, id: string) =>
  router
    .of(id, 'next')
    .map(({ payload }) => payload?.data?.ticks as Tick)
    .map(({ number }) => number);
interface Tick {
  readonly number: number;
}

const open = () => streams.opened - streams.closed;

describe('a subscription by callback', () => {
  test('is confirmed first, then every event follows in order, each with fresh loaders', async () => {
    const router = await start();
    const { id, status, body } = await subscribe(router);
    expect([status, body]).toEqual([200, { data: null }]);
    await until(() => router.of(id, 'next').length >= 5);
    expect(router.received[0]).toEqual({
      ...{ kind: 'subscription', action: 'check', id, verifier: 'a verifier' },
    });
    expect(router.paths[0]).toBe(`/callback/${id}`);
    expect(router.headers[0]).toMatchObject({
      ...{ 'content-type': 'application/json', 'subscription-protocol': 'callback/1.0' },
    });
    expect(numbersOf(router, id).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    const [first, second] = router.of(id, 'next').map(({ payload }) => payload?.data?.ticks);
    expect(first).not.toMatchObject({ loaders: (second as { loaders: number }).loaders });
    expect(router.of(id, 'next')[0]).toMatchObject({
      kind: 'subscription',
      verifier: 'a verifier',
    });
  });

  test('shows signs of life before the interval is over, and none where none are wanted', async () => {
    const router = await start();
    const started = Date.now();
    const alive = await subscribe(router, { heartbeat: 200, every: 60_000 });
    const quiet = await subscribe(router, { heartbeat: 0, every: 60_000 });
    await until(() => router.of(alive.id, 'check').length >= 4);
    expect(Date.now() - started).toBeGreaterThanOrEqual(3 * 150);
    expect(router.of(quiet.id, 'check')).toHaveLength(1);
  });

  test('ends without a word where the router says 404, to an event or to a sign of life', async () => {
    const router = await start(({ action }, before) =>
      action === 'next' ? 404 : before > 0 ? 404 : 204,
    );
    const before = open();
    const byEvent = await subscribe(router, { every: 20 });
    const byHeartbeat = await subscribe(router, { every: 60_000, heartbeat: 100 });
    await until(() => open() === before && router.of(byHeartbeat.id, 'check').length === 2);
    await pause(150);
    expect(router.of(byEvent.id).map(({ action }) => action)).toEqual(['check', 'next']);
    expect(router.of(byHeartbeat.id).map(({ action }) => action)).toEqual(['check', 'check']);
  });

  test('sends again what a router was too busy for, in order, none missing', async () => {
    const router = await start(({ action, payload }, before) => {
      if (action !== 'next') return 204;
      return before % 3 === 1 && payload ? [500, 503, 429][before % 9 === 1 ? 0 : 1]! : 200;
    });
    const { id } = await subscribe(router);
    await until(() => new Set(numbersOf(router, id)).size >= 6);
    const taken = numbersOf(router, id);
    expect(taken).toEqual(taken.toSorted((a, b) => a - b));
    expect([...new Set(taken)].slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(taken.length).toBeGreaterThan(new Set(taken).size);
  });

  test.each<[string, Answering]>([
    ['fails', ({ action }) => (action === 'next' ? 500 : 204)],
    ['hangs up', ({ action }) => (action === 'next' ? 'hang up' : 204)],
  ])('is given up where a router always %s, after five tries', async (_how, answering) => {
    const router = await start(answering);
    const before = open();
    const { id } = await subscribe(router);
    await until(() => router.of(id, 'next').length === 5 && open() === before);
    await pause(300);
    expect(router.of(id).map(({ action }) => action)).toEqual(['check', ...Array(5).fill('next')]);
    expect(new Set(numbersOf(router, id))).toEqual(new Set([1]));
  });

  test('is given up where the router went away', async () => {
    const router = await start();
    const before = open();
    await subscribe(router, { heartbeat: 100 });
    await until(() => router.received.length > 3);
    await router.stop();
    await until(() => open() === before);
  });

  test('is given up after three signs of life that nobody took', async () => {
    const router = await start((_message, before) => (before > 0 ? 503 : 204));
    const before = open();
    const { id } = await subscribe(router, { every: 60_000, heartbeat: 100 });
    await until(() => open() === before);
    expect(router.of(id, 'check')).toHaveLength(4);
  });

  test('a router that hangs holds up its own events only', async () => {
    const router = await start(({ id, action }) =>
      id === 'slow' && action === 'next' ? 'hang' : 204,
    );
    const before = open();
    await subscribe(router, { id: 'slow', every: 5 });
    const { id } = await subscribe(router, { every: 5 });
    await until(() => router.of(id, 'next').length >= 30);
    // Ticks went by in their hundreds; one waits.
    expect(numbersOf(router, 'slow')).toEqual([1]);
    await until(() => router.of('slow', 'next').length === 2);
    expect(numbersOf(router, 'slow')).toEqual([1, 1]);
    expect(open()).toBe(before + 2);
  });

  test('a router with long answers is not listened to', async () => {
    const router = await start(() => ({ status: 200, endless: true }));
    const { id } = await subscribe(router);
    await until(() => router.of(id, 'next').length >= 3);
    expect(numbersOf(router, id).slice(0, 3)).toEqual([1, 2, 3]);
  });

  test('follows no redirect', async () => {
    const elsewhere = await CallbackRouter.start();
    routers.push(elsewhere);
    for (const status of [301, 302, 307, 308]) {
      const away = { status, location: `${elsewhere.origin}/inside` };
      const router = await start(({ action }) => (action === 'next' ? away : 204));
      const before = open();
      const { id } = await subscribe(router);
      await until(() => open() === before);
      expect(router.of(id, 'next')).toHaveLength(1);
      router.answering = () => away;
      const refused = await subscribe(router);
      expect(refused.body.errors).toMatchObject([{ extensions: { code: 'CALLBACK_REFUSED' } }]);
      await server.stop();
    }
    expect(elsewhere.received).toEqual([]);
    await start();
  });

  test('tells an event that failed, masked, and goes on', async () => {
    const router = await start();
    const { id } = await subscribe(router, { every: 1 });
    await until(() => router.of(id, 'next').length >= 2);
    expect(router.of(id, 'next')[0]?.payload?.errors).toMatchObject([
      {
        message: expect.stringMatching(/^Internal error, id /),
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ]);
    expect(JSON.stringify(router.received)).not.toContain('hunter2');
  });

  test('ends when its events may not be seen any more', async () => {
    const router = await start();
    const before = open();
    const { id } = await subscribe(router);
    await until(() => router.of(id, 'next').length > 0);
    revoked.add('ada');
    await until(() => router.of(id, 'complete').length === 1);
    revoked.clear();
    expect(router.of(id, 'next').at(-1)?.payload).toMatchObject({
      ...{ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    expect(router.of(id, 'complete')[0]).not.toHaveProperty('errors');
    expect(open()).toBe(before);
  });

  test('ends with the token, and says so', async () => {
    const router = await start();
    const before = open();
    const { id } = await subscribe(router, { every: 60_000, lifetime: 2 });
    await until(() => router.of(id, 'complete').length === 1);
    expect(router.of(id, 'complete')[0]).toEqual({
      ...{ kind: 'subscription', action: 'complete', id, verifier: 'a verifier' },
      errors: [
        { message: 'The access token has expired.', extensions: { code: 'UNAUTHENTICATED' } },
      ],
    });
    expect(open()).toBe(before);
  });

  test('ends when the server goes, and says so; one that hangs does not hold it up', async () => {
    const router = await start(({ id, action }) =>
      id === 'slow' && action !== 'check' ? 'hang' : 204,
    );
    const { id } = await subscribe(router, { every: 60_000 });
    await subscribe(router, { id: 'slow', every: 5 });
    await until(() => router.of('slow', 'next').length === 1);
    const started = Date.now();
    await server.stop();
    expect(Date.now() - started).toBeLessThan(4_000);
    for (const each of [id, 'slow']) {
      expect(router.of(each, 'complete')).toMatchObject([
        { errors: [{ extensions: { code: 'UNAVAILABLE' } }] },
      ]);
    }
  });
});

describe('is refused', () => {
  const refusal = (code: string) => ({ errors: [{ extensions: { code } }] });

  test('for everybody where no origin is listed', async () => {
    const router = await start();
    await server.stop();
    server = await startFixture({} as DataSource);
    const { body, status } = await subscribe(router);
    expect([status, body]).toMatchObject([400, refusal('CALLBACK_REFUSED')]);
    expect(router.received).toEqual([]);
  });

  test('for any address but those listed, and nothing is sent there', async () => {
    const router = await start();
    const other = await CallbackRouter.start();
    routers.push(other);
    const { port } = new URL(router.origin);
    for (const url of [
      `${other.origin}/callback`,
      `http://localhost:${port}/`,
      `http://[::1]:${port}/`,
      `http://127.0.0.1.nip.io:${port}/`,
      `https://127.0.0.1:${port}/`,
      `http://user@127.0.0.1:${port}/`,
      `http://:pass@127.0.0.1:${port}/`,
      `${router.origin}@${new URL(other.origin).host}/`,
      `${router.origin}.example/`,
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/plain,x',
      '//127.0.0.1/',
      'callback',
      ' ',
    ]) {
      const { body, status } = await subscribe(router, { url });
      expect([url, status, body]).toMatchObject([url, 400, refusal('CALLBACK_REFUSED')]);
    }
    expect([router.received, other.received]).toEqual([[], []]);
  });

  test('where the extension is malformed', async () => {
    const router = await start();
    const good = { callbackUrl: `${router.origin}/x`, subscriptionId: 'x', verifier: 'v' };
    for (const extension of [
      ...[true, 0, 'x', [], {}],
      { ...good, callbackUrl: 7 },
      { ...good, callbackUrl: { href: router.origin } },
      { ...good, callbackUrl: `${router.origin}/${'x'.repeat(3_000)}` },
      { ...good, subscriptionId: '' },
      { ...good, subscriptionId: ['x'] },
      { ...good, verifier: null },
      { ...good, heartbeatIntervalMs: 1 },
      { ...good, heartbeatIntervalMs: -1 },
      { ...good, heartbeatIntervalMs: '5000' },
      { ...good, heartbeatIntervalMs: 1e300 },
    ]) {
      const { body, status } = await subscribe(router, { extension });
      expect([extension, status, body]).toMatchObject([
        extension,
        400,
        refusal('CALLBACK_REFUSED'),
      ]);
    }
    expect(router.received).toEqual([]);
  });

  test.each([
    ['that does not know it', 404],
    ['that does not accept the verifier', 401],
    ['that fails', 500],
    ['that hangs up', 'hang up'],
  ] as const)('by a router %s, at once', async (_how, answer) => {
    const router = await start(() => answer);
    const before = open();
    const { body, status } = await subscribe(router);
    expect([status, body]).toMatchObject([400, refusal('CALLBACK_REFUSED')]);
    expect(router.received).toHaveLength(1);
    expect(open()).toBe(before);
  });

  test.each([
    ['nobody', null, 401, 'UNAUTHENTICATED'],
    ['another customer', 'bob', 403, 'FORBIDDEN'],
  ] as const)('to %s, before anybody is called', async (_who, sub, expected, code) => {
    const router = await start();
    const { body, status } = await subscribe(router, { sub });
    expect([status, body]).toMatchObject([expected, refusal(code)]);
    expect(router.received).toEqual([]);
  });

  test.each([
    ['a query', '{ count }', 'BAD_REQUEST'],
    ['a mutation', 'mutation { double(number: 1) }', 'BAD_REQUEST'],
    ['a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { tacks }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'too much depth',
      `subscription { ticks(customerId: "ada", every: 9) ${'{ self '.repeat(14)}{ number }${' }'.repeat(14)} }`,
      'TOO_DEEP',
    ],
  ])('where it is %s', async (_what, query, code) => {
    const router = await start();
    const { body, status } = await subscribe(router, { query });
    expect([status, body]).toMatchObject([400, refusal(code)]);
    expect(router.received).toEqual([]);
  });

  test('where a variable is of the wrong type', async () => {
    const router = await start();
    const { body, status } = await subscribe(router, { every: 1.5 });
    expect([status, body]).toMatchObject([400, refusal('BAD_USER_INPUT')]);
    expect(router.received).toEqual([]);
  });

  test('where the router has it already, also while it is being confirmed', async () => {
    const router = await start(() => ({ status: 204, delayMs: 50 }));
    const both = await Promise.all([
      subscribe(router, { id: 'twice' }),
      subscribe(router, { id: 'twice' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await subscribe(router, { id: 'twice' })).body).toMatchObject(
      refusal('CALLBACK_REFUSED'),
    );
  });

  test('beyond 200 of a customer, those on sockets counted too', async () => {
    const router = await start();
    const socket = new Socket(server);
    await socket.init({ token: await token('ada') });
    const before = open();
    for (let id = 0; id < 100; id += 1) await socket.subscribe(`s${id}`, TICKS, { every: 60_000 });
    await until(() => open() === before + 100);
    for (let count = 0; count < 100; count += 1) {
      expect((await subscribe(router, { every: 60_000 })).status).toBe(200);
    }
    const more = await subscribe(router);
    expect([more.status, more.body]).toMatchObject([429, refusal('TOO_MANY_SUBSCRIPTIONS')]);
    await socket.send({ type: 'complete', id: 's7' });
    await until(() => open() === before + 199);
    expect((await subscribe(router)).status).toBe(200);
    socket.end();
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 5) {
    if (condition()) return;
    await pause(5);
  }
  throw new Error('It never came to that');
}
