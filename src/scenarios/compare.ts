import type { Seen, SeenLot } from './looks';

/** Where what is differs from what should be. */
export interface Mismatch {
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Everything in which `seen` differs from `expected`; only what `expected` names is compared. */
export function compare(expected: object, seen: Seen): Mismatch[] {
  return Object.entries(expected).flatMap(([field, value]: [string, unknown]) => {
    const actual = seen[field];
    if (Array.isArray(value)) return compareLots(value as Partial<SeenLot>[], actual);
    return isSame(field, value, actual) ? [] : [{ field, expected: value, actual }];
  });
}

function compareLots(
  expected: readonly Partial<SeenLot>[],
  seen: Seen[string] | undefined,
): Mismatch[] {
  if (!Array.isArray(seen)) return [{ field: 'lots', expected, actual: seen }];
  const lots = seen as readonly SeenLot[];
  if (lots.length !== expected.length) return [{ field: 'lots', expected, actual: lots }];
  return expected.flatMap((lot, index) =>
    Object.entries(lot).flatMap(([field, value]) => {
      const actual = lots[index]?.[field as keyof SeenLot];
      return isSame(field, value, actual)
        ? []
        : [{ field: `lots[${index}].${field}`, expected: value, actual }];
    }),
  );
}

/** Amounts are compared as decimals and instants as instants, everything else as it is written. */
function isSame(field: string, expected: unknown, actual: unknown): boolean {
  if (expected === actual) return true;
  if (typeof expected !== 'string' || typeof actual !== 'string') return false;
  if (field === 'turnover') return plain(expected) === plain(actual);
  return field === 'expiresAt' && Date.parse(expected) === Date.parse(actual);
}

function plain(decimal: string): string {
  const trimmed = decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
  return trimmed.replace(/^0+(?=\d)/, '');
}
