import fc from 'fast-check';
import { DateTime } from 'luxon';
import {
  DAY_MS,
  dayOf,
  endOfDayAfterMonths,
  formatInstant,
  isZone,
  MINUTE_MS,
  parseDay,
  parseInstant,
  startOfPeriod,
} from '../../src/kernel/time';

const BERLIN = 'Europe/Berlin';
const ISTANBUL = 'Europe/Istanbul';
const at = (text: string) => Date.parse(text);

describe('reading an instant', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-03-15T10:00:00.123Z', at('2026-03-15T10:00:00.123Z')],
    ['2026-03-15T10:00:00.1Z', at('2026-03-15T10:00:00.100Z')],
    ['2026-03-15T10:00:00.123999999Z', at('2026-03-15T10:00:00.123Z')],
    ['2026-03-15T10:00:00+01:00', at('2026-03-15T09:00:00Z')],
    ['2026-03-15T00:30:00-12:45', at('2026-03-15T13:15:00Z')],
    ['2028-02-29T23:59:59Z', at('2028-02-29T23:59:59Z')],
    ['1969-12-31T23:59:59.9999Z', -1],
    ['0001-01-01T00:00:00Z', at('0001-01-01T00:00:00Z')],
    ['9999-12-31T23:59:59.999Z', at('9999-12-31T23:59:59.999Z')],
  ])('%s is %i', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  test.each([
    ['no day', '2026-02-30T00:00:00Z'],
    ['no leap year', '2027-02-29T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T10:60:00Z'],
    ['leap second', '2026-06-30T23:59:60Z'],
    ['offset of a day', '2026-01-01T10:00:00+24:00'],
    ['offset minute 60', '2026-01-01T10:00:00+01:60'],
    ['no offset', '2026-01-01T10:00:00'],
    ['no time', '2026-01-01'],
    ['no T', '2026-01-01 10:00:00Z'],
    ['a week date', '2026-W10-1T10:00:00Z'],
    ['five digits of year', '12026-01-01T10:00:00Z'],
    ['before the year 1', '0001-01-01T00:00:00+00:01'],
    ['after the year 9999', '9999-12-31T23:59:59-00:01'],
    ['a line break', '2026-01-01T10:00:00Z\n'],
    ['nothing', ''],
  ])('with %s is refused', (_, text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test('gives back every instant that was written', () => {
    const range = { min: at('0001-01-01T00:00:00Z'), max: at('9999-12-31T23:59:59.999Z') };
    fc.assert(
      fc.property(fc.integer(range), (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant);
      }),
    );
  });
});

test.each([
  ['Europe/Berlin', true],
  ['Europe/Istanbul', true],
  ['UTC', true],
  ['Europe/Nowhere', false],
  ['local', false],
  ['+03:00', false],
  ['', false],
])('%j is a zone: %s', (zone, is) => {
  expect(isZone(zone)).toBe(is);
});

describe('a calendar day', () => {
  test.each([
    ['2024-08-01', BERLIN, '2024-07-31T22:00:00Z'],
    ['2025-01-21', ISTANBUL, '2025-01-20T21:00:00Z'],
    ['2026-03-29', BERLIN, '2026-03-28T23:00:00Z'],
    ['2026-10-25', BERLIN, '2026-10-24T22:00:00Z'],
    ['2028-02-29', BERLIN, '2028-02-28T23:00:00Z'],
  ])('%s in %s begins at %s', (day, zone, instant) => {
    expect(parseDay(day, zone)).toBe(at(instant));
  });

  test('begins after the gap where clocks skip midnight', () => {
    expect(parseDay('2024-04-26', 'Africa/Cairo')).toBe(at('2024-04-25T22:00:00Z'));
  });

  test('begins at the first midnight where clocks repeat it', () => {
    expect(parseDay('2024-11-03', 'America/Havana')).toBe(at('2024-11-03T04:00:00Z'));
    expect(parseDay('2024-10-27', 'Atlantic/Azores')).toBe(at('2024-10-27T00:00:00Z'));
  });

  test.each([
    ['2026-02-30', BERLIN],
    ['2026-2-03', BERLIN],
    ['2026-02-03T00:00:00Z', BERLIN],
    ['26-02-03', BERLIN],
    ['0000-01-01', BERLIN],
    ['', BERLIN],
    ['2011-12-30', 'Pacific/Apia'],
    ['2026-02-03', 'Europe/Nowhere'],
  ])('is none: %j in %s', (day, zone) => {
    expect(parseDay(day, zone)).toBeNull();
  });
});

