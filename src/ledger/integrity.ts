import type { DataSource, QueryRunner } from 'typeorm';
import { namedInRows, structureGaps } from '../database/structure';
import type { Programs } from '../programs/programs';
import type { ProgramCode } from '../programs/terms';
import { INVARIANTS, type Invariant, type Track } from './invariants';

/** How many rows break an invariant, and on which accounts (at most 20 are named). */
export interface Breach {
  readonly number: string;
  readonly statement: string;
  readonly rows: number;
  readonly accounts: readonly string[];
}

/** A key that the walk passes: of an account, or of an order. */
interface Key {
  readonly shard: number;
  readonly id: string;
}

/** Where a walk over the ledger goes on: after this key. */
export interface Place extends Key {
  readonly track: Track;
}

/** What was looked at, and what was found. */
export interface Checked {
  readonly accounts: number;
  readonly orders: number;
  /** Every invariant, with how many of the rows looked at break it. */
  readonly breaches: readonly Breach[];
  /** Every account that breaks one. */
  readonly inDoubt: ReadonlySet<string>;
  /** Where to go on; null where all was looked at. */
  readonly next: Place | null;
}

export interface Extent {
  /** Goes on here; from the beginning where nothing is said. */
  readonly from?: Place | null;
  /** Of this program's accounts only. */
  readonly program?: ProgramCode | null;
  /** Stops after the slice in which so much time has passed; goes to the end where nothing is said. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

interface Slice {
  readonly track: Track;
  readonly from: Key;
  readonly to: Key;
  readonly rows: number;
  readonly next: Place | null;
}

const NAMED_MAX = 20;
const BEGINNING: Place = { track: 'accounts', shard: -1, id: '' };
const END: Key = { shard: 256, id: '' };
/** A slice has at most so many accounts or orders, and (but for a single account that has more) so many entries. */
const SLICE_ROWS = 500;
const SLICE_ENTRIES = 20_000;

/** L1 and L8, which no row shows: something of the schema keeps them. */
const KEPT_BY_STRUCTURE = [
  {
    number: 'L1',
    statement:
      'Entries and allocations are never changed, and only deleted where they are archived: their triggers stand.',
    tables: ['entries', 'allocations', 'entries_archive', 'allocations_archive'],
    of: /trigger/,
  },
  {
    number: 'L8',
    statement: 'One key, one effect, one answer: the keys of answers and events stand.',
    tables: ['answers', 'inbox'],
    of: /_pkey/,
  },
];

/**
 * Counts the rows that break each invariant, all of them seen at one moment. Reads every row of the ledger in one
 * transaction: for tests and small books. `checkSome` goes slice by slice.
 */
export async function checkIntegrity(database: DataSource, programs: Programs): Promise<Breach[]> {
  return inSnapshot(database, async (runner) => {
    const structure = await checkStructure(runner, database);
    const all = { from: BEGINNING, to: END };
    const rows: Found[] = [];
    for (const track of ['accounts', 'orders'] as const) {
      rows.push(...(await checkRange(runner, programs, { ...all, track }, null)));
    }
    return [...structure, ...byInvariant(rows)];
  });
}

/**
 * Counts the rows that break each invariant slice by slice (some hundred accounts, then some hundred orders, in the
 * order of their keys), each slice at one moment of its own, until the end or until the time is up. What is asked of
 * the database at once is bounded, however large the ledger is. An account's rows are all in one slice, so
 * nothing is found that is only half written.
 */
export async function checkSome(
  database: DataSource,
  programs: Programs,
  extent: Extent = {},
): Promise<Checked> {
  const { program = null, budgetMs = Infinity, signal } = extent;
  const deadline = performance.now() + budgetMs;
  const counted = { accounts: 0, orders: 0 };
  const found: Found[] = [];
  let structure: Breach[] = [];
  let place: Place | null = extent.from ?? BEGINNING;
  if (place === BEGINNING) {
    structure = await inSnapshot(database, (runner) => checkStructure(runner, database));
  }
  do {
    const slice: Slice = await inSnapshot(database, async (runner) => {
      const next = await nextSlice(runner, place!);
      found.push(...(await checkRange(runner, programs, next, program)));
      return next;
    });
    counted[slice.track] += slice.rows;
    place = slice.next;
  } while (place !== null && performance.now() < deadline && !signal?.aborted);
  const inDoubt = new Set(found.flatMap(({ accounts }) => accounts));
  return {
    ...counted,
    breaches: merge(structure, byInvariant(found)),
    inDoubt,
    next: place,
  };
}

/** The sums of what was found in two parts of a walk. */
export function merge(before: readonly Breach[], after: readonly Breach[]): Breach[] {
  const sums = new Map(before.map((breach) => [breach.number, breach]));
  for (const breach of after) {
    const { rows = 0, accounts = [] } = sums.get(breach.number) ?? {};
    const named = [...new Set([...accounts, ...breach.accounts])].slice(0, NAMED_MAX);
    sums.set(breach.number, { ...breach, rows: rows + breach.rows, accounts: named });
  }
  return [...sums.values()].sort((a, b) => Number(a.number.slice(1)) - Number(b.number.slice(1)));
}

interface Found {
  readonly number: string;
  readonly rows: number;
  readonly accounts: readonly string[];
}

function byInvariant(found: readonly Found[]): Breach[] {
  return INVARIANTS.map(({ number, statement }) => {
    const own = found.filter((it) => it.number === number);
    const rows = own.reduce((sum, it) => sum + it.rows, 0);
    const accounts = [...new Set(own.flatMap((it) => it.accounts))].slice(0, NAMED_MAX);
    return { number, statement, rows, accounts };
  });
}

async function inSnapshot<T>(
  database: DataSource,
  look: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const runner = database.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    return await look(runner);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

async function checkStructure(runner: QueryRunner, database: DataSource): Promise<Breach[]> {
  const gaps = await structureGaps(runner, namedInRows(database));
  return KEPT_BY_STRUCTURE.map(({ number, statement, tables, of }) => {
    const rows = gaps.filter(({ table, gap }) => tables.includes(table) && of.test(gap)).length;
    return { number, statement, rows, accounts: [] };
  });
}

/** The next accounts or orders by key, so many that the slice stays small; after the last account the orders. */
async function nextSlice(runner: QueryRunner, place: Place): Promise<Slice> {
  const { track, shard, id } = place;
  const weight = track === 'accounts' ? 'sequence' : '1';
  const page: (Key & { weight: number })[] = await runner.query(
    `select shard, id, ${weight} as weight from ${track} where (shard, id) > ($1::smallint, $2) order by shard, id limit ${SLICE_ROWS}`,
    [shard, id],
  );
  let entries = 0;
  const over = page.findIndex((row) => {
    entries += row.weight;
    return entries > SLICE_ENTRIES;
  });
  const taken = over < 0 ? page : page.slice(0, Math.max(1, over));
  const from = { shard, id };
  if (taken.length === page.length && page.length < SLICE_ROWS) {
    const next = track === 'accounts' ? ({ ...BEGINNING, track: 'orders' } as const) : null;
    return { track, from, to: END, rows: page.length, next };
  }
  const last = taken.at(-1)!;
  const to = { shard: last.shard, id: last.id };
  return { track, from, to, rows: taken.length, next: { track, ...to } };
}

async function checkRange(
  runner: QueryRunner,
  programs: Programs,
  { track, from, to }: Pick<Slice, 'track' | 'from' | 'to'>,
  program: ProgramCode | null,
): Promise<Found[]> {
  const range = [from.shard, from.id, to.shard, to.id];
  const values = track === 'orders' ? await pointValues(runner, programs, range) : [];
  const found: Found[] = [];
  for (const { number, query } of queriesOf(track)) {
    const [row] = (await runner.query(
      `with point_values as (select * from json_to_recordset($6) as v (program text, version integer, value bigint))
       select count(*)::int as rows, coalesce(array_agg(distinct breach.account_id) filter (where breach.account_id is not null), '{}') as accounts
       from (${query(within)}) as breach
       where $5::text is null or exists (
         select from accounts of where of.shard = breach.shard and of.id = breach.account_id and of.program = $5)
       having ($1::smallint, $2::text, $3::smallint, $4::text) is not null`,
      [...range, program, JSON.stringify(values)],
    )) as [Omit<Found, 'number'>];
    if (row.rows > 0) found.push({ number, ...row });
  }
  return found;
}

function queriesOf(
  track: Track,
): { number: string; query: Invariant['breaches'][number]['query'] }[] {
  return INVARIANTS.flatMap(({ number, breaches }) =>
    breaches.filter((it) => it.track === track).map(({ query }) => ({ number, query })),
  );
}

/**
 * The shards stand there once more for the planner: of a comparison of rows it knows the first column only, and each end for itself,
 * and would read a large table to its end for the slice that both ends leave.
 */
function within(shard: string, id: string): string {
  return `${shard} between $1::smallint and $3::smallint and (${shard}, ${id}) > ($1::smallint, $2::text) and (${shard}, ${id}) <= ($3::smallint, $4::text)`;
}

/** What a point pays under each version of the terms that binds an orderer, in minor units. */
async function pointValues(
  runner: QueryRunner,
  programs: Programs,
  range: readonly unknown[],
): Promise<{ program: string; version: number; value: string }[]> {
  const bound = (await runner.query(
    `select distinct a.program, a.terms_version as version from orders o
     join accounts a on a.shard = o.customer_shard and a.id = o.customer_id
     where a.program is not null and ${within('o.shard', 'o.id')}`,
    [...range],
  )) as { program: string; version: number }[];
  const terms = await Promise.all(bound.map((it) => programs.published(it.program, it.version)));
  return bound.map((it, n) => ({ ...it, value: terms[n]!.pointValueMinor.toString() }));
}
