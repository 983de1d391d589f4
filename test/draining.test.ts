import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { WebSocket } from 'ws';
import { startThrowAwayPostgres } from '../src/database/throw-away-postgres';
import { Service } from './support/service';

jest.setTimeout(120_000);

const ROUTER = randomBytes(32).toString('hex');

let postgres: Awaited<ReturnType<typeof startThrowAwayPostgres>>;
let service: Service;
let url: string;

// As in production, where a load balancer has to notice first: only there is there a time for it.
beforeAll(async () => {
  postgres = await startThrowAwayPostgres({ durable: true });
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  service = new Service({
    ...{ NODE_ENV: 'production', HOST: '127.0.0.1', DATABASE_URL: postgres.url },
    ...{ DATABASE_MIGRATION_URL: postgres.ownerUrl, ROUTER_SECRET: ROUTER },
    ...{ AUTH_SECRET: 'x'.repeat(32), AUTH_ISSUER: 'issuer', AUTH_AUDIENCE: 'rewards' },
    ...{ EVENTS_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}` },
    ...{ SIGNAL_KEY: 'x'.repeat(32), REFERRAL_URL: 'https://shop.test/register?code=' },
    ...{ OPERATIONS_PORT: '0' },
  });
  await service.says(/"msg":"Serving"/);
  url = /"url":"(http:[^"]+)","msg":"Serving"/.exec(service.output)![1]!;
});
afterEach(async () => {
  service.signal('SIGKILL');
  await service.exit;
});

async function ready(): Promise<number> {
  const response = await fetch(`${url}/health/ready`);
  await response.arrayBuffer();
  return response.status;
}

/** A question about every program, or what came instead of an answer. */
async function ask(): Promise<number | string> {
  const headers = { 'content-type': 'application/json', 'x-rewards-router-secret': ROUTER };
  const body = JSON.stringify({ query: '{ rewardsPrograms { code } }' });
  try {
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    return String(((error as Error).cause as { code?: string }).code);
  }
}

async function connections(): Promise<number> {
  const client = new Client({ connectionString: postgres.ownerUrl });
  await client.connect();
  const { rows } = await client.query(
    `select count(*)::int as n from pg_stat_activity where application_name in ('rewards', 'rewards-jobs', 'graphile-worker')`,
  );
  await client.end();
  return rows[0].n;
}

test('first not ready, then sockets are told to go, then nothing is taken, then all of it ends', async () => {
  const order: string[] = [];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { 'x-rewards-router-secret': ROUTER },
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => socket.on('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init' }));
  expect([await ready(), await ask()]).toEqual([200, 200]);

  service.signal('SIGTERM');
  while ((await ready()) === 200) await pause(10);
  order.push('not ready');
  // Whoever was not told yet is still answered.
  expect([await ask(), socket.readyState]).toEqual([200, WebSocket.OPEN]);
  expect(await closed).toBe(1001);
  order.push('sockets closed');
  let answer: number | string = 200;
  // A connection that was being made while the listener closed is reset; the next one is refused.
  while (answer === 200 || answer === 503 || answer === 'ECONNRESET') answer = await ask();
  expect(answer).toBe('ECONNREFUSED');
  order.push('nothing taken');
  expect(await service.exit).toBe(0);
  order.push('ended');
  expect(order).toEqual(['not ready', 'sockets closed', 'nothing taken', 'ended']);
  expect(await connections()).toBe(0);
  expect(service.output).not.toMatch(/"level":[56]0/);
});
