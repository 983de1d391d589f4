import { getMetadataArgsStorage } from 'typeorm';
import { formatInstant } from '../kernel/time';
import { HouseNaming } from './naming';
import { numberArray, textArray, type Value } from './prepared';
import { mayUpdate } from './privileges';
import { ROWS } from './rows';

/**
 * Statements that take many rows at once and that each connection parses and plans once: every column comes as one
 * array, typed as the row classes say. A fifth of the database's time that the same rows take as JSON.
 */

/** A statement with its values, as the driver takes it. */
export interface Statement {
  /** Its own; connections know it by this from the second time on. */
  readonly name: string;
  readonly text: string;
  readonly values: Value[];
}

/** A row by the names of its columns: instants as numbers, amounts as numbers or bigint, documents as objects. */
export type Row = Readonly<Record<string, unknown>>;

const names = new Map<string, string>();

/**
 * A statement that is prepared under a name of its own. The text must be one of a fixed number (no value in it), and
 * name its columns: one with `*` fails wherever it was prepared before a migration added a column.
 */
export function prepared(text: string, values: Value[]): Statement {
  let name = names.get(text);
  if (name === undefined) {
    name = `rows-${names.size + 1}`;
    names.set(text, name);
  }
  return { name, text, values };
}

/** Inserts rows that all have the same columns; at least one. */
export function insertRows(
  table: string,
  rows: readonly Row[],
  suffix: '' | 'on conflict do nothing' = '',
): Statement {
  const columns = Object.keys(rows[0]!);
  return filled(`insert ${table} ${columns} ${suffix}`, table, columns, rows, (from) => {
    const list = columns.join(', ');
    return `insert into ${table} (${list}) select ${list} from ${from} as r ${suffix}`;
  });
}

/** Inserts rows, or sets what the application may change of those that are there. */
export function upsertRows(table: string, key: readonly string[], rows: readonly Row[]): Statement {
  const columns = Object.keys(rows[0]!);
  return filled(`upsert ${table} ${columns}`, table, columns, rows, (from) => {
    const list = columns.join(', ');
    const rest = columns.filter((column) => mayUpdate(table, column));
    const set = rest.map((column) => `${column} = excluded.${column}`).join(', ');
    return `insert into ${table} (${list}) select ${list} from ${from} as r
      on conflict (${key.join(', ')}) do update set ${set}`;
  });
}

/**
 * Sets, of rows that are there, those of the given columns that the application may change. Fails where one is not: nobody has to
 * look at its answer before COMMIT.
 */
export function updateRows(table: string, key: readonly string[], rows: readonly Row[]): Statement {
  const changed = Object.keys(rows[0]!).filter((column) => mayUpdate(table, column));
  const columns = [...key, ...changed];
  return filled(`update ${table} ${columns}`, table, columns, rows, (from, rowCount) => {
    const set = changed.map((column) => `${column} = r.${column}`).join(', ');
    const same = key.map((column) => `t.${column} = r.${column}`).join(' and ');
    return `with found as (update ${table} as t set ${set} from ${from} as r where ${same} returning 1)
      select 1 / (count(*) = ${rowCount})::integer as all_there from found`;
  });
}

/** SQL: the columns of a table that this version knows, by name, of the table's alias. */
export function columnsSql(table: string, alias: string): string {
  return [...columnsOf(table).keys()].map((column) => `${alias}.${column}`).join(', ');
}

/** The types of some columns, by name, as SQL spells them. */
export type Columns = Readonly<Record<string, string>>;

/** SQL: rows from arrays, one per column, `first` being the number of the first parameter. */
export function arraysSql(columns: Columns, first = 1): string {
  const selected = Object.entries(columns).map(([column, type], n) => {
    const parameter = `$${n + first}`;
    // A list of lists would come apart into one: each inner one travels as text.
    return type.endsWith('[]')
      ? `unnest(${parameter}::text[])::${type} as ${column}`
      : `unnest(${parameter}::${type}[]) as ${column}`;
  });
  return `(select ${selected.join(', ')})`;
}

/** The arrays that `arraysSql` takes. */
export function arraysOf(columns: Columns, rows: readonly Row[]): string[] {
  return Object.entries(columns).map(([column, type]) => arrayOf(column, type, rows));
}

