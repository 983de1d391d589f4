import { RequestError } from '../kernel/errors';
import { ID_MAX, isId, isPlainText } from '../kernel/ids';
import { TAGS_MAX } from '../ledger/order';

/** The description of every command's idempotency key. */
export const IDEMPOTENCY_KEY =
  'Chosen by the caller, 1 to 255 characters (BAD_USER_INPUT otherwise): the same key with the same input gives the first answer again, a refusal too; with other input IDEMPOTENCY_CONFLICT. Kept for good, per customer and mutation.';

/** `text` where it may be an id or a key; else BAD_USER_INPUT that names `field`. */
export function idInput(field: string, text: string): string {
  if (isId(text)) return text;
  throw new RequestError(
    'BAD_USER_INPUT',
    `${field} is 1 to ${ID_MAX} characters, without control characters or space around it.`,
  );
}

/** `text` without the space around it, where 1 to `max` plain characters are left; else BAD_USER_INPUT that names `field`. */
export function textInput(field: string, text: string, max: number): string {
  const plain = text.trim();
  if (plain.length >= 1 && plain.length <= max && isPlainText(plain)) return plain;
  throw new RequestError(
    'BAD_USER_INPUT',
    `${field} is 1 to ${max} characters, without control characters.`,
  );
}

/** `text` as `textInput` reads it; null where there is none, or only space. */
export function noteInput(
  field: string,
  text: string | null | undefined,
  max: number,
): string | null {
  return text === null || text === undefined || text.trim() === ''
    ? null
    : textInput(field, text, max);
}

/** The tags an order would carry, at most as many as an order may; else BAD_USER_INPUT. */
export function tagsInput(tags: readonly string[] | null | undefined): readonly string[] {
  if (!tags || tags.length <= TAGS_MAX) return tags ?? [];
  throw new RequestError('BAD_USER_INPUT', `tags are at most ${TAGS_MAX}.`);
}
