import fc from 'fast-check';
import { ENTRIES, entryFacts, factRules, moveFacts } from '../../src/analytics/facts';
import { clockSql } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { type Instant, parseInstant } from '../../src/kernel/time';
import { readAccounts } from '../../src/ledger/ledger.reads';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { readPast } from '../../src/ledger/past.reads';
import { exportMember } from '../../src/ledger/personal-data';
import { rulesOf } from '../../src/ledger/rules';
import {
  readEntries,
  readEntriesBefore,
  readLotsAfter,
  readMoves,
  readUses,
} from '../../src/ledger/statement.reads';
import { archiveBefore } from '../../src/maintenance/archive';
import { rebuild } from '../../src/maintenance/rebuild';
import { readPlaces } from '../../src/subscriptions/balance-feed.store';
import { type Books, openBooks } from '../ledger/stories';
import { changeRules, isRuleStep } from '../properties/rule-steps';
import { story } from '../properties/story';
import { Teller } from '../properties/teller';
import { ownerUrlOf } from '../support/database';

const STORIES = Number(process.env.REWARDS_PROPERTY_RUNS ?? 8);
const START = parseInstant('2025-01-10T10:00:00Z')!;
const DAY_MS = 86_400_000;
const CLOCK = clockSql(true);
const BY = { actor: 'operator:olga', reason: 'Old.' };
const NEVER = new AbortController().signal;

/** The same commands at the same instants, told to both; of one old entries are archived again and again. */
let whole: Books;
let archived: Books;
let clock = START;
let changed = 0;

beforeAll(async () => {
  [whole, archived] = [
    await openBooks({ newCode: codes() }),
    await openBooks({ newCode: codes() }),
  ];
});
afterAll(async () => {
  await whole.close();
  await archived.close();
});

/** Both sides decide the same commands in the same order, and draw the same codes. */
function codes(): () => string {
  let drawn = 0;
  return () => {
    drawn += 1;
    return `CODE-${drawn}`;
  };
}

test('random stories of which old entries are archived in the middle go on and read as if none were', async () => {
  const seed = Number(process.env.REWARDS_PROPERTY_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`${STORIES} archived stories, REWARDS_PROPERTY_SEED=${seed}\n`);
  const ages = fc.array(fc.option(fc.integer({ min: 1, max: 500 }), { freq: 2 }), {
    minLength: 7,
    maxLength: 20,
  });
  const told = fc.sample(fc.tuple(story, ages), { seed, numRuns: STORIES });
  for (const [number, [steps, days]] of told.entries()) await tell(number + 1, steps, days);
  const [{ entries, left }] = await archived.database.query(
    'select (select count(*) from entries_archive) as entries, (select count(*) from entries) as left',
  );
  process.stdout.write(`${entries} entries archived, ${left} not\n`);
  expect([entries > 20, left > 0]).toEqual([true, true]);
  expect(await archived.broken()).toEqual([]);
  expect(await rebuilt(archived)).toMatch(/nothing differs\.$/);
  expect(await readEverything(archived)).toEqual(await readEverything(whole));
}, 600_000);

type Steps = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Tells a story to both; now and then what is so many days old is archived in one. */
async function tell(number: number, steps: Steps, ages: readonly (number | null)[]): Promise<void> {
  const world = new MemoryBooks({ ...rulesOf(whole.programs), newCode: codes() });
  const teller = new Teller(number, world);
  for (const books of [whole, archived]) await books.at(clock);
  for (const [n, step] of steps.entries()) {
    const age = ages[n % ages.length];
    if (typeof age === 'number') await archiveOlder(clock - age * DAY_MS);
    if (step.kind === 'wait') {
      clock += step.ms;
      for (const books of [whole, archived]) await books.at(clock);
    } else if (isRuleStep(step)) {
      changed += 1;
      for (const books of [whole, archived]) await changeRules(books, step, changed);
    } else {
      for (const { command } of teller.tell(step)) {
        world.run(command, clock);
        const answer = await whole.ledger.execute(command);
        expect(await archived.ledger.execute(command)).toEqual(answer);
      }
    }
  }
}

