import { types } from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ = 1184;

type Parse = (text: string) => unknown;

/**
 * How values arrive from PostgreSQL: int8 as a whole JavaScript number, timestamptz as milliseconds
 * since 1970, everything else as the driver has it (numeric, and so `sum(int8)`, as text).
 */
export const wireTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): Parse {
    if (oid === INT8) return parseInt8;
    if (oid === TIMESTAMPTZ) return parseTimestamptz;
    if (oid === INT8_ARRAY) return parseInt8Array;
    return types.getTypeParser(oid, format) as Parse;
  },
};

/** Reads an int8; a RangeError where a JavaScript number could not hold it exactly. */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 out of the safe range: ${text}`);
  return value;
}

/**
 * Reads a timestamptz as the server writes it in UTC ("2026-03-15 10:00:00.123+00"), finer than a
 * millisecond cut. Infinity, years beyond 9999 and other zones are refused: they mean a wrong session.
 */
export function parseTimestamptz(text: string): number {
  if (PRESENT_AGE.test(text)) {
    const [year, month] = [twoDigits(text, 0) * 100 + twoDigits(text, 2), twoDigits(text, 5)];
    const [hour, minute] = [twoDigits(text, 11), twoDigits(text, 14)];
    const millis = text.length === 26 ? twoDigits(text, 20) * 10 + text.charCodeAt(22) - ZERO : 0;
    return Date.UTC(year, month - 1, twoDigits(text, 8), hour, minute, twoDigits(text, 17), millis);
  }
  const value = text.endsWith('+00')
    ? Date.parse(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : Number.NaN;
  if (Number.isNaN(value)) throw new RangeError(`No instant in UTC: ${text}`);
  return value;
}

/** Nearly every instant there is. Read digit by digit it costs less than half, and a redemption reads some twenty. */
const PRESENT_AGE = /^[12]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?\+00$/;
const ZERO = 48;

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
}

function parseInt8Array(text: string): number[] {
  const inner = text.slice(1, -1);
  return inner === '' ? [] : inner.split(',').map(parseInt8);
}
