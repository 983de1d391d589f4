/** Those values that there are, each once, in their order. */
export function present<T>(values: readonly (T | undefined)[]): T[] {
  return [...new Set(values.filter((value): value is T => value !== undefined))];
}

/** One value of each key, in the order of the keys' first ones. */
export function distinct<T>(values: readonly T[], key: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [key(value), value])).values()];
}

/** What `take` makes of values, where there are any. */
export function some<T, R>(values: readonly T[], take: (values: readonly T[]) => R): R | undefined {
  return values.length > 0 ? take(values) : undefined;
}