async function archiveOlder(before: Instant): Promise<void> {
  const owner = createDataSource(ownerUrlOf(archived.url), { session: 'migration' });
  await owner.initialize();
  try {
    const age = { before, program: null };
    expect(await archiveBefore(owner, age, BY, () => undefined, NEVER)).toBe(0);
  } finally {
    await owner.destroy();
  }
}

async function rebuilt({ url, programs }: Books): Promise<string> {
  const database = await createDataSource(ownerUrlOf(url), { session: 'migration' }).initialize();
  const lines: string[] = [];
  try {
    await rebuild({ database, programs }, ['--check'], (line) => lines.push(line), NEVER);
  } finally {
    await database.destroy();
  }
  return lines.join('\n');
}

/** Every answer about every customer, and what analytics sums of all. */
async function readEverything({ database, programs }: Books): Promise<unknown> {
  const accounts: { id: string; sequence: number; lots: number }[] = await database.query(
    'select id, sequence, last_lot as lots from accounts where sequence > 0 order by id',
  );
  const ids = accounts.map(({ id }) => id);
  const keys = accounts.flatMap(({ id: customerId, sequence }) =>
    upTo(sequence).map((number) => ({ customerId, number })),
  );
  const lots = accounts.flatMap(({ id: customerId, lots }) =>
    upTo(lots).map((number) => ({ customerId, number })),
  );
  const places = accounts.flatMap(({ id: customerId, sequence }) =>
    [0, ...upTo(sequence)].map((after) => ({ customerId, after })),
  );
  const rules = factRules(programs);
  const facts = (sql: string) =>
    database.query(`select to_jsonb(f) - 'xact' as fact from (${sql}) f order by 1`, [rules]);
  return comparable({
    exported: await Promise.all(ids.map((id) => exportMember(database, id))),
    balances: await readAccounts(database, CLOCK, ids, { pending: true, book: true }),
    history: await historyOf(database, ids),
    lots: await readLotsAfter(database, ids, { state: null, after: null, limit: 1_000 }),
    uses: await readUses(database, lots, 100),
    entries: [...(await readEntries(database, keys))].sort(),
    moves: [...(await readMoves(database, keys))].sort(),
    feed: await readPlaces(database, CLOCK, places, 3),
    past: await readPast(database, ids, (START + clock) / 2, { pending: true }),
    facts: [
      await facts(moveFacts(`select * from ${ENTRIES}`)),
      await facts(entryFacts(`select * from ${ENTRIES}`)),
    ],
  });
}

/** What is read as a set: in the order of the heap, which moving entries out of it may change. */
const SETS = ['pendingOrders', 'lots', 'holds'];

/** As data, in an order of its own. */
function comparable(read: object): unknown {
  const json = JSON.stringify(read, (key, value) => {
    if (typeof value === 'bigint') return String(value);
    if (SETS.includes(key) && Array.isArray(value)) return inAnOrder(value);
    return value instanceof Map ? [...value].sort(([a], [b]) => (a < b ? -1 : 1)) : value;
  });
  const { facts, ...rest } = JSON.parse(json);
  return {
    ...rest,
    facts: facts.map((rows: object[]) => rows.map((it) => JSON.stringify(it)).sort()),
  };
}

function inAnOrder(rows: readonly unknown[]): unknown[] {
  return [...rows].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

function idOf(row: unknown): string {
  const { order, id, number } = row as { order?: { id: string }; id?: string; number?: number };
  return order?.id ?? id ?? String(number);
}

/** The history of everybody, four entries at a time. */
async function historyOf(database: Books['database'], ids: readonly string[]): Promise<unknown[]> {
  const pages: unknown[] = [];
  for (const id of ids) {
    for (let before: number | null = null; ; ) {
      const page: Awaited<ReturnType<typeof readEntriesBefore>> = await readEntriesBefore(
        database,
        [id],
        { kinds: null, before, limit: 4 },
      );
      const entries = page.get(id) ?? [];
      if (entries.length === 0) break;
      pages.push(entries);
      before = entries.at(-1)!.sequence;
    }
  }
  return pages;
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}
