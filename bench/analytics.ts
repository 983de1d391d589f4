import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import { Answer } from '../src/analytics/answer';
import { askedAt, type Wish } from '../src/analytics/question';
import { rollUp } from '../src/analytics/roll-up';
import { readSums, type SumReads } from '../src/analytics/sums.reads';
import { clockSql, readClock } from '../src/database/clock';
import { DAY_MS, MINUTE_MS, startOfPeriod } from '../src/kernel/time';
import { createLog } from '../src/operations/log';
import { Programs } from '../src/programs/programs';
import { overHttp } from './analytics-http';
import { openDatabase } from './books';
import {
  interleave,
  type Plan,
  printTable,
  type Results,
  type Side,
  show,
  showKnown,
  spreadOf,
  step,
} from './harness';
import { callHere } from './load';
import type { Outcome, Row } from './row';
import { CHECK_MS, spotCheck } from './scale';
import { type ScaleServer, startScaleServer } from './scale-server';
import { Worker } from './worker';

/** How many accounts, and how many entries the rollups do not have: as at the end of the two seconds between two runs of the job, at 250 a second. */
const SIZES: Readonly<Record<Plan['size'], { accounts: number; tail: number }>> = {
  whole: { accounts: 2_000_000, tail: 500 },
  quick: { accounts: 5_000, tail: 500 },
  smoke: { accounts: 200, tail: 50 },
};
/** How many times as many there are for comparison afterwards. */
const LONGER = 10;
/** Entries that are rolled up at a time: whoever fills has no others to give way to. */
const STEP = 500_000;
const PROGRAM = 'EU';
const NEVER = new AbortController().signal;
const MONTHS = 12;
/** A program's year, from rollups and from every entry. */
export const analytics: Row = {
  name: 'analytics',
  hasOwnBooks: true,
  about: 'a year by month, flows, liability and its ageing, from rollups beside all entries',
  run: async ({ plan }) => {
    const { accounts, tail } = SIZES[plan.size];
    const server = await startScaleServer();
    try {
      const url = await server.database({ accounts }, false);
      const database = await openDatabase(url);
      try {
        const desk = await sit(database);
        await step('Rolled up all entries', () => rollUpAll(desk));
        await step(`Redeemed ${tail} times more`, () => redeemEach(url, accounts, tail));
        return await measure(server, url, desk, plan, () =>
          redeemEach(url, accounts, Math.min(LONGER * tail, accounts)),
        );
      } finally {
        await database.destroy();
      }
    } finally {
      await server.stop();
    }
  },
};

async function sit(database: DataSource): Promise<SumReads> {
  const [programs, log] = [await Programs.load(database), createLog('error')];
  return { database, programs, log, clock: clockSql(false) };
}

async function rollUpAll(desk: SumReads): Promise<void> {
  const quiet = { info: () => undefined, warn: () => undefined };
  while (!(await rollUp({ ...desk, log: quiet }, NEVER, undefined, STEP)));
  await desk.database.query('vacuum (analyze) rollup_moves, rollup_entries, rollup_remaining');
}

/** One redemption by each of so many members: entries that no rollup has, since nobody rolls them up. */
async function redeemEach(url: string, accounts: number, count: number): Promise<void> {
  const { worker } = await Worker.start('scale-door.ts', { url, accounts });
  await worker.ask({ each: count }).finally(() => worker.stop());
}

/** The year up to now by month and by day, and by month as the books had it at some instant. */
async function wishes(desk: SumReads): Promise<Readonly<Record<'year' | 'days' | 'past', Wish>>> {
  const now = await readClock(desk.database, false);
  const zone = desk.programs.versions(PROGRAM).at(-1)!.terms.zone;
  const [from, to] = [1 - MONTHS, 1].map((later) => startOfPeriod(now, 'MONTH', zone, later));
  const year: Wish = { program: PROGRAM, from: from!, to: to!, by: 'MONTH', asOf: null };
  const asOf = now - 100 * DAY_MS - 17 * MINUTE_MS - 1;
  return { year, days: { ...year, by: 'DAY' }, past: { ...year, asOf } };
}

/** The answer that the service makes its fields of. */
async function answerTo(desk: SumReads, wish: Wish) {
  const asked = askedAt(desk.programs, wish, await readClock(desk.database, false));
  const answer = new Answer(asked, () =>
    readSums(desk, asked.question, { moves: true, entries: true }),
  );
  return { sums: await answer.sums(), periods: await answer.periods() };
}

type Answered = Awaited<ReturnType<typeof answerTo>>;

