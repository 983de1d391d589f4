import { z } from 'zod';
import { isId } from '../kernel/ids';
import { parseInstant } from '../kernel/time';

/** What the fields of a step may hold; each message says what was expected. */

export function leaf<T>(
  schema: z.ZodType<T>,
  expected: string,
  holds: (value: T) => boolean = () => true,
) {
  return schema.refine(holds, expected);
}

export function text(expected: string, holds: (value: string) => boolean) {
  return leaf(z.string(expected), expected, holds);
}

/** An object of exactly these fields; its message names them. */
export function object<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `one of ${Object.keys(shape).join(', ')}`
        : `an object with ${Object.keys(shape).join(', ')}`,
  });
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, `one of ${values.join(', ')}`);
}

export const id = text('an id of 1 to 255 plain characters', isId);
export const words = text('text', (value) => value.trim() !== '');
export const decimal = text('a decimal in a string such as "100.00"', (value) =>
  /^\d{1,17}(\.\d{1,6})?$/.test(value),
);
export const currency = text('a currency code such as "EUR"', (value) => /^[A-Z]{3}$/.test(value));
export const instant = text(
  'an RFC 3339 instant such as "2025-01-10T10:00:00Z"',
  (value) => parseInstant(value) !== null,
);
export const day = text('a day such as "2025-06-30"', (value) => /^\d{4}-\d\d-\d\d$/.test(value));
export const flag = z.boolean('true or false');
export const whole = leaf(z.number('a whole number'), 'a whole number', Number.isSafeInteger);

export function wholeOr<W extends string>(word: W) {
  const expected = `a whole number or "${word}"`;
  return z.union([leaf(z.number(), expected, Number.isSafeInteger), z.literal(word)], expected);
}

/** Lots as checks name them. */
export const lots = z.array(
  object({
    source: words,
    granted: whole,
    remaining: whole,
    held: whole,
    expiresAt: instant,
  }).partial(),
  'a list of lots',
);
