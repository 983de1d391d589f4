import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { eventually } from '../outbox/outbox';
import { emptyDatabase, freshDatabase } from '../support/database';
import { demote, promote } from '../support/demoted';
import { ask, type Running, startFixture } from './running';

let database: DataSource;
let dropDatabase: () => Promise<void>;
let server: Running;

beforeAll(async () => {
  const fresh = await freshDatabase();
  dropDatabase = fresh.drop;
  database = await createDataSource(fresh.url).initialize();
  server = await startFixture(database, { sandbox: true });
});
afterAll(async () => {
  await server.stop();
  await database.destroy();
  await dropDatabase();
});

async function get(url: string) {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

describe('health', () => {
  test('is live and ready', async () => {
    expect(await get(`${server.url}/health/live`)).toEqual({
      status: 200,
      body: { status: 'live' },
    });
    expect(await get(`${server.url}/health/ready`)).toEqual({
      status: 200,
      body: { status: 'ready' },
    });
  });

  test('is not ready while migrations are pending', async () => {
    const empty = await emptyDatabase();
    const unmigrated = await createDataSource(empty.url).initialize();
    const early = await startFixture(unmigrated);
    expect(await get(`${early.url}/health/ready`)).toEqual({
      ...{ status: 503, body: { status: 'not ready', reason: 'migrations pending' } },
    });
    expect(await get(`${early.url}/health/live`)).toMatchObject({ status: 200 });
    await early.stop();
    await unmigrated.destroy();
    await empty.drop();
  });

  test('is live, not ready, while the database is away', async () => {
    const fresh = await freshDatabase();
    const lost = await createDataSource(fresh.url).initialize();
    const alone = await startFixture(lost);
    expect(await get(`${alone.url}/health/ready`)).toMatchObject({ status: 200 });
    await fresh.drop();
    expect(await get(`${alone.url}/health/ready`)).toEqual({
      ...{ status: 503, body: { status: 'not ready', reason: 'database unreachable' } },
    });
    expect(await get(`${alone.url}/health/live`)).toMatchObject({ status: 200 });
    await alone.stop();
    await lost.destroy();
  });

  test('is not ready on a server that takes no writes, and finds the next by itself', async () => {
    const fresh = await freshDatabase();
    const demoted = await createDataSource(fresh.url).initialize();
    const alone = await startFixture(demoted);
    await demote(fresh);
    const answer = () => get(`${alone.url}/health/ready`);
    // It may meet connections first that were ended.
    await eventually(async () => {
      const { status, body } = await answer();
      return status === 503 && JSON.stringify(body).includes('database takes no writes');
    });
    await promote(fresh);
    await eventually(async () => (await answer()).status === 200);
    await alone.stop();
    await demoted.destroy();
    await fresh.drop();
  });

  test('says 503 first thing on the way out, while requests are still answered', async () => {
    const leaving = await startFixture(database, { production: true });
    const stopped = leaving.stop();
    expect(await get(`${leaving.url}/health/ready`)).toEqual({
      ...{ status: 503, body: { status: 'not ready', reason: 'draining' } },
    });
    expect(await get(`${leaving.url}/health/live`)).toMatchObject({ status: 200 });
    await pause(100);
    expect((await ask(leaving, '{ count }')).status).toBe(200);
    await stopped;
  });
});

describe('the test clock of a sandbox', () => {
  async function move(body: unknown) {
    const response = await fetch(`${server.url}/sandbox/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  test('is moved, told, and never goes back', async () => {
    const at = '2026-03-15T10:00:00.000Z';
    expect(await move({ at: '2026-03-15T11:00:00+01:00' })).toEqual({ status: 200, body: { at } });
    expect(await get(`${server.url}/sandbox/clock`)).toEqual({ status: 200, body: { at } });
    expect(await move({ at: '2026-03-15T09:59:59Z' })).toMatchObject({
      ...{ status: 400, body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } },
    });
    expect(await get(`${server.url}/sandbox/clock`)).toMatchObject({ body: { at } });
  });

  test('is for whoever knows the secret of the router, where there is one', async () => {
    const routerSecrets = ['x'.repeat(32)];
    const guarded = await startFixture(database, { sandbox: true, routerSecrets });
    const url = `${guarded.url}/sandbox/clock`;
    const body = JSON.stringify({ at: '2027-01-01T00:00:00Z' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(403);
    const secret = { 'x-rewards-router-secret': routerSecrets[0]! };
    expect((await fetch(url, { headers: secret })).status).toBe(200);
    expect(await (await fetch(url, { headers: secret })).text()).not.toContain('2027');
    await guarded.stop();
  });

  test.each([{}, { at: 1 }, { at: 'tomorrow' }, { at: '2026-02-30T00:00:00Z' }, [], { at: null }])(
    'is not moved by %j',
    async (body) => {
      expect(await move(body)).toMatchObject({
        ...{ status: 400, body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } },
      });
    },
  );
});
