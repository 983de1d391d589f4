import type { Connection } from '../database/transaction';
import {
  ENTRIES,
  ENTRY_DIMENSIONS,
  ENTRY_MEASURES,
  entryFacts,
  MOVE_DIMENSIONS,
  MOVE_MEASURES,
  moveFacts,
  remainingFacts,
} from './facts';
import type { Building } from './rollup.row';

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
  };
}

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
  entries: Slice,
): Promise<void> {
  for (const table of TABLES) {
    const columns = [...KEY, ...table.dimensions, ...table.measures, 'first_xact', 'last_xact'];
    const key = [...KEY, ...table.dimensions];
    const sums = table.measures.map((it) => `${it} = ${table.name}.${it} + excluded.${it}`);
    await connection.query(
      `insert into ${table.name} (${columns.join(', ')})
       select $2::smallint, s.* from (${summed(table, entries.sql)}) s
       on conflict (${key.join(', ')}) do update set ${sums.join(', ')},
         first_xact = least(${table.name}.first_xact, excluded.first_xact),
         last_xact = greatest(${table.name}.last_xact, excluded.last_xact)`,
      [rules, generation, ...entries.values],
    );
  }
  await connection.query(
    `insert into ${REMAINING} (generation, program, expires_at, source, campaign, points)
     select $2::smallint, f.program, f.expires_at, f.source, f.campaign, sum(f.points)::bigint from (${remainingFacts(entries.sql)}) f
     group by 2, 3, 4, 5
     on conflict (generation, program, expires_at, source, campaign)
       do update set points = ${REMAINING}.points + excluded.points`,
    [rules, generation, ...entries.values],
  );
}

/** Points that can be spent, by when they expire. */
const REMAINING = 'rollup_remaining';

const KEY = ['generation', 'program', 'grain', 'occurred', 'recorded'];

/** A table of rollups, and what is summed in it. */
export interface RollupTable {
  readonly name: string;
  readonly dimensions: readonly string[];
  readonly measures: readonly string[];
  readonly facts: (entriesSql: string) => string;
}
export const TABLES: readonly RollupTable[] = [
  {
    ...{ name: 'rollup_moves', facts: moveFacts },
    ...{ dimensions: MOVE_DIMENSIONS, measures: MOVE_MEASURES },
  },
  {
    ...{ name: 'rollup_entries', facts: entryFacts },
    ...{ dimensions: ENTRY_DIMENSIONS, measures: ENTRY_MEASURES },
  },
];

/** SQL: the rows of a table of rollups that a set of entries adds up to; all columns but the generation, in their order. */
export function summed({ dimensions, measures, facts }: RollupTable, entriesSql: string): string {
  const keys = dimensions.map((column) => `f.${column}`).join(', ');
  const sums = measures.map((column) => `sum(f.${column})::bigint as ${column}`).join(', ');
  return `select f.program, g.grain, date_trunc(g.grain, f.occurred_at, f.zone) as occurred,
      date_trunc(g.grain, f.recorded_at, f.zone) as recorded, ${keys}, ${sums},
      min(f.xact) as first_xact, max(f.xact) as last_xact
    from (${facts(entriesSql)}) f cross join (values ('HOUR'), ('DAY'), ('MONTH')) as g (grain)
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
