/**
 * Whole X-Points. A safe integer (|n| ≤ 2^53−1), so that sums, differences and comparisons of
 * JavaScript numbers are exact; everything that divides or multiplies goes through bigint.
 */
export type Points = number;

/** The largest number of points anything may hold: what JSON readers can represent exactly. */
export const POINTS_MAX: Points = Number.MAX_SAFE_INTEGER;

/** The same number, or a RangeError where it is no whole safe number: a bug, never a user's error. */
export function points(value: number | bigint | string): Points {
  const n = typeof value === 'string' && !/^-?\d+$/.test(value) ? Number.NaN : Number(value);
  if (!Number.isSafeInteger(n)) {
    throw new RangeError(`${String(value)} is no whole number of points within ±(2^53−1)`);
  }
  return n + 0; // never −0, which would print as 0 and not be equal to it
}
