import { BEGIN_SNAPSHOT, type Connection, readThenWrite } from '../database/transaction';
import { type Page, pageOf } from '../kernel/pagination';
import type { Points } from '../kernel/points';
import { ENTRIES, entryFacts, factRules, moveFacts } from './facts';
import { type Figure, isOfMoves } from './figure';
import {
  type Bounds,
  boundsOf,
  COUNTED,
  type Span,
  spansFrom,
  stepsOf,
} from './figure-hours.reads';
import { type RolledUp, readFrame } from './rollup.reads';
import { type SumReads, zoneOf } from './sums.reads';
import { END_OF_TIME, type Label, START_OF_TIME } from './windows';

/** A place among the entries of a figure: the hour in which one was written, then the order of writing. */
export type EntryPlace = readonly [
  hour: Label,
  xact: number,
  shard: number,
  accountId: string,
  sequence: number,
];

/** An entry that counts in a figure. */
export interface FigureEntry {
  readonly customerId: string;
  readonly sequence: number;
  /** What of it counts; never 0. */
  readonly points: Points;
  readonly place: EntryPlace;
}

/** Which part of the list is wanted. */
export interface EntriesPage {
  /** Null: from the beginning. */
  readonly after: EntryPlace | null;
  readonly size: number;
  /** What could be seen when the figure was read (`Sums.snapshot`): nothing that came later is in the list. Null: all of now. */
  readonly snapshot: string | null;
}

/** Entries looked at in one statement; more where those did not suffice. */
const CHUNK = 500;
const CHUNK_MAX = 8_000;

/**
 * The entries behind a figure, in the order of writing, hour by hour: those of all pages add up to the figure, less what no entry
 * shows yet. A page looks only at hours that have some. Where no rollups stand it looks at everything.
 */
export async function readFigureEntries(
  app: SumReads,
  figure: Figure,
  page: EntriesPage,
): Promise<Page<FigureEntry>> {
  const zone = zoneOf(app, figure.program);
  return readThenWrite(
    app.database,
    BEGIN_SNAPSHOT,
    (connection) => readFrame(connection, app.clock),
    async (connection, frame) => {
      if (frame.revision > app.programs.revision) await app.programs.refresh(connection);
      const rollups = frame.rollups ?? NO_ROLLUPS;
      const reads = { connection, figure, bounds: boundsOf(figure), zone, rollups };
      const rules = factRules(app.programs);
      const { size } = page;
      const found: FigureEntry[] = [];
      let place: EntryPlace = page.after ?? BEGINNING;
      for await (const spans of spansFrom(reads, place[0], size + 1)) {
        for (let limit = CHUNK; found.length <= size; limit = Math.min(2 * limit, CHUNK_MAX)) {
          const chunk = await readChunk({ ...reads, rules, ...page }, spans, { place, limit });
          found.push(...chunk.filter(({ points }) => points !== 0));
          place = chunk.at(-1)?.place ?? place;
          if (chunk.length < limit) break;
        }
        if (found.length > size) break;
      }
      return pageOf(found, size);
    },
  );
}

/** Whether text is a snapshot as PostgreSQL writes it: a cursor that has it may be forged. */
export function isSnapshot(text: string): boolean {
  const match = /^([1-9]\d{0,17}):([1-9]\d{0,17}):((?:[1-9]\d{0,17}(?:,[1-9]\d{0,17})*)?)$/.exec(
    text,
  );
  if (!match) return false;
  const [least, end] = [BigInt(match[1]!), BigInt(match[2]!)];
  const running = match[3] === '' ? [] : match[3]!.split(',').map(BigInt);
  const fits = running.every(
    (xact, i) => xact >= least && xact < end && (i === 0 || xact > running[i - 1]!),
  );
  return least <= end && fits;
}

const BEGINNING: EntryPlace = [START_OF_TIME, -1, -1, '', 0];
/** Nothing is rolled up: everything is still to be looked at, and transactions may be another cluster's. */
const NO_ROLLUPS: RolledUp = { generation: -1, watermark: 0, since: START_OF_TIME };

