import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { findEmbeddedPostgres } from '../src/database/embedded-postgres';
import { isAlive, readPidFile } from '../src/database/postmaster-pid';
import { Service } from './support/service';

jest.setTimeout(180_000);

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const services: Service[] = [];
let dataDir: string;

beforeAll(async () => {
  dataDir = await newFolder();
});

afterEach(async () => {
  for (const service of services.splice(0)) {
    service.signal('SIGKILL');
    await service.exit;
  }
});

afterAll(async () => {
  const left = await runningDatabase();
  if (left !== null) process.kill(left, 'SIGQUIT');
  await rm(dataDir, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewards-main-'));
  await chmod(folder, 0o755);
  return folder;
}

function start(
  env: Record<string, string> = {},
  options: ConstructorParameters<typeof Service>[1] = {},
): Service {
  const service = new Service({ REWARDS_DATA_DIR: dataDir, ...env }, options);
  services.push(service);
  return service;
}

/** The process id of the database in the data folder; null where none runs. */
async function runningDatabase(dir = dataDir): Promise<number | null> {
  const file = await readPidFile(join(dir, 'postgres/cluster/data'));
  return file && isAlive(file.pid) ? file.pid : null;
}

/** What the curl command of the welcome asks, asked. */
async function ask(service: Service): Promise<unknown> {
  const url = await service.url();
  const token = /Bearer ([\w.-]+)/.exec(service.output)![1];
  const query = /-d '(.*)'/.exec(service.output)![1];
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: query,
  });
  return response.json();
}

