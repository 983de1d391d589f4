import type { PoolClient, QueryArrayConfig } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';

/**
 * A statement that each connection parses once, and soon plans once. It names its columns one by one: with `*` it
 * would fail on every connection that prepared it before a migration added one.
 */
export interface Prepared {
  /** Its own, in all of the service. */
  readonly name: string;
  readonly text: string;
}

/** A value of a prepared statement, as it is written. Lists and instants are texts by then. */
export type Value = string | number | bigint | boolean | null;

/** The rows of a prepared read, each as its columns in order: cheaper than objects where there are many. */
export async function readPrepared<Row extends readonly unknown[]>(
  database: DataSource,
  { name, text }: Prepared,
  values: readonly Value[],
): Promise<Row[]> {
  const driver = database.driver as PostgresDriver;
  const [client, release] = (await driver.obtainMasterConnection()) as [PoolClient, () => void];
  try {
    database.logger.logQuery(text, [...values]);
    const query: QueryArrayConfig = { name, text, values: [...values], rowMode: 'array' };
    const { rows } = await client.query<[...Row]>(query);
    return rows;
  } finally {
    release();
  }
}

/** Whole numbers as PostgreSQL writes an array of them; the driver's own way quotes each. */
export function numberArray(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}

/** Texts as PostgreSQL writes an array of them. */
export function textArray(texts: readonly string[]): string {
  let array = '{';
  for (const text of texts) {
    const isPlain = !text.includes('"') && !text.includes('\\');
    const escaped = isPlain ? text : text.replace(/["\\]/g, '\\$&');
    array += array.length > 1 ? `,"${escaped}"` : `"${escaped}"`;
  }
  return `${array}}`;
}
