import { z } from 'zod';
import { ID_MAX, isId, isPlainText } from '../kernel/ids';
import { isCurrencyCode } from '../kernel/money';
import { type Instant, parseInstant } from '../kernel/time';
import { TAGS_MAX } from '../ledger/order';

/** What a field has to look like; the end of a sentence that begins with "expected". */
const ID_EXPECTED = `1 to ${ID_MAX} characters of text, without control characters or spaces around it`;
const YEAR_10000 = Date.UTC(10000, 0);
const DECIMAL = /^\d{1,17}(?:\.\d{1,6})?$/;
const LOCALE = /^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}$/;
const ID_SCHEMA = { type: 'string', minLength: 1, maxLength: ID_MAX };

/**
 * A field that `read` turns into its value, or into undefined where it is malformed. What came is
 * named in the message, unless it is `personal`. `schema` is what the contract says of it (JSON Schema).
 */
function field<T>(
  read: (value: unknown) => T | undefined,
  expected: string,
  schema: Readonly<Record<string, unknown>>,
  personal = false,
): z.ZodPipe<z.ZodUnknown, z.ZodTransform<T, unknown>> {
  const checked = z.unknown().transform((value, context): T => {
    const result = read(value);
    if (result !== undefined) return result;
    context.addIssue({
      code: 'custom',
      message: `is ${personal ? kindOf(value) : shown(value)}; expected ${expected}`,
    });
    return z.NEVER;
  });
  return checked.meta({ ...schema, description: capitalized(expected) });
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A value as an error message shows it: short, and only what is safe to repeat. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`;
  if (typeof value !== 'string') return kindOf(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `text of ${value.length} characters`;
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

function text(accepts: (value: string) => boolean): (value: unknown) => string | undefined {
  return (value) => (typeof value === 'string' && accepts(value) ? value : undefined);
}

/** An id of the platform's: a customer, an order, an organisation … */
export const id = field(text(isId), ID_EXPECTED, ID_SCHEMA);

/** An ISO 4217 currency code. */
export const currency = field(text(isCurrencyCode), 'an ISO 4217 code such as "EUR"', {
  type: 'string',
  pattern: '^[A-Z]{3}$',
});

/** An exact amount ≥ 0, in text. Whether it fits a currency is checked where the currency is known. */
export const amount = field(
  text((value) => DECIMAL.test(value)),
  'an exact decimal in text without a sign, such as "1234.50", with at most 6 places',
  { type: 'string', pattern: DECIMAL.source },
);

/** An exact amount > 0, in text. */
export const positiveAmount = field(
  text((value) => DECIMAL.test(value) && /[1-9]/.test(value)),
  'an exact decimal in text above 0, such as "1234.50", with at most 6 places',
  { type: 'string', pattern: `(?=.*[1-9])${DECIMAL.source}` },
);

/** An instant, in milliseconds; in the years 1970 to 9999 of UTC, which every reader of it can write down. */
export const instant = field(
  (value): Instant | undefined => {
    const at = typeof value === 'string' ? parseInstant(value) : null;
    return at !== null && at >= 0 && at < YEAR_10000 ? at : undefined;
  },
  'an RFC 3339 instant from 1970 on, such as "2026-03-01T09:30:00Z"',
  { type: 'string', format: 'date-time' },
);

/** A whole number of X-Points ≥ 0. */
export const wholePoints = field(
  (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
  'a whole number of X-Points, 0 or more',
  { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
);

/** Labels of an order, each once. */
export const tags = field(
  (value) =>
    Array.isArray(value) &&
    value.length <= TAGS_MAX &&
    value.every((tag): tag is string => typeof tag === 'string' && isId(tag))
      ? [...new Set(value)]
      : undefined,
  `a list of at most ${TAGS_MAX} tags, each ${ID_EXPECTED}`,
  { type: 'array', maxItems: TAGS_MAX, items: ID_SCHEMA },
);

/** A language tag, such as de or en-GB. */
export const locale = field(
  text((value) => LOCALE.test(value)),
  'a language tag such as "de" or "en-GB"',
  { type: 'string', pattern: LOCALE.source },
);

/** An e-mail address; only its outer shape is checked, the platform has verified it. */
export const email = field(
  text((value) => value.length <= 320 && isPlainText(value) && /^\S+@[^\s@]+$/.test(value)),
  'an e-mail address of at most 320 characters',
  { type: 'string', maxLength: 320, pattern: '^\\S+@[^\\s@]+$' },
  true,
);

/** A phone number in any spelling. */
export const phone = field(
  text((value) => value.length <= 64 && isPlainText(value) && /[0-9]/.test(value)),
  'a phone number with at least one digit and at most 64 characters',
  { type: 'string', maxLength: 64, pattern: '[0-9]' },
  true,
);

/** What the payment provider recognises a card or an account by. */
export const paymentFingerprint = field(text(isId), ID_EXPECTED, ID_SCHEMA, true);
