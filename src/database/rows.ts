/** Every table's TypeORM class: the one list. */
export const ROWS: readonly (new () => object)[] = [];
