import { inspect } from 'node:util';
import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';
import { isCurrencyCode } from '../kernel/money';
import { formatInstant, type Instant, parseInstant } from '../kernel/time';

/** Whole numbers as a literal writes them: 10, 10.0, 1e3. Read exactly where they are safe integers. */
const WHOLE_LITERAL = /^-?\d+(?:\.0+)?(?:[eE]\+?\d{1,2})?$/;
/** How much of a refused value its message repeats, in characters. */
const SHOWN_MAX = 60;
/** Digits of a decimal before and after its point, at most. */
const WHOLE_MAX = 17;
const FRACTION_MAX = 6;
const PROGRAM_CODE = /^[A-Z][A-Z0-9_]{0,31}$/;
/** What each takes, for whoever sent something else. */
const EXPECTED = {
  XPoints: 'a whole number, such as 100, within 2^53-1',
  DateTime: 'an instant such as "2026-03-15T22:59:59.999Z"',
  Decimal: 'a decimal in text, such as "1234.50"',
  CurrencyCode: 'three capitals, such as "EUR"',
  ProgramCode: 'capitals, digits and _, such as "EU"',
} as const;
type ScalarName = keyof typeof EXPECTED;

export const XPoints = new GraphQLScalarType<number, number>({
  name: 'XPoints',
  description:
    'Whole X-Points, or another whole number that may pass 32 bits. A JSON integer from -(2^53-1) to 2^53-1: every JSON reader holds it exactly. Fractions, text and anything larger are refused.',
  serialize: wholeNumber,
  parseValue: wholeNumber,
  parseLiteral: (node) => {
    if (node.kind !== Kind.INT && node.kind !== Kind.FLOAT) return refuse('XPoints', node);
    return wholeNumber(WHOLE_LITERAL.test(node.value) ? Number(node.value) : node.value, node);
  },
});

export const DateTime = new GraphQLScalarType<Instant, string>({
  name: 'DateTime',
  description:
    'An instant as RFC 3339 writes it: "2026-03-15T22:59:59.999Z". Answers are in UTC, to the millisecond; any offset is read, and what is finer than a millisecond is cut.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => {
    if (typeof value !== 'number' || Number.isNaN(value)) return refuse('DateTime', value);
    return formatInstant(value);
  },
  parseValue: instant,
  parseLiteral: (node) => instant(textOf('DateTime', node), node),
});

export const Decimal = textScalar({
  name: 'Decimal',
  description:
    'An exact decimal in a string, never a float: "1234.50". Up to 17 digits before the point and 6 after it; amounts have the decimal places of their currency.',
  holds: isDecimal,
});

export const CurrencyCode = textScalar({
  name: 'CurrencyCode',
  description: 'An ISO 4217 currency code in capitals: "EUR".',
  specifiedByURL: 'https://www.iso.org/iso-4217-currency-codes.html',
  holds: isCurrencyCode,
});

export const ProgramCode = textScalar({
  name: 'ProgramCode',
  description:
    'The code of a rewards program: "EU", "TR". Capitals, digits and underscores, at most 32. A scalar, no enum: a new program is data, not schema.',
  holds: (text) => PROGRAM_CODE.test(text),
});

/** Whether text is a decimal as the API writes it. */
export function isDecimal(text: string): boolean {
  const from = text.charCodeAt(0) === 0x2d ? 1 : 0;
  const point = afterDigits(text, from);
  if (point === from || point - from > WHOLE_MAX) return false;
  if (point === text.length) return true;
  const end = afterDigits(text, point + 1);
  const fraction = end - point - 1;
  const hasPoint = text.charCodeAt(point) === 0x2e;
  return hasPoint && end === text.length && fraction > 0 && fraction <= FRACTION_MAX;
}

/** Where the digits end that begin at `from`: every amount that is shown is looked at, and a pattern takes four times as long. */
function afterDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at += 1;
  return at;
}

function textScalar(scalar: {
  name: ScalarName;
  description: string;
  specifiedByURL?: string;
  holds: (text: string) => boolean;
}): GraphQLScalarType<string, string> {
  const { holds, ...config } = scalar;
  const check = (value: unknown, node?: ValueNode): string =>
    typeof value === 'string' && holds(value) ? value : refuse(config.name, value, node);
  return new GraphQLScalarType<string, string>({
    ...config,
    serialize: (value) => check(value),
    parseValue: (value) => check(value),
    parseLiteral: (node) => check(textOf(config.name, node), node),
  });
}

function wholeNumber(value: unknown, node?: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    return refuse('XPoints', value, isNode(node) ? node : undefined);
  }
  return value + 0;
}

function instant(value: unknown, node?: unknown): Instant {
  const at = typeof value === 'string' ? parseInstant(value) : null;
  return at ?? refuse('DateTime', value, isNode(node) ? node : undefined);
}

function textOf(scalar: ScalarName, node: ValueNode): string {
  return node.kind === Kind.STRING ? node.value : refuse(scalar, node);
}

function isNode(node: unknown): node is ValueNode {
  return typeof node === 'object' && node !== null && 'kind' in node;
}

function refuse(scalar: ScalarName, value: unknown, node?: ValueNode): never {
  const at = isNode(value) ? value : node;
  const shown = isNode(value) ? print(value) : inspect(value, { depth: 0 });
  throw new GraphQLError(
    `${scalar} cannot represent ${shown.slice(0, SHOWN_MAX)}: expected ${EXPECTED[scalar]}`,
    at ? { nodes: at } : {},
  );
}
