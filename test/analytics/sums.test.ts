import fc from 'fast-check';
import { Client } from 'pg';
import pino from 'pino';
import { rollUpStep } from '../../src/analytics/roll-up';
import { standingsOf } from '../../src/analytics/standing';
import { bucketOf, bucketStarts, type Grain, type Question } from '../../src/analytics/sums';
import { readSums, type SumReads } from '../../src/analytics/sums.reads';
import { clockSql } from '../../src/database/clock';
import { DAY_MS, type Instant, MINUTE_MS, parseInstant } from '../../src/kernel/time';
import { Programs } from '../../src/programs/programs';
import { type Books, complete, openBooks, registered } from '../ledger/stories';
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

describe('the starts of buckets', () => {
  it('begin with the first instant asked for, then follow the calendar of the zone', () => {
    const [from, to] = [at('2026-03-28T09:00:00Z'), at('2026-03-31T00:00:00Z')];
    expect(bucketStarts('Europe/Berlin', 'DAY', from, to)).toEqual(
      [
        '2026-03-28T09:00:00Z',
        '2026-03-28T23:00:00Z',
        '2026-03-29T22:00:00Z',
        '2026-03-30T22:00:00Z',
      ].map(at),
    );
    expect(bucketStarts('Asia/Kolkata', 'HOUR', from, from + HOUR_MS)).toEqual([
      from,
      from + 30 * MINUTE_MS,
    ]);
    expect(bucketStarts('Europe/Berlin', null, from, to)).toEqual([from]);
  });

  it('are none where nothing is asked for, and no more than the limit', () => {
    const from = at('2026-01-01T00:00:00Z');
    expect(bucketStarts('Europe/Berlin', 'DAY', from, from)).toEqual([]);
    expect(bucketStarts('Europe/Berlin', 'HOUR', from, at('9999-01-01T00:00:00Z'), 5)).toHaveLength(
      5,
    );
  });

  it('take what lies between them', () => {
    expect([1, 10, 14, 20, 99].map((it) => bucketOf([10, 15, 20], it))).toEqual([
      null,
      10,
      10,
      20,
      20,
    ]);
    expect(bucketOf([], 5)).toBeNull();
  });
});

describe('where points stood', () => {
  it('is what came before and all that came since, by the month that lots last to', () => {
    const move = { kind: 'CREDITED', source: 'ORDER', campaign: '', moves: 1 } as const;
    const one = {
      ...move,
      from: 'ISSUED',
      to: 'REMAINING',
      expires: '2027-03',
      points: 100,
    } as const;
    const moves = [
      { ...one, bucket: null },
      { ...one, bucket: 10, expires: '2027-02', points: 50 },
      { ...one, bucket: 10, from: 'REMAINING', to: 'HELD', points: 30 } as const,
      { ...one, bucket: 20, from: 'HELD', to: 'REDEEMED', points: 30 } as const,
      { ...one, bucket: 20, from: 'REMAINING', to: 'EXPIRED', points: 70 } as const,
    ];
    const none = { unbooked: { moves: [], entries: [] }, now: 99, snapshot: '' };
    const { opening, closing } = standingsOf({ ...none, moves, entries: [] }, [10, 20]);
    const month = (name: string, points: number) => ({ month: name, points });
    expect(opening).toEqual({
      available: 100,
      held: 0,
      owed: 0,
      byExpiry: [month('2027-03', 100)],
    });
    expect(closing.get(10)).toEqual({
      ...{ available: 120, held: 30, owed: 0 },
      byExpiry: [month('2027-02', 50), month('2027-03', 100)],
    });
    expect(closing.get(20)).toEqual({
      available: 50,
      held: 0,
      owed: 0,
      byExpiry: [month('2027-02', 50)],
    });
  });
});

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
    const rows = await books.database.query<{ rolled: number }[]>(
      `select sum(entries)::bigint as rolled from rollup_entries where grain = 'MONTH'`,
    );
    expect(rows).toEqual([{ rolled: 400 }]);
  }, 600_000);

  it('are right without rollups too, which is warned of', async () => {
    const warned: unknown[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => warned.push(JSON.parse(line)) });
    const asked: Question = {
      ...{ program: 'EU', basis: 'RECORDED', by: 'DAY', asOf: TURNS[3]! },
      ...{ from: TURNS[0]! - DAY_MS, to: TURNS[1]! },
    };
    const parts = { moves: true, entries: true };
    const before = await readSums({ ...app, log }, asked, parts);
    expect(warned).toEqual([]);
    await owner.query(`update rollup_progress set cluster = 'another'`);
    const after = await readSums({ ...app, log }, asked, parts);
    expect(warned).toMatchObject([{ program: 'EU', msg: expect.stringContaining('No rollups') }]);
    expect(sorted(after)).toEqual(sorted(before));
    expect(before.moves.length).toBeGreaterThan(5);
  });

  it('of the half that is not asked for are empty', async () => {
    const asked: Question = {
      ...{ program: 'EU', basis: 'POSTED', by: null, asOf: null },
      from: 0,
      to: at('2030-01-01T00:00:00Z'),
    };
    const moves = await readSums(app, asked, { moves: true, entries: false });
    const entries = await readSums(app, asked, { moves: false, entries: true });
    expect([moves.entries, entries.moves]).toEqual([[], []]);
    expect([moves.moves.length, entries.entries.length].every((length) => length > 0)).toBe(true);
  });
});

describe('what is due and not booked', () => {
  it('counts as what it became at its instant, on a frozen account too, as in its balance (R6.2)', async () => {
    await books.at('2026-02-01T10:00:00Z');
    await books.send(registered('ada', { program: 'EU' }));
    await complete(books, 'o1', 'ada', '80.00');
    const clock = at('2027-02-05T00:00:00Z');
    await books.at(clock);
    await owner.query(
      `update accounts set frozen_at = now(), frozen_by = 'test', frozen_reason = 'test' where id = 'ada'`,
    );
    const from = at('2026-02-01T00:00:00Z');
    const asked: Question = {
      program: 'EU',
      basis: 'KNOWN',
      by: null,
      from,
      to: clock,
      asOf: null,
    };
    const known = await readSums(app, asked, { moves: true, entries: true });
    const expired = {
      kind: 'EXPIRED',
      from: 'REMAINING',
      to: 'EXPIRED',
      points: 80,
      expires: '2027-02',
    };
    expect(known.unbooked.moves).toContainEqual(expect.objectContaining(expired));
    const recorded = await readSums(
      app,
      { ...asked, basis: 'RECORDED' },
      { moves: true, entries: true },
    );
    expect(recorded.moves.filter(({ kind }) => kind === 'EXPIRED')).toEqual([]);
  });
});
