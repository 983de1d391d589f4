import fc from 'fast-check';
import pino from 'pino';
import { rollUpStep } from '../../src/analytics/roll-up';
import type { Grain, Question, SumRows } from '../../src/analytics/sums';
import { readSums, type SumReads } from '../../src/analytics/sums.reads';
import { clockSql } from '../../src/database/clock';
import { DAY_MS, type Instant, MINUTE_MS, parseInstant } from '../../src/kernel/time';
import { bookDue } from '../../src/ledger/book-due';
import { dueAccounts } from '../../src/ledger/ledger.store';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { rulesOf } from '../../src/ledger/rules';
import { byHand, type Facts, readFacts, sorted } from '../analytics/by-hand';
import { type Books, openBooks } from '../ledger/stories';
import { changeRules, isRuleStep } from './rule-steps';
import { type Step, story } from './story';
import { Teller } from './teller';

const ZONE = 'Europe/Berlin';
const BOTH = { moves: true, entries: true };
const GRAINS: (Grain | null)[] = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', null];

let books: Books;
let app: SumReads;
let clock: Instant = parseInstant('2025-01-10T10:00:00Z')!;
let number = 0;
let codes = 0;
const newCode = () => {
  codes += 1;
  return `CODE-${codes}`;
};
/** How much of what the properties are about came up. */
const seen = { due: 0, ahead: 0, lapsed: 0, forfeited: 0, owed: 0 };

beforeAll(async () => {
  books = await openBooks({ newCode });
  const { database, programs } = books;
  await books.at(clock);
  app = { database, programs, clock: clockSql(true), log: pino({ level: 'silent' }) };
});
afterAll(() => books.close());

/** What is asked in between and afterwards; instants lie so far from the clock. */
interface Asked {
  /** What happens before besides the story, so that there is something to fall due, and how long nobody books it. */
  readonly steps: readonly Step[];
  readonly lag: number;
  readonly basis: Question['basis'];
  readonly by: Grain | null;
  readonly from: number;
  readonly length: number;
  readonly asOf: number | null;
  /** How many entries are rolled up before. */
  readonly rolled: number;
  /** How far the clock goes then. */
  readonly wait: number;
}

const away = fc.oneof(
  fc.integer({ min: -400 * DAY_MS, max: 40 * DAY_MS }),
  fc.integer({ min: -DAY_MS, max: DAY_MS }),
  fc.constantFrom(0, 1, -1),
);
const customer = fc.nat({ max: 4 });
const key = fc.nat({ max: 1_000_000 });
const kind = <T extends string>(of: T) => fc.constant(of);
const net = fc.integer({ min: 2, max: 900 }).map((units) => `${units}.50`);
const placing = { kind: kind('place'), customer, net, currency: fc.constant('EUR') };
const lasts = [MINUTE_MS, 30 * MINUTE_MS, 40 * DAY_MS, 90 * DAY_MS, 90 * DAY_MS];
/** Orders that earn, holds on open ones, points taken back that are held elsewhere, memberships that will end. */
const complete = fc.record({ ...placing, complete: fc.constant(true) });
const due: fc.Arbitrary<Step> = fc.oneof(
  complete,
  fc.record({ ...placing, complete: fc.constant(false) }),
  fc.record({ ...placing, complete: fc.constant(true) }),
  fc.record({ ...placing, complete: fc.constant(false) }),
  fc.record({
    ...{ kind: kind('redeem'), order: fc.nat({ max: 3 }), stranger: fc.constant(false), key },
    ...{ points: fc.option(fc.integer({ min: 1, max: 400 })), holdMs: fc.constantFrom(...lasts) },
  }),
  fc.record({ kind: kind('cancelled'), order: fc.nat({ max: 5 }), net: fc.constant(null) }),
  fc.record({
    kind: kind('register'),
    customer,
    refer: fc.constant(false),
    sameEmail: fc.constant(false),
  }),
  fc.record({ kind: kind('terminate'), customer, goodCause: fc.constant(false), key }),
);
const newcomer: Step = { kind: 'register', customer: 0, refer: false, sameEmail: false };
const before = fc
  .tuple(complete, complete, fc.array(due, { minLength: 4, maxLength: 12, size: 'max' }))
  .map(([one, other, more]): Step[] => [
    newcomer,
    { ...one, customer: 2 },
    newcomer,
    { ...other, customer: 2 },
    ...more,
  ]);
const asked: fc.Arbitrary<Asked> = fc.record({
  steps: before,
  lag: fc.constantFrom(0, 31 * MINUTE_MS, DAY_MS, 100 * DAY_MS),
  basis: fc.constantFrom('KNOWN' as const, 'RECORDED' as const, 'POSTED' as const),
  by: fc.constantFrom(...GRAINS),
  from: away,
  length: fc.oneof(fc.integer({ min: 1, max: 50 * DAY_MS }), fc.constant(800 * DAY_MS)),
  asOf: fc.option(away),
  rolled: fc.nat({ max: 60 }),
  wait: fc.constantFrom(31 * MINUTE_MS, DAY_MS, 20 * DAY_MS, 95 * DAY_MS, 370 * DAY_MS),
});

