import type { AmountFragment } from './generated/operations';

const LOCALE = document.documentElement.lang;
const POINTS = new Intl.NumberFormat(LOCALE);
const TIME = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'short' });

/** 23000 as "23,000". */
export const points = (count: number): string => POINTS.format(count);

/** The last day on which something is good that expires at an instant, in the program's zone: expiry is at its end. */
export function lastDay(expiresAt: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'long', timeZone });
  return format.format(Date.parse(expiresAt) - 1);
}

/** An instant as its time of day. */
export const time = (instant: string): string => TIME.format(new Date(instant));

/** An amount in its currency. The text is formatted as it is, digit by digit, never as a float. */
export function money({ amount, currency }: AmountFragment): string {
  const format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency });
  return format.format(amount as `${number}`);
}

/** What so many points are worth, exactly. */
export function worth(count: number, { amount, currency }: AmountFragment): AmountFragment {
  const places = placesOf(amount);
  return { amount: written(units(amount, places) * BigInt(count), places), currency };
}

/** What is left of an amount, exactly. */
export function less(from: AmountFragment, taken: AmountFragment): AmountFragment {
  const places = Math.max(placesOf(from.amount), placesOf(taken.amount));
  const left = units(from.amount, places) - units(taken.amount, places);
  return { amount: written(left, places), currency: from.currency };
}

function placesOf(amount: string): number {
  return amount.split('.')[1]?.length ?? 0;
}

function units(amount: string, places: number): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(places, '0'));
}

function written(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
