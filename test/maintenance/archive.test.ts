import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { freezeAccount } from '../../src/ledger/freeze';
import { archive } from '../../src/maintenance/archive';
import { captureRedemption } from '../../src/redemption/decide-hold';
import { redeem } from '../../src/redemption/redeem';
import { type Books, openBooks } from '../ledger/stories';
import { asOwner, ownerUrlOf } from '../support/database';
import { spend, tell } from './old-books';

const NEVER = new AbortController().signal;
const OLD = ['--before', '2025-01-01', '--reason', 'Older than the law wants at hand.'];

let books: Books;
let owner: DataSource;
let printed: string[];

beforeEach(async () => {
  books = await openBooks();
  owner = await createDataSource(ownerUrlOf(books.url), { session: 'migration' }).initialize();
  printed = [];
});
afterEach(async () => {
  await owner.destroy();
  await books.close();
});

const run = (...args: string[]) =>
  archive({ database: owner, programs: books.programs }, args, (line) => printed.push(line), NEVER);

/** Holds the lock of an account until the connection ends. */
async function lock(id: string): Promise<Client> {
  const busy = new Client({ connectionString: ownerUrlOf(books.url) });
  await busy.connect();
  await busy.query(`begin; select from accounts where id = '${id}' for update`);
  return busy;
}

/** Sequences of an account's entries, archived and not. */
async function places(id: string): Promise<{ archived: number[]; here: number[] }> {
  const of = async (table: string): Promise<number[]> => {
    const rows: { sequence: number }[] = await books.database.query(
      `select sequence from ${table} where account_id = $1 order by sequence`,
      [id],
    );
    return rows.map(({ sequence }) => sequence);
  };
  return { archived: await of('entries_archive'), here: await of('entries') };
}

test('what was recorded before the day goes, what came later stays, and the run is written down', async () => {
  await tell(books, 'ada', 'bo');
  await spend(books, 'ada', 5, null);
  expect(await run(...OLD, '--by', 'olga')).toBe(0);
  expect(printed).toEqual([
    '4 entries and 4 allocations of 2 accounts were archived, recorded before 2025-01-01T00:00:00.000Z (run 1).',
  ]);
  expect(await places('ada')).toEqual({ archived: [1, 2], here: [3] });
  expect(await places('bo')).toEqual({ archived: [1, 2], here: [] });
  const runs = await owner.query('select * from archive_runs');
  expect(runs).toEqual([
    {
      ...{ number: 1, before: Date.parse('2025-01-01'), program: null, actor: 'operator:olga' },
      ...{ reason: 'Older than the law wants at hand.', accounts: 2, entries: 4, allocations: 4 },
      ...{ started_at: expect.any(Number), finished_at: expect.any(Number) },
    },
  ]);
  expect(await books.broken()).toEqual([]);
  expect(await run(...OLD)).toBe(0);
  expect(printed[1]).toMatch(/^0 entries and 0 allocations of 0 accounts were archived/);
});

test('a rehearsal counts what goes, and moves nothing', async () => {
  await tell(books, 'ada', 'bo');
  expect(await run('--before', '2025-01-01', '--dry-run')).toBe(0);
  expect(printed).toEqual(['4 entries and 4 allocations of 2 accounts would be archived.']);
  expect(await places('ada')).toEqual({ archived: [], here: [1, 2] });
  expect(await owner.query('select from archive_runs')).toEqual([]);
});

test('of other programs than the one that is named nothing goes', async () => {
  await tell(books, 'ada');
  expect(await run(...OLD, '--program', 'TR')).toBe(0);
  expect(await places('ada')).toEqual({ archived: [], here: [1, 2] });
  expect(await run(...OLD, '--program', 'EU')).toBe(0);
  expect(await places('ada')).toEqual({ archived: [1, 2], here: [] });
});

test('nothing of a frozen account goes', async () => {
  await tell(books, 'ada', 'bo');
  await freezeAccount(owner, 'ada', { actor: 'operator:olga', reason: 'In doubt.' });
  expect(await run(...OLD)).toBe(0);
  expect(await places('ada')).toEqual({ archived: [], here: [1, 2] });
  expect(await places('bo')).toEqual({ archived: [1, 2], here: [] });
});

