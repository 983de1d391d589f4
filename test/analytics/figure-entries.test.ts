import fc from 'fast-check';
import { Answer, type Period } from '../../src/analytics/answer';
import type { RewardsFigure } from '../../src/analytics/figure.graphql';
import { type EntryPlace, readFigureEntries } from '../../src/analytics/figure-entries.reads';
import { toBreakage, toFlows, toLiability } from '../../src/analytics/period.graphql';
import { type Asked, askedAt, knownNow } from '../../src/analytics/question';
import { rollUpStep } from '../../src/analytics/roll-up';
import type { Grain } from '../../src/analytics/sums';
import { readSums } from '../../src/analytics/sums.reads';
import { DAY_MS, type Instant, parseInstant } from '../../src/kernel/time';
import { type Step, story } from '../properties/story';
import { PlayedBooks } from './played';
import { rollingOf, rollUpAll } from './rolling';

const START = parseInstant('2025-07-10T10:00:00Z')!;
const runs = Number(process.env.REWARDS_PROPERTY_RUNS ?? 6);
let played: PlayedBooks;

/** What random stories seldom tell: somebody pays with points, and keeps some until they expire. */
const SURE: readonly Step[] = [
  { kind: 'register', customer: 0, refer: false, sameEmail: false },
  { kind: 'place', customer: 0, net: '1200.00', currency: 'EUR', complete: true },
  { kind: 'place', customer: 0, net: '90.00', currency: 'EUR', complete: false },
  { kind: 'redeem', order: 0, stranger: false, points: 20, holdMs: null, key: 1 },
  { kind: 'wait', ms: 400 * DAY_MS },
];

beforeAll(async () => {
  played = await PlayedBooks.open(START);
  await played.play(SURE);
});
afterAll(() => played.books.close());

/** Parts of the time that the books tell of, and a little beyond. */
const share = fc.double({ min: 0, max: 1.2, noNaN: true });
const question = fc.record({
  from: share,
  to: share,
  asOf: fc.option(share, { freq: 3 }),
  by: fc.constantFrom<Grain>('WEEK', 'MONTH', 'MONTH', 'QUARTER', 'YEAR'),
});

function at(part: number): Instant {
  return Math.round(START + part * (played.clock - START));
}

function askedOf({
  from,
  to,
  asOf,
  by,
}: typeof question extends fc.Arbitrary<infer Q> ? Q : never) {
  const [start, end] = [Math.min(from, to), Math.max(from, to)].map(at) as [Instant, Instant];
  const wish = { program: 'EU', from: start, to: Math.max(end, start + 1), by };
  const asked = askedAt(
    played.books.programs,
    { ...wish, asOf: asOf === null ? null : at(asOf) },
    played.clock,
  );
  return [asked, ...[knownNow(asked) ?? []].flat()];
}

function answerTo(asked: Asked): Answer {
  const parts = { moves: true, entries: true, ahead: asked.basis === 'PROJECTED' };
  return new Answer(asked, () => readSums(rollingOf(played.books), asked.question, parts));
}

function figuresOf(answer: Answer, period: Period): RewardsFigure[] {
  const { programs } = played.books;
  const terms = programs.bindingAt('EU', period.at) ?? programs.versions('EU')[0]!.terms;
  const { issuedBySource, ...flows } = toFlows(answer, period, terms);
  const { outstanding, owed } = toLiability(answer, period, terms);
  const { realised } = toBreakage(answer, period, terms);
  const bySource = issuedBySource.map(({ figure }) => figure);
  return [...Object.values(flows), ...bySource, outstanding, owed, realised];
}

/** The entries behind a figure, page by page; `between` pages something may happen. */
async function listed(
  { figure, answer }: RewardsFigure,
  size: number,
  between = async (): Promise<void> => undefined,
) {
  const { snapshot } = await answer.sums();
  const entries: { id: string; points: number }[] = [];
  for (let after: EntryPlace | null = null, more = true; more; ) {
    const app = rollingOf(played.books);
    const page = await readFigureEntries(app, figure, { after, size, snapshot });
    for (const { customerId, sequence, points } of page.items) {
      entries.push({ id: `${customerId} ${sequence}`, points });
    }
    more = page.more;
    after = page.items.at(-1)?.place ?? null;
    await between();
  }
  return entries;
}

async function expectListed(figure: RewardsFigure, size: number): Promise<void> {
  const entries = await listed(figure, size);
  const sum = entries.reduce((total, { points }) => total + points, 0);
  const told = { figure: figure.figure, entries: sum + figure.unbooked };
  expect(told).toEqual({ figure: figure.figure, entries: figure.points });
  expect(entries.filter(({ points }) => points === 0)).toEqual([]);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
}

test('the entries behind every figure of random histories add up to it, rolled up or not', async () => {
  const stories = fc.array(story, { minLength: 1, maxLength: 4 });
  const asks = fc.array(question, { minLength: 1, maxLength: 3 });
  const size = fc.integer({ min: 1, max: 40 });
  await fc.assert(
    fc.asyncProperty(
      stories,
      asks,
      size,
      fc.integer({ min: 1, max: 60 }),
      async (told, wishes, few, rolled) => {
        for (const steps of told) await played.play(steps);
        await rollUpStep(rollingOf(played.books), rolled);
        for (const asked of wishes.flatMap(askedOf)) {
          const answer = answerTo(asked);
          const periods = await answer.periods();
          const some = [await answer.whole(), periods[0]!, periods.at(-2)!, periods.at(-1)!];
          for (const figure of some.filter(Boolean).flatMap((one) => figuresOf(answer, one))) {
            await expectListed(figure, few);
          }
        }
      },
    ),
    { numRuns: runs },
  );
}, 600_000);

test('the entries of all time add up as well', async () => {
  const [asked] = askedOf({ from: 0, to: 1.2, asOf: null, by: 'YEAR' });
  const answer = answerTo(asked!);
  const figures = figuresOf(answer, await answer.whole());
  for (const figure of figures) await expectListed(figure, 100);
  const told = figures.filter(({ points }) => points !== 0).map(({ figure }) => figure.measure);
  expect(told).toEqual(expect.arrayContaining(['issued', 'redeemed', 'expired']));
}, 120_000);

test('a list goes on as it began, whatever is written and rolled up between its pages', async () => {
  const [asked] = askedOf({ from: 0, to: 1.2, asOf: null, by: 'YEAR' });
  const answer = answerTo(asked!);
  const [figure] = figuresOf(answer, await answer.whole());
  const before = await listed(figure!, 3);
  expect(before.length).toBeGreaterThan(3);
  let more = fc.sample(story, { numRuns: 3, seed: 7 });
  const during = await listed(figure!, 3, async () => {
    const [next, ...rest] = more;
    more = rest;
    if (!next) return;
    await played.play(next.filter(({ kind }) => kind !== 'wait'));
    await rollUpAll(played.books);
  });
  expect(during).toEqual(before);
  const later = answerTo(asked!);
  const [grown] = figuresOf(later, await later.whole());
  expect(grown!.points).toBeGreaterThan(figure!.points);
}, 120_000);

test('a figure without entries lists none', async () => {
  const empty = { program: 'EU', from: START - 30 * DAY_MS, to: START, by: 'DAY' as const };
  const asked = askedAt(played.books.programs, { ...empty, asOf: null }, played.clock);
  const answer = answerTo(asked);
  for (const figure of figuresOf(answer, await answer.whole())) {
    expect(await listed(figure, 5)).toEqual([]);
    expect(figure.points).toBe(0);
  }
});
