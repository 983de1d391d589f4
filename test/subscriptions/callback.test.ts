import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../../src/app';
import { loadConfig } from '../../src/config';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { CallbackRouter } from '../server/callback-router';
import { Socket, token } from '../server/running';
import { freshDatabase } from '../support/database';

const SECRET = 'a shared secret of at least 32 bytes';
const CHANGES =
  'subscription ($after: XPoints) { xPointsBalanceChanged(customerId: "ada", after: $after) { sequence entry { availableChange } balance { available } } }';

interface Change {
  readonly sequence: number;
  readonly balance: { readonly available: number };
}

let app: Awaited<ReturnType<typeof createApp>>;
let server: RunningServer;
let router: CallbackRouter;
let drop: () => Promise<void>;

beforeAll(async () => {
  const fresh = await freshDatabase();
  drop = fresh.drop;
  router = await CallbackRouter.start();
  const auth = { AUTH_SECRET: SECRET, AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'rewards' };
  const env = { DATABASE_URL: fresh.url, PORT: '0', LOG_LEVEL: 'silent', ...auth };
  app = await createApp(loadConfig({ ...env, CALLBACK_ORIGINS: router.origin }));
  server = await startServer(app);
  await tell(['customer.registered', { customerId: 'ada', program: 'EU' }]);
});
afterAll(async () => {
  await server.stop();
  await app.close();
  await router.stop();
  await drop();
});

async function tell(...events: (readonly [type: string, data: object])[]): Promise<void> {
  const response = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(
      events.map(([type, data]) => ({
        ...{ specversion: '1.0', id: randomUUID(), source: '/shop', type, data },
      })),
    ),
  });
  const { results } = (await response.json()) as { results: { outcome: string }[] };
  expect(results.map(({ outcome }) => outcome)).toEqual(events.map(() => 'APPLIED'));
}

const earn = (orderId: string) =>
  tell(
    ['order.placed', { orderId, customerId: 'ada', net: '10.00', currency: 'EUR' }],
    ['order.paid', { orderId }],
    ['order.delivered', { orderId }],
  );

async function subscribe(id: string, after: number | null): Promise<void> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await token('ada')}` },
    body: JSON.stringify({
      ...{ query: CHANGES, variables: { after } },
      extensions: {
        subscription: {
          ...{ callbackUrl: `${router.origin}/${id}`, subscriptionId: id, verifier: 'v' },
          heartbeatIntervalMs: 0,
        },
      },
    }),
  });
  expect(await response.json()).toEqual({ data: null });
}

const changesOf = (id: string): Change[] =>
  router.of(id, 'next').map(({ payload }) => payload?.data?.xPointsBalanceChanged as Change);

test('brings what a socket brings: a snapshot, then every change in order', async () => {
  await subscribe('beside', null);
  const socket = new Socket(server);
  await socket.init({ token: await token('ada') });
  await socket.subscribe('1', CHANGES, { after: null });
  await until(() => changesOf('beside').length === 1 && socket.messages.length === 2);
  for (const order of ['a1', 'a2', 'a3']) await earn(order);
  await until(() => changesOf('beside').length === 4 && socket.messages.length === 5);
  const overSocket = socket.messages
    .filter(({ type }) => type === 'next')
    .map(
      ({ payload }) =>
        (payload as { data: { xPointsBalanceChanged: Change } }).data.xPointsBalanceChanged,
    );
  expect(changesOf('beside')).toEqual(overSocket);
  expect(overSocket.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
  socket.end();
});

test('goes on by `after` where it was dropped: none missing, none twice', async () => {
  const from = changesOf('beside').at(-1)!.sequence;
  await subscribe('before', from);
  await earn('b1');
  await until(() => changesOf('before').length === 1);
  router.answering = ({ id, action }) => (id === 'before' && action === 'next' ? 404 : 204);
  await earn('b2');
  await until(() => changesOf('before').length === 2);
  for (const order of ['b3', 'b4']) await earn(order);
  // What was answered with 404 was not taken.
  await subscribe('after', changesOf('before')[0]!.sequence);
  await until(() => changesOf('after').length === 3);
  expect(changesOf('after').map(({ sequence }) => sequence)).toEqual([
    from + 2,
    from + 3,
    from + 4,
  ]);
  expect(changesOf('before')).toHaveLength(2);
});

test('a watcher who is too slow for its router costs nobody else anything', async () => {
  router.answering = ({ id, action }) => (id === 'stuck' && action === 'next' ? 'hang' : 204);
  await subscribe('stuck', null);
  await subscribe('quick', null);
  await until(() => changesOf('quick').length === 1 && changesOf('stuck').length === 1);
  for (let order = 0; order < 20; order += 1) await earn(`c${order}`);
  await until(() => changesOf('quick').length === 21);
  expect(new Set(changesOf('stuck').map(({ sequence }) => sequence)).size).toBe(1);
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 5) {
    if (condition()) return;
    await pause(5);
  }
  throw new Error('It never came to that');
}
