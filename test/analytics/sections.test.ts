import fc from 'fast-check';
import pino from 'pino';
import { Answer } from '../../src/analytics/answer';
import { campaignCosts } from '../../src/analytics/campaign-cost';
import { askedAt, knownNow } from '../../src/analytics/question';
import { rollUpStep } from '../../src/analytics/roll-up';
import { Sections } from '../../src/analytics/sections';
import type { Grain } from '../../src/analytics/sums';
import { readSums, type SumReads } from '../../src/analytics/sums.reads';
import { tierMovements } from '../../src/analytics/tier-report';
import { readTopOrganizations } from '../../src/analytics/top-organizations.reads';
import { loadConfig } from '../../src/config';
import { clockSql } from '../../src/database/clock';
import { bookWhatIsDue } from '../../src/jobs/book-what-is-due';
import { DAY_MS, type Instant, parseInstant } from '../../src/kernel/time';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { rulesOf } from '../../src/ledger/rules';
import { tierAt } from '../../src/programs/pricing';
import { type Books, openBooks } from '../ledger/stories';
import { changeRules, isRuleStep } from '../properties/rule-steps';
import { type Step, story } from '../properties/story';
import { Teller } from '../properties/teller';
import { NEVER, rollingOf } from './rolling';
import {
  bonusesByHand,
  campaignsByHand,
  funnelByHand,
  type Rows,
  readRows,
  type Stretch,
  shareByHand,
  tiersByHand,
} from './sections-by-hand';

const START = parseInstant('2025-01-10T10:00:00Z')!;
let books: Books;
let app: SumReads;
let clock: Instant = START;
let number = 0;
/** Both sides draw the same codes, since both decide the same commands in the same order. */
const drawn = { door: 0, memory: 0 };
const codesOf = (side: keyof typeof drawn) => () => {
  drawn[side] += 1;
  return `CODE-${number}-${drawn[side]}`;
};

beforeAll(async () => {
  books = await openBooks({ newCode: codesOf('door') });
  const { database, programs } = books;
  app = { database, programs, clock: clockSql(true), log: pino({ level: 'silent' }) };
});
afterAll(() => books.close());

/** Plays a story through the door; memory tells what there is to do next. */
async function play(steps: readonly Step[]): Promise<void> {
  number += 1;
  Object.assign(drawn, { door: 0, memory: 0 });
  await books.at(clock);
  const world = new MemoryBooks({ ...rulesOf(books.programs), newCode: codesOf('memory') });
  const teller = new Teller(number, world);
  for (const step of steps) {
    if (step.kind === 'wait') {
      clock += step.ms;
      await books.at(clock);
    } else if (isRuleStep(step)) await changeRules(books, step);
    else {
      for (const { command } of teller.tell(step)) {
        world.run(command, clock);
        await books.ledger.execute(command);
      }
    }
  }
  // Colleagues find new work.
  await books.database.query(
    `update members set organization_id = 'org-' || abs(hashtext(account_id)) % 4 where organization_id = 'acme'`,
  );
}

function answerOf(asked: ReturnType<typeof askedAt>): Answer {
  const parts = { moves: true, entries: true, ahead: asked.basis === 'PROJECTED' };
  return new Answer(asked, () => readSums(app, asked.question, parts));
}

/** Every section of every bucket says what a reader with paper counts. */
async function compare(answer: Answer, rows: Rows): Promise<number> {
  const { asked } = answer;
  const sections = Sections.of(app, answer);
  const recordedBy = asked.basis === 'RECORDED' ? asked.asOf : null;
  const stretches = (await answer.periods()).map(
    ({ start: from, end }): Stretch => ({
      ...{ program: 'EU', from, recordedBy },
      until: Math.min(end, asked.asOf + 1),
    }),
  );
  let moved = 0;
  for (const stretch of stretches) {
    const { from } = stretch;
    const period = await answer.period(from);
    const counts = Object.fromEntries(await sections.tierCounts(from));
    expect(counts).toEqual(tiersByHand(rows, books.programs, stretch));
    expect(tierMovements(period.sums.entries).map(key)).toEqual(movementsByHand(rows, stretch));
    moved += tierMovements(period.sums.entries).length;
    expect(await sections.referralCounts(from)).toEqual(funnelByHand(rows, stretch));
    expect(await sections.redemptionShare(from)).toEqual(shareByHand(rows, stretch));
    const bonuses = [...bonusesByHand(rows, stretch).values()].reduce((a, b) => a + b, 0);
    expect(period.sums.entries.reduce((sum, row) => sum + row.bonuses, 0)).toBe(bonuses);
  }
  const whole = { ...stretches[0]!, until: stretches.at(-1)!.until };
  expect(await sections.referralCounts(null)).toEqual(funnelByHand(rows, whole));
  expect(await sections.redemptionShare(null)).toEqual(shareByHand(rows, whole));
  return moved;
}

