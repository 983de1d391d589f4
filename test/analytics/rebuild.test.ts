import { beginGeneration, rollUp, rollUpStep } from '../../src/analytics/roll-up';
import { createDataSource } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { DAY_MS } from '../../src/kernel/time';
import { rollups } from '../../src/maintenance/rollups';
import { type Books, complete, openBooks, registered } from '../ledger/stories';
import { asOwner, ownerUrlOf } from '../support/database';
import { expectEqual, NEVER, rollingOf, rollUpAll, settled, tailOf } from './rolling';

const START = Date.UTC(2025, 5, 15, 10);

let books: Books;
let owner: { ownerUrl: string };
beforeEach(async () => {
  books = await openBooks();
  owner = { ownerUrl: ownerUrlOf(books.url) };
  await books.at(START);
  await earn('ada', 'bo', 'cy', 'di', 'ed');
});
afterEach(() => books.close());

async function earn(...customers: string[]): Promise<void> {
  for (const customerId of customers) {
    await books.send(registered(customerId));
    await complete(books, `${customerId}-1`, customerId, '100.00');
  }
}

const progress = async (): Promise<{ generation: number; building: object | null }> => {
  const [row] = await books.database.query(
    'select generation, building, watermark from rollup_progress',
  );
  return row;
};

const generations = async (): Promise<number[]> => {
  const rows: { generation: number }[] = await books.database.query(
    `select generation from rollup_moves union select generation from rollup_entries order by 1`,
  );
  return rows.map(({ generation }) => generation);
};

/** The command, in this process; answers its exit code and what it printed. */
async function run(
  args: readonly string[],
  signal = NEVER,
): Promise<{ code: number; out: string }> {
  const lines: string[] = [];
  const code = await rollups(
    books,
    args,
    (line) => lines.push(line),
    signal,
    rollingOf(books).clock,
  );
  return { code, out: lines.join('\n') };
}

test('a rebuild makes the next generation beside the one in use, switches, and deletes the old one', async () => {
  await rollUpAll(books);
  await beginGeneration(rollingOf(books));
  expect(await rollUpStep(rollingOf(books), 2)).toBe('more');
  expect(await progress()).toMatchObject({ generation: 1, building: { generation: 2 } });
  expect(await generations()).toEqual([1, 2]);
  // Meanwhile the one in use is read, and goes on.
  await earn('fay');
  await settled(books);
  await rollUpStep(rollingOf(books), 2);
  expect(await tailOf(books.database)).toEqual({ entries: 6, tail: 0 });
  await expectEqual(books);
  await rollUpAll(books, 2);
  expect(await progress()).toMatchObject({ generation: 2, building: null });
  expect(await generations()).toEqual([2]);
  expect(await tailOf(books.database)).toEqual({ entries: 6, tail: 0 });
  await expectEqual(books);
});

test('who asks for another while one is made lets that one go on', async () => {
  await beginGeneration(rollingOf(books));
  await rollUpStep(rollingOf(books), 2);
  const { building } = await progress();
  await beginGeneration(rollingOf(books));
  expect((await progress()).building).toEqual(building);
});

test('a rebuild while writers write, done by several at once: nothing lost, nothing twice', async () => {
  const other = await openBooks({ url: books.url });
  try {
    const members = Array.from({ length: 16 }, (_, n) => `m${n}`);
    let isWriting = true;
    const writing = Promise.all(members.map((id) => earn(id)));
    const end = writing.finally(() => {
      isWriting = false;
    });
    const build = async (on: Books) => {
      while (isWriting) {
        await beginGeneration(rollingOf(on));
        await rollUp(rollingOf(on), NEVER, 20, 3);
        await expectEqual(on);
      }
    };
    await Promise.all([end, build(books), build(other)]);
    await rollUpAll(books, 3);
    expect(await tailOf(books.database)).toEqual({ entries: 21, tail: 0 });
    await expectEqual(books);
    expect((await progress()).generation).toBeGreaterThan(1);
    expect(await generations()).toEqual([(await progress()).generation]);
  } finally {
    await other.close();
  }
});

