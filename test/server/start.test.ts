import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { createApp } from '../../src/app';
import { loadConfig } from '../../src/config';
import { buildSchema } from '../../src/server/schema';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { freshDatabase } from '../support/database';
import { ask, Socket, token } from './running';

const SECRET = 'a shared secret of at least 32 bytes';

let app: Awaited<ReturnType<typeof createApp>>;
let dropDatabase: () => Promise<void>;
let server: RunningServer;

beforeAll(async () => {
  const fresh = await freshDatabase();
  dropDatabase = fresh.drop;
  const auth = { AUTH_SECRET: SECRET, AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'rewards' };
  const env = { DATABASE_URL: fresh.url, PORT: '0', LOG_LEVEL: 'silent', ...auth };
  app = await createApp(loadConfig(env));
  server = await startServer(app);
});
afterAll(async () => {
  await server.stop();
  await app.close();
  await dropDatabase();
});

async function register(customerId: string): Promise<unknown> {
  const response = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({
      ...{ specversion: '1.0', id: randomUUID(), source: '/shop', type: 'customer.registered' },
      data: { customerId, program: 'EU', registeredAt: '2025-01-01T00:00:00Z' },
    }),
  });
  return response.json();
}

test('the service answers over HTTP, WebSocket and /events', async () => {
  const programs = await ask(server, '{ rewardsPrograms { code tiers { code } } }');
  expect(programs.body.data?.rewardsPrograms).toMatchObject([{ code: 'EU' }, { code: 'TR' }]);

  expect(await register('ada')).toMatchObject({ results: [{ outcome: 'APPLIED' }] });
  const member = '{ rewardsMember(customerId: "ada") { id xPoints { available } } }';
  const asAda = { token: await token('ada') };
  expect((await ask(server, member, asAda)).body).toEqual({
    data: { rewardsMember: { id: 'ada', xPoints: { available: 0 } } },
  });

  const socket = new Socket(server);
  await socket.init({ token: asAda.token });
  const query =
    'subscription { xPointsBalanceChanged(customerId: "ada") { sequence entry { kind } balance { available } } }';
  await socket.subscribe('1', query);
  expect(await socket.next('next', '1')).toMatchObject({
    payload: { data: { xPointsBalanceChanged: { entry: null, balance: { available: 0 } } } },
  });
  socket.end();
});

test('nothing of a member is open without a token of theirs', async () => {
  const query =
    '{ _entities(representations: [{ __typename: "Customer", id: "ada" }]) { ... on Customer { xPoints { available } } } }';
  for (const [asked, code] of [
    [undefined, 'UNAUTHENTICATED'],
    [await token('bob'), 'FORBIDDEN'],
  ] as const) {
    const { body } = await ask(server, query, { token: asked });
    expect(body).toMatchObject({ data: { _entities: [null] }, errors: [{ extensions: { code } }] });
  }
});

describe('the schema of the program', () => {
  const { sdl } = buildSchema();

  test('has both entities with their keys', () => {
    for (const entity of ['Customer', 'Order']) {
      expect(sdl).toMatch(new RegExp(`type ${entity} @key\\(fields: "id"\\)`));
    }
  });

  test('composes with its neighbours', () => {
    const neighbours = ['customers', 'orders'].map((name) => ({
      ...{ name, typeDefs: parse(readFileSync(`schema/platform/${name}.graphql`, 'utf8')) },
    }));
    const all = [...neighbours, { name: 'rewards', typeDefs: parse(sdl) }];
    expect(composeServices(all).errors).toBeUndefined();
  });

  test('is the one that is committed', () => {
    expect(sdl).toBe(readFileSync('schema/rewards.graphql', 'utf8'));
  });
});
