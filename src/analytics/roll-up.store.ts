import type { Connection } from '../database/transaction';
import {
  ENTRIES,
  ENTRY_DIMENSIONS,
  ENTRY_MEASURES,
  EVERY_KEY,
  entryFacts,
  JOINED_RANGES,
  JOINING_RANGES,
  type KeyRange,
  MOVE_DIMENSIONS,
  MOVE_MEASURES,
  moveFacts,
  remainingOf,
} from './facts';
import type { Building, RollupGrain } from './rollup.row';

/** All statements that write rollups. */

/** How far the rollups are, under the lock of their one row. */
export interface Progress {
  /** The generation in use; null while the first one is made. */
  readonly generation: number | null;
  readonly watermark: number;
  /** As PostgreSQL writes it: it may be `-infinity`. */
  readonly since: string;
  readonly cluster: string;
  readonly building: Building | null;
  /** The cluster that this is. */
  readonly here: string;
  /** Every transaction below it has ended: what it wrote is there, or never will be. */
  readonly horizon: number;
}

/** Whether a generation may be read, and rolled up further: transactions count by the cluster they ran in. */
export function isStanding({ generation, cluster, here }: Progress): boolean {
  return generation !== null && cluster === here;
}

/** Locks the row until the transaction ends; null where another process has it. */
export async function lockProgress(
  connection: Connection,
  wait: 'wait' | 'skip locked' = 'skip locked',
): Promise<Progress | null> {
  const { rows } = await connection.query<Progress>(
    `select generation, watermark, since::text, cluster, building,
       (select system_identifier::text from pg_control_system()) as here,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon
     from rollup_progress for update ${wait === 'wait' ? '' : wait}`,
  );
  return rows[0] ?? null;
}

/** The one row as it is, and what is there, without a lock. */
export async function readProgress(connection: Connection): Promise<Progress> {
  const { rows } = await connection.query<Progress>(
    `select generation, watermark, since::text, cluster, building,
       (select system_identifier::text from pg_control_system()) as here,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon
     from rollup_progress`,
  );
  return rows[0]!;
}

/** Writes how far the rollups are now. */
export async function writeProgress(connection: Connection, progress: Progress): Promise<void> {
  const { generation, watermark, since, cluster, building } = progress;
  await connection.query(
    `update rollup_progress set generation = $1, watermark = $2, since = $3, cluster = $4, building = $5,
       updated_at = clock_timestamp()`,
    [generation, watermark, since, cluster, building && JSON.stringify(building)],
  );
}

/** Begins a step. What it sends is long and runs once: compiling it would take longer; and what it sorts fits into memory. */
export const BEGIN_STEP = `BEGIN; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'`;

/** A set of entries: SQL that selects them, its parameters from $3 on. */
export interface Slice {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Where they are all there are between two keys. */
  readonly range?: KeyRange;
}

/** What transactions from `from` to before `to` wrote, but for what was recorded before `since`. */
export function writtenBy(from: number, to: number, since: string): Slice {
  return {
    sql: `select * from ${ENTRIES} where xact >= $3 and xact < $4 and recorded_at >= $5`,
    values: [from, to, since],
  };
}

/** A place in the walk over all entries by their key. */
export type Place = NonNullable<Building['place']>;
const START: Place = [-1, '', 0];
const END: Place = [32_767, '', 0];

/** Entries after one place up to another that a generation with this watermark begins with. */
export function between(
  after: Place | null,
  to: Place | null,
  { watermark, since }: Pick<Building, 'watermark' | 'since'>,
): Slice {
  return {
    sql: `select * from ${ENTRIES} where (xact < $3 or recorded_at < $4)
      and (shard, account_id, sequence) > ($5, $6, $7) and (shard, account_id, sequence) <= ($8, $9, $10)`,
    values: [watermark, since, ...(after ?? START), ...(to ?? END)],
    range: (...key) =>
      `(${key.join(', ')}) >= (${PLACES.slice(0, key.length).join(', ')}) and (${key.join(', ')}) <= (${PLACES.slice(3).slice(0, key.length).join(', ')})`,
  };
}

