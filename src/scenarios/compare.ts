import type { Seen, SeenRow } from './looks';

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
    if (Array.isArray(value)) return compareRows(field, value as SeenRow[], actual);
    return isSame(field, value, actual) ? [] : [{ field, expected: value, actual }];
  });
}

function compareRows(
  field: string,
  expected: readonly SeenRow[],
  seen: Seen[string] | undefined,
): Mismatch[] {
  if (!Array.isArray(seen)) return [{ field, expected, actual: seen }];
  const rows = seen as readonly SeenRow[];
  if (rows.length !== expected.length) return [{ field, expected, actual: rows }];
  return expected.flatMap((row, index) =>
    Object.entries(row).flatMap(([name, value]) => {
      const actual = rows[index]?.[name];
      return isSame(name, value, actual)
        ? []
        : [{ field: `${field}[${index}].${name}`, expected: value, actual }];
    }),
  );
}

const AMOUNTS = ['turnover', 'discount', 'amount', 'outstanding', 'decidedAmount'];
const INSTANTS = [
  ...['expiresAt', 'startsAt', 'endsAt', 'redeemUntil', 'delivered'],
  ...['effectiveAt', 'objectUntil', 'bindsAt', 'objectedAt'],
];

/** Amounts are compared as decimals and instants as instants, everything else as it is written. */
function isSame(field: string, expected: unknown, actual: unknown): boolean {
  if (expected === actual) return true;
  if (typeof expected !== 'string' || typeof actual !== 'string') return false;
  if (AMOUNTS.includes(field)) return plain(expected) === plain(actual);
  return INSTANTS.includes(field) && Date.parse(expected) === Date.parse(actual);
}

function plain(decimal: string): string {
  const trimmed = decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
  return trimmed.replace(/^0+(?=\d)/, '');
}