interface ChunkReads {
  readonly connection: Connection;
  readonly figure: Figure;
  readonly bounds: Bounds;
  readonly zone: string;
  readonly rollups: RolledUp;
  readonly rules: string;
  readonly snapshot: string | null;
}

/** Entries of `spans` after a place, in order, with what of each counts, which may be 0. */
async function readChunk(
  { connection, figure, bounds, zone, rollups, rules, snapshot }: ChunkReads,
  spans: readonly Span[],
  { place, limit }: { readonly place: EntryPlace; readonly limit: number },
): Promise<FigureEntry[]> {
  const { measure } = figure;
  const seenAlways = rollups === NO_ROLLUPS ? END_OF_TIME : rollups.since;
  const { rows } = await connection.query<ChunkRecord>(
    `with chunk as materialized (${CANDIDATES})
     select c.hour::text, c.xact, c.shard, c.account_id, c.sequence, coalesce(f.points, 0) as points
     from chunk c left join (${isOfMoves(measure) ? OF_MOVES : ofEntries(COUNTED[measure])}) f
       on f.shard = c.shard and f.account_id = c.account_id and f.sequence = c.sequence
     order by c.hour, c.xact, c.shard, c.account_id, c.sequence`,
    [
      ...[rules, figure.program, zone, limit],
      ...[spans.map(({ hour }) => hour), spans.map(({ first }) => first)],
      ...[spans.map(({ last }) => last), ...place],
      ...[...bounds.occurred, ...bounds.recorded, snapshot, seenAlways],
      ...(isOfMoves(measure) ? stepsCounted(figure) : []),
    ],
  );
  return rows.map(({ hour, xact, shard, account_id: customerId, sequence, points }) => ({
    ...{ customerId, sequence, points },
    place: [hour, xact, shard, customerId, sequence],
  }));
}

interface ChunkRecord {
  readonly hour: Label;
  readonly xact: number;
  readonly shard: number;
  readonly account_id: string;
  readonly sequence: number;
  readonly points: number;
}

/** Each span by the index of transactions, and no further than is needed. */
const CANDIDATES = `
  select k.hour, e.* from unnest($5::timestamptz[], $6::bigint[], $7::bigint[]) as k (hour, first, last)
  cross join lateral (
    select * from ${ENTRIES}
    where xact between k.first and k.last
      and recorded_at >= k.hour and recorded_at < k.hour + interval '1 hour' and date_trunc('hour', recorded_at, $3) = k.hour
      and (k.hour > $8::timestamptz or (xact, shard, account_id, sequence) > ($9::bigint, $10::smallint, $11::text, $12::bigint))
      and occurred_at >= $13::timestamptz and occurred_at < $14::timestamptz
      and recorded_at >= $15::timestamptz and recorded_at < $16::timestamptz
      and ($17::text is null or recorded_at < $18::timestamptz or pg_visible_in_snapshot(xact::text::xid8, $17::pg_snapshot))
    order by xact, shard, account_id, sequence limit $4
  ) e
  where k.hour >= $8::timestamptz
  order by k.hour, e.xact, e.shard, e.account_id, e.sequence limit $4`;

const OF_MOVES = `
  select m.shard, m.account_id, m.sequence, sum(m.points * w.weight)::bigint as points
  from (${moveFacts('select * from chunk')}) m
  join unnest($19::text[], $20::text[], $21::text[], $22::integer[]) as w (source, from_state, to_state, weight)
    on w.source = m.source and w.from_state = m.from_state and w.to_state = m.to_state
  where m.program = $2 and m.campaign = coalesce($23::text, m.campaign)
  group by m.shard, m.account_id, m.sequence`;

function ofEntries(counted: string): string {
  return `select shard, account_id, sequence, ${counted} as points
    from (${entryFacts('select * from chunk')}) m where program = $2`;
}

/** The values of `OF_MOVES` that are its own. */
function stepsCounted(figure: Figure): unknown[] {
  const steps = stepsOf(figure);
  const names = ['source', 'from', 'to', 'weight'] as const;
  return [...names.map((name) => steps.map((step) => step[name])), figure.campaign];
}