/** Where the two places of `between` are among its parameters, in this order. */
const PLACES = [
  '$5::smallint',
  '$6::text',
  '$7::bigint',
  '$8::smallint',
  '$9::text',
  '$10::bigint',
];

/** The place `size` entries further; null where there are no more than that. */
export async function placeAfter(
  connection: Connection,
  place: Place | null,
  size: number,
): Promise<Place | null> {
  const { rows } = await connection.query<{ shard: number; account_id: string; sequence: number }>(
    `select shard, account_id, sequence from ${ENTRIES} where (shard, account_id, sequence) > ($1, $2, $3)
     order by shard, account_id, sequence offset $4 limit 1`,
    [...(place ?? START), size - 1],
  );
  const [row] = rows;
  return row ? [row.shard, row.account_id, row.sequence] : null;
}

/** Up to which transaction there are about `size` entries: whole transactions, and at most those below `horizon`. */
export async function transactionsFrom(
  connection: Connection,
  from: number,
  horizon: number,
  size: number,
): Promise<number> {
  const { rows } = await connection.query<{ xact: number }>(
    `select xact from ${ENTRIES} where xact >= $1 and xact < $2 order by xact offset $3 limit 1`,
    [from, horizon, size - 1],
  );
  return rows[0] ? rows[0].xact + 1 : Math.max(from, horizon);
}

/** Adds what a set of entries sums up to, in every grain. None of them may be in the generation already. */
export async function addFacts(
  connection: Connection,
  rules: string,
  generation: number,
  { sql, values, range }: Slice,
): Promise<void> {
  if (range) await connection.query(JOINING_RANGES);
  for (const table of TABLES) {
    const { name, dimensions, measures, facts, beside = '' } = table;
    const key = [...KEY, ...dimensions];
    const sums = measures.map((it) => `${it} = ${name}.${it} + excluded.${it}`);
    await connection.query(
      `with f as materialized (${facts(sql, range)}),
         hours as (${grained(table, 'f', 'HOUR')}),
         days as (${grained(table, 'hours', 'DAY')}),
         months as (${grained(table, 'days', 'MONTH')})
         ${beside}
       insert into ${name} (${[...key, ...measures, ...XACTS].join(', ')})
       select $2::smallint, ${[...KEY.slice(1), ...dimensions, ...measures, ...XACTS].join(', ')}
       from (select * from hours union all select * from days union all select * from months) s
       on conflict (${key.join(', ')}) do update set ${sums.join(', ')},
         first_xact = least(${name}.first_xact, excluded.first_xact),
         last_xact = greatest(${name}.last_xact, excluded.last_xact)`,
      [rules, generation, ...values],
    );
  }
  if (range) await connection.query(JOINED_RANGES);
}

/** Points that can be spent, by when they expire. */
export const REMAINING = 'rollup_remaining';
export const REMAINING_KEY = ['program', 'expires_at', 'source', 'campaign'];

/** SQL: what moves add up to in it. */
export function summedRemaining(movesSql: string): string {
  const key = REMAINING_KEY.join(', ');
  return `select ${key}, sum(points)::bigint as points from (${remainingOf(movesSql)}) r group by ${key}`;
}

/** Adds up what the same moves `f` do to it. */
const ADD_REMAINING = `, remaining as (
  insert into ${REMAINING} (generation, ${REMAINING_KEY.join(', ')}, points)
  select $2::smallint, s.* from (${summedRemaining('f')}) s
  on conflict (generation, ${REMAINING_KEY.join(', ')}) do update set points = ${REMAINING}.points + excluded.points)`;

const KEY = ['generation', 'program', 'grain', 'occurred', 'recorded'];
/** The least and the greatest transaction of what is summed. */
export const XACTS = ['first_xact', 'last_xact'];

