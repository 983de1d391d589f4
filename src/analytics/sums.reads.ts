import type { App } from '../app';
import { BEGIN_SNAPSHOT, type Connection, readThenWrite, together } from '../database/transaction';
import { invariant } from '../kernel/errors';
import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import { factRules, JOINED_RANGES, JOINING_RANGES } from './facts';
import { foreseeAhead, foreseeDue } from './foreseen.reads';
import {
  type Counting,
  ENTRIES_SUMMED,
  EVERY_ENTRY,
  entriesBeside,
  type Frame,
  MOVES,
  readCuts,
  readFrame,
  type Summed,
  sumFacts,
  sumRollups,
} from './rollup.reads';
import {
  type Basis,
  bucketStarts,
  type Grain,
  mergeEntries,
  mergeMoves,
  mergeSums,
  type Question,
  type SumRows,
  type Sums,
  withUnbooked,
} from './sums';
import { type Cut, cover, hoursCut, ROLLUP_GRAINS, type RollupGrain, windows } from './windows';

/** Statements that run once and shortly: compiling them would take longer. */
const BEGIN = `${BEGIN_SNAPSHOT}; SET LOCAL jit = off`;

/** What sums are read with. */
export type SumReads = Pick<App, 'database' | 'programs' | 'clock' | 'log'>;

/** What of the sums is wanted; the other half is empty. */
export interface SumParts {
  readonly moves: boolean;
  readonly entries: boolean;
  /**
   * KNOWN: also what becomes true between now and `to`, or `asOf` where that is earlier, if nobody does anything (of entries only
   * those of accounts with a hold).
   */
  readonly ahead?: boolean;
}

/**
 * The sums that a question asks for, of one snapshot of the books and exact to the instant: from rollups, the entries of hours
 * that are cut through, those that are not rolled up yet, and (KNOWN) what is due but not booked (R6.2), on frozen accounts
 * too, as in their balances. Where no rollups stand all entries are read: right, and slow.
 */
export async function readSums(app: SumReads, question: Question, parts: SumParts): Promise<Sums> {
  const { from, to, asOf } = question;
  const zone = zoneOf(app, question.program);
  const instants = [from, to, ...(asOf === null ? [] : [asOf + 1])];
  return readThenWrite(
    app.database,
    BEGIN,
    (connection) =>
      together([readFrame(connection, app.clock), readCuts(connection, zone, instants)]),
    async (connection, [frame, cuts]) => {
      if (frame.revision > app.programs.revision) await app.programs.refresh(connection);
      const asked = countingOf(question, zone, frame.now);
      const booked = await readBooked({ app, connection, question, asked, frame, cuts }, parts);
      const { now, snapshot } = frame;
      const sums = { ...booked, unbooked: { moves: [], entries: [] }, now, snapshot };
      if (question.basis !== 'KNOWN') return sums;
      const until = Math.min(now, asked.end - 1);
      const reads = { app, connection, asked };
      const due = await foreseeDue(reads, until);
      const last = Math.min(to - 1, asOf ?? to - 1);
      const ahead =
        parts.ahead && last > now
          ? [await foreseeAhead(reads, frame.rollups, { after: now, until: last })]
          : [];
      return withUnbooked(sums, wanted(mergeSums(due, ...ahead), parts));
    },
  );
}

function wanted({ moves, entries }: SumRows, parts: SumParts): SumRows {
  return { moves: parts.moves ? moves : [], entries: parts.entries ? entries : [] };
}

/** The zone of a program's periods. */
export function zoneOf({ programs }: Pick<App, 'programs'>, program: ProgramCode): string {
  const zone = programs.versions(program).at(-1)?.terms.zone;
  invariant(zone !== undefined, `program ${program} is published`);
  return zone;
}

/** Which instants count. Nothing is cut at an instant that nothing lies beyond yet. */
function countingOf(question: Question, zone: string, now: Instant): Counting {
  const { program, basis, by, from, to, asOf } = question;
  const past = (end: Instant) => (end > now ? Number.POSITIVE_INFINITY : end);
  const known = past(asOf === null ? Number.POSITIVE_INFINITY : asOf + 1);
  const end = basis === 'RECORDED' ? past(to) : Math.min(past(to), known);
  const until = basis === 'RECORDED' ? known : Number.POSITIVE_INFINITY;
  return { program, zone, ...AXES[basis], starts: bucketStarts(zone, by, from, to), end, until };
}

const AXES = {
  KNOWN: { counted: 'occurred', other: 'recorded' },
  RECORDED: { counted: 'occurred', other: 'recorded' },
  POSTED: { counted: 'recorded', other: 'occurred' },
} as const satisfies Record<Basis, Pick<Counting, 'counted' | 'other'>>;

interface Reading {
  readonly app: SumReads;
  readonly connection: Connection;
  readonly question: Question;
  readonly asked: Counting;
  readonly frame: Frame;
  readonly cuts: ReadonlyMap<Instant, Cut>;
}

/** What the books have. */
async function readBooked(reading: Reading, parts: SumParts): Promise<SumRows> {
  const { frame, app, question } = reading;
  if (frame.rollups === null) {
    const { program } = question;
    app.log.warn({ program }, 'No rollups stand: every entry is read to answer for a program');
  }
  const read = frame.rollups === null ? scanOf(reading) : rolledUpOf(reading, frame.rollups);
  const [moves, entries] = await together([
    parts.moves ? read(MOVES) : Promise.resolve([]),
    parts.entries ? read(ENTRIES_SUMMED) : Promise.resolve([]),
  ]);
  return { moves: mergeMoves(moves), entries: mergeEntries(entries) };
}

type Read = <Sum>(summed: Summed<Sum>) => Promise<Sum[]>;

function scanOf({ app, connection, asked }: Reading): Read {
  const rules = factRules(app.programs);
  return async (summed) => {
    const [, sums] = await together([
      connection.query(JOINING_RANGES),
      sumFacts(connection, summed, asked, rules, EVERY_ENTRY),
      connection.query(JOINED_RANGES),
    ]);
    return sums;
  };
}

function rolledUpOf(
  { app, connection, question, asked, cuts }: Reading,
  rollups: NonNullable<Frame['rollups']>,
): Read {
  const rules = factRules(app.programs);
  const { from, by } = question;
  const cutAt = (at: Instant) => (Number.isFinite(at) ? cuts.get(at)! : null);
  const [start, end, until] = [
    cutAt(Math.min(from, asked.end)),
    cutAt(asked.end),
    cutAt(asked.until),
  ];
  const all = [
    ...windows(cover(null, start), until).map((it) => ({ ...it, opening: true })),
    ...windows(cover(start, end, grainsFor(by)), until).map((it) => ({ ...it, opening: false })),
  ];
  const hours = { counted: hoursCut([start, end]), other: hoursCut([until]) };
  const beside = entriesBeside(rollups, asked, hours);
  return async (summed) => {
    const [rolled, facts] = await together([
      sumRollups(connection, summed, asked, rollups.generation, all),
      sumFacts(connection, summed, asked, rules, beside),
    ]);
    return [...rolled, ...facts];
  };
}

/** Of which rollups buckets are made up: weeks are of days, and so is whatever is coarser of months. */
function grainsFor(by: Grain | null): readonly RollupGrain[] {
  if (by === 'HOUR') return ['HOUR'];
  return by === 'DAY' || by === 'WEEK' ? ['DAY', 'HOUR'] : ROLLUP_GRAINS;
}
