import { RequestError } from './errors';

/** The most a page of a connection holds. */
export const PAGE_MAX = 100;

/** A value of a cursor's place in the order of a list. */
export type CursorPart = string | number;

/** Part of a list, in its order. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Whether the list goes on after the last of `items`. */
  readonly more: boolean;
}

/** The page of rows that were read one beyond their page's size, to see whether there are more. */
export function pageOf<T>(rows: readonly T[], size: number): Page<T> {
  return { items: rows.slice(0, size), more: rows.length > size };
}

/** `first` as a page size; `preset` where the caller names none. BAD_USER_INPUT outside 1 to 100. */
export function pageSize(first: number | null | undefined, preset: number): number {
  const size = first ?? preset;
  if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX) {
    throw new RequestError('BAD_USER_INPUT', `first is a number from 1 to ${PAGE_MAX}.`);
  }
  return size;
}

/** A place in a list as opaque text: the list's name and the values its order compares, so no other list takes it. */
export function encodeCursor(list: string, parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify([list, ...parts]), 'utf8').toString('base64url');
}

/**
 * The place a cursor names; null where there is none. `shape` gives the type of each part.
 * BAD_USER_INPUT where the cursor was not made by `encodeCursor` for this list.
 */
export function decodeCursor(
  list: string,
  shape: readonly ('string' | 'number')[],
  cursor: string | null | undefined,
): readonly CursorPart[] | null {
  if (cursor === null || cursor === undefined) return null;
  const [name, ...parts] = parse(cursor);
  const fits =
    name === list &&
    parts.length === shape.length &&
    parts.every((part, i) =>
      shape[i] === 'number' ? Number.isSafeInteger(part) : typeof part === 'string',
    );
  if (!fits || encodeCursor(list, parts as CursorPart[]) !== cursor) {
    throw new RequestError('BAD_USER_INPUT', 'after is no cursor of this list.');
  }
  return parts as CursorPart[];
}

function parse(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
