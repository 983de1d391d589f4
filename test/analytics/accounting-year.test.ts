import type { Amount } from '../../src/analytics/accounting';
import { type Accounting, readAccounting } from '../../src/analytics/accounting.reads';
import { rollUpStep } from '../../src/analytics/roll-up';
import { clockSql } from '../../src/database/clock';
import { parseInstant } from '../../src/kernel/time';
import { ENTRY_KINDS } from '../../src/ledger/entry';
import { rulesOf } from '../../src/ledger/rules';
import { createLog } from '../../src/operations/log';
import { type Books, openBooks } from '../ledger/stories';
import { ownerUrlOf } from '../support/database';
import { writeHistory } from './generated-year';
import { rollingOf } from './rolling';

jest.setTimeout(300_000);

/** The first entries are of the month before the year. */
const FIRST = '2025-11';
const LAST = '2026-12';

let books: Books;
let written: number;
let accounting: Accounting;

beforeAll(async () => {
  books = await openBooks();
  written = await writeHistory(ownerUrlOf(books.url), rulesOf(books.programs), {
    from: parseInstant('2025-11-15T00:00:00Z')!,
    until: parseInstant('2026-12-01T00:00:00Z')!,
    ...{ told: 2_300, copies: 93, days: 30, seed: 7 },
  });
  await books.at('2027-01-10T00:00:00Z');
  // Half of it, so that both count: what is rolled up, and the rest.
  for (let steps = 0; steps < 5; steps += 1) await rollUpStep(rollingOf(books));
  const { database, programs } = books;
  const app = { database, programs, clock: clockSql(true), log: createLog('silent') };
  accounting = await readAccounting(app, 'EU', FIRST, LAST);
});
afterAll(() => books.close());

/** What all months have in lines. */
function whole(...lines: readonly string[]): number {
  const own = accounting.months.flatMap((month) => month.lines);
  return own.filter(({ line }) => lines.includes(line)).reduce((sum, it) => sum + it.points, 0);
}

function sumOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce(
    (sum, it) => ({ points: sum.points + it.points, minor: sum.minor + it.minor }),
    { points: 0, minor: 0n },
  );
}

test('the year has 200,000 entries, of every kind, and some that became true in the month before', async () => {
  const [facts] = await books.database.query<
    { entries: number; kinds: string[]; late: number; rolled: number }[]
  >(
    `select count(*)::int as entries, array_agg(distinct kind) as kinds,
       count(*) filter (where date_trunc('month', occurred_at) < date_trunc('month', recorded_at))::int as late,
       count(*) filter (where xact < watermark)::int as rolled
     from entries, rollup_progress where recorded_at >= '2026-01-01' and recorded_at < '2027-01-01'`,
  );
  expect(written).toBeGreaterThan(facts!.entries);
  expect(facts!.entries).toBeGreaterThan(200_000);
  expect(facts!.kinds.sort()).toEqual(Object.keys(ENTRY_KINDS).sort());
  expect(facts!.late).toBeGreaterThan(100);
  expect(facts!.rolled).toBeGreaterThan(50_000);
  expect(facts!.rolled).toBeLessThan(facts!.entries);
});

describe('the roll-forward', () => {
  test('rolls forward to the point and to the minor unit, month by month', () => {
    const { months } = accounting;
    expect(months.map(({ month }) => month)).toHaveLength(14);
    expect(months[0]!.opening).toEqual({ points: 0, minor: 0n });
    for (const [place, { opening, lines, closing, owed, isOpen }] of months.entries()) {
      expect(sumOf([opening, ...lines])).toEqual(closing);
      const { incurred, paid } = owed;
      expect(owed.opening.points + incurred.points - paid.points).toBe(owed.closing.points);
      expect(isOpen).toBe(false);
      const next = months[place + 1];
      if (next) {
        expect([next.opening, next.owed.opening]).toEqual([closing, owed.closing]);
      }
    }
  });

  test('closes with what accounts and lots have', async () => {
    const [has] = await books.database.query<
      { available: number; owed: number; remaining: number }[]
    >(
      `select sum(available + held)::bigint as available, sum(owed)::bigint as owed,
         (select coalesce(sum(remaining + l.held), 0)::bigint from lots l join accounts a on a.shard = l.shard and a.id = l.account_id
          where a.program = 'EU') as remaining
       from accounts where program = 'EU'`,
    );
    const { closing, owed } = accounting.months.at(-1)!;
    expect(closing.points).toBeGreaterThan(1_000);
    expect({ closing: closing.points, owed: owed.closing.points }).toEqual({
      ...{ closing: has!.available, owed: has!.owed },
    });
    expect(has!.remaining).toBe(has!.available);
  });

  test('has every month what the balances of its entries say', async () => {
    const { zone, months } = accounting;
    const changes = await books.database.query<
      { month: string; outstanding: number; incurred: number; paid: number }[]
    >(
      `select to_char(e.recorded_at at time zone $1, 'YYYY-MM') as month,
         sum(e.available_change + e.held_change)::bigint as outstanding,
         sum(greatest(e.owed_change, 0))::bigint as incurred, sum(greatest(-e.owed_change, 0))::bigint as paid
       from entries e join accounts a on a.shard = e.shard and a.id = e.account_id
       where a.program = 'EU' group by 1`,
      [zone],
    );
    const reckoned = months.map(({ month, opening, closing, owed }) => ({
      month,
      outstanding: closing.points - opening.points,
      ...{ incurred: owed.incurred.points, paid: owed.paid.points },
    }));
    const byMonth = (a: { month: string }, b: { month: string }) => (a.month < b.month ? -1 : 1);
    expect(reckoned.sort(byMonth)).toEqual([...changes].sort(byMonth));
  });

  test('has in each line what became of the lots', async () => {
    const lots = await books.database.query<Record<string, number | string>[]>(
      `select source, sum(granted)::bigint as granted, sum(redeemed)::bigint as redeemed, sum(l.expired)::bigint as expired,
         sum(forfeited)::bigint as forfeited, sum(reversed)::bigint as reversed, sum(voided)::bigint as voided,
         sum(transferred)::bigint as transferred
       from lots l join accounts a on a.shard = l.shard and a.id = l.account_id where a.program = 'EU' group by source`,
    );
    const all = (name: string) => lots.reduce((sum, lot) => sum + Number(lot[name]), 0);
    const granted = Object.fromEntries(lots.map((lot) => [lot.source, lot.granted]));
    expect({
      ORDER: whole('ISSUED_FOR_ORDERS'),
      REFERRAL: whole('ISSUED_FOR_REFERRALS'),
      ADJUSTMENT: whole('ISSUED_AS_ADJUSTMENTS'),
      TRANSFER: whole('TRANSFERRED_IN'),
    }).toEqual({ ORDER: 0, REFERRAL: 0, ADJUSTMENT: 0, TRANSFER: 0, ...granted });
    expect(0 - whole('REDEEMED', 'RESTORED')).toBe(all('redeemed'));
    for (const [line, column] of Object.entries({
      EXPIRED: 'expired',
      FORFEITED: 'forfeited',
      REVERSED: 'reversed',
      VOIDED: 'voided',
      TRANSFERRED_OUT: 'transferred',
    })) {
      expect([line, 0 - whole(line)]).toEqual([line, all(column)]);
    }
    expect(whole('TRANSFERRED_IN', 'TRANSFERRED_OUT')).toBe(0);
  });
});