async function measure(
  server: ScaleServer,
  url: string,
  desk: SumReads,
  plan: Plan,
  redeemMore: () => Promise<void>,
): Promise<Outcome> {
  const asked = await wishes(desk);
  const here = (name: string, wish: Wish): Side => ({
    name,
    measure: (load) => callHere(load, () => answerTo(desk, wish)),
  });
  const began = performance.now();
  const scanned = await withoutRollups(desk, asked.year);
  const scanMs = performance.now() - began;
  const http = await overHttp(NAMES.http, server, url, asked.year, scanned.periods);
  try {
    const sides = [
      here(NAMES.year, asked.year),
      http.side,
      here(NAMES.days, asked.days),
      here(NAMES.past, asked.past),
    ];
    const load = { callers: 1, warmMs: plan.warmMs, measureMs: plan.measureMs };
    const still = { ...server, checkpoint: async () => undefined };
    const results = await interleave(still, sides, plan.repetitions, load);
    await checkYear(desk, asked.year, scanned);
    // Each takes as long as the whole books do.
    if (plan.size !== 'whole') {
      for (const wish of [asked.days, asked.past]) {
        expectSame(await answerTo(desk, wish), await withoutRollups(desk, wish));
      }
    }
    const counts = await countsOf(desk.database, scanned);
    await redeemMore();
    const late = await callHere(load, () => answerTo(desk, asked.year));
    const all = new Map([...results, [NAMES.late, [{ ...late, postgresMicros: null }]]]);
    const books = await spotCheck(url, CHECK_MS[plan.size]);
    return outcome(all, scanMs, { ...counts, books, settings: server.settings });
  } finally {
    await http.stop();
  }
}

const NAMES = {
  scan: 'every entry',
  year: 'rollups and what they do not have yet',
  http: 'the same over HTTP, with breakage',
  days: 'by day',
  late: 'by month, with ten times as many in no rollup',
  past: 'by month, as the books had it at an instant',
};

/** The same answer as where no rollups stand: those of another cluster count for nothing. */
async function withoutRollups(desk: SumReads, wish: Wish): Promise<Answered> {
  await desk.database.query(`update rollup_progress set cluster = cluster || '!'`);
  try {
    return await answerTo(desk, wish);
  } finally {
    await desk.database.query(`update rollup_progress set cluster = left(cluster, -1)`);
  }
}

/** Rollups and all entries say the same to the point, and so do the accounts. */
async function checkYear(desk: SumReads, wish: Wish, scanned: Answered): Promise<void> {
  const answer = await answerTo(desk, wish);
  expectSame(answer, scanned);
  const [sum] = await desk.database.query<object[]>(
    `select sum(available)::bigint as available, sum(held)::bigint as held, sum(owed)::bigint as owed from accounts where program = $1`,
    [PROGRAM],
  );
  const { available, held, owed } = answer.periods.at(-1)!.standing;
  if (!isDeepStrictEqual({ ...sum }, { available, held, owed })) {
    const told = JSON.stringify({ available, held, owed });
    throw new Error(`The year closes with ${told}, accounts have ${JSON.stringify(sum)}`);
  }
}

function expectSame(answer: Answered, scanned: Answered): void {
  const [is, should] = [sorted(answer), sorted(scanned)];
  const differing = should.findIndex((row, n) => row !== is[n]);
  if (differing >= 0 || is.length !== should.length) {
    throw new Error(`Of ${should.length} sums one is ${is[differing]}, not ${should[differing]}`);
  }
}

function sorted({ sums: { moves, entries } }: Answered): string[] {
  const text = (row: object) =>
    JSON.stringify(Object.entries(row).sort(), (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  return [...moves, ...entries].map(text).sort();
}

/** How many entries were summed, and how many of them are in no rollup. */
async function countsOf(database: DataSource, { sums }: Answered) {
  const [row] = await database.query<[{ tail: number }]>(
    `select count(*)::int as tail from all_entries where xact >= (select watermark from rollup_progress)`,
  );
  return { entries: sums.entries.reduce((sum, row) => sum + row.entries, 0), tail: row.tail };
}

function outcome(
  results: Results,
  scanMs: number,
  samples: { readonly entries: number; readonly tail: number; readonly [part: string]: unknown },
): Outcome {
  const { entries, tail } = samples;
  const count = (number: number) => number.toLocaleString('en-US');
  const millis = (name: string) => spreadOf(results.get(name)!.map(({ p50 }) => p50));
  const year = millis(NAMES.year);
  const scanned = { median: scanMs, least: scanMs, most: scanMs };
  printTable(`A year of ${count(entries)} entries, ${count(tail)} of them in no rollup`, [
    { from: NAMES.scan, 'p50 ms': show(scanned), ...UNKNOWN },
    ...[...results].map(([name, turns]) => ({
      from: name,
      'p50 ms': show(millis(name), 1),
      'p99 ms': show(spreadOf(turns.map(({ p99 }) => p99)), 1),
      'Node CPU µs': showKnown(turns.map(({ cpuMicros }) => cpuMicros)),
      'PostgreSQL CPU µs': showKnown(turns.map(({ postgresMicros }) => postgresMicros)),
    })),
  ]);
  const what = `a year by month of ${count(entries)} entries`;
  return {
    figures: [
      {
        what,
        beside: `${count(tail)} of them in no rollup yet`,
        ...{ ratio: year, unit: 'ms', target: { atMost: 50 } },
      },
      {
        what: `${what}: time of reading every entry`,
        beside: 'rollups and what they do not have yet',
        ratio: spreadOf(results.get(NAMES.year)!.map(({ p50 }) => scanMs / p50)),
        target: { atLeast: 10 },
      },
    ],
    samples: { ...Object.fromEntries(results), scanMs, ...samples },
  };
}

const UNKNOWN = { 'p99 ms': '–', 'Node CPU µs': '–', 'PostgreSQL CPU µs': '–' };