const key = ({ from, to, members }: { from: string; to: string; members: number }) =>
  `${String(1e9 - members)} ${from}${to}`;

function movementsByHand(rows: Rows, stretch: Stretch): string[] {
  const counts = new Map<string, { from: string; to: string; members: number }>();
  const own = new Set(rows.accounts.filter((it) => it.program === 'EU').map(({ id }) => id));
  const turnover = new Map(rows.entries.map((it) => [`${it.account_id} ${it.sequence}`, it]));
  for (const entry of rows.entries) {
    const isCounted = entry.occurred_at >= stretch.from && entry.occurred_at < stretch.until;
    const isKnown = stretch.recordedBy === null || entry.recorded_at <= stretch.recordedBy;
    if (!own.has(entry.account_id) || !isCounted || !isKnown) continue;
    const before = turnover.get(`${entry.account_id} ${entry.sequence - 1}`);
    const tierOf = (version: number, minor: number) =>
      tierAt(books.programs.terms('EU', version), BigInt(minor)).code;
    const from = tierOf((before ?? entry).terms_version, before?.turnover_after ?? 0);
    const to = tierOf(entry.terms_version, entry.turnover_after);
    if (from === to) continue;
    const { members = 0 } = counts.get(from + to) ?? {};
    counts.set(from + to, { from, to, members: members + 1 });
  }
  return [...counts.values()].map(key).sort();
}

/** What is due is written down. */
async function bookAll(): Promise<void> {
  const config = loadConfig({ REWARDS_SANDBOX: '1' });
  await bookWhatIsDue({ ...books, log: app.log, config }, NEVER);
}

/** A member who goes up, leaves, and whose order is cancelled afterwards. */
const LEFT: readonly Step[] = [
  { kind: 'register', customer: 0, refer: false, sameEmail: false },
  { kind: 'place', customer: 0, net: '25000.00', currency: 'EUR', complete: true },
  { kind: 'wait', ms: DAY_MS },
  { kind: 'leave', customer: 0, right: true, key: 1 },
  { kind: 'wait', ms: DAY_MS },
  { kind: 'cancelled', order: 0, net: null },
];

const wish = fc.record({
  by: fc.constantFrom<Grain>('DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'),
  back: fc.integer({ min: 1, max: 400 }),
  days: fc.integer({ min: 1, max: 500 }),
  rest: fc.constantFrom(0, 1, 3_600_000, 12_345_678),
  asOf: fc.option(fc.integer({ min: 0, max: 300 * DAY_MS }), { freq: 2 }),
});

test('tiers, referrals and orders are what counting one by one comes to, on random histories', async () => {
  let moved = 0;
  await fc.assert(
    fc.asyncProperty(
      story,
      fc.array(wish, { minLength: 2, maxLength: 4 }),
      async (steps, wishes) => {
        await play([...LEFT, ...steps]);
        await rollUpStep(rollingOf(books), 50);
        await bookAll();
        const rows = await readRows(books.database);
        for (const { by, back, days, rest, asOf } of wishes) {
          const from = clock - back * DAY_MS + rest;
          const to = from + days * DAY_MS;
          const asked = askedAt(
            books.programs,
            { program: 'EU', from, to, by, asOf: asOf === null ? null : clock - asOf },
            clock,
          );
          moved += await compare(answerOf(asked), rows);
          const now = knownNow(asked);
          if (now) await compare(answerOf(now), rows);
        }
      },
    ),
    { numRuns: Number(process.env.REWARDS_PROPERTY_RUNS ?? 10) },
  );
  expect(moved).toBeGreaterThan(0);
}, 600_000);

