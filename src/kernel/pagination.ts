import { RequestError } from './errors';
import { isPlainText } from './ids';
import { isInstant, parseInstant } from './time';

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

/** What a part of a cursor may be: a cursor may be forged, and the database would choke on anything else. */
const FITS = {
  instant: (part: unknown) => typeof part === 'number' && isInstant(part),
  int4: (part: unknown) => typeof part === 'number' && part === (part | 0),
  int8: (part: unknown) => Number.isSafeInteger(part),
  text: (part: unknown) => typeof part === 'string' && isPlainText(part),
  uuid: (part: unknown) =>
    typeof part === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(part),
  /** An instant as the database writes it in UTC, finer than a millisecond. */
  timestamptz: (part: unknown) =>
    typeof part === 'string' &&
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00$/.test(part) &&
    parseInstant(`${part.slice(0, 10)}T${part.slice(11, 19)}Z`) !== null,
} as const;

/** The cursors of one list: opaque text that names a place by the values which the list's order compares. */
export class Cursors<P extends readonly CursorPart[]> {
  constructor(
    /** Stands in each cursor, so that no other list takes it. */
    private readonly list: string,
    private readonly kinds: { readonly [I in keyof P]: keyof typeof FITS },
  ) {}

  /** The cursor of a place. */
  encode(place: P): string {
    return Buffer.from(JSON.stringify([this.list, ...place]), 'utf8').toString('base64url');
  }

  /** The place a cursor names; null where there is none. BAD_USER_INPUT where it is no cursor of this list. */
  decode(cursor: string | null | undefined): P | null {
    if (cursor === null || cursor === undefined) return null;
    const [list, ...parts] = parse(cursor);
    const fits =
      list === this.list &&
      parts.length === this.kinds.length &&
      parts.every((part, i) => FITS[this.kinds[i]!](part));
    const place = parts as unknown as P;
    if (fits && this.encode(place) === cursor) return place;
    throw new RequestError('BAD_USER_INPUT', 'after is no cursor of this list.');
  }
}

function parse(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
