import type { Connection } from '../database/transaction';
import { formatInstant } from '../kernel/time';
import { LOT_STATES, type LotSource } from '../ledger/lot';
import { ENTRIES } from './facts';
import { type Figure, isOfMoves, type Measure, type MoveMeasure, weightOf } from './figure';
import type { Step } from './flows';
import type { RolledUp } from './rollup.reads';
import { END_OF_TIME, type Label, type RollupGrain, START_OF_TIME } from './windows';

/**
 * In which hours entries of a figure were written, and by which transactions: what is not near them need not be looked at.
 * Months that have any lead to days, days to hours, so that no page of a list reads a month of entries.
 */

/** Transactions that wrote, in an hour, what may count: between a first and a last one, both included. */
export interface Span {
  readonly hour: Label;
  readonly first: number;
  readonly last: number;
}

/** Which entries count, by the two instants of an entry: from the first one on, before the second. */
export interface Bounds {
  readonly occurred: readonly [from: Label, to: Label];
  readonly recorded: readonly [from: Label, to: Label];
}

/** What is read with. */
export interface HourReads {
  readonly connection: Connection;
  readonly figure: Figure;
  readonly bounds: Bounds;
  readonly zone: string;
  readonly rollups: RolledUp;
}

/** Rows of a rollup by their two labels, and how many moves or entries they have. */
interface Cell {
  readonly occurred: Label;
  readonly recorded: Label;
  readonly count: number;
}

const SOURCES: readonly LotSource[] = ['ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT', 'TRANSFER'];

/** Steps that count in a figure, and what a point of each counts. */
export function stepsOf({ measure, source }: Figure): (Step & { readonly weight: number })[] {
  if (!isOfMoves(measure)) return [];
  const sources = source === null ? SOURCES : [source];
  const steps = (['ISSUED', ...LOT_STATES] as const).flatMap((from) =>
    LOT_STATES.flatMap((to) => sources.map((of) => ({ source: of, from, to }))),
  );
  return steps
    .map((step) => ({ ...step, weight: weightOf(measure, step) }))
    .filter(({ weight }) => weight !== 0);
}

/** Which entries count in a figure, by their instants. */
export function boundsOf({ basis, from, to, asOf }: Figure): Bounds {
  const start = from === null ? START_OF_TIME : formatInstant(from);
  const until = asOf === null ? END_OF_TIME : formatInstant(asOf + 1);
  if (basis === 'RECORDED') {
    return { occurred: [start, formatInstant(to)], recorded: [START_OF_TIME, until] };
  }
  const end = asOf === null ? to : Math.min(to, asOf + 1);
  const counted = [start, formatInstant(end)] as const;
  const all = [START_OF_TIME, END_OF_TIME] as const;
  return basis === 'KNOWN'
    ? { occurred: counted, recorded: all }
    : { occurred: all, recorded: counted };
}

/**
 * The spans of a figure from an hour on, hour by hour: batches that `few` entries or a little more are likely to be found in. The
 * last one is what is not rolled up yet.
 */
export async function* spansFrom(
  reads: HourReads,
  hour: Label,
  few: number,
): AsyncGenerator<readonly Span[]> {
  const beside = await readTail(reads, hour);
  const months = await readCells(reads, 'MONTH', hour);
  for (const someMonths of batches(months, few)) {
    const days = await readCells(reads, 'DAY', hour, someMonths);
    for (const someDays of batches(days, few)) {
      for (const spans of batches(await readSpans(reads, hour, someDays), few)) {
        const last = spans.at(-1)!.hour;
        const early = beside.findIndex((span) => span.hour > last);
        yield merged([...spans, ...beside.splice(0, early < 0 ? beside.length : early)]);
      }
    }
  }
  if (beside.length > 0) yield merged(beside);
}

/** Rows in the order of writing, cut where `few` are together: what was written in one period is never parted. */
function* batches<Row extends { readonly count: number } & ({ recorded: Label } | { hour: Label })>(
  rows: readonly Row[],
  few: number,
): Generator<Row[]> {
  let batch: Row[] = [];
  let count = 0;
  let label: Label | null = null;
  for (const row of rows) {
    const own = 'hour' in row ? row.hour : row.recorded;
    if (count >= few && own !== label) {
      yield batch;
      batch = [];
      count = 0;
    }
    batch.push(row);
    count += row.count;
    label = own;
  }
  if (batch.length > 0) yield batch;
}

/** Spans by hour, those that overlap as one. */
function merged(spans: readonly Span[]): Span[] {
  const sorted = [...spans].sort((a, b) =>
    a.hour === b.hour ? a.first - b.first : a.hour < b.hour ? -1 : 1,
  );
  const result: Span[] = [];
  for (const { hour, first, last } of sorted) {
    const before = result.at(-1);
    if (before?.hour === hour && first <= before.last) {
      result[result.length - 1] = { ...before, last: Math.max(before.last, last) };
    } else result.push({ hour, first, last });
  }
  return result;
}

/** The last part of a period of a rollup is less than so long after its label. */
const LENGTHS = { MONTH: '32 days', DAY: '26 hours' } as const;

