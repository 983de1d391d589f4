import { formatDecimal } from '../kernel/money';
import { formatInstant } from '../kernel/time';
import type { AccountingMonth, Amount } from './accounting';
import type { Accounting } from './accounting.reads';
import { type Cell, csvLines } from './csv';

const COLUMNS = [
  ...(['program', 'month', 'status', 'section', 'line', 'class'] as const),
  ...(['points', 'value', 'currency', 'rate'] as const),
];

/**
 * The accounting as CSV: one line for each figure of each month, so that a pivot table makes any report of it. Within a section
 * what stands between OPENING and CLOSING adds up: OPENING plus all of it is CLOSING.
 */
export function accountingCsv({ program, currency, months }: Accounting): string {
  const rows = months.flatMap((month) => {
    const { pointValueMinor: _value, isOpen } = month;
    const status = isOpen ? 'OPEN' : 'CLOSED';
    return linesOf(month).map(([section, line, of, { points, minor }, rate]): Cell[] => [
      ...[program, month.month, status, section, line, of],
      ...[points, minor, currency, rate],
    ]);
  });
  return csvLines([COLUMNS, ...rows], currency);
}

type Line = readonly [
  section: 'ROLL_FORWARD' | 'OWED' | 'BREAKAGE',
  line: string,
  of: string | null,
  amount: Amount,
  rate: string | null,
];

function linesOf({ opening, lines, closing, owed, breakage }: AccountingMonth): Line[] {
  const line = (section: Line[0], name: string, amount: Amount): Line => [
    ...([section, name, null, amount, null] as const),
  ];
  return [
    line('ROLL_FORWARD', 'OPENING', opening),
    ...lines.map((one): Line => ['ROLL_FORWARD', one.line, one.class, one, null]),
    line('ROLL_FORWARD', 'CLOSING', closing),
    line('OWED', 'OPENING', owed.opening),
    line('OWED', 'INCURRED', owed.incurred),
    line('OWED', 'PAID', { points: 0 - owed.paid.points, minor: -owed.paid.minor }),
    line('OWED', 'CLOSING', owed.closing),
    ['BREAKAGE', 'EXPECTED', null, breakage.expected, breakage.rate],
    line('BREAKAGE', 'REVENUE_IN_PROPORTION', breakage.inProportion),
    line('BREAKAGE', 'REVENUE_AT_EXPIRY', breakage.atExpiry),
    line('BREAKAGE', 'RECOGNISED_AHEAD', breakage.ahead),
    line('BREAKAGE', 'EXPECTED_REDEMPTIONS', breakage.expectedRedemptions),
    line('BREAKAGE', 'CONTRACT_LIABILITY', breakage.contractLiability),
  ];
}

/** The same as JSON, with the names of the GraphQL API: points are numbers, amounts of money exact decimals in text. */
export function accountingJson({ program, currency, zone, at, months }: Accounting): string {
  const amount = ({ points, minor }: Amount) => ({
    points,
    value: { amount: formatDecimal(minor, currency), currency },
  });
  const amounts = <Name extends string>(named: Readonly<Record<Name, Amount>>) =>
    Object.fromEntries(Object.entries<Amount>(named).map(([name, it]) => [name, amount(it)]));
  return `${JSON.stringify({
    ...{ program, currency, zone, at: formatInstant(at) },
    months: months.map(({ month, start, end, isOpen, ...of }) => ({
      ...{ month, start: formatInstant(start), end: formatInstant(end), isOpen },
      pointValue: { amount: formatDecimal(of.pointValueMinor, currency), currency },
      opening: amount(of.opening),
      lines: of.lines.map((it) => ({ line: it.line, class: it.class, ...amount(it) })),
      closing: amount(of.closing),
      owed: amounts(of.owed),
      breakage: (({ rate, ...rest }) => ({ rate, ...amounts(rest) }))(of.breakage),
    })),
  })}\n`;
}
