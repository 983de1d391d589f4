import { DateTime, IANAZone } from 'luxon';

/** A point in time: whole milliseconds since 1970-01-01T00:00:00Z. Always an argument, never read inside. */
export type Instant = number;

/** Milliseconds in a minute. */
export const MINUTE_MS = 60_000;
/** Milliseconds in 24 hours. Not a calendar day: days are the program zone's. */
export const DAY_MS = 24 * 60 * MINUTE_MS;

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 instant; null where it is not one (2026-02-30 included). Finer than a millisecond is cut. */
export function parseInstant(text: string): Instant | null {
  if (!RFC_3339.test(text)) return null;
  const parsed = DateTime.fromISO(text, { zone: 'utc' });
  return parsed.isValid ? parsed.toMillis() : null;
}

/** Writes an instant as RFC 3339 in UTC. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

/** Whether `zone` names an IANA time zone, such as Europe/Berlin. */
export function isZone(zone: string): boolean {
  return IANAZone.isValidZone(zone);
}

/**
 * The end of a period of whole months that starts on the day of `at` in `zone`, as its first instant
 * afterwards: the period ends with the day of the same number (or the month's last), so 29 February
 * and 12 months end with 28 February (R6.2).
 */
export function endOfDayAfterMonths(at: Instant, months: number, zone: string): Instant {
  const day = DateTime.fromMillis(at, { zone }).startOf('day');
  return day.plus({ months }).plus({ days: 1 }).startOf('day').toMillis();
}

/** The calendar day of an instant in a zone, as ISO 8601: 2026-03-15. */
export function dayOf(at: Instant, zone: string): string {
  return DateTime.fromMillis(at, { zone }).toFormat('yyyy-MM-dd');
}
