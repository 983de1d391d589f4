import { getMetadataArgsStorage } from 'typeorm';
import { formatInstant } from '../kernel/time';
import { HouseNaming } from './naming';
import { numberArray, textArray, type Value } from './prepared';
import { mayUpdate } from './privileges';
import { ROWS } from './rows';

/**
 * Statements that take many rows at once and that each connection parses and plans once: every column comes as one
 * array, typed as the row classes say. A fifth of the database's time that the same rows take as JSON. One row by itself
 * comes as its values: to take arrays apart costs a statement more.
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

/** The same, its text put together once: to do it for each batch, and to look for the name of a new text, costs more than to send it. */
export function preparedOnce(text: () => string): (values: Value[]) => Statement {
  let known: Statement | undefined;
  return (values) => {
    known ??= prepared(text(), []);
    return { name: known.name, text: known.text, values };
  };
}

/**
 * A statement about rows that are given, its texts put together once. `text` is told what stands in SQL for the rows, and for
 * their number. Values of its own (`more`) are numbered after the columns.
 */
export function aboutRows(
  columns: Columns,
  text: (sql: string, rowCount: string) => string,
): (rows: readonly Row[], more?: readonly Value[]) => Statement {
  const ofOne = preparedOnce(() => text(rowSql(columns), '1'));
  const ofMany = preparedOnce(() =>
    text(arraysSql(columns), `cardinality($1::${Object.values(columns)[0]!}[])`),
  );
  return (rows, more = []) =>
    rows.length === 1
      ? ofOne([...valuesOf(columns, rows[0]!), ...more])
      : ofMany([...arraysOf(columns, rows), ...more]);
}

/** Inserts rows that all have the same columns; at least one. */
export function insertRows(
  table: string,
  rows: readonly Row[],
  suffix: '' | 'on conflict do nothing' = '',
): Statement {
  return filled(`insert ${table} ${suffix}`, table, rows, (given) => {
    const list = given.join(', ');
    return {
      columns: given,
      text: (sql) => `insert into ${table} (${list}) select ${list} from ${sql} as r ${suffix}`,
    };
  });
}

/** Inserts rows, or sets what the application may change of those that are there. */
export function upsertRows(table: string, key: readonly string[], rows: readonly Row[]): Statement {
  return filled(`upsert ${table}`, table, rows, (given) => {
    const list = given.join(', ');
    const rest = given.filter((column) => mayUpdate(table, column));
    const set = rest.map((column) => `${column} = excluded.${column}`).join(', ');
    return {
      columns: given,
      text: (sql) => `insert into ${table} (${list}) select ${list} from ${sql} as r
      on conflict (${key.join(', ')}) do update set ${set}`,
    };
  });
}

/**
 * Sets, of rows that are there, those of the given columns that the application may change. Fails where one is not: nobody has to
 * look at its answer before COMMIT.
 */
export function updateRows(table: string, key: readonly string[], rows: readonly Row[]): Statement {
  return filled(`update ${table}`, table, rows, (given) => {
    const changed = given.filter((column) => mayUpdate(table, column));
    const set = changed.map((column) => `${column} = r.${column}`).join(', ');
    const same = key.map((column) => `t.${column} = r.${column}`).join(' and ');
    return {
      columns: [...key, ...changed],
      text: (sql, rowCount) =>
        `with found as (update ${table} as t set ${set} from ${sql} as r where ${same} returning 1)
      select 1 / (count(*) = ${rowCount})::integer as all_there from found`,
    };
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
function arraysOf(columns: Columns, rows: readonly Row[]): string[] {
  const arrays: string[] = [];
  for (const column in columns) arrays.push(arrayOf(column, columns[column]!, rows));
  return arrays;
}

function rowSql(columns: Columns): string {
  const selected = Object.entries(columns).map(
    ([column, type], n) => `$${n + 1}::${type} as ${column}`,
  );
  return `(select ${selected.join(', ')})`;
}

function valuesOf(columns: Columns, row: Row): Value[] {
  const values: Value[] = [];
  for (const column in columns) {
    const value = row[column] ?? null;
    values.push(value === null ? null : (TEXTS[columns[column]!] ?? String)(value));
  }
  return values;
}

const TEXTS: Readonly<Record<string, (value: unknown) => string>> = {
  timestamptz: (value) => formatInstant(value as number),
  jsonb: (value) => JSON.stringify(value),
  'bigint[]': (value) => numberArray(value as number[]),
  'text[]': (value) => textArray(value as string[]),
};

/** How rows with the same columns are written. */
interface Shape {
  readonly given: readonly string[];
  readonly statement: ReturnType<typeof aboutRows>;
}

/** By what is done with which table: nearly always one. */
const shapes = new Map<string, Shape[]>();

function filled(
  kind: string,
  table: string,
  rows: readonly Row[],
  write: (given: readonly string[]) => {
    readonly columns: readonly string[];
    text(sql: string, rowCount: string): string;
  },
): Statement {
  const given = Object.keys(rows[0]!);
  const known = shapes.get(kind) ?? [];
  let shape = known.find((it) => isSame(it.given, given));
  if (shape === undefined) {
    const types = columnsOf(table);
    const { columns, text } = write(given);
    const typed = Object.fromEntries(columns.map((column) => [column, types.get(column)!]));
    shape = { given, statement: aboutRows(typed, text) };
    shapes.set(kind, [...known, shape]);
  }
  return shape.statement(rows);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((it, n) => it === others[n]);
}

/** The values of one column as PostgreSQL reads an array of its type. Rows of a batch share many: instants, kinds, zeros. */
function arrayOf(column: string, type: string, rows: readonly Row[]): string {
  const element = ELEMENTS[type] ?? quotedText;
  const elements = new Array<string>(rows.length);
  let before: unknown = null;
  let text = 'NULL';
  for (let n = 0; n < rows.length; n += 1) {
    const value = rows[n]![column] ?? null;
    if (value !== before) {
      before = value;
      text = value === null ? 'NULL' : element(value);
    }
    elements[n] = text;
  }
  return `{${elements.join(',')}}`;
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

function quotedText(value: unknown): string {
  return quoted(String(value));
}

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
