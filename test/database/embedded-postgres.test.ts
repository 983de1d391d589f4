import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import {
  type EmbeddedPostgres,
  findEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/database/embedded-postgres';
import { isAlive, readPidFile } from '../../src/database/postmaster-pid';

const isRoot = process.getuid?.() === 0;
const opened: EmbeddedPostgres[] = [];
const folders: string[] = [];

async function newFolder(mode = 0o755): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewards-embedded-'));
  await chmod(folder, mode);
  folders.push(folder);
  return folder;
}

async function start(folder: string, durable = false): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, durable });
  opened.push(server);
  return server;
}

async function ask<T>(server: { ownerUrl: string }, sql: string): Promise<T> {
  const client = new Client({ connectionString: server.ownerUrl });
  await client.connect();
  const { rows } = await client.query(`select (${sql}) as value`);
  await client.end();
  return rows[0].value;
}

async function execute(server: { ownerUrl: string }, sql: string): Promise<void> {
  const client = new Client({ connectionString: server.ownerUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** The process id of the database in a folder; null where none runs. */
async function pidIn(folder: string): Promise<number | null> {
  const file = await readPidFile(join(folder, 'cluster/data'));
  return file && isAlive(file.pid) ? file.pid : null;
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await pause(20);
}

afterEach(async () => {
  for (const server of opened.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

test('made once, it keeps its data, its password and its port over restarts', async () => {
  const folder = await newFolder();
  expect(await findEmbeddedPostgres(folder)).toBeNull();
  const first = await start(folder);
  expect(first).toMatchObject({ folder, found: false });
  const { url, ownerUrl } = first;
  expect(await findEmbeddedPostgres(folder)).toEqual({ url, ownerUrl });
  await execute(first, 'create table kept as select 42 as answer');
  expect(await first.stop()).toBe(true);
  expect(await pidIn(folder)).toBeNull();
  expect(await findEmbeddedPostgres(folder)).toBeNull();

  const second = await start(folder);
  expect([second.url, second.ownerUrl]).toEqual([url, ownerUrl]);
  expect(await ask(second, 'select answer from kept')).toBe(42);
});

test('it is fit for points, listens on loopback only, and keeps its password to its owner', async () => {
  const folder = await newFolder();
  const server = await start(folder, true);
  for (const [setting, value] of [
    ['fsync', 'on'],
    ['synchronous_commit', 'on'],
    ['server_encoding', 'UTF8'],
    ['password_encryption', 'scram-sha-256'],
    ['data_checksums', 'on'],
    ['listen_addresses', '127.0.0.1'],
    ['unix_socket_directories', ''],
  ]) {
    expect([setting, await ask(server, `current_setting('${setting}')`)]).toEqual([setting, value]);
  }
  expect((await stat(join(folder, 'cluster/password'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'cluster/data'))).mode & 0o077).toBe(0);
  for (const url of [server.url, server.ownerUrl]) {
    const stranger = new URL(url);
    stranger.password = 'password';
    await expect(ask({ ownerUrl: stranger.href }, '1')).rejects.toThrow(
      /password authentication failed/,
    );
  }
});

test('several users share one database, and the last of them stops it', async () => {
  const folder = await newFolder();
  const users = await Promise.all([1, 2, 3].map(() => start(folder)));
  expect(new Set(users.map(({ url }) => url)).size).toBe(1);
  expect(users.filter(({ found }) => !found)).toHaveLength(1);
  expect(await users[0]!.stop()).toBe(false);
  expect(await users[1]!.stop()).toBe(false);
  expect(await ask(users[2]!, '1')).toBe(1);
  expect(await users[2]!.stop()).toBe(true);
  expect(await pidIn(folder)).toBeNull();
});

test('when all leave at once nobody is left behind', async () => {
  const folder = await newFolder();
  const users = await Promise.all([1, 2, 3].map(() => start(folder)));
  const stopped = await Promise.all(users.map((user) => user.stop()));
  expect(stopped.filter((isLast) => isLast)).toHaveLength(1);
  expect(await pidIn(folder)).toBeNull();
});

test('one who comes while the last one leaves gets a database that stays', async () => {
  const folder = await newFolder();
  for (let round = 0; round < 3; round += 1) {
    const leaving = await start(folder);
    const [, coming] = await Promise.all([leaving.stop(), start(folder)]);
    expect(await ask(coming, '1')).toBe(1);
    await coming.stop();
  }
});

test('after a kill -9 it starts again with everything that was committed', async () => {
  const folder = await newFolder();
  const server = await start(folder, true);
  await execute(server, 'create table kept as select 42 as answer');
  const pid = await pidIn(folder);
  process.kill(pid!, 'SIGKILL');
  await until(() => !isAlive(pid!));
  const again = await start(folder, true);
  expect(again.found).toBe(false);
  expect(await ask(again, 'select answer from kept')).toBe(42);
});

test('a stale pid that belongs to another program by now is no obstacle', async () => {
  const folder = await newFolder();
  const server = await start(folder);
  const pid = await pidIn(folder);
  process.kill(pid!, 'SIGKILL');
  await until(() => !isAlive(pid!));
  const file = join(folder, 'cluster/data/postmaster.pid');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(String(pid), String(process.pid)));
  const again = await start(folder);
  expect(await ask(again, '1')).toBe(1);
  expect(again.url.split('@')[0]).toBe(server.url.split('@')[0]);
});

test('another program on its port is no obstacle: it takes a new one', async () => {
  const folder = await newFolder();
  const first = await start(folder);
  await first.stop();
  const other = await start(await newFolder());
  await writeFile(join(folder, 'cluster/port'), String(other.port));
  const second = await start(folder);
  expect(second.port).not.toBe(other.port);
  expect(await ask(second, '1')).toBe(1);
});

test('what a crash left half made is removed', async () => {
  const folder = await newFolder();
  const left = join(folder, 'cluster.new-2147483646-00000000');
  await writeFile(left, '');
  await start(folder);
  await expect(stat(left)).rejects.toThrow(/ENOENT/);
});

test('a database of another version of PostgreSQL is not touched, and the message says what to do', async () => {
  const folder = await newFolder();
  await (await start(folder)).stop();
  await writeFile(join(folder, 'cluster/data/PG_VERSION'), '12\n');
  await expect(start(folder)).rejects.toThrow(/made by PostgreSQL 12; .*Remove the folder/s);
});

test('one that cannot start says why', async () => {
  const folder = await newFolder();
  await (await start(folder)).stop();
  await rm(join(folder, 'cluster/data/global'), { recursive: true });
  await expect(start(folder)).rejects.toThrow(/does not start.*pg_control/s);
});

(isRoot ? test : test.skip)(
  'of root, whose folder is private, the database lies elsewhere',
  async () => {
    const folder = await newFolder(0o700);
    const server = await start(folder);
    folders.push(server.folder);
    expect(server.folder).not.toBe(folder);
    expect(await ask(server, '1')).toBe(1);
    await server.stop();
    const again = await start(folder);
    expect(again.folder).toBe(server.folder);
  },
);
