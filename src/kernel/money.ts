/** An exact amount: minor units (cents, kuruş) of an ISO 4217 currency. Never a float. */
export interface Money {
  readonly minor: bigint;
  readonly currency: string;
}

/** The largest amount stored, in minor units: it stays exact in every reader of JSON. */
export const MINOR_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Currencies whose decimal places are not 2 in ISO 4217. A table of ours, because what Intl says differs from
 * ISO (HUF, IDR: 0) and between versions of Node: stored minor units must mean the same for good.
 */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code): [string, number] => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code): [string, number] => [code, 3]),
  ...'CLF UYW'.split(' ').map((code): [string, number] => [code, 4]),
]);

/** Whether `code` is written as ISO 4217 writes them. */
export function isCurrencyCode(code: string): boolean {
  return code.length === 3 && isCapital(code, 0) && isCapital(code, 1) && isCapital(code, 2);
}

/** Character by character: every amount that is shown has a currency, and a pattern takes four times as long. */
function isCapital(code: string, at: number): boolean {
  const unit = code.charCodeAt(at);
  return unit >= 0x41 && unit <= 0x5a;
}

/** Decimal places of a currency (EUR 2, JPY 0, KWD 3), as ISO 4217 has them. */
export function currencyDigits(currency: string): number {
  return DIGITS.get(currency) ?? 2;
}

/** Minor units in one unit of a currency: 100n for EUR, 1n for JPY. */
export function minorPerUnit(currency: string): bigint {
  return 10n ** BigInt(currencyDigits(currency));
}

/**
 * Reads an exact decimal such as "1234.50" into minor units.
 * Null where it is not one: no sign but "-", no exponent, no grouping, no more decimal places than
 * the currency has, at most `MINOR_MAX`.
 */
export function parseDecimal(text: string, currency: string): bigint | null {
  const match = /^(-?)(\d{1,17})(?:\.(\d{1,6}))?$/.exec(text);
  if (!match) return null;
  const digits = currencyDigits(currency);
  const fraction = match[3] ?? '';
  if (fraction.length > digits) return null;
  const minor = BigInt(match[2] + fraction.padEnd(digits, '0'));
  if (minor > MINOR_MAX) return null;
  return match[1] === '-' ? -minor : minor;
}

/** A part of a whole, both 0 or more and the whole not 0, as a decimal with six places, rounded half up: "0.125000". */
export function formatShare(part: bigint, whole: bigint): string {
  const millionths = (part * 2_000_000n + whole) / (2n * whole);
  const digits = millionths.toString().padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** Writes minor units as an exact decimal with the currency's places: 123450n EUR → "1234.50". */
export function formatDecimal(minor: bigint, currency: string): string {
  const digits = currencyDigits(currency);
  const sign = minor < 0n ? '-' : '';
  const absolute = minor < 0n ? -minor : minor;
  // A small number is written faster than a bigint, and as exactly.
  const written = absolute <= MINOR_MAX ? String(Number(absolute)) : absolute.toString();
  const text = written.length > digits ? written : written.padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