describe('R6.2: the end of a period of months', () => {
  test.each([
    // What                     zone      start                   months first instant afterwards
    ['mid of a month', BERLIN, '2025-06-15T10:00:00Z', 12, '2026-06-15T22:00:00Z'],
    ['first instant of a day', BERLIN, '2025-06-14T22:00:00Z', 12, '2026-06-15T22:00:00Z'],
    ['last instant of a day', BERLIN, '2025-06-15T21:59:59.999Z', 12, '2026-06-15T22:00:00Z'],
    ['the instant after it', BERLIN, '2025-06-15T22:00:00Z', 12, '2026-06-16T22:00:00Z'],
    ['29 February', BERLIN, '2028-02-29T10:00:00Z', 12, '2029-02-28T23:00:00Z'],
    ['28 February before a leap year', BERLIN, '2027-02-28T10:00:00Z', 12, '2028-02-28T23:00:00Z'],
    ['28 February of a leap year', BERLIN, '2028-02-28T10:00:00Z', 12, '2029-02-28T23:00:00Z'],
    ['29 February, 48 months', BERLIN, '2028-02-29T10:00:00Z', 48, '2032-02-29T23:00:00Z'],
    ['31 January, 1 month', BERLIN, '2026-01-31T10:00:00Z', 1, '2026-02-28T23:00:00Z'],
    ['31 January, 3 months', BERLIN, '2026-01-31T10:00:00Z', 3, '2026-04-30T22:00:00Z'],
    ['30 April, 1 month', BERLIN, '2026-04-30T10:00:00Z', 1, '2026-05-30T22:00:00Z'],
    ['New Year’s Eve', BERLIN, '2025-12-31T22:59:59.999Z', 12, '2026-12-31T23:00:00Z'],
    ['New Year', BERLIN, '2025-12-31T23:00:00Z', 12, '2027-01-01T23:00:00Z'],
    ['a day of 23 hours', BERLIN, '2025-03-30T01:00:00Z', 12, '2026-03-30T22:00:00Z'],
    ['ending on a day of 23 hours', BERLIN, '2025-03-29T10:00:00Z', 12, '2026-03-29T22:00:00Z'],
    ['the repeated hour', BERLIN, '2025-10-26T00:30:00Z', 12, '2026-10-26T23:00:00Z'],
    ['ending on a day of 25 hours', BERLIN, '2025-10-25T10:00:00Z', 12, '2026-10-25T23:00:00Z'],
    ['Turkey in summer', ISTANBUL, '2025-06-15T10:00:00Z', 12, '2026-06-15T21:00:00Z'],
    ['Turkey in winter', ISTANBUL, '2025-12-15T10:00:00Z', 12, '2026-12-15T21:00:00Z'],
    ['Turkey when Berlin changes', ISTANBUL, '2025-03-30T00:30:00Z', 12, '2026-03-30T21:00:00Z'],
    ['Turkey, the day begins', ISTANBUL, '2025-06-14T21:00:00Z', 12, '2026-06-15T21:00:00Z'],
    ['Turkey, the day ends', ISTANBUL, '2025-06-15T20:59:59.999Z', 12, '2026-06-15T21:00:00Z'],
    ['Turkey, 29 February', ISTANBUL, '2028-02-29T20:59:59Z', 12, '2029-02-28T21:00:00Z'],
  ])('%s', (_, zone, start, months, end) => {
    expect(formatInstant(endOfDayAfterMonths(at(start), months, zone))).toBe(
      formatInstant(at(end)),
    );
  });

  const zone = fc.constantFrom(
    ...[BERLIN, ISTANBUL, 'UTC', 'Atlantic/Azores', 'America/Havana', 'Africa/Cairo'],
    ...['America/Santiago', 'Asia/Kathmandu', 'Pacific/Chatham', 'Pacific/Kiritimati'],
  );
  const instant = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });
  const months = fc.integer({ min: 1, max: 120 });

  test('is the first instant of a day of the zone, strictly later', () => {
    fc.assert(
      fc.property(instant, months, zone, (start, length, place) => {
        const end = endOfDayAfterMonths(start, length, place);
        expect(end).toBeGreaterThan(start);
        expect(dayOf(end - 1, place) < dayOf(end, place)).toBe(true);
      }),
    );
  });

  test('falls on the day after the one of the same number, or after the last of its month', () => {
    fc.assert(
      fc.property(instant, months, zone, (start, length, place) => {
        const last = dayOf(endOfDayAfterMonths(start, length, place) - 1, place);
        expect(last).toBe(sameDayLater(dayOf(start, place), length));
      }),
    );
  });

  test('does not depend on what was asked before, around the ends of days', () => {
    const around = fc.array(fc.integer({ min: -DAY_MS, max: DAY_MS }), {
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(instant, around, zone, (start, offsets, place) => {
        for (const at of offsets.map((offset) => start + offset)) {
          const last = dayOf(endOfDayAfterMonths(at, 12, place) - 1, place);
          expect(last).toBe(sameDayLater(dayOf(at, place), 12));
        }
      }),
    );
  });

  test('is the same for a whole day, and never earlier for a later start', () => {
    fc.assert(
      fc.property(instant, fc.nat(2 * DAY_MS), months, zone, (start, later, length, place) => {
        const end = endOfDayAfterMonths(start, length, place);
        const other = endOfDayAfterMonths(start + later, length, place);
        expect(other).toBeGreaterThanOrEqual(end);
        if (dayOf(start, place) === dayOf(start + later, place)) expect(other).toBe(end);
      }),
    );
  });
});

