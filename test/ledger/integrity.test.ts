import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { checkIntegrity, checkSome, type Place } from '../../src/ledger/integrity';
import { INVARIANTS } from '../../src/ledger/invariants';
import { archiveBefore } from '../../src/maintenance/archive';
import { Programs } from '../../src/programs/programs';
import { asOwner, copyOf, freshDatabase, type TestDatabase } from '../support/database';
import { ARCHIVED_CORRUPTIONS } from './archived-corruption';
import { tellOfEverybody, tellOfTheDesk } from './books-of-everybody';
import { CORRUPTIONS, type Corruption } from './corruption';
import { openBooks } from './stories';

let told: TestDatabase;
/** The same books, with all archived that may be. */
let archived: TestDatabase;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  told = await freshDatabase();
  const books = await openBooks({ url: told.url });
  await tellOfEverybody(books);
  await tellOfTheDesk(books);
  expect(await books.broken()).toEqual([]);
  await books.close();
  archived = await copyOf(told);
  const owner = await createDataSource(archived.ownerUrl, { session: 'migration' }).initialize();
  const by = { actor: 'operator:olga', reason: 'Old.' };
  const { signal } = new AbortController();
  await archiveBefore(owner, { before: Date.now(), program: null }, by, () => undefined, signal);
  expect(
    (await checkIntegrity(owner, await Programs.load(owner))).filter(({ rows }) => rows > 0),
  ).toEqual([]);
  await owner.destroy();
});

afterAll(async () => {
  await told.drop();
  await archived.drop();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function copy(
  of = told,
): Promise<{ made: TestDatabase; database: DataSource; programs: Programs }> {
  const made = await copyOf(of);
  closing.push(() => made.drop());
  const database = await createDataSource(made.url, { poolSize: 2 }).initialize();
  closing.push(() => database.destroy());
  return { made, database, programs: await Programs.load(database) };
}

/** As a superuser, past every trigger and foreign key. */
async function plant({ ownerUrl }: TestDatabase, { sql }: Corruption): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query('set session_replication_role = replica');
  await owner.query(sql);
  await owner.end();
}

test('every invariant has a corruption that breaks it', () => {
  const numbers = [...INVARIANTS.map(({ number }) => number), 'L1', 'L8'];
  const broken = new Set(CORRUPTIONS.map(({ breaks }) => breaks));
  expect(numbers.filter((number) => !broken.has(number))).toEqual([]);
});

test.each(CORRUPTIONS)('$breaks is seen to be broken: $what', (corruption) =>
  expectFound(told, corruption),
);

test.each(ARCHIVED_CORRUPTIONS)('$breaks is seen to be broken: $what', (corruption) =>
  expectFound(archived, corruption),
);

async function expectFound(books: TestDatabase, corruption: Corruption): Promise<void> {
  const { made, database, programs } = await copy(books);
  await plant(made, corruption);
  const found = (await checkIntegrity(database, programs)).filter(({ rows }) => rows > 0);
  const breach = found.find(({ number }) => number === corruption.breaks);
  expect(breach?.rows).toBeGreaterThan(0);
  if (corruption.of !== null) expect(breach?.accounts).toContain(corruption.of);
  expect(found.flatMap(({ accounts }) => accounts)).not.toContain('dee');

  const inSlices = await checkSome(database, programs);
  expect(inSlices.breaches.filter(({ rows }) => rows > 0)).toEqual(found);
  expect([...inSlices.inDoubt].sort()).toEqual(
    [...new Set(found.flatMap(({ accounts }) => accounts))].sort(),
  );
}

test('slice by slice, with time for one at a time, everything is looked at once', async () => {
  const { made, database, programs } = await copy();
  await asOwner(
    made,
    `insert into accounts (shard, id) select n % 256, 'stub-' || n from generate_series(1, 1700) n;
     insert into orders (shard, id) select n % 256, 'order-' || n from generate_series(1, 1300) n;
     update accounts set orders_placed = 0, next_due_at = now() where id in ('stub-3', 'stub-1699');`,
  );
  const counted = { accounts: 0, orders: 0, parts: 0, broken: 0 };
  const inDoubt = new Set<string>();
  let place: Place | null = null;
  do {
    const part = await checkSome(database, programs, { from: place, budgetMs: 0 });
    expect(part.accounts + part.orders).toBeLessThanOrEqual(500);
    counted.accounts += part.accounts;
    counted.orders += part.orders;
    counted.parts += 1;
    counted.broken += part.breaches.reduce((sum, { rows }) => sum + rows, 0);
    for (const id of part.inDoubt) inDoubt.add(id);
    place = part.next;
  } while (place !== null);
  const [{ accounts, orders }] = await database.query(
    'select (select count(*) from accounts) as accounts, (select count(*) from orders) as orders',
  );
  expect(counted).toEqual({ accounts, orders, parts: 4 + 3, broken: 2 });
  expect([...inDoubt].sort()).toEqual(['stub-1699', 'stub-3']);
});

test('an account with many entries makes a slice of its own', async () => {
  const { made, database, programs } = await copy();
  await asOwner(made, `update accounts set sequence = 30000 where id in ('ada', 'bo')`);
  const parts: number[] = [];
  let place: Place | null = null;
  do {
    const part = await checkSome(database, programs, { from: place, budgetMs: 0 });
    if (part.accounts > 0) parts.push(part.accounts);
    place = part.next;
  } while (place !== null);
  expect(parts.reduce((sum, n) => sum + n, 0)).toBe(6);
  expect(parts.length).toBeGreaterThanOrEqual(3);
});

test('asked of one program it counts that one’s accounts', async () => {
  const { made, database, programs } = await copy();
  await asOwner(made, `update accounts set lifetime_earned = lifetime_earned + 1 where id = 'ada'`);
  const brokenIn = async (program: string) =>
    (await checkSome(database, programs, { program })).breaches.filter(({ rows }) => rows > 0);
  expect((await brokenIn('EU')).map(({ number }) => number)).toEqual(['L14']);
  expect(await brokenIn('TR')).toEqual([]);
});