/** SQL of the rows that count, with its values; inside of coarser ones where these are given. */
function rowsOf(
  { figure, bounds, zone, rollups }: HourReads,
  grain: RollupGrain,
  hour: Label,
  within?: { readonly grain: keyof typeof LENGTHS; readonly cells: readonly Cell[] },
): { readonly sql: string; readonly values: readonly unknown[] } {
  const { measure, program, campaign } = figure;
  const values: unknown[] = [
    ...[rollups.generation, program, grain, zone],
    ...[bounds.occurred[0], bounds.occurred[1], bounds.recorded[0], hour, bounds.recorded[1]],
  ];
  const parameter = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  let rows = `select * from ${isOfMoves(measure) ? 'rollup_moves' : 'rollup_entries'}
    where generation = $1 and program = $2 and grain = $3
      and occurred >= date_trunc($3, $5::timestamptz, $4) and occurred < $6::timestamptz
      and recorded >= date_trunc($3, greatest($7::timestamptz, $8::timestamptz), $4) and recorded < $9::timestamptz`;
  if (campaign !== null) rows += ` and campaign = ${parameter(campaign, 'text')}`;
  let sql = `from (${rows}) r`;
  if (within) {
    for (const axis of ['occurred', 'recorded']) {
      rows += ` and ${axis} >= k.${axis} and ${axis} < k.${axis} + interval '${LENGTHS[within.grain]}'
        and date_trunc('${within.grain}', ${axis}, $4) = k.${axis}`;
    }
    const cells = [
      within.cells.map((cell) => cell.occurred),
      within.cells.map((it) => it.recorded),
    ];
    const columns = cells.map((labels) => parameter(labels, 'timestamptz[]')).join(', ');
    sql = `from unnest(${columns}) as k (occurred, recorded) cross join lateral (${rows} offset 0) r`;
  }
  if (!isOfMoves(measure)) return { sql: `${sql} where ${COUNTED[measure]} <> 0`, values };
  const steps = stepsOf(figure);
  const columns = [
    steps.map(({ from }) => from),
    steps.map(({ to }) => to),
    steps.map(({ source }) => source),
  ].map((column) => parameter(column, 'text[]'));
  sql += ` join unnest(${columns.join(', ')}) as w (from_state, to_state, source)
    on w.from_state = r.from_state and w.to_state = r.to_state and w.source = r.source`;
  return { sql, values };
}

/**
 * What an entry counts in figures of entries, as SQL of its facts. Of rollups it tells whether there is any: entries of one kind
 * all count the same way.
 */
export const COUNTED: Readonly<Record<Exclude<Measure, MoveMeasure>, string>> = {
  owed: 'owed_change',
  owedIncurred: 'greatest(owed_change, 0)',
  owedPaid: 'greatest(-owed_change, 0)',
  bonuses: 'bonuses',
  pointsOnOrders: 'points_on_orders',
};

function countOf({ measure }: Figure): string {
  return isOfMoves(measure) ? 'r.moves' : 'r.entries';
}

async function readCells(
  reads: HourReads,
  grain: 'MONTH' | 'DAY',
  hour: Label,
  months?: readonly Cell[],
): Promise<Cell[]> {
  const within = months && { grain: 'MONTH' as const, cells: months };
  const { sql, values } = rowsOf(reads, grain, hour, within);
  const { rows } = await reads.connection.query<Cell>(
    `select r.occurred::text, r.recorded::text, sum(${countOf(reads.figure)})::bigint as count
     ${sql} group by r.occurred, r.recorded order by r.recorded, r.occurred`,
    [...values],
  );
  return rows;
}

async function readSpans(
  reads: HourReads,
  hour: Label,
  days: readonly Cell[],
): Promise<(Span & { readonly count: number })[]> {
  const { sql, values } = rowsOf(reads, 'HOUR', hour, { grain: 'DAY', cells: days });
  const { rows } = await reads.connection.query<Span & { readonly count: number }>(
    `select r.recorded::text as hour, r.first_xact as first, r.last_xact as last, ${countOf(reads.figure)} as count
     ${sql} order by r.recorded`,
    [...values],
  );
  return rows;
}

/** The hours of what is not rolled up yet, whatever it is. */
async function readTail(
  { connection, bounds, zone, rollups }: HourReads,
  hour: Label,
): Promise<Span[]> {
  const { rows } = await connection.query<Span>(
    `select hour::text, min(xact) as first, max(xact) as last from (
       select date_trunc('hour', recorded_at, $1) as hour, xact from ${ENTRIES}
       where xact >= $2::bigint and recorded_at >= $3::timestamptz
         and occurred_at >= $4::timestamptz and occurred_at < $5::timestamptz
         and recorded_at >= $6::timestamptz and recorded_at < $7::timestamptz and recorded_at >= $8::timestamptz
     ) e group by hour order by hour`,
    [zone, rollups.watermark, rollups.since, ...bounds.occurred, ...bounds.recorded, hour],
  );
  return rows;
}