test('what a hold that nobody has decided needs stays, and it can be captured (R6.7)', async () => {
  await tell(books, 'ada');
  await books.at('2025-02-02T10:00:00Z');
  const number = await spend(books, 'ada', 20, 60 * 86_400_000);
  await spend(books, 'ada', 5, null);
  const march = ['--before', '2025-03-01', '--reason', 'x'];
  await books.at('2025-03-02T10:00:00Z');
  expect(await run('--before', '2025-03-01', '--dry-run')).toBe(0);
  expect(await run(...march)).toBe(0);
  expect(printed[0]).toMatch(/^2 entries and 2 allocations of 1 accounts would/);
  expect(await places('ada')).toEqual({ archived: [1, 2], here: [3, 4] });
  const captured = await books.ledger.execute(
    captureRedemption({
      ...{ customerId: 'ada', number, points: null, idempotencyKey: 'c', actor: 'platform' },
    }),
  );
  expect(captured).toMatchObject({ redemption: { captured: 20, held: 0 } });
  expect(await run(...march)).toBe(0);
  expect(await places('ada')).toEqual({ archived: [1, 2, 3, 4], here: [5] });
  expect(await books.broken()).toEqual([]);
});

test('an order that is cancelled when all of it is archived gives back to the very lots and takes back (R4.3, R4.4)', async () => {
  await tell(books, 'ada');
  expect(await run(...OLD)).toBe(0);
  await books.send({ type: 'order.cancelled', orderId: 'ada-2', net: null });
  await books.send({ type: 'order.cancelled', orderId: 'ada-1', net: null });
  const moved = await books.database.query(
    'select sequence, lot, from_state, to_state, points from allocations order by sequence, ordinal',
  );
  expect(moved).toEqual([
    { sequence: 3, lot: 1, from_state: 'REDEEMED', to_state: 'REMAINING', points: 10 },
    { sequence: 4, lot: 1, from_state: 'REMAINING', to_state: 'REVERSED', points: 100 },
  ]);
  expect(await books.broken()).toEqual([]);
});

test('an account that somebody else has locked is left, told of, and archived the next time', async () => {
  await tell(books, 'ada', 'bo');
  const busy = await lock('ada');
  expect(await run(...OLD)).toBe(1);
  expect(printed[0]).toMatch(/^2 entries .* of 1 accounts .* 1 accounts were busy: run it again/);
  await busy.end();
  expect(await run(...OLD)).toBe(0);
  expect(await places('ada')).toEqual({ archived: [1, 2], here: [] });
});

test('an account that is let go meanwhile is archived in the same run', async () => {
  await tell(books, 'ada', 'bo');
  const busy = await lock('ada');
  const archived = run(...OLD);
  while ((await places('bo')).archived.length === 0) await pause(10);
  await busy.end();
  expect(await archived).toBe(0);
  expect(await places('ada')).toEqual({ archived: [1, 2], here: [] });
});

test('an account of more entries than one transaction moves is archived in several', async () => {
  await tell(books, 'ada');
  await asOwner(
    { ownerUrl: ownerUrlOf(books.url) },
    `set session_replication_role = replica;
     insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
         available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, terms_version, cause, actor)
       select shard, account_id, sequence + n, 'CAPTURED', 0, 0, 0, 0, available_after, held_after, owed_after, turnover_after,
         occurred_at, recorded_at, terms_version, cause, actor from entries, generate_series(1, 2500) n where sequence = 2;
     update accounts set sequence = 2502`,
  );
  expect(await run(...OLD)).toBe(0);
  expect(printed[0]).toMatch(/^2502 entries and 2 allocations of 1 accounts were archived/);
  const [counted] = await owner.query('select accounts, entries from archive_runs');
  expect(counted).toEqual({ accounts: 3, entries: 2502 });
  expect(await books.broken()).toEqual([]);
});

