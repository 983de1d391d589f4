import fc from 'fast-check';
import {
  currencyDigits,
  formatDecimal,
  isCurrencyCode,
  MINOR_MAX,
  minorPerUnit,
  parseDecimal,
} from '../../src/kernel/money';

const currency = fc.constantFrom('EUR', 'TRY', 'JPY', 'KWD', 'CLF', 'HUF');
const minor = fc.bigInt({ min: -MINOR_MAX, max: MINOR_MAX });

describe('decimal places', () => {
  test.each([
    ['EUR', 2, 100n],
    ['TRY', 2, 100n],
    ['PLN', 2, 100n],
    ['JPY', 0, 1n],
    ['KWD', 3, 1000n],
    ['CLF', 4, 10_000n],
  ])('%s has %i', (code, digits, perUnit) => {
    expect(currencyDigits(code)).toBe(digits);
    expect(minorPerUnit(code)).toBe(perUnit);
  });

  test.each(['HUF', 'IDR', 'COP', 'PKR', 'ALL', 'RSD', 'TWD'])(
    'of %s are the 2 of ISO 4217, whatever the display of this Node drops',
    (code) => {
      expect(currencyDigits(code)).toBe(2);
    },
  );

  test.each([
    ['EUR', true],
    ['eur', false],
    ['EURO', false],
    ['EU', false],
    ['E1R', false],
    ['', false],
  ])('%j is written as a currency code: %s', (code, is) => {
    expect(isCurrencyCode(code)).toBe(is);
  });
});

describe('reading a decimal', () => {
  test.each([
    ['0', 'EUR', 0n],
    ['0.01', 'EUR', 1n],
    ['1234.5', 'EUR', 123450n],
    ['1234.50', 'EUR', 123450n],
    ['-0.05', 'EUR', -5n],
    ['-0', 'EUR', 0n],
    ['0019.99', 'EUR', 1999n],
    ['1234', 'JPY', 1234n],
    ['0.001', 'KWD', 1n],
    ['90071992547409.91', 'EUR', MINOR_MAX],
    ['-90071992547409.91', 'EUR', -MINOR_MAX],
  ])('%s %s is %s minor units', (text, code, expected) => {
    expect(parseDecimal(text, code)).toBe(expected);
  });

  test.each([
    ['', 'EUR'],
    ['.5', 'EUR'],
    ['5.', 'EUR'],
    ['+5', 'EUR'],
    ['--5', 'EUR'],
    [' 5', 'EUR'],
    ['5\n', 'EUR'],
    ['1,234.50', 'EUR'],
    ['1e3', 'EUR'],
    ['0x10', 'EUR'],
    ['NaN', 'EUR'],
    ['Infinity', 'EUR'],
    ['٣', 'EUR'],
    ['0.001', 'EUR'],
    ['0.010', 'EUR'],
    ['1.0', 'JPY'],
    ['90071992547409.92', 'EUR'],
    ['99999999999999999999', 'EUR'],
  ])('%j %s is none', (text, code) => {
    expect(parseDecimal(text, code)).toBeNull();
  });

  test('gives back every amount that was written, in every currency', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        expect(parseDecimal(formatDecimal(amount, code), code)).toBe(amount);
      }),
    );
  });

  test('never throws, and what it accepts is within the bounds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), currency, (text, code) => {
        const read = parseDecimal(text, code);
        expect(read === null || (read <= MINOR_MAX && read >= -MINOR_MAX)).toBe(true);
      }),
    );
  });
});

describe('writing a decimal', () => {
  test.each([
    [0n, 'EUR', '0.00'],
    [5n, 'EUR', '0.05'],
    [-5n, 'EUR', '-0.05'],
    [123450n, 'EUR', '1234.50'],
    [-7n, 'JPY', '-7'],
    [1n, 'KWD', '0.001'],
    [MINOR_MAX, 'EUR', '90071992547409.91'],
  ])('%s %s is %s', (amount, code, text) => {
    expect(formatDecimal(amount, code)).toBe(text);
  });

  test('uses exactly the places of the currency', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        const [, fraction = ''] = formatDecimal(amount, code).split('.');
        expect(fraction).toHaveLength(currencyDigits(code));
      }),
    );
  });
});