/** A table of rollups, and what is summed in it. */
export interface RollupTable {
  readonly name: string;
  readonly dimensions: readonly string[];
  readonly measures: readonly string[];
  readonly facts: (entriesSql: string, range?: KeyRange | null) => string;
  /** SQL of what else is done with the facts `f`. */
  readonly beside?: string;
}
export const TABLES: readonly RollupTable[] = [
  {
    ...{ name: 'rollup_moves', facts: moveFacts, beside: ADD_REMAINING },
    ...{ dimensions: MOVE_DIMENSIONS, measures: MOVE_MEASURES },
  },
  {
    ...{ name: 'rollup_entries', facts: entryFacts },
    ...{ dimensions: ENTRY_DIMENSIONS, measures: ENTRY_MEASURES },
  },
];

/**
 * SQL: facts `f` summed by the hour, or rows of the next finer grain by a coarser one: the start of an instant's hour, in a zone, is of the
 * same day, and of the same month, as the instant.
 */
function grained({ dimensions, measures }: RollupTable, from: string, grain: RollupGrain): string {
  const isFirst = from === 'f';
  const start = (axis: string) =>
    `date_trunc('${grain}', ${axis}${isFirst ? '_at' : ''}, zone) as ${axis}`;
  const [first, last] = isFirst ? ['xact', 'xact'] : XACTS;
  const keys = ['program', 'zone', `'${grain}' as grain`, start('occurred'), start('recorded')];
  keys.push(...dimensions);
  return `select ${keys.join(', ')}, ${measures.map((it) => `sum(${it})::bigint as ${it}`).join(', ')},
      min(${first}) as first_xact, max(${last}) as last_xact
    from ${from} group by ${keys.map((_, n) => n + 1).join(', ')}`;
}

/** SQL: the rows of a table of rollups that very many entries add up to, each grain by itself; all columns but the generation, in their order. */
export function summed({ dimensions, measures, facts }: RollupTable, entriesSql: string): string {
  const keys = dimensions.map((column) => `f.${column}`).join(', ');
  const sums = measures.map((column) => `sum(f.${column})::bigint as ${column}`).join(', ');
  return `select f.program, g.grain, date_trunc(g.grain, f.occurred_at, f.zone) as occurred,
      date_trunc(g.grain, f.recorded_at, f.zone) as recorded, ${keys}, ${sums},
      min(f.xact) as first_xact, max(f.xact) as last_xact
    from (${facts(entriesSql, EVERY_KEY)}) f cross join (values ('HOUR'), ('DAY'), ('MONTH')) as g (grain)
    group by 1, 2, 3, 4, ${keys}`;
}

/** Deletes up to `size` rows of each table that belong neither to the generation in use nor to the one being made; how many. */
export async function dropOld(
  connection: Connection,
  { generation, building }: Progress,
  size: number,
): Promise<number> {
  let dropped = 0;
  for (const name of [...TABLES.map((table) => table.name), REMAINING]) {
    const { rowCount } = await connection.query(
      `delete from ${name} where ctid = any (array(
         select ctid from ${name} where generation < $1 or (generation > $1 and generation < $2) or generation > $2 limit $3))`,
      [generation ?? 0, Math.max(generation ?? 0, building?.generation ?? 0), size],
    );
    dropped += rowCount ?? 0;
  }
  return dropped;
}

/**
 * The first instant at which nothing was recorded any more that came from another cluster, of what its transactions' numbers would take
 * for future; and whether now lies so far behind it that nobody can be writing with an earlier instant. A row that was written here has the
 * number of its transaction in its header too, one that was restored has that of the restoring one; what is archived was written long ago.
 */
export async function foreignUntil(
  connection: Connection,
  horizon: number,
  clock: string,
): Promise<{ readonly since: string; readonly isOver: boolean }> {
  await connection.query(`set local statement_timeout = '10min'`);
  const { rows } = await connection.query<{ since: string; isOver: boolean }>(
    `select coalesce(f.until, '-infinity')::text as since, coalesce(f.until < ${clock} - interval '1 minute', true) as "isOver"
     from (select max(recorded_at) + interval '1 microsecond' as until from (
       select recorded_at from entries where xact >= $1 and xact % 4294967296 <> xmin::text::bigint
       union all select recorded_at from entries_archive where xact >= $1) x) f`,
    [horizon],
  );
  return rows[0]!;
}
