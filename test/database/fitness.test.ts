import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { type Facts, judge, type Unfitness, unfitness } from '../../src/database/fitness';
import { migrate } from '../../src/database/migrate';
import { asOwner, emptyDatabase, freshDatabase, type TestDatabase } from '../support/database';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) await close();
});

async function fresh(): Promise<TestDatabase> {
  const made = await freshDatabase();
  closing.push(() => made.drop());
  return made;
}

async function look(database: DataSource, poolSize = 10): Promise<Unfitness> {
  await database.initialize();
  closing.push(() => database.destroy());
  return unfitness(database, poolSize);
}

/** What our connections find; the tests' own cluster is fast rather than durable. */
async function refusedAt(url: string, poolSize?: number): Promise<string[]> {
  const { refused } = await look(createDataSource(url), poolSize);
  return refused.filter(
    (line) => !/^(fsync|full_page_writes|synchronous_commit) is off/.test(line),
  );
}

/** What a connection finds that is not started as ours: through a pooler that drops what it does not know. */
async function throughPooler(url: string): Promise<string[]> {
  return (await look(new DataSource({ type: 'postgres', url }))).refused as string[];
}

test('a durable database of our own is fit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rewards-fit-'));
  await chmod(folder, 0o755);
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const server = await startEmbeddedPostgres({ folder, durable: true });
  closing.push(() => server.stop());
  await migrate(server.ownerUrl);
  expect(await look(createDataSource(server.url))).toEqual({ refused: [], warned: [] });
  // The same with a file that makes it a standby.
  for (const close of closing.splice(1).reverse()) await close();
  await writeFile(join(folder, 'cluster/data/standby.signal'), '');
  const standby = await startEmbeddedPostgres({ folder, durable: true });
  closing.push(() => standby.stop());
  const { refused } = await look(createDataSource(standby.url));
  expect(refused).toEqual([
    'transaction_read_only is on, not off: nothing can be written.',
    'It is a standby: only its primary takes what is written.',
  ]);
}, 120_000);

test('a cluster that may lose what it confirmed is refused', async () => {
  const { refused } = await look(createDataSource((await fresh()).url));
  expect(refused).toEqual([
    'fsync is off, not on: a power cut may destroy the database.',
    'full_page_writes is off, not on: a power cut may tear pages.',
    'synchronous_commit is off, not on: a crash may lose what was already answered.',
  ]);
});

test.each([
  ['alter database %d set default_transaction_read_only = on', /^transaction_read_only is on/],
  ["alter role rewards_app in database %d set client_encoding = 'LATIN1'", null],
  ["alter database %d set DateStyle = 'German'", null],
  [
    'alter database %d connection limit 12',
    /^It takes 12 connections, and this process alone opens up to 16/,
  ],
  [
    'alter table entries disable trigger entries_l1_append_only',
    /^The trigger entries_l1_append_only of entries is gone or switched off/,
  ],
  [
    'alter table entries enable replica trigger entries_l1_append_only',
    /^The trigger entries_l1_append_only/,
  ],
  [
    'drop trigger allocations_l1_append_only on allocations',
    /^The trigger allocations_l1_append_only/,
  ],
  [
    'alter table lots drop constraint lots_l3_points_add_up',
    /^lots_l3_points_add_up of lots is gone/,
  ],
  [
    'alter table lots drop constraint lots_l3_points_add_up; alter table lots add constraint lots_l3_points_add_up check (granted > 0) not valid',
    /^lots_l3_points_add_up of lots was never checked over all rows/,
  ],
  ['alter table answers drop constraint answers_pkey', /^answers_pkey of answers is gone/],
  ['drop index accounts_due', /^accounts_due of accounts is gone/],
  [
    "update pg_index set indisvalid = false where indexrelid = 'accounts_due'::regclass",
    /^The index accounts_due of accounts is broken/,
  ],
  ['grant update on entries to rewards_app', /^rewards_app may UPDATE .* on public.entries/],
  ['revoke insert on entries from rewards_app', /^rewards_app lacks INSERT on public.entries/],
  ['grant create on schema public to rewards_app', /^rewards_app may make things in schema public/],
  ["delete from migrations where name like 'Trust%'", /^Migrations are pending/],
  [
    "update pg_database set datcollversion = '0' where datname = '%d'",
    /^Its collation was version 0 and is \S+ now/,
  ],
])('%s: what our connections find', async (sql, line) => {
  const made = await fresh();
  await asOwner(made, sql.replaceAll('%d', new URL(made.url).pathname.slice(1)));
  const refused = await refusedAt(made.url);
  if (line === null) expect(refused).toEqual([]);
  else expect(refused).toEqual([expect.stringMatching(line)]);
});

test('an encoding that cannot hold every script is refused', async () => {
  const made = await emptyDatabase();
  closing.push(() => made.drop());
  const name = new URL(made.url).pathname.slice(1);
  const admin = new URL(made.ownerUrl);
  admin.pathname = '/postgres';
  await asOwner({ ownerUrl: admin.href }, `drop database ${name}`);
  await asOwner(
    { ownerUrl: admin.href },
    `create database ${name} template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'`,
  );
  await migrate(made.ownerUrl);
  expect(await refusedAt(made.url)).toEqual([
    expect.stringMatching(/^server_encoding is SQL_ASCII, not UTF8/),
  ]);
});

