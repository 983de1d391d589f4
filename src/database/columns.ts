import type { ColumnOptions } from 'typeorm';
import type { Instant } from '../kernel/time';

/** An id, a code, a word. */
export const text = { type: 'text' } as const satisfies ColumnOptions;
/** A shard's number, or a small ordinal. */
export const int2 = { type: 'smallint' } as const satisfies ColumnOptions;
/** A small count or version. */
export const int4 = { type: 'integer' } as const satisfies ColumnOptions;
/** Points, minor units or a sequence: a whole number that arrives as a safe one, or fails to be read. */
export const int8 = { type: 'bigint' } as const satisfies ColumnOptions;
export const bool = { type: 'boolean' } as const satisfies ColumnOptions;
/** A calendar day. */
export const day = { type: 'date' } as const satisfies ColumnOptions;
/** A document. */
export const json = { type: 'jsonb' } as const satisfies ColumnOptions;
/** Where a row stands in the order in which commands were decided, under the locks. */
export const position = {
  type: 'bigint',
  default: () => `nextval('history_position')`,
} as const satisfies ColumnOptions;
/** An instant: epoch milliseconds on our side, timestamptz on the other. */
export const instant = {
  type: 'timestamptz',
  transformer: {
    to: (at: Instant | null | undefined) => (typeof at === 'number' ? new Date(at) : at),
    from: (at: Instant | null) => at,
  },
} as const satisfies ColumnOptions;

/** The same column, where there may be nothing in it. */
export function orNull(column: ColumnOptions): ColumnOptions {
  return { ...column, nullable: true };
}

/** The same column, starting with `value`; a function gives an SQL expression. */
export function startingWith(
  column: ColumnOptions,
  value: number | boolean | string | (() => string),
): ColumnOptions {
  return { ...column, default: value };
}