async function database(): Promise<Client> {
  const found = await findEmbeddedPostgres(join(dataDir, 'postgres'));
  const client = new Client({ connectionString: found!.ownerUrl });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const PROGRAMS = {
  data: {
    rewardsPrograms: expect.arrayContaining([expect.objectContaining({ currency: 'EUR' })]),
  },
  extensions: expect.anything(),
};

test('it serves on a database of its own, and SIGTERM ends both', async () => {
  const service = start();
  expect(await ask(service)).toEqual(PROGRAMS);
  const ready = await fetch(`${await service.url()}/health/ready`);
  expect(ready.status).toBe(200);
  expect(await runningDatabase()).not.toBeNull();
  service.signal('SIGTERM');
  expect(await service.exit).toBe(0);
  expect(await runningDatabase()).toBeNull();
});

test('after a kill -9 the next start takes over the orphaned database, and ends it', async () => {
  const first = start();
  await first.url();
  const client = await database();
  await client.query(`insert into referral_codes values ('KEPT', 0, 'ada')`);
  await client.end();
  first.signal('SIGKILL');
  expect(await first.exit).toBeNull();
  const orphan = await runningDatabase();
  expect(orphan).not.toBeNull();

  const second = start();
  expect(await ask(second)).toEqual(PROGRAMS);
  expect(second.output).toContain('found running');
  expect(await runningDatabase()).toBe(orphan);
  const again = await database();
  expect((await again.query(`select from referral_codes where code = 'KEPT'`)).rowCount).toBe(1);
  await again.end();
  second.signal('SIGTERM');
  expect(await second.exit).toBe(0);
  expect(await runningDatabase()).toBeNull();
});

test('after a kill -9 of both it starts again', async () => {
  const first = start();
  await first.url();
  const orphan = await runningDatabase();
  first.signal('SIGKILL');
  process.kill(orphan!, 'SIGKILL');
  await first.exit;
  const second = start();
  expect(await ask(second)).toEqual(PROGRAMS);
  second.signal('SIGTERM');
  expect(await second.exit).toBe(0);
  expect(await runningDatabase()).toBeNull();
});

test('Ctrl-C reaches the whole process group, and still what is under way is finished first', async () => {
  const service = start();
  const url = await service.url();
  const client = await database();
  await client.query('begin');
  await client.query('lock table accounts in exclusive mode');
  const answer = register(url, 'ctrl-c');
  await until(async () => (await waiters(client)) > 0);
  service.interrupt();
  await service.says(/Stopping/);
  await pause(300);
  await client.query('commit');
  await client.end();
  expect(await answer).toMatchObject({ results: [{ outcome: 'APPLIED' }] });
  expect(await service.exit).toBe(0);
  expect(service.output).not.toMatch(/"level":[456]0/);
  expect(await runningDatabase()).toBeNull();
});

test('a second signal does not wait for what is under way, and still ends the database', async () => {
  const service = start();
  const url = await service.url();
  const client = await database();
  await client.query('begin');
  await client.query('lock table accounts in exclusive mode');
  const answer = register(url, 'second-signal').catch(() => 'cut off');
  await until(async () => (await waiters(client)) > 0);
  service.signal('SIGTERM');
  await service.says(/Stopping/);
  service.interrupt();
  expect(await service.exit).toBe(1);
  await answer;
  await client.end().catch(() => undefined);
  expect(await runningDatabase()).toBeNull();
});

test.each([
  ['an exception nobody catches', 'SIGUSR2', 'a planted defect'],
  ['a rejection nobody awaits', 'SIGWINCH', 'a planted rejection'],
] as const)('%s is logged and ends the process, with its database', async (_, signal, message) => {
  const service = start({}, { preload: 'raise-defect.ts' });
  await service.url();
  service.signal(signal);
  expect(await service.exit).toBe(1);
  expect(service.output).toContain(message);
  expect(await runningDatabase()).toBeNull();
});

test('two processes share the database: it ends with the last of them', async () => {
  const first = start();
  await first.url();
  const second = start();
  expect(await ask(second)).toEqual(PROGRAMS);
  first.signal('SIGTERM');
  expect(await first.exit).toBe(0);
  expect(await ask(second)).toEqual(PROGRAMS);
  second.signal('SIGTERM');
  expect(await second.exit).toBe(0);
  expect(await runningDatabase()).toBeNull();
});

test('a signal while it starts ends what has started', async () => {
  const service = start();
  await until(async () => (await runningDatabase()) !== null);
  service.signal('SIGTERM');
  expect(await service.exit).toBe(0);
  expect(service.output).not.toContain('X-Points are served');
  expect(await runningDatabase()).toBeNull();
});

test('a wrong configuration is told before anything starts', async () => {
  const service = start({ PORT: 'http', LOG_LEVEL: 'loud' });
  expect(await service.exit).toBe(1);
  expect(service.output).toMatch(/^The configuration has 2 mistakes:\n {2}- PORT is "http"/);
  expect(await runningDatabase()).toBeNull();
});

test('a port that is taken is named, and what had started ends', async () => {
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
  try {
    const { port } = other.address() as AddressInfo;
    const service = start({ PORT: String(port) });
    expect(await service.exit).toBe(1);
    expect(service.output).toMatch(
      new RegExp(`^listen EADDRINUSE: .*127\\.0\\.0\\.1:${port}\\. Set PORT`, 'm'),
    );
    expect(service.output).not.toContain('"level":60');
    expect(await runningDatabase()).toBeNull();
  } finally {
    other.close();
  }
});

test('`migrate` brings the database up to date and ends', async () => {
  const folder = await newFolder();
  const service = start({ REWARDS_DATA_DIR: folder }, { args: ['migrate'] });
  expect(await service.exit).toBe(0);
  expect(service.output).toContain('"msg":"Migrated"');
  expect(await runningDatabase(folder)).toBeNull();
  await rm(folder, { recursive: true });
});

(isRoot ? test : test.skip)('an ordinary user can start it as well as root', async () => {
  const folder = await newFolder();
  await chown(folder, NOBODY, NOBODY);
  const service = start({ REWARDS_DATA_DIR: folder }, { uid: NOBODY });
  expect(await ask(service)).toEqual(PROGRAMS);
  service.signal('SIGTERM');
  expect(await service.exit).toBe(0);
  expect(await runningDatabase(folder)).toBeNull();
  await rm(folder, { recursive: true });
});

/** Tells it of a new customer, which needs the accounts. */
async function register(url: string, id: string): Promise<unknown> {
  const response = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({
      ...{ specversion: '1.0', source: 'test', id, type: 'customer.registered' },
      data: { customerId: id, program: 'EU' },
    }),
  });
  return response.json();
}

async function waiters(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    'select count(*) from pg_locks where not granted',
  );
  return Number(rows[0]!.count);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20);
}
