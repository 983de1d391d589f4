import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import { createDataSource } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { APP_ROLE, PRIVILEGES, privilegeGaps } from '../../src/database/privileges';
import { parseInstant } from '../../src/kernel/time';
import { redeem } from '../../src/redemption/redeem';
import { type Books, complete, openBooks, placed, registered } from '../ledger/stories';
import { asOwner, freshDatabase, ownerUrlOf, type TestDatabase } from '../support/database';
import { DENIED, FORBIDDEN } from './forbidden';

const drops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const drop of drops.splice(0).reverse()) await drop();
});

async function fresh(): Promise<TestDatabase> {
  const made = await freshDatabase();
  drops.push(() => made.drop());
  return made;
}

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  drops.push(() => client.end());
  return client;
}

/** Who has points, spent some, and holds some. */
async function tellAStory(): Promise<Books> {
  const books = await openBooks();
  drops.push(() => books.close());
  await books.at(parseInstant('2025-06-15T10:00:00Z')!);
  await books.send(registered('ada'));
  await complete(books, 'o1', 'ada', '100.00');
  await books.send(placed('o2', 'ada', '50.00'));
  for (const [n, holdMs] of [null, 60_000].entries()) {
    const wish = { customerId: 'ada', orderId: 'o2', points: 10, holdMs };
    await books.ledger.execute(redeem({ ...wish, idempotencyKey: `k${n}`, actor: 'customer:ada' }));
  }
  return books;
}

/** Every row of every table, and the schema, in one number per table. */
async function digest(owner: Client): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const { rows } = await owner.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname in ('public', 'graphile_worker', 'hidden')
      union all select format('pg_catalog.%I', t) from unnest(array['pg_class', 'pg_constraint', 'pg_trigger', 'pg_proc', 'pg_roles']) t`,
  );
  for (const { name } of rows) {
    const isCatalog = name.startsWith('pg_catalog.');
    const what = isCatalog
      ? 'count(*)::text'
      : `md5(coalesce(string_agg(t::text, ' ' order by t::text), ''))`;
    const found = await owner.query<{ digest: string }>(`select ${what} as digest from ${name} t`);
    digests[name] = found.rows[0]!.digest;
  }
  return digests;
}

test('every table and view has its privileges listed, and nothing else is', async () => {
  const owner = await connect((await fresh()).ownerUrl);
  const { rows } = await owner.query<{ name: string }>(
    `select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(PRIVILEGES).sort());
});

test('every column that is listed is a column', async () => {
  const owner = await connect((await fresh()).ownerUrl);
  const { rows } = await owner.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public'`,
  );
  const columns = new Set(rows.map(({ name }) => name));
  const listed = Object.entries(PRIVILEGES).flatMap(([table, { update = { only: [] } }]) =>
    ('only' in update ? update.only : update.except).map((column) => `${table}.${column}`),
  );
  expect(listed.filter((name) => !columns.has(name))).toEqual([]);
});

test('a migrated database gives the application what is listed, and no more', async () => {
  const database = createDataSource((await fresh()).url);
  await database.initialize();
  drops.push(() => database.destroy());
  expect(await privilegeGaps(database, APP_ROLE)).toEqual([]);
});

test.each([
  ['grant delete on entries to rewards_app', 'may DELETE on public.entries'],
  ['grant update on entries to public', 'UPDATE \\(actor\\)'],
  ['grant update (granted) on lots to rewards_app', 'may UPDATE \\(granted\\) on public.lots'],
  ['grant truncate on outbox to public', 'may TRUNCATE on public.outbox'],
  ['revoke insert on entries from rewards_app', 'lacks INSERT on public.entries'],
  [
    'create table extra (n integer); grant select on extra to rewards_app',
    'may SELECT on public.extra',
  ],
  [
    'revoke all on graphile_worker._private_jobs from rewards_app',
    'lacks .* on graphile_worker._private_jobs',
  ],
])('%s is found, and put right by the next migration', async (statement, gap) => {
  const made = await fresh();
  await asOwner(made, statement);
  const database = await createDataSource(made.url).initialize();
  drops.push(() => database.destroy());
  expect((await privilegeGaps(database, APP_ROLE)).join(' ')).toMatch(new RegExp(gap));
  await expect(migrate(made.url)).rejects.toThrow(new RegExp(`${gap}.*DATABASE_MIGRATION_URL`));
  expect(await migrate(made.ownerUrl)).toEqual([]);
  expect(await privilegeGaps(database, APP_ROLE)).toEqual([]);
});

test('what a newer version has migrated is left as that one wants it', async () => {
  const made = await fresh();
  await asOwner(
    made,
    `create table newer (n integer); grant select, insert on newer to rewards_app;
     insert into migrations (timestamp, name) values (9999999999999, 'Newer9999999999999')`,
  );
  expect(await migrate(made.ownerUrl)).toEqual([]);
  const client = await connect(made.url);
  expect((await client.query('select from newer')).rowCount).toBe(0);
});

test(`of ${FORBIDDEN.length} things it must not do the application can do none`, async () => {
  const books = await tellAStory();
  const owner = await connect(ownerUrlOf(books.url));
  await owner.query(
    `create schema hidden; create table hidden.secrets (secret text); insert into hidden.secrets values ('s')`,
  );
  const before = await digest(owner);
  expect(Object.keys(before).length).toBeGreaterThan(20);
  const client = await connect(books.url);
  const results: string[] = [];
  const expected: string[] = [];
  for (const [what, statement, code = DENIED] of FORBIDDEN) {
    const refused: unknown = await client.query(statement).catch((error: unknown) => error);
    const answer = refused instanceof DatabaseError ? refused.code : 'done';
    results.push(`${what}: ${answer}`);
    expected.push(`${what}: ${code}`);
  }
  expect(results).toEqual(expected);
  expect(await digest(owner)).toEqual(before);
  expect(await books.broken()).toEqual([]);
  const readme = await readFile(join(__dirname, '../../src/database/README.md'), 'utf8');
  expect(readme).toContain(`${FORBIDDEN.length} statements`);
  process.stdout.write(`${FORBIDDEN.length} forbidden statements, all refused\n`);
});
