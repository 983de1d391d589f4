import { stringify } from 'csv-stringify/sync';
import { formatDecimal } from '../kernel/money';

/** Text, a number, money in minor units, or nothing. */
export type Cell = string | number | bigint | null;

/** How CSV names itself over HTTP. */
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';

/**
 * Lines of CSV as RFC 4180 has them. Money is written with the decimal places of `currency`. Text that a spreadsheet would take for
 * a formula (it begins with = + - @, a tab or a line end) has an apostrophe before it; numbers below 0 do not.
 */
export function csvLines(rows: readonly (readonly Cell[])[], currency: string): string {
  return stringify([...rows], {
    record_delimiter: 'windows',
    quote_record_delimiter: true,
    escape_formulas: true,
    cast: { bigint: (minor) => formatDecimal(minor, currency) },
  });
}