test('a day is 1440 minutes on the clock, whatever the calendar', () => {
  expect(DAY_MS).toBe(1_440 * MINUTE_MS);
});

/** The model: plain arithmetic on year, month and day. */
function sameDayLater(day: string, months: number): string {
  const [year = 0, month = 0, number = 0] = day.split('-').map(Number);
  const index = year * 12 + (month - 1) + months;
  const lengthOfMonth = new Date(
    Date.UTC(Math.floor(index / 12), (index % 12) + 1, 0),
  ).getUTCDate();
  const parts = [(index % 12) + 1, Math.min(number, lengthOfMonth)];
  return [Math.floor(index / 12), ...parts.map((part) => String(part).padStart(2, '0'))].join('-');
}

describe('the start of a period', () => {
  test.each([
    ['HOUR', '2026-03-15T10:59:59.999Z', '2026-03-15T10:00:00Z'],
    ['DAY', '2026-03-15T23:30:00Z', '2026-03-15T23:00:00Z'],
    ['WEEK', '2026-03-15T12:00:00Z', '2026-03-08T23:00:00Z'],
    ['MONTH', '2026-03-31T22:00:00Z', '2026-03-31T22:00:00Z'],
    ['QUARTER', '2026-06-30T21:59:59.999Z', '2026-03-31T22:00:00Z'],
    ['YEAR', '2026-06-30T22:00:00Z', '2025-12-31T23:00:00Z'],
  ] as const)('%s of %s in Berlin is %s', (unit, instant, expected) => {
    expect(startOfPeriod(at(instant), unit, BERLIN)).toBe(at(expected));
  });

  it('is what calendar arithmetic makes of it, in zones of every kind', () => {
    const zone = fc.constantFrom(
      ...[BERLIN, ISTANBUL, 'Asia/Kolkata', 'Africa/Cairo', 'Atlantic/Azores', 'America/New_York'],
    );
    const unit = fc.constantFrom(
      'day' as const,
      'week' as const,
      'month' as const,
      'quarter' as const,
      'year' as const,
    );
    const instant = fc.integer({
      min: at('2020-01-01T00:00:00Z'),
      max: at('2030-01-01T00:00:00Z'),
    });
    fc.assert(
      fc.property(instant, unit, zone, fc.nat({ max: 3 }), (when, period, in_, later) => {
        const start = DateTime.fromMillis(when, { zone: in_ }).startOf(period);
        const day = start.plus({ [period]: later }).startOf('day');
        const found = startOfPeriod(when, period.toUpperCase() as 'DAY', in_, later);
        // Where midnight is there twice, the first one.
        const twice =
          found === day.toMillis() - 60 * MINUTE_MS &&
          DateTime.fromMillis(found, { zone: in_ }).hour === 0;
        expect(found === day.toMillis() || twice).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('lies as many hours later as the day has on which clocks are changed', () => {
    const hours = (day: string) =>
      (startOfPeriod(at(day), 'DAY', BERLIN, 1) - startOfPeriod(at(day), 'DAY', BERLIN)) /
      (60 * MINUTE_MS);
    expect([hours('2026-03-29T12:00:00Z'), hours('2026-10-25T12:00:00Z')]).toEqual([23, 25]);
  });

  it('is that of the hour on the wall, which may be there twice, and begin at half past', () => {
    const twice = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'];
    expect(twice.map((it) => startOfPeriod(at(it), 'HOUR', BERLIN))).toEqual([
      at('2026-10-25T00:00:00Z'),
      at('2026-10-25T01:00:00Z'),
    ]);
    expect(startOfPeriod(at('2026-03-15T10:10:00Z'), 'HOUR', 'Asia/Kolkata')).toBe(
      at('2026-03-15T09:30:00Z'),
    );
  });
});