test('a pooler that drops what our connections start with is noticed', async () => {
  const made = await fresh();
  const name = new URL(made.url).pathname.slice(1);
  for (const setting of [
    `TimeZone = 'Asia/Tokyo'`,
    `default_transaction_isolation = 'serializable'`,
    'search_path = hidden, public',
    `DateStyle = 'German'`,
  ]) {
    await asOwner(made, `alter database ${name} set ${setting}`);
  }
  expect(await throughPooler(made.url)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^TimeZone is Asia\/Tokyo, not UTC/),
      expect.stringMatching(/^transaction_isolation is serializable, not read committed/),
      expect.stringMatching(/^search_path is hidden, public/),
      expect.stringMatching(/^DateStyle is German/),
      expect.stringMatching(/^statement_timeout is off/),
      expect.stringMatching(/^lock_timeout is off/),
      expect.stringMatching(/^idle_in_transaction_session_timeout is off/),
      expect.stringMatching(/^Whole numbers or instants do not arrive as such/),
    ]),
  );
  expect(await throughPooler(made.ownerUrl)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^The service runs as postgres, not as rewards_app/),
    ]),
  );
});

describe('a login that can do more than the role it takes on', () => {
  /** A login of its own that may take on the application's role. */
  async function login(made: TestDatabase, attributes: string, more = ''): Promise<string> {
    const name = `login_${Math.random().toString(36).slice(2)}`;
    await asOwner(
      made,
      `create role ${name} login password 'x' ${attributes}; grant rewards_app to ${name}; ${more.replaceAll('%l', name)}`,
    );
    closing.push(() => asOwner(made, `drop owned by ${name}; drop role ${name}`));
    const url = new URL(made.url);
    url.username = name;
    url.password = 'x';
    return url.href;
  }

  test.each([
    ['', '', null],
    ['superuser', '', /is a superuser: it may do anything/],
    ['createrole', '', /may make roles, databases/],
    ['createdb', '', /may make roles, databases/],
    ['replication', '', /may make roles, databases/],
    ['bypassrls', '', /may make roles, databases/],
    ['', 'grant postgres to %l', /may act as postgres, who owns the tables/],
    ['', 'grant pg_read_server_files to %l', /is a member of pg_read_server_files/],
    ['', 'grant pg_execute_server_program to %l', /is a member of pg_execute_server_program/],
    ['', 'grant create on schema public to %l', /may make things in schema public/],
  ])('%s %s', async (attributes, more, line) => {
    const refused = await refusedAt(await login(await fresh(), attributes, more));
    if (line === null) expect(refused).toEqual([]);
    else expect(refused).toEqual(expect.arrayContaining([expect.stringMatching(line)]));
  });

  test('one address with the owner’s login serves in development, and is told of', async () => {
    const made = await fresh();
    expect(await refusedAt(made.ownerUrl)).toEqual([
      expect.stringMatching(/^postgres is a superuser: it may do anything/),
    ]);
  });
});

test('more connections than there are is refused; fewer free than may be needed is a warning', async () => {
  const made = await fresh();
  expect(await refusedAt(made.url, 196)).toEqual([
    expect.stringMatching(/^It takes 197 connections/),
  ]);
  const { warned } = await look(createDataSource(made.url), 190);
  expect(warned).toEqual([
    expect.stringMatching(/^\d+ connections are free now, and this process opens up to 196/),
  ]);
});

test('clocks that are apart are a warning', async () => {
  const made = await fresh();
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + 60_000);
  const { warned } = await look(createDataSource(made.url));
  expect(warned).toEqual([
    expect.stringMatching(/^The database's clock and ours are (59|60)\d{3} ms apart/),
  ]);
});

test('what a newer version has migrated is served by this one, and told of', async () => {
  const made = await fresh();
  await asOwner(
    made,
    `insert into migrations (timestamp, name) values (9999999999999, 'Newer9999999999999'); drop index accounts_due`,
  );
  const { refused, warned } = await look(createDataSource(made.url));
  expect(refused.filter((line) => !/ is off, not on/.test(line))).toEqual([]);
  expect(warned).toEqual([
    expect.stringMatching(/^A newer version has migrated this database/),
    'accounts_due of accounts is gone.',
  ]);
});

test('an old version, damaged settings and no checksums speak against any database', () => {
  const facts: Facts = {
    ...{
      version: 150_018,
      settings: { data_sync_retry: 'on' },
      inRecovery: false,
      checksums: false,
    },
    ...{
      collationMade: null,
      collationNow: null,
      role: 'rewards_app',
      login: 'rewards_app',
      mights: [],
    },
    ...{ free: 100, most: 100, int8: 2 ** 53 - 1, instant: 0, clockApartMs: 0 },
  };
  const { refused, warned } = judge(facts, 10);
  expect(refused[0]).toBe('PostgreSQL is 150018, older than 160000: upgrade it.');
  expect(refused).toContainEqual(expect.stringMatching(/^data_sync_retry is on, not off/));
  expect(warned).toEqual(['It has no data checksums: damage of its disk goes unseen.']);
});
