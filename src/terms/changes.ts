import { canonicalJson } from '../kernel/ids';
import { formatDecimal } from '../kernel/money';
import { dayOf } from '../kernel/time';
import type { NotifiedChange } from '../ledger/notification';
import type { Terms } from '../programs/terms';

/** Names of what every version has of its own: no change of the terms. */
const OWN = new Set(['version', 'effectiveAt', 'printedFigures']);

/** What differs between two versions, field by field, the ladder tier by tier. */
export function changesOf(before: Terms, after: Terms): NotifiedChange[] {
  const [old, new_] = [readable(before), readable(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(new_)])].flatMap((field) => {
    const [was, is] = [old[field] ?? 'none', new_[field] ?? 'none'];
    return was === is ? [] : [{ field, before: was, after: is }];
  });
}

function readable(terms: Terms): Record<string, string> {
  const { tiers, pointValueMinor, startsAt, currency, zone, ...rest } = terms;
  const fields: Record<string, string> = {
    pointValue: formatDecimal(pointValueMinor, currency),
    startsOn: dayOf(startsAt, zone),
    currency,
    zone,
  };
  for (const [field, value] of Object.entries(rest)) {
    if (!OWN.has(field)) fields[field] = typeof value === 'string' ? value : canonicalJson(value);
  }
  for (const { code, from, pointsPerUnit, referralBonus, names } of tiers) {
    fields[`tiers.${code}.from`] = formatDecimal(from, currency);
    fields[`tiers.${code}.pointsPerUnit`] = String(pointsPerUnit);
    fields[`tiers.${code}.referralBonus`] = String(referralBonus);
    fields[`tiers.${code}.names`] = canonicalJson(names);
  }
  return fields;
}
