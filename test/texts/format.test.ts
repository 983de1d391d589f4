import { parseInstant } from '../../src/kernel/time';
import type { Locale } from '../../src/programs/terms';
import {
  day,
  decimal,
  lastDay,
  minor,
  money,
  number,
  percent,
  tierName,
  unit,
} from '../../src/texts/format';
import { shippedTerms } from '../programs/documents';

/** Intl writes spaces that do not break; here they are plain, so that the tables can be read. */
const plain = (text: string) => text.replace(/\s/g, ' ');
const at = (text: string) => parseInstant(text) ?? Number.NaN;

describe('R9.4: for the reader’s locale', () => {
  it.each<[Locale, string, string, string]>([
    ['en', '1234.50', 'EUR', '€1,234.50'],
    ['de', '1234.50', 'EUR', '1.234,50 €'],
    ['tr', '1234.50', 'EUR', '€1.234,50'],
    ['pl', '12345.50', 'EUR', '12 345,50 €'],
    ['es', '12345.50', 'EUR', '12.345,50 €'],
    ['tr', '1234.50', 'TRY', '₺1.234,50'],
    ['de', '0.05', 'TRY', '0,05 ₺'],
    ['de', '-12.00', 'EUR', '-12,00 €'],
    // Places are those of ISO 4217, whatever Intl thinks.
    ['de', '1234', 'JPY', '1.234 ¥'],
    ['en', '1234.500', 'KWD', 'KWD 1,234.500'],
    ['de', '10.50', 'HUF', '10,50 Ft'],
    // More than a float can hold.
    ['de', '9007199254740991.37', 'EUR', '9.007.199.254.740.991,37 €'],
    ['en', '90071992547409.91', 'EUR', '€90,071,992,547,409.91'],
  ])('%s writes %s %s as %s', (locale, amount, currency, written) => {
    expect(plain(money(locale, amount, currency))).toBe(written);
  });

  it('writes minor units as the same money', () => {
    expect(minor('de', 123_450n, 'EUR')).toBe(money('de', '1234.50', 'EUR'));
  });

  it.each(['', '1,5', '1e3', 'NaN', '1.'])('refuses %p as a decimal', (text) => {
    expect(() => money('de', text, 'EUR')).toThrow(RangeError);
    expect(() => decimal('de', text)).toThrow(RangeError);
  });

  it.each<[Locale, string, string, string, string, string]>([
    ['en', '5,943', '5,943.75', '10%', '12.5%', '€1'],
    ['de', '5.943', '5.943,75', '10 %', '12,5 %', '1 €'],
    ['tr', '5.943', '5.943,75', '%10', '%12,5', '€1'],
    ['pl', '5943', '5943,75', '10%', '12,5%', '1 €'],
    ['es', '5943', '5943,75', '10 %', '12,5 %', '1 €'],
  ])('%s writes %s, %s, %s, %s and %s', (locale, whole, fraction, ten, odd, one) => {
    expect(plain(number(locale, 5943))).toBe(whole);
    expect(plain(decimal(locale, '5943.75'))).toBe(fraction);
    expect(plain(percent(locale, 10))).toBe(ten);
    expect(plain(percent(locale, 12.5))).toBe(odd);
    expect(plain(unit(locale, 'EUR'))).toBe(one);
  });

  it.each<[Locale, string, string]>([
    ['en', '15 March 2026', 'Silver'],
    ['de', '15. März 2026', 'Silber'],
    ['tr', '15 Mart 2026', 'Gümüş'],
    ['pl', '15 marca 2026', 'srebrny'],
    ['es', '15 de marzo de 2026', 'Plata'],
  ])('%s writes %s and %s', (locale, date, silver) => {
    expect(plain(day(locale, at('2026-03-15T12:00:00Z'), 'Europe/Berlin'))).toBe(date);
    expect(tierName(locale, shippedTerms('eu'), 'SILVER')).toBe(silver);
    expect(tierName(locale, shippedTerms('eu'), 'PLATINUM')).toBe('PLATINUM');
  });

  it.each([
    ['2026-03-15T22:59:59.999Z', '15 March 2026', 'Europe/Berlin'],
    ['2026-03-15T23:00:00.000Z', '16 March 2026', 'Europe/Berlin'],
    ['2026-03-15T20:59:59.999Z', '15 March 2026', 'Europe/Istanbul'],
    ['2026-03-15T21:00:00.000Z', '16 March 2026', 'Europe/Istanbul'],
  ])('%s is on %s in %s', (instant, date, zone) => {
    expect(day('en', at(instant), zone)).toBe(date);
  });

  it('R6.2: reads the first instant no longer usable as the day before it', () => {
    expect(lastDay('de', at('2027-03-15T23:00:00.000Z'), 'Europe/Berlin')).toBe('15. März 2027');
    expect(lastDay('de', at('2027-03-15T21:00:00.000Z'), 'Europe/Istanbul')).toBe('15. März 2027');
  });
});