/**
 * SQL that stands for rows, with what it takes: an array per column, or, of one row by itself, its values. To take an array apart costs a
 * statement more than its one value.
 */
export function given(
  columns: Columns,
  rows: readonly Row[],
): { readonly sql: string; readonly values: Value[] } {
  return rows.length === 1
    ? { sql: rowSql(columns), values: valuesOf(columns, rows[0]!) }
    : { sql: arraysSql(columns), values: arraysOf(columns, rows) };
}

function rowSql(columns: Columns): string {
  const selected = Object.entries(columns).map(
    ([column, type], n) => `$${n + 1}::${type} as ${column}`,
  );
  return `(select ${selected.join(', ')})`;
}

function valuesOf(columns: Columns, row: Row): Value[] {
  return Object.entries(columns).map(([column, type]) => {
    const value = row[column] ?? null;
    return value === null ? null : (TEXTS[type] ?? String)(value);
  });
}

const TEXTS: Readonly<Record<string, (value: unknown) => string>> = {
  timestamptz: (value) => formatInstant(value as number),
  jsonb: (value) => JSON.stringify(value),
  'bigint[]': (value) => numberArray(value as number[]),
  'text[]': (value) => textArray(value as string[]),
};

interface Shape {
  readonly text: string;
  readonly columns: Columns;
}
const shapes = new Map<string, Shape>();

/** `write` is told what stands in SQL for the rows, and for their number. */
function filled(
  name: string,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
  write: (sql: string, rowCount: string) => string,
): Statement {
  const isLone = rows.length === 1;
  const key = isLone ? `${name} alone` : name;
  let shape = shapes.get(key);
  if (shape === undefined) {
    const known = columnsOf(table);
    const types = Object.fromEntries(columns.map((column) => [column, known.get(column)!]));
    const rowCount = isLone ? '1' : `cardinality($1::${types[columns[0]!]}[])`;
    shape = { text: write(given(types, rows).sql, rowCount), columns: types };
    shapes.set(key, shape);
  }
  const values = isLone ? valuesOf(shape.columns, rows[0]!) : arraysOf(shape.columns, rows);
  return prepared(shape.text, values);
}

/** The values of one column as PostgreSQL reads an array of its type. Rows of a batch share many: instants, kinds, zeros. */
function arrayOf(column: string, type: string, rows: readonly Row[]): string {
  const element = ELEMENTS[type] ?? ((value: unknown) => quoted(String(value)));
  let array = '';
  let before: unknown = null;
  let text = 'NULL';
  for (const row of rows) {
    const value = row[column] ?? null;
    if (value !== before) {
      before = value;
      text = value === null ? 'NULL' : element(value);
    }
    array += array === '' ? text : `,${text}`;
  }
  return `{${array}}`;
}

const ELEMENTS: Readonly<Record<string, (value: unknown) => string>> = {
  smallint: String,
  integer: String,
  bigint: String,
  boolean: String,
  timestamptz: (value) => `"${formatInstant(value as number)}"`,
  // What JSON has to escape in a text of JSON, an array has to, too: quotes and backslashes.
  jsonb: (value) => JSON.stringify(JSON.stringify(value)),
  'bigint[]': (value) => quoted(numberArray(value as number[])),
  'text[]': (value) => quoted(textArray(value as string[])),
};

function quoted(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}

const tables = new Map<string, ReadonlyMap<string, string>>();

/** The columns of a table with their types, as its row class has them. */
function columnsOf(table: string): ReadonlyMap<string, string> {
  if (tables.size === 0) {
    const naming = new HouseNaming();
    const storage = getMetadataArgsStorage();
    for (const row of ROWS) {
      // Columns of both an entry and an archived one are a class above them.
      const columns = storage
        .filterColumns([row, Object.getPrototypeOf(row)])
        .map(({ propertyName, options }): [string, string] => [
          naming.columnName(propertyName, options.name),
          `${options.type}${options.array ? '[]' : ''}`,
        ]);
      const name = storage.tables.find(({ target }) => target === row)?.name;
      if (name !== undefined) tables.set(name, new Map(columns));
    }
  }
  const found = tables.get(table);
  if (!found) throw new Error(`there is no table ${table}`);
  return found;
}