test('rollups that are wrong are told row by row, and a rebuild puts them right', async () => {
  await rollUpAll(books);
  expect(await run(['--check'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/nothing differs/),
  });
  await asOwner(owner, `update rollup_moves set points = points + 1 where grain = 'DAY'`);
  await asOwner(owner, `delete from rollup_entries where grain = 'MONTH'`);
  await asOwner(owner, 'update rollup_remaining set points = points - 1');
  const { code, out } = await run(['--check']);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^rollup_moves EU DAY .* is {"points":501,.*, the entries say {"points":500,/m,
  );
  expect(out).toMatch(/^rollup_entries EU MONTH .* is null, the entries say {"entries":5,/m);
  expect(out).toMatch(/^rollup_remaining EU .* is {"points":499}, the entries say {"points":500}/m);
  expect(out).toMatch(/3 differ\.$/);
  const told = await run(['--check', '--program', 'EU', '--json']);
  expect(JSON.parse(told.out)).toMatchObject({ program: 'EU', generation: 1, differing: 3 });
  expect((await run(['--check', '--program', 'TR'])).code).toBe(0);

  expect(await run(['--rebuild'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Generation 2 is in use/),
  });
  expect((await run(['--check'])).code).toBe(0);
  expect(await generations()).toEqual([2]);
});

test('a rebuild that is interrupted is gone on with', async () => {
  await rollUpAll(books);
  expect(await run(['--rebuild'], AbortSignal.abort())).toMatchObject({ code: 1 });
  expect(await progress()).toMatchObject({ generation: 1, building: { generation: 2 } });
  await expectEqual(books);
  expect(await run(['--rebuild'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Generation 2 is in use/),
  });
  await expectEqual(books);
});

test('a command that makes no sense is refused, with how it goes', async () => {
  for (const args of [
    ...[[], ['--check', '--rebuild'], ['--rebuild', '--json'], ['--rebuild', '--program', 'EU']],
    ...[['--chekc'], ['--check', 'EU']],
  ]) {
    await expect(run(args)).rejects.toThrow(/Usage: npm run rollups/);
  }
  await expect(run(['--check', '--program', 'XX'])).rejects.toThrow('There is no program XX.');
});

/** As after a restore from a dump into another cluster: rows of transactions that have not been here, and are far ahead. */
async function comeFromElsewhere(): Promise<void> {
  await asOwner(
    owner,
    `set session_replication_role = replica;
     create table copied as select * from entries;
     delete from entries;
     update copied set xact = xact + 1000000000;
     insert into entries select * from copied;
     drop table copied;
     update rollup_progress set cluster = 'elsewhere', watermark = watermark + 1000000000`,
  );
}

test('books that were restored into another cluster are rolled up anew by the job itself', async () => {
  await rollUpAll(books);
  await comeFromElsewhere();
  expect((await run(['--check'])).out).toMatch(/^No rollups stand for this cluster/);
  // What was recorded a moment ago might still be going on as far as anybody knows.
  expect(await rollUpStep(rollingOf(books))).toBe('done');
  expect(await progress()).toMatchObject({ generation: 1, building: null });

  await books.at(START + DAY_MS);
  await earn('fay');
  await rollUpStep(rollingOf(books), 2);
  expect(await progress()).toMatchObject({ building: { generation: 2 } });
  await earn('al');
  await rollUpAll(books, 2);
  expect(await progress()).toMatchObject({ generation: 2, building: null });
  expect(await tailOf(books.database)).toEqual({ entries: 7, tail: 0 });
  await expectEqual(books);
  // From there it goes on as ever, and so does a rebuild.
  await earn('hal');
  await rollUpAll(books);
  await expectEqual(books);
  expect((await run(['--rebuild'])).code).toBe(0);
  expect(await tailOf(books.database)).toEqual({ entries: 8, tail: 0 });
  await expectEqual(books);
});

test('books that are restored while a generation is made begin once more', async () => {
  await beginGeneration(rollingOf(books));
  await rollUpStep(rollingOf(books), 2);
  await comeFromElsewhere();
  await asOwner(
    owner,
    `update rollup_progress set building = jsonb_set(building, '{cluster}', '"elsewhere"')`,
  );
  await books.at(START + DAY_MS);
  await rollUpAll(books, 2);
  expect(await progress()).toMatchObject({ generation: 3, building: null });
  expect(await generations()).toEqual([3]);
  await expectEqual(books);
});

test('books that are there when rollups come with an upgrade are rolled up by the job itself', async () => {
  const database = await createDataSource(owner.ownerUrl, { session: 'migration' }).initialize();
  try {
    const isThere = async () =>
      (
        await database.query<[{ yes: boolean }]>(
          `select to_regclass('rollup_progress') is not null as yes`,
        )
      )[0].yes;
    while (await isThere()) await database.undoLastMigration();
  } finally {
    await database.destroy();
  }
  await migrate(owner.ownerUrl);
  expect(await progress()).toMatchObject({ generation: null, building: { generation: 1 } });
  expect((await run(['--check'])).out).toMatch(/^No rollups stand for this cluster/);
  await earn('fay');
  await rollUpAll(books, 2);
  expect(await progress()).toMatchObject({ generation: 1, building: null });
  expect(await tailOf(books.database)).toEqual({ entries: 6, tail: 0 });
  await expectEqual(books);
});
