import type { Connection } from '../database/transaction';
import { formatInstant, type Instant } from '../kernel/time';
import {
  ENTRIES,
  ENTRY_DIMENSIONS,
  ENTRY_MEASURES,
  EVERY_KEY,
  entryFacts,
  type KeyRange,
  MOVE_DIMENSIONS,
  MOVE_MEASURES,
  moveFacts,
} from './facts';
import type { EntrySum, MoveSum } from './sums';
import {
  type Cut,
  type CutGrain,
  END_OF_TIME,
  type Label,
  ROLLUP_GRAINS,
  type RollupGrain,
  type Window,
} from './windows';

/** The statements that sums are read with: of rollups, and of entries that none has or that one would have to be cut for. */

/** What holds for a snapshot. */
export interface Frame {
  readonly now: Instant;
  readonly snapshot: string;
  /** How far terms were published. */
  readonly revision: number;
  /** How far the rollups are; null where none stand for this cluster. */
  readonly rollups: RolledUp | null;
}
/** As the row of `rollup_progress` has it. */
export interface RolledUp {
  readonly generation: number;
  readonly watermark: number;
  readonly since: string;
}

/** Reads what holds for this snapshot. `clock` is the SQL of the instant. */
export async function readFrame(connection: Connection, clock: string): Promise<Frame> {
  const { rows } = await connection.query<Omit<Frame, 'rollups'> & Partial<RolledUp>>(
    `select ${clock} as now, pg_current_snapshot()::text as snapshot, r.revision, p.generation, p.watermark, p.since::text
     from rules_revision r left join rollup_progress p
       on p.generation is not null and p.cluster = (select system_identifier::text from pg_control_system())`,
  );
  const { now, snapshot, revision, generation, watermark, since } = rows[0]!;
  const rollups = { generation: generation!, watermark: watermark!, since: since! };
  return { now, snapshot, revision, rollups: generation == null ? null : rollups };
}

const IN_TIME = (label: string) =>
  `least(greatest(${label}, '0001-01-01 00:00:00+00'), '9999-12-31 00:00:00+00')::text`;
const CUTS = `select c.at, g.grain, ${IN_TIME('f.floor')} as floor,
    date_trunc(g.grain, c.at - interval '1 millisecond', $1) <> f.floor as "isStart",
    ${IN_TIME(`case g.grain when 'HOUR' then date_trunc('HOUR', f.floor + interval '1 hour', $1)
      else (date_trunc(g.grain, c.at at time zone $1) + ('1 ' || g.grain)::interval) at time zone $1 end`)} as next
  from unnest($2::timestamptz[]) as c (at) cross join unnest($3::text[]) as g (grain)
  cross join lateral (select date_trunc(g.grain, c.at, $1) as floor) f`;

/** Where instants cut the grains in a zone, by instant. */
export async function readCuts(
  connection: Connection,
  zone: string,
  instants: readonly Instant[],
): Promise<ReadonlyMap<Instant, Cut>> {
  const { rows } = await connection.query<CutGrain & { at: Instant; grain: RollupGrain }>(CUTS, [
    zone,
    instants.map(formatInstant),
    ROLLUP_GRAINS,
  ]);
  const cuts = new Map<Instant, Record<RollupGrain, CutGrain>>();
  for (const { at, grain, ...cut } of rows) {
    const all = cuts.get(at) ?? { MONTH: cut, DAY: cut, HOUR: cut };
    cuts.set(at, { ...all, [grain]: cut });
  }
  return cuts;
}

/** What is summed, as a table of rollups and as facts. */
export interface Summed<Sum> {
  readonly table: string;
  readonly facts: (entriesSql: string, range?: KeyRange) => string;
  readonly dimensions: readonly string[];
  readonly measures: readonly string[];
  readonly toSum: (row: SumRecord) => Sum;
}

type SumRecord = { readonly bucket: Instant | null } & Readonly<Record<string, string | number>>;

export const MOVES: Summed<MoveSum> = {
  table: 'rollup_moves',
  facts: moveFacts,
  dimensions: MOVE_DIMENSIONS,
  measures: MOVE_MEASURES,
  toSum: (row) => ({
    bucket: row.bucket,
    kind: row.kind as MoveSum['kind'],
    source: row.source as MoveSum['source'],
    campaign: row.campaign as string,
    from: row.from_state as MoveSum['from'],
    to: row.to_state as MoveSum['to'],
    expires: row.expires as string,
    points: row.points as number,
    moves: row.moves as number,
  }),
};

export const ENTRIES_SUMMED: Summed<EntrySum> = {
  table: 'rollup_entries',
  facts: entryFacts,
  dimensions: ENTRY_DIMENSIONS,
  measures: ENTRY_MEASURES,
  toSum: (row) => ({
    bucket: row.bucket,
    kind: row.kind as EntrySum['kind'],
    tierBefore: row.tier_before as string,
    tierAfter: row.tier_after as string,
    entries: row.entries as number,
    availableChange: row.available_change as number,
    heldChange: row.held_change as number,
    owedChange: row.owed_change as number,
    turnoverChange: BigInt(row.turnover_change as number),
    orders: row.orders as number,
    ordersWithPoints: row.orders_with_points as number,
    pointsOnOrders: row.points_on_orders as number,
    firstEntries: row.first_entries as number,
    bonuses: row.bonuses as number,
  }),
};

/** By which of an entry's instants it is counted, and which may have an end besides. */
export interface Axes {
  readonly counted: 'occurred' | 'recorded';
  readonly other: 'occurred' | 'recorded';
}