test('bonuses add up to what the referrals say that was credited and stands', async () => {
  await play([
    { kind: 'register', customer: 0, refer: false, sameEmail: false },
    { kind: 'place', customer: 0, net: '100.00', currency: 'EUR', complete: true },
    { kind: 'register', customer: 0, refer: true, sameEmail: false },
    { kind: 'place', customer: 1, net: '100.00', currency: 'EUR', complete: true },
  ]);
  const rows = await readRows(books.database);
  const all = { program: 'EU', from: START, until: clock + 1, recordedBy: null };
  const bonuses = bonusesByHand(rows, all);
  const voided = new Set(
    rows.lots
      .filter((lot) => lot.source === 'REFERRAL' && lot.voided_at !== null)
      .map(({ account_id }) => account_id),
  );
  const standing = new Map<string, number>();
  for (const { referrer_id, bonus, reversed } of rows.referrals) {
    if (voided.has(referrer_id)) continue;
    standing.set(referrer_id, (standing.get(referrer_id) ?? 0) + bonus - reversed);
  }
  expect([...standing.values()].some((points) => points > 0)).toBe(true);
  for (const [referrer, points] of standing) expect(bonuses.get(referrer) ?? 0).toBe(points);
});

test('what became of the points of campaigns is where their lots have them', async () => {
  await play([
    { kind: 'campaign', gives: 'BONUS', cap: null, days: 41 },
    { kind: 'wait', ms: DAY_MS },
    { kind: 'register', customer: 0, refer: false, sameEmail: false },
    { kind: 'place', customer: 0, net: '100.00', currency: 'EUR', complete: true },
  ]);
  await bookAll();
  const asked = askedAt(
    books.programs,
    { program: 'EU', from: START, to: clock + 1, by: 'YEAR', asOf: null },
    clock,
  );
  const answer = answerOf(asked);
  const whole = await answer.whole();
  const rows = await readRows(books.database);
  const byHand = campaignsByHand(rows, {
    program: 'EU',
    from: START,
    until: clock + 1,
    recordedBy: null,
  });
  const costs = campaignCosts(whole.sums, await answer.sums());
  expect(costs.length).toBeGreaterThan(0);
  const shown = costs.map(({ code, flows, outstanding }) => {
    const { issued, redeemed, restored, expired, reversed, forfeited, voided } = flows;
    const { transferredOut } = flows;
    return [
      code,
      {
        ...{ issued, redeemed: redeemed - restored, expired, reversed, forfeited, voided },
        ...{ transferredOut, outstanding },
      },
    ];
  });
  expect(Object.fromEntries(shown)).toEqual(byHand);
});

test.each(['OUTSTANDING', 'EARNED', 'REDEEMED'] as const)(
  'top organisations by %s are the same before and after what is due is booked (R6.2), and add up their members',
  async (by) => {
    await play([
      { kind: 'register', customer: 0, refer: false, sameEmail: false },
      { kind: 'place', customer: 0, net: '12345.00', currency: 'EUR', complete: true },
      { kind: 'wait', ms: 400 * DAY_MS },
    ]);
    const [{ due }] = await books.database.query<[{ due: number }]>(
      'select count(*)::int as due from accounts where next_due_at <= (select at from sandbox_clock)',
    );
    expect(due).toBeGreaterThan(0);
    const before = await readTopOrganizations(app, 'EU', by, 3);
    await bookAll();
    expect(await readTopOrganizations(app, 'EU', by, 3)).toEqual(before);
    const accounts = await books.database.query<{ org: string; [name: string]: string | number }[]>(
      'select a.*, m.organization_id as org from accounts a join members m on m.account_id = a.id where a.program is not null and m.organization_id is not null',
    );
    const ids = [...new Set(accounts.map(({ org }) => org))];
    expect(ids.length).toBeGreaterThan(3);
    const byHand = ids.map((organizationId) => {
      const own = accounts.filter(({ org }) => org === organizationId);
      const sum = (name: string) => own.reduce((total, row) => total + Number(row[name]), 0);
      return {
        ...{ organizationId, members: own.length, available: sum('available'), held: sum('held') },
        ...{ owed: sum('owed'), earned: sum('lifetime_earned') },
        ...{ redeemed: sum('lifetime_redeemed'), expired: sum('lifetime_expired') },
      };
    });
    const rank = (it: (typeof byHand)[number]) =>
      ({ OUTSTANDING: it.available + it.held, EARNED: it.earned, REDEEMED: it.redeemed })[by];
    byHand.sort((a, b) => rank(b) - rank(a) || (a.organizationId < b.organizationId ? -1 : 1));
    expect(before).toEqual(byHand.slice(0, 3));
  },
);
