import { DateTime, IANAZone } from 'luxon';

/** A point in time: whole milliseconds since 1970-01-01T00:00:00Z. Always an argument, never read inside. */
export type Instant = number;

/** Milliseconds in a minute. */
export const MINUTE_MS = 60_000;
/** Milliseconds in 24 hours. Not a calendar day: days are the program zone's. */
export const DAY_MS = 24 * 60 * MINUTE_MS;

const RFC_3339 =
  /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The years 0001 to 9999 in UTC: what RFC 3339 can write and the database can read. */
const EARLIEST: Instant = Date.parse('0001-01-01T00:00:00Z');
const LATEST: Instant = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads an RFC 3339 instant of the years 0001 to 9999 (UTC); null where it is not one (2026-02-30 and a
 * leap second included). Finer than a millisecond is cut.
 */
export function parseInstant(text: string): Instant | null {
  if (!RFC_3339.test(text)) return null;
  const parsed = DateTime.fromISO(text, { zone: 'utc' });
  if (!parsed.isValid) return null;
  return writable(parsed.toMillis());
}

function writable(at: Instant): Instant | null {
  return at >= EARLIEST && at <= LATEST ? at : null;
}

/** Whether a number is an instant that can be written: whole milliseconds in the years 0001 to 9999 (UTC). */
export function isInstant(at: number): boolean {
  return Number.isSafeInteger(at) && writable(at) !== null;
}

/** Writes an instant as RFC 3339 in UTC. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

/** Whether `zone` names an IANA time zone, such as Europe/Berlin. */
export function isZone(zone: string): boolean {
  // Later versions of Node take an offset such as +03:00 for a zone too.
  return /^[A-Za-z]/.test(zone) && IANAZone.isValidZone(zone);
}

/**
 * The end of a period of whole months that starts on the day of `at` in `zone`, as its first instant
 * afterwards: the period ends with the day of the same number (or the month's last), so 29 February
 * and 12 months end with 28 February (R6.2).
 */
export function endOfDayAfterMonths(at: Instant, months: number, zone: string): Instant {
  const key = `${months} ${zone}`;
  let period = latestPeriods.get(key);
  if (!period || at < period.from || at >= period.until) {
    period = periodFrom(DateTime.fromMillis(at, { zone }), months);
    latestPeriods.set(key, period);
  }
  return period.end;
}

/** Where a period ends that starts on the day from `from` (inclusive) to `until` (exclusive). */
interface Period {
  readonly from: Instant;
  readonly until: Instant;
  readonly end: Instant;
}

/**
 * The last answer per zone and length: it holds for the whole day, nearly every call is of today, and
 * calendar arithmetic in a zone costs a hundred times the comparison.
 */
const latestPeriods = new Map<string, Period>();

function periodFrom(start: DateTime, months: number): Period {
  const day = start.startOf('day');
  return {
    from: firstInstantOf(day),
    until: firstInstantOf(day.plus({ days: 1 })),
    end: firstInstantOf(day.plus({ months }).plus({ days: 1 })),
  };
}

/** The first instant of a calendar day such as 2024-08-01 in `zone`; null where there is no such day. */
export function parseDay(text: string, zone: string): Instant | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const day = DateTime.fromISO(text, { zone });
  return day.isValid && day.toFormat('yyyy-MM-dd') === text ? writable(firstInstantOf(day)) : null;
}

/** Midnight, or what takes its place: where clocks skip it the instant after the gap, where they repeat it the first one. */
function firstInstantOf(day: DateTime): Instant {
  const midnight = day.startOf('day');
  const before = midnight.minus(1);
  const repeated = before.hasSame(midnight, 'day') ? before.offset - midnight.offset : 0;
  return midnight.toMillis() - repeated * MINUTE_MS;
}

/** The first instant of the calendar day, in `zone`, that lies `days` days after that of `at`. */
export function startOfDay(at: Instant, zone: string, days = 0): Instant {
  return firstInstantOf(DateTime.fromMillis(at, { zone }).startOf('day').plus({ days }));
}

/** The calendar day of an instant in a zone, as ISO 8601: 2026-03-15. */
export function dayOf(at: Instant, zone: string): string {
  return DateTime.fromMillis(at, { zone }).toFormat('yyyy-MM-dd');
}

/**
 * The first end of a month, in `zone`, that lies at least `days` days after the day of `at`; as the first instant
 * afterwards (R2.4).
 */
export function monthEndAfter(at: Instant, days: number, zone: string): Instant {
  const day = DateTime.fromMillis(at, { zone }).startOf('day').plus({ days });
  return firstInstantOf(day.startOf('month').plus({ months: 1 }));
}

/**
 * The end of a period of whole months that starts with the day of `at`, as its first instant afterwards: what starts
 * on the first of a month ends with the last day of the third month (R2.8).
 */
export function monthsLater(at: Instant, months: number, zone: string): Instant {
  return firstInstantOf(DateTime.fromMillis(at, { zone }).startOf('day').plus({ months }));
}

/** How long a calendar period of a zone is; a week starts on Monday. */
export type CalendarUnit = 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR';

/** The first instant of the calendar period of `zone` that lies `later` periods after that of `at`. */
export function startOfPeriod(at: Instant, unit: CalendarUnit, zone: string, later = 0): Instant {
  const hour = 60 * MINUTE_MS;
  if (unit === 'HOUR') {
    // As the clock on the wall goes then: where it is changed an hour may be there twice.
    const instant = at + later * hour;
    const offset = offsetAt(instant, zone);
    return Math.floor((instant + offset) / hour) * hour - offset;
  }
  const midnight = midnightOf(at + offsetAt(at, zone), unit, later);
  const [before, after] = [-DAY_MS, DAY_MS].map((away) => offsetAt(midnight + away, zone));
  // Nearly always: calendar arithmetic across a change of the clocks costs ten times as much.
  if (before === after) return midnight - before!;
  const day = new Date(midnight);
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth() + 1];
  return firstInstantOf(DateTime.fromObject({ year, month, day: day.getUTCDate() }, { zone }));
}

/** By how much the clock on the wall is ahead of UTC, in milliseconds. */
function offsetAt(at: Instant, zone: string): number {
  return IANAZone.create(zone).offset(at) * MINUTE_MS;
}

/** The midnight that a period begins with, of an instant and to an instant that are both read off the wall as if it were in UTC. */
function midnightOf(wall: Instant, unit: Exclude<CalendarUnit, 'HOUR'>, later: number): Instant {
  const date = new Date(wall);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const monday = day - ((date.getUTCDay() + 6) % 7);
  const start: Record<typeof unit, [year: number, month: number, day: number]> = {
    DAY: [year, month, day + later],
    WEEK: [year, month, monday + 7 * later],
    MONTH: [year, month + later, 1],
    QUARTER: [year, month - (month % 3) + 3 * later, 1],
    YEAR: [year + later, 0, 1],
  };
  const midnight = new Date(0);
  midnight.setUTCFullYear(...start[unit]);
  return midnight.getTime();
}
