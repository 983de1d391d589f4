import fc from 'fast-check';
import { Client } from 'pg';
import pino from 'pino';
import { rollUpStep } from '../../src/analytics/roll-up';
import { type Grain, type Question } from '../../src/analytics/sums';
import { readSums, type SumReads } from '../../src/analytics/sums.reads';
import { clockSql } from '../../src/database/clock';
import { DAY_MS, type Instant, MINUTE_MS, parseInstant } from '../../src/kernel/time';
import { Programs } from '../../src/programs/programs';
import { type Books, openBooks } from '../ledger/stories';
import { ownerUrlOf } from '../support/database';
import { byHand, readFacts, sorted } from './by-hand';
import { type Planted, plant, plantProgram } from './planted';

const HOUR_MS = 60 * MINUTE_MS;
const at = (text: string) => parseInstant(text)!;
const GRAINS: (Grain | null)[] = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', null];
/** Clocks go forward and back in Europe; a year ends; nothing in particular. */
const TURNS = [
  at('2025-03-30T01:00:00Z'),
  at('2025-10-26T01:00:00Z'),
  at('2024-12-31T23:00:00Z'),
  at('2025-06-17T12:00:00Z'),
];
const ZONES: Record<string, string> = {
  EU: 'Europe/Berlin',
  TR: 'Europe/Istanbul',
  IN: 'Asia/Kolkata',
};

let books: Books;
let app: SumReads;
let owner: Client;

beforeAll(async () => {
  books = await openBooks();
  owner = new Client({ connectionString: ownerUrlOf(books.url) });
  await owner.connect();
  await plantProgram(owner, 'IN', ZONES.IN!);
  const programs = await Programs.load(books.database);
  const { database } = books;
  app = { database, programs, clock: clockSql(true), log: pino({ level: 'silent' }) };
  await books.at('2026-01-15T12:34:56.789Z');
});
afterAll(async () => {
  await owner.end();
  await books.close();
});

const near = fc
  .tuple(
    fc.constantFrom(...TURNS),
    fc.oneof(
      fc.integer({ min: -3, max: 3 }).map((hours) => hours * HOUR_MS),
      fc.integer({ min: -90 * MINUTE_MS, max: 3 * HOUR_MS }),
      fc.integer({ min: -70, max: 70 }).map((days) => days * DAY_MS),
      fc.integer({ min: -70 * DAY_MS, max: 70 * DAY_MS }),
    ),
    fc.constantFrom(0, 0, -1, 1),
  )
  .map(([turn, away, more]): Instant => turn + away + more);

const planted: fc.Arbitrary<Omit<Planted, 'account' | 'expires'>> = fc
  .record({
    program: fc.constantFrom('EU', 'EU', 'TR', 'IN'),
    points: fc.integer({ min: 1, max: 1_000 }),
    occurred: near,
    late: fc.constantFrom(0, 0, 0, 1, HOUR_MS, DAY_MS, 40 * DAY_MS),
    xact: fc.integer({ min: 1, max: 300 }),
  })
  .map(({ late, ...entry }) => ({ ...entry, recorded: entry.occurred + late }));

const question = fc
  .record({
    program: fc.constantFrom('EU', 'EU', 'TR', 'IN'),
    basis: fc.constantFrom('KNOWN' as const, 'RECORDED' as const, 'POSTED' as const),
    by: fc.constantFrom(...GRAINS),
    from: near,
    length: fc.oneof(
      near.map((it) => it % (30 * DAY_MS)),
      fc.constantFrom(HOUR_MS, 31 * DAY_MS),
    ),
    asOf: fc.option(near),
  })
  .map(({ length, ...rest }): Question => ({ ...rest, to: rest.from + Math.abs(length) + 1 }));

describe('sums of the books', () => {
  it('are those of all facts, for any question, however far the rollups are', async () => {
    const history = fc.sample(planted, { numRuns: 400, seed: 8 });
    await plant(
      owner,
      history.map((entry, index) => ({
        ...entry,
        account: `${entry.program}-${index % 40}`,
        expires: entry.occurred + 365 * DAY_MS,
      })),
    );
    const facts = await readFacts(books.database, app.programs);
    expect(facts.moves).toHaveLength(400);
    let filled = 0;
    const ask = async (asked: Question) => {
      const sums = await readSums(app, asked, { moves: true, entries: true });
      const expected = byHand(facts, asked, ZONES[asked.program]!);
      filled += Math.sign(expected.moves.length);
      expect(sorted(sums)).toEqual(sorted(expected));
    };
    await owner.query('update rollup_progress set watermark = 0, generation = 1');
    for (const steps of [1, 1, 3, 20]) {
      await rollUpStep(app, 37 * steps);
      await fc.assert(fc.asyncProperty(question, ask), { numRuns: 150 });
    }
    expect(filled).toBeGreaterThan(300);
  });
});