test('while members redeem on several connections everything is answered, and nothing is lost', async () => {
  const ids = Array.from({ length: 12 }, (_, n) => `m${n}`);
  await tell(books, ...ids);
  const other = await openBooks({ url: books.url });
  let isOver = false;
  let runs = 0;
  let answered = 0;
  const redeeming = Promise.all(
    [books, other].flatMap(({ ledger }, door) =>
      ids.map(async (id) => {
        // As long as it takes that the archive was looked for several times meanwhile.
        for (let n = 1; n <= 15 || runs < 3; n += 1) {
          const wish = { customerId: id, orderId: `${id}-2`, points: 1, holdMs: null };
          const answer = await ledger.execute(
            redeem({ ...wish, idempotencyKey: `${door} ${n}`, actor: 'platform' }),
          );
          expect(answer).not.toHaveProperty('refused');
          answered += 1;
          if (n >= 15) await pause(400);
        }
      }),
    ),
  ).finally(() => {
    isOver = true;
  });
  // All that is there by then: the clock of the books stands in February.
  while (!isOver) {
    await run('--before', '2025-03-01', '--reason', 'x');
    runs += 1;
  }
  await redeeming;
  await run('--before', '2025-03-01', '--reason', 'x');
  await other.close();
  const [counted] = await owner.query(
    `select (select count(*) from entries_archive) as archived, (select count(*) from entries) as here,
       (select sum(entries) from archive_runs)::int as moved`,
  );
  const all = 12 * 2 + answered;
  expect(counted).toEqual({ archived: all, here: 0, moved: all });
  expect(await books.broken()).toEqual([]);
}, 120_000);

test('killed in the middle, the books are whole, and the next run does the rest', async () => {
  const ids = Array.from({ length: 80 }, (_, n) => `m${n}`);
  await tell(books, ...ids);
  const url = ownerUrlOf(books.url);
  // It cannot be done with all before it is killed.
  const busy = await lock('m40');
  const command = spawn(
    process.execPath,
    ['-r', '@swc-node/register', 'src/maintenance/archive.ts', ...OLD],
    { cwd: join(__dirname, '../..'), env: { PATH: process.env.PATH, DATABASE_URL: url } },
  );
  const ended = once(command, 'exit');
  const archived = async () => {
    const [{ n }] = await owner.query('select count(*)::int as n from entries_archive');
    return n;
  };
  while (command.exitCode === null && (await archived()) === 0) await pause(1);
  command.kill('SIGKILL');
  await ended;
  await busy.end();
  expect(await books.broken()).toEqual([]);
  const [cut] = await owner.query('select entries, finished_at from archive_runs where number = 1');
  expect(cut).toEqual({ entries: await archived(), finished_at: null });
  expect(cut.entries).toBeLessThan(160);
  expect(await run(...OLD)).toBe(0);
  expect(await archived()).toBe(160);
  expect(await books.broken()).toEqual([]);
}, 60_000);

test('an interrupted run says so, and leaves no end of it', async () => {
  await tell(books, 'ada');
  const desk = { database: owner, programs: books.programs };
  const interrupted = AbortSignal.abort();
  expect(await archive(desk, OLD, (line) => printed.push(line), interrupted)).toBe(1);
  expect(printed[0]).toContain('It was interrupted: run it again for the rest.');
  expect(await owner.query('select finished_at from archive_runs')).toEqual([
    { finished_at: null },
  ]);
});

test.each([
  [[], /^Usage: npm run archive/],
  [['--before', 'yesterday', '--reason', 'x'], /^--before takes a day or an instant/],
  [['--before', '2025-02-30', '--reason', 'x'], /^--before takes a day or an instant/],
  [['--before', '2999-01-01', '--reason', 'x'], /^--before 2999-01-01 is still to come/],
  [['--before', '2025-01-01'], /^Say why: --reason/],
  [['--before', '2025-01-01', '--program', 'XX', '--reason', 'x'], /^There is no program XX/],
  [['--after', '2025-01-01'], /Usage: npm run archive/],
])('%j is refused', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message);
});
