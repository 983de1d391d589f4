import { type GraphQLScalarType, parseValue } from 'graphql';
import {
  CurrencyCode,
  DateTime,
  Decimal,
  ProgramCode,
  XPoints,
} from '../../src/federation/scalars';

describe('XPoints', () => {
  test.each([0, -1, 1.0, 2 ** 53 - 1, -(2 ** 53 - 1)])('%p is taken', (value) => {
    expect(XPoints.parseValue(value)).toBe(value);
    expect(XPoints.serialize(value)).toBe(value);
  });

  test.each([1.5, '1', true, null, 2 ** 53, -(2 ** 53), Number.NaN, Infinity, {}, [1], 10n])(
    '%p is refused',
    (value) => {
      expect(() => XPoints.parseValue(value)).toThrow(/XPoints cannot represent/);
      expect(() => XPoints.serialize(value)).toThrow(/XPoints cannot represent/);
    },
  );

  test.each([
    ['10', 10],
    ['-3', -3],
    ['10.0', 10],
    ['1e3', 1000],
    ['9007199254740991', 9007199254740991],
  ])('the literal %s is taken', (literal, value) => {
    expect(XPoints.parseLiteral(parseValue(literal))).toBe(value);
  });

  test.each([
    '1.5',
    '1e400',
    '9007199254740992',
    '9007199254740990.9',
    '1e-3',
    '"10"',
    'true',
    'TEN',
  ])('the literal %s is refused', (literal) => {
    expect(() => XPoints.parseLiteral(parseValue(literal))).toThrow(/XPoints cannot represent/);
  });

  test('minus zero is zero', () => {
    expect(Object.is(XPoints.parseValue(-0), 0)).toBe(true);
    expect(Object.is(XPoints.parseLiteral(parseValue('-0')), 0)).toBe(true);
  });
});

describe('DateTime', () => {
  test('reads any offset and writes UTC', () => {
    expect(DateTime.serialize(DateTime.parseValue('2026-03-15T23:59:59.999+01:00'))).toBe(
      '2026-03-15T22:59:59.999Z',
    );
  });

  test.each(['2026-03-15', '2026-02-30T00:00:00Z', 'now', 1742083199999, null])(
    '%p is refused',
    (value) => {
      expect(() => DateTime.parseValue(value)).toThrow(/DateTime cannot represent/);
    },
  );
});

test.each([
  [
    Decimal,
    ['0', '-1.5', '1234.50', '99999999999999999.999999'],
    ['1,5', '1e3', '.5', '1.', ' 1', '', 1.5],
  ],
  [CurrencyCode, ['EUR', 'TRY'], ['eur', 'EURO', '', 'EU', 978]],
  [ProgramCode, ['EU', 'TR', 'EU_2'], ['eu', '', 'E U', '1'.repeat(33), 1]],
])('%s is strict', (scalar, good, bad) => {
  for (const value of good) expect(scalar.parseValue(value)).toBe(value);
  for (const value of bad) expect(() => scalar.parseValue(value)).toThrow(/cannot represent/);
});

test.each<[GraphQLScalarType, unknown, string]>([
  [
    XPoints,
    1.5,
    'XPoints cannot represent 1.5: expected a whole number, such as 100, within 2^53-1',
  ],
  [
    DateTime,
    'now',
    `DateTime cannot represent 'now': expected an instant such as "2026-03-15T22:59:59.999Z"`,
  ],
  [Decimal, 1.5, 'Decimal cannot represent 1.5: expected a decimal in text, such as "1234.50"'],
  [
    CurrencyCode,
    'eur',
    `CurrencyCode cannot represent 'eur': expected three capitals, such as "EUR"`,
  ],
  [
    ProgramCode,
    'eu',
    `ProgramCode cannot represent 'eu': expected capitals, digits and _, such as "EU"`,
  ],
])('%s says what it takes instead', (scalar, value, message) => {
  expect(() => scalar.parseValue(value)).toThrow(message);
  const literal = parseValue(JSON.stringify(value));
  expect(() => scalar.parseLiteral(literal)).toThrow(message.slice(message.indexOf(': ')));
});