describe('sums of random histories', () => {
  it('are those of what was booked, of what is due, and of what really happens next', async () => {
    const seed = Number(process.env.REWARDS_PROPERTY_SEED ?? Date.now() % 2 ** 31);
    const numRuns = Number(process.env.REWARDS_PROPERTY_RUNS ?? 12);
    process.stdout.write(`${numRuns} random histories, REWARDS_PROPERTY_SEED=${seed}\n`);
    const questions = fc.array(asked, { minLength: 4, maxLength: 6 });
    const property = fc.asyncProperty(story, questions, play);
    await fc.assert(property, { numRuns, seed, endOnFailure: true });
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    expect(seen.ahead).toBeGreaterThan(0);
    const { owed: _, ...certain } = seen;
    if (numRuns >= 25) expect(Object.values(certain)).not.toContain(0);
  }, 3_600_000);
});

/** Tells a story, and asks a question after each part of it. */
async function play(steps: readonly Step[], questions: readonly Asked[]): Promise<void> {
  number += 1;
  const world = new MemoryBooks({ ...rulesOf(books.programs), newCode: () => `W-${number}` });
  const teller = new Teller(number, world);
  const part = Math.ceil(steps.length / questions.length);
  for (const [index, question] of questions.entries()) {
    const more = steps.slice(index * part, (index + 1) * part);
    for (const step of [...more, ...question.steps]) await take(step, world, teller);
    clock += question.lag;
    await ask(question);
  }
}

async function take(step: Step, world: MemoryBooks, teller: Teller): Promise<void> {
  if (step.kind === 'wait') {
    clock += step.ms;
    await books.at(clock);
  } else if (isRuleStep(step)) {
    await changeRules(books, step);
  } else {
    for (const { command } of teller.tell(step)) {
      world.run(command, clock);
      await books.ledger.execute(command);
    }
  }
}

async function ask({ rolled, wait, length, ...rest }: Asked): Promise<void> {
  await books.at(clock);
  if (rolled > 0) await rollUpStep(app, rolled);
  const from = clock + rest.from;
  const question: Question = {
    ...{ program: 'EU', basis: rest.basis, by: rest.by, from, to: from + length },
    asOf: rest.asOf === null ? null : clock + rest.asOf,
  };
  const sums = await readSums(app, question, BOTH);
  if (question.basis !== 'KNOWN') {
    expect(sorted(sums)).toEqual(sorted(byHand(await facts(), question, ZONE)));
  }
  await bookEverything();
  const booked = await facts();
  if (question.basis === 'KNOWN') {
    seen.due += sums.unbooked.moves.length;
    expect(sorted(sums)).toEqual(sorted(byHand(booked, question, ZONE)));
  }
  await lookAhead({ ...question, basis: 'KNOWN', asOf: null, to: clock + wait }, booked);
}

/** What is foreseen, and then what the clock brings. */
async function lookAhead(question: Question, before: Facts): Promise<void> {
  const { to } = question;
  const from = Math.min(question.from, to - 1);
  const foreseen = await readSums(app, { ...question, from }, { ...BOTH, ahead: true });
  const now = clock;
  clock = to - 1;
  await books.at(clock);
  await bookEverything();
  const after = await facts();
  const happened = byHand(since(after, now), { ...question, from }, ZONE);
  seen.ahead += happened.moves.length;
  seen.lapsed += happened.moves.filter((move) => move.kind === 'LAPSED').length;
  seen.forfeited += happened.moves.filter((move) => move.kind === 'FORFEITED').length;
  seen.owed += owedBy(happened).size;
  const expected = byHand(after, { ...question, from }, ZONE);
  expect(pointsOf(foreseen)).toEqual(pointsOf(expected));
  expect(owedBy(foreseen)).toEqual(owedBy(expected));
  expect(pointsOf(foreseen.unbooked)).toEqual(pointsOf(happened));
  expect(after.moves.length).toBeGreaterThanOrEqual(before.moves.length);
}

function since(all: Facts, now: Instant): Facts {
  return {
    moves: all.moves.filter(({ occurred }) => occurred > now),
    entries: all.entries.filter(({ occurred }) => occurred > now),
  };
}

/** Of what lies ahead steps are not counted. */
function pointsOf({ moves }: SumRows): object {
  return sorted({ moves: moves.map((move) => ({ ...move, moves: 0 })), entries: [] });
}

function owedBy({ entries }: SumRows): Map<Instant | null, number> {
  const owed = new Map<Instant | null, number>();
  for (const { bucket, owedChange } of entries) {
    if (owedChange !== 0) owed.set(bucket, (owed.get(bucket) ?? 0) + owedChange);
  }
  return new Map([...owed].sort(([a], [b]) => (a ?? 0) - (b ?? 0)));
}

const facts = () => readFacts(books.database, books.programs);

async function bookEverything(): Promise<void> {
  for (;;) {
    const due = await dueAccounts(books.database, clock, 100);
    if (due.length === 0) return;
    await Promise.all(due.map((id) => books.ledger.execute(bookDue(id))));
  }
}
