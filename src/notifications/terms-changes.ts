import type { NotifiedChange } from '../ledger/notification';
import type { Locale } from '../programs/terms';
import { isMessageKey, LANGUAGE_TAGS } from '../texts/catalog';
import { money, percent, tierName, unit } from '../texts/format';
import { type Reader, say, xPoints } from './blocks';

/** What a version does not say of a field. */
const NONE = 'none';

/**
 * What a new version of the terms changes, a line for each field in the reader's language: what it was, and what it will be.
 * Fields without a name of their own are one line together, without values.
 */
export function changeLines(reader: Reader, changes: readonly NotifiedChange[]): string[] {
  return [...new Set(changes.flatMap((change) => lineOf(reader, change, changes) ?? []))];
}

/** Nothing where the reader would read the same before and after: a name in another language. */
function lineOf(
  reader: Reader,
  change: NotifiedChange,
  all: readonly NotifiedChange[],
): string | null {
  const [, code = '', ofTier] = /^tiers\.(.+)\.(\w+)$/.exec(change.field) ?? [];
  const field = ofTier === undefined ? change.field : `tiers.${ofTier}`;
  const key = `change.${field}`;
  if (!isMessageKey(key)) return say(reader, 'change.other');
  const what = say(reader, key, { tier: code === '' ? '' : nameOf(reader, code, all) });
  const [before, after] = [change.before, change.after].map((value) =>
    value === NONE ? null : readable(reader, field, value),
  );
  if (before == null) return `${what}: ${say(reader, 'value.new', { value: after ?? '' })}`;
  if (after == null) return `${what}: ${say(reader, 'value.gone', { value: before })}`;
  return before === after ? null : `${what}: ${before} → ${after}`;
}

/** What the reader knows a tier as; one that is new has its name in the change itself. */
function nameOf(reader: Reader, code: string, changes: readonly NotifiedChange[]): string {
  const { locale, terms } = reader;
  const named = changes.find(({ field }) => field === `tiers.${code}.names`);
  return named?.before === NONE ? nameIn(locale, named.after) : tierName(locale, terms, code);
}

/** A value of a field as the reader writes it; the terms write amounts as decimals, lists and names as JSON. */
function readable(reader: Reader, field: string, value: string): string {
  const { locale, terms } = reader;
  switch (field) {
    case 'tiers.from':
      return money(locale, value, terms.currency);
    case 'tiers.pointsPerUnit': {
      const points = xPoints(reader, Number(value));
      return say(reader, 'value.perUnit', { points, unit: unit(locale, terms.currency) });
    }
    case 'tiers.referralBonus':
      return xPoints(reader, Number(value));
    case 'tiers.names':
      return nameIn(locale, value);
    case 'rateBasis':
      return say(reader, 'value.rateBasis', { basis: value });
    case 'firstOrderDiscountPercent':
      return percent(locale, Number(value));
    case 'noticeDays':
      return days(reader, Number(value));
    case 'expiryNoticeDays':
      return ahead(reader, JSON.parse(value) as number[]);
    default:
      return field.endsWith('Months')
        ? say(reader, 'value.months', { months: Number(value) })
        : value;
  }
}

function ahead(reader: Reader, list: readonly number[]): string {
  if (list.length === 0) return say(reader, 'value.never');
  const format = new Intl.ListFormat(LANGUAGE_TAGS[reader.locale], { type: 'conjunction' });
  return say(reader, 'value.ahead', { days: format.format(list.map((it) => days(reader, it))) });
}

function days(reader: Reader, count: number): string {
  return say(reader, 'value.days', { days: count });
}

function nameIn(locale: Locale, names: string): string {
  return (JSON.parse(names) as Readonly<Record<Locale, string>>)[locale];
}