/** What of the rollups, and of the facts, is counted in which bucket. */
export interface Counting extends Axes {
  readonly program: string;
  readonly zone: string;
  /** Starts of buckets, ascending; what is before the first is the opening. */
  readonly starts: readonly Instant[];
  /** First instants on each axis that do not count any more. */
  readonly end: Instant;
  readonly until: Instant;
}

/** Sums rows of rollups; windows that are `opening` lie before the first bucket. */
export async function sumRollups<Sum>(
  connection: Connection,
  summed: Summed<Sum>,
  counting: Counting,
  generation: number,
  all: readonly (Window & { readonly opening: boolean })[],
): Promise<Sum[]> {
  const { program, counted, other, starts } = counting;
  const { table, dimensions, measures, toSum } = summed;
  const { rows } = await connection.query<SumRecord>(
    `select case when not w.opening then ($3::timestamptz[])[greatest(1, width_bucket(r.${counted}, $3::timestamptz[]))] end as bucket,
       ${dimensions.map((name) => shown(`r.${name}`)).join(', ')}, ${sumsOf('r', measures)}
     from unnest($4::boolean[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[])
       as w (opening, grain, counted_from, counted_to, other_from, other_to)
     cross join lateral (
       select ${[counted, ...dimensions, ...measures].join(', ')} from ${table}
       where generation = $1 and program = $2 and grain = w.grain
         and ${counted} >= w.counted_from and ${counted} < w.counted_to
         and ${other} >= w.other_from and ${other} < w.other_to offset 0) r
     group by ${grouped(dimensions)}`,
    [
      ...[generation, program, starts.map(formatInstant)],
      ...[all.map(({ opening }) => opening), all.map(({ grain }) => grain)],
      ...[all.map((it) => it.counted.from), all.map((it) => it.counted.to)],
      ...[all.map((it) => it.other.from), all.map((it) => it.other.to)],
    ],
  );
  return rows.map(toSum);
}

/** SQL of a set of entries, whose parameters are numbered from $6 on, and their values. */
export interface EntrySet {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly range?: KeyRange;
}

/** All entries there are. */
export const EVERY_ENTRY: EntrySet = {
  sql: `select * from ${ENTRIES}`,
  ...{ values: [], range: EVERY_KEY },
};

const NOT_ROLLED_UP = 'e.xact >= $6::bigint and e.recorded_at >= $7::timestamptz';

/** The entries that the rollups do not have. */
export function entriesNotIn({ watermark, since }: RolledUp): EntrySet {
  const sql = `select e.* from ${ENTRIES} e where ${NOT_ROLLED_UP}`;
  return { sql, values: [watermark, since] };
}

/** The entries that the rollups do not have, and of those that they have the ones of `hours`, which are cut through. */
export function entriesBeside(
  rollups: RolledUp,
  { zone, counted, other }: Counting,
  hours: { readonly counted: readonly Label[]; readonly other: readonly Label[] },
): EntrySet {
  const { sql, values } = entriesNotIn(rollups);
  if (hours.counted.length + hours.other.length === 0) return { sql, values };
  const isCut = (counted: string, other: string) =>
    `(${counted} = any ($8::timestamptz[]) or ${other} = any ($9::timestamptz[]))`;
  const hour = (axis: string) => `date_trunc('hour', e.${axis}_at, $10)`;
  return {
    sql: `${sql}
      union all
      select e.* from (
        select unnest(range_agg(int8range(first_xact, last_xact, '[]'))) as xacts from rollup_entries
        where generation = $11 and program = $2 and grain = 'HOUR' and ${isCut(counted, other)}
      ) k cross join lateral (select * from ${ENTRIES} where xact >= lower(k.xacts) and xact < upper(k.xacts) offset 0) e
      where not (${NOT_ROLLED_UP}) and ${isCut(hour(counted), hour(other))}`,
    values: [...values, hours.counted, hours.other, zone, rollups.generation],
  };
}

/** Sums the facts of a set of entries. */
export async function sumFacts<Sum>(
  connection: Connection,
  { facts, dimensions, measures, toSum }: Summed<Sum>,
  { program, counted, other, starts, end, until }: Counting,
  rules: string,
  entries: EntrySet,
): Promise<Sum[]> {
  const { rows } = await connection.query<SumRecord>(
    `select ($3::timestamptz[])[width_bucket(f.${counted}_at, $3::timestamptz[])] as bucket,
       ${dimensions.map((name) => shown(`f.${name}`)).join(', ')}, ${sumsOf('f', measures)}
     from (${facts(entries.sql, entries.range)}) f
     where f.program = $2 and f.${counted}_at < $4::timestamptz and f.${other}_at < $5::timestamptz
     group by ${grouped(dimensions)}`,
    [
      ...[rules, program, starts.map(formatInstant), ...[end, until].map(untilText)],
      ...entries.values,
    ],
  );
  return rows.map(toSum);
}

function untilText(at: Instant): string {
  return Number.isFinite(at) ? formatInstant(at) : END_OF_TIME;
}

/** The driver would make a moment of a day. */
function shown(column: string): string {
  return column.endsWith('.expires') ? `to_char(${column}, 'YYYY-MM') as expires` : column;
}

function sumsOf(alias: string, measures: readonly string[]): string {
  return measures.map((name) => `sum(${alias}.${name})::bigint as ${name}`).join(', ');
}

/** By position: the bucket and the dimensions. */
function grouped(dimensions: readonly string[]): string {
  return ['', ...dimensions].map((_, index) => index + 1).join(', ');
}
