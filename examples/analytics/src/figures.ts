import type { ExpiryAheadQuery, MonthsQuery } from './generated/operations';

type Bucket = MonthsQuery['rewardsAnalytics']['buckets'][number];

/** One month of a program, as it is drawn and written to CSV. All but the month and the value are whole X-Points. */
export interface MonthRow {
  /** In the program's zone: 2026-03. */
  readonly month: string;
  readonly issued: number;
  readonly restored: number;
  readonly redeemed: number;
  readonly expired: number;
  readonly forfeited: number;
  readonly reversed: number;
  readonly voided: number;
  /** At the month's end, or now. */
  readonly outstanding: number;
  /** What the outstanding points pay, an exact decimal. */
  readonly value: string;
  readonly available: number;
  readonly held: number;
  readonly owed: number;
  /** Outstanding points by how soon they expire, as `AGES` names them. */
  readonly byAge: readonly number[];
}

/** What expires on a day if nobody spends. */
export interface DayAhead {
  /** In the program's zone: 2027-03-31. */
  readonly day: string;
  readonly points: number;
}

/** How far ahead an expiry lies, in months after the month it is looked at from. */
export const AGES = [
  { name: 'expires within 3 months', upTo: 3 },
  { name: '4 to 6 months', upTo: 6 },
  { name: '7 to 9 months', upTo: 9 },
  { name: 'later', upTo: Number.POSITIVE_INFINITY },
] as const;

/** The months of an answer. */
export function monthRows(zone: string, { rewardsAnalytics }: MonthsQuery): MonthRow[] {
  return rewardsAnalytics.buckets.map((bucket) => {
    const { flows, liability } = bucket;
    const month = dayIn(zone, bucket.start).slice(0, 7);
    return {
      month,
      issued: flows.issued.points,
      restored: flows.restored.points,
      redeemed: flows.redeemed.points,
      expired: flows.expired.points,
      forfeited: flows.forfeited.points,
      reversed: flows.reversed.points,
      voided: flows.voided.points,
      outstanding: liability.outstanding.points,
      value: liability.outstanding.value.amount,
      available: liability.available,
      held: liability.held,
      owed: liability.owed.points,
      byAge: byAge(month, liability.byExpiry),
    };
  });
}

/** The days of an answer. */
export function daysAhead(zone: string, { rewardsAnalytics }: ExpiryAheadQuery): DayAhead[] {
  return rewardsAnalytics.buckets.map(({ start, flows }) => ({
    day: dayIn(zone, start),
    points: flows.expired.points,
  }));
}

function byAge(month: string, byExpiry: Bucket['liability']['byExpiry']): number[] {
  const sums = AGES.map(() => 0);
  for (const { month: expires, points } of byExpiry) {
    const ahead = monthNumber(expires) - monthNumber(month);
    const age = AGES.findIndex(({ upTo }) => ahead <= upTo);
    sums[age] = (sums[age] ?? 0) + points;
  }
  return sums;
}

function monthNumber(month: string): number {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return year * 12 + number;
}

/** The first instant of a month in a zone, so many months after that of `now`. */
export function monthStart(zone: string, now: Date, months: number): Date {
  const [year = 0, month = 0] = dayIn(zone, now.toISOString()).split('-').map(Number);
  const midnight = Date.UTC(year, month - 1 + months, 1);
  const shown = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone: zone, dateStyle: 'short', timeStyle: 'medium' },
  }).format(midnight);
  // What the clock there shows at midnight in UTC tells how far the two are apart.
  return new Date(2 * midnight - Date.parse(`${shown.replace(' ', 'T')}Z`));
}

/** The day of an instant in a zone: 2026-03-31. */
function dayIn(zone: string, instant: string): string {
  const format = { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  return new Intl.DateTimeFormat('sv-SE', format).format(new Date(instant));
}
