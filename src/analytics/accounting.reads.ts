import { RequestError } from '../kernel/errors';
import { dayOf, type Instant, MINUTE_MS, parseDay, startOfPeriod } from '../kernel/time';
import type { ProgramCode, Terms } from '../programs/terms';
import { type AccountingMonth, type AccountingPeriod, accountFor } from './accounting';
import { bucketStarts, type Question } from './sums';
import { readSums, type SumReads } from './sums.reads';

/** The most months that are accounted for at once. */
export const MONTHS_MAX = 120;
/** **Decided**: a month stays open for so long after its end. What was being written when it ended is written by then. */
const CLOSING_MS = 5 * MINUTE_MS;

/** A program's liability for points, month by month, as it was booked. */
export interface Accounting {
  readonly program: ProgramCode;
  readonly currency: string;
  readonly zone: string;
  /** When it was read. */
  readonly at: Instant;
  readonly months: readonly AccountingMonth[];
}

/**
 * The roll-forward from one month to another (2026-01), both included, of entries by when they were recorded: a month that is closed
 * never changes. BAD_USER_INPUT for a program that there is not, for what is no month, lies ahead, or is more than `MONTHS_MAX`.
 */
export async function readAccounting(
  app: SumReads,
  program: ProgramCode,
  from: string,
  to: string,
): Promise<Accounting> {
  const { zone, currency, startsAt } = await publishedTerms(app, program);
  const [now] = await app.database.query<{ at: Instant }[]>(`select ${app.clock} as at`);
  const asked = monthsAsked(zone, from, to, now!.at);
  // Breakage is recognised month by month from the first on: all of them are gone through.
  const first = Math.min(startOfPeriod(startsAt, 'MONTH', zone), asked.from);
  const question = { program, basis: 'POSTED', by: 'MONTH', from: first, to: asked.to, asOf: null };
  const sums = await readSums(app, question as Question, { moves: true, entries: true });
  const periods = bucketStarts(zone, 'MONTH', first, asked.to).map((start) =>
    periodOf(app, { program, zone }, start, sums.now),
  );
  const months = accountFor(periods, sums).filter(({ start }) => start >= asked.from);
  return { program, currency, zone, at: sums.now, months };
}

async function publishedTerms({ programs }: SumReads, program: ProgramCode): Promise<Terms> {
  if (!programs.has(program)) await programs.renew();
  const terms = programs.versions(program).at(0)?.terms;
  if (!terms) throw new RequestError('BAD_USER_INPUT', 'No program has that code.');
  return terms;
}

/** From the first instant of one month to the first after another. */
function monthsAsked(zone: string, from: string, to: string, now: Instant) {
  const [first, last] = [startOf('from', from, zone), startOf('to', to, zone)];
  if (first > last) throw new RequestError('BAD_USER_INPUT', 'from is no later month than to.');
  const current = dayOf(now, zone).slice(0, 7);
  if (last > now) {
    throw new RequestError(
      'BAD_USER_INPUT',
      `to is the current month, ${current}, or one before: nothing is booked ahead.`,
    );
  }
  const end = startOfPeriod(last, 'MONTH', zone, 1);
  if (bucketStarts(zone, 'MONTH', first, end, MONTHS_MAX + 1).length > MONTHS_MAX) {
    throw new RequestError('BAD_USER_INPUT', `from and to span at most ${MONTHS_MAX} months.`);
  }
  return { from: first, to: end };
}

function startOf(name: string, month: string, zone: string): Instant {
  const start = /^\d{4}-\d\d$/.test(month) ? parseDay(`${month}-01`, zone) : null;
  if (start !== null) return start;
  throw new RequestError('BAD_USER_INPUT', `${name} is a month such as 2026-01.`);
}

function periodOf(
  { programs }: SumReads,
  { program, zone }: Pick<Terms, 'program' | 'zone'>,
  start: Instant,
  now: Instant,
): AccountingPeriod {
  const end = startOfPeriod(start, 'MONTH', zone, 1);
  const terms = programs.inForceAt(program, Math.min(end - 1, now));
  return {
    ...{ month: dayOf(start, zone).slice(0, 7), start, end },
    isOpen: now < end + CLOSING_MS,
    pointValueMinor: terms.pointValueMinor,
  };
}
