import { currencyDigits, formatDecimal } from '../kernel/money';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Locale, Terms } from '../programs/terms';
import { LANGUAGE_TAGS } from './catalog';

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** An exact decimal as Intl takes it, never by way of a float. Throws a RangeError where it is none. */
function exact(decimal: string): `${number}` {
  if (!DECIMAL.test(decimal)) {
    throw new RangeError(`${decimal} is no decimal such as 1234.50`);
  }
  return decimal as `${number}`;
}

/** Formats are costly to make and the same for every message: one per language and option. */
const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function numberFormat(locale: Locale, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = `${locale} ${options.currency ?? options.style} ${options.minimumFractionDigits}`;
  let format = numberFormats.get(name);
  if (!format) {
    format = new Intl.NumberFormat(LANGUAGE_TAGS[locale], options);
    numberFormats.set(name, format);
  }
  return format;
}

/** A whole number of anything: 5.943 in German. */
export function number(locale: Locale, value: Points): string {
  return numberFormat(locale, { style: 'decimal', maximumFractionDigits: 20 }).format(value);
}

/** An exact decimal such as "5943.75": 5.943,75 in German. Throws a RangeError where it is none. */
export function decimal(locale: Locale, value: string): string {
  return numberFormat(locale, { style: 'decimal', maximumFractionDigits: 20 }).format(exact(value));
}

/** Whole or fractional percent: 10 is 10 % in German, %10 in Turkish. */
export function percent(locale: Locale, value: number): string {
  return numberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(value / 100);
}

/** Money as the API writes it, "1234.50" of EUR: 1.234,50 € in German. Throws a RangeError where the amount is no decimal. */
export function money(locale: Locale, amount: string, currency: string): string {
  const digits = currencyDigits(currency);
  return currencyFormat(locale, currency, digits).format(exact(amount));
}

/** Minor units of a currency, as money. */
export function minor(locale: Locale, amount: bigint, currency: string): string {
  return money(locale, formatDecimal(amount, currency), currency);
}

/** One whole unit of a currency, by which points are earned: 1 €. */
export function unit(locale: Locale, currency: string): string {
  return currencyFormat(locale, currency, 0).format(1);
}

function currencyFormat(locale: Locale, currency: string, digits: number): Intl.NumberFormat {
  return numberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** The calendar day of an instant in a zone: 15. März 2026 in German. */
export function day(locale: Locale, at: Instant, zone: string): string {
  const name = `${locale} ${zone}`;
  let format = dateFormats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], { dateStyle: 'long', timeZone: zone });
    dateFormats.set(name, format);
  }
  return format.format(at);
}

/** The last day before something is over, where `end` is the first instant at which it is (R6.2). */
export function lastDay(locale: Locale, end: Instant, zone: string): string {
  return day(locale, end - 1, zone);
}

/** A tier's name in the reader's language; its code where the terms do not know it. */
export function tierName(locale: Locale, terms: Terms, code: string): string {
  return terms.tiers.find((tier) => tier.code === code)?.names[locale] ?? code;
}
