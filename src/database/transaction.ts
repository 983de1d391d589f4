import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { UnsendableError } from './packet';
import type { Statement } from './row-statements';

/** A connection of the pool, ours while we hold it. */
export type Connection = Pick<PoolClient, 'query'>;

/** Whom rows are asked of: the data source, or one transaction of it. */
export interface Reader {
  query<Rows>(text: string, values?: unknown[]): Promise<Rows>;
}

/** A connection, asked as the data source is. */
export function readerOn(connection: Connection): Reader {
  return {
    query: async <Rows>(text: string, values?: unknown[]) =>
      (await connection.query(text, values)).rows as Rows,
  };
}

/** Begins a transaction in which everything is read as of one moment; for `readThenWrite`. */
export const BEGIN_SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Whether the transaction committed is unknown: the connection broke at COMMIT. */
export class CommitUnknownError extends Error {
  constructor(cause: unknown) {
    super('The connection broke while the transaction was committing', { cause });
    this.name = 'CommitUnknownError';
  }
}

/**
 * Runs `work` in a transaction (READ COMMITTED) on a connection of its own, commits once, and answers what
 * `work` answered. Nothing is retried here.
 *
 * Not TypeORM's `transaction()`: it takes PostgreSQL's answer to COMMIT for success even where that answer is
 * ROLLBACK, because a statement had failed and was caught. Here the answer's tag is looked at.
 * Fails with `CommitUnknownError` where the connection broke at COMMIT: only a repetition with the same
 * idempotency key tells then.
 */
export async function inTransaction<T>(
  database: DataSource,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  return onConnection(database, async (client) => {
    await client.query('BEGIN');
    const result = await work(client);
    await commit(client);
    return result;
  });
}

/**
 * As `inTransaction`, in few round trips. What `read` sends leaves together with BEGIN; `write` begins when all of it
 * is answered. `begin` may set what holds for the transaction. `read` must not do what may not be done outside of one: where BEGIN
 * alone fails, its statements run by themselves.
 */
export async function readThenWrite<R, T>(
  database: DataSource,
  begin: string,
  read: (connection: Connection) => Promise<R>,
  write: (connection: Connection, found: R) => Promise<T>,
): Promise<T> {
  return onConnection(database, async (client) => {
    const [, found] = await together([client.query(begin), read(client)]);
    const result = await write(client, found);
    await commit(client);
    return result;
  });
}

/**
 * As `inTransaction`, in two round trips: what `read` sends leaves in one packet with `begin`, what `write` lists in one with COMMIT. The
 * server commits where all of that was done, so each must itself fail where it does not do what it should.
 */
export async function readThenCommit<R, D>(
  database: DataSource,
  begin: readonly Statement[],
  read: (connection: Connection) => Promise<R>,
  decide: (connection: Connection, found: R) => Promise<D>,
  write: (decided: D) => readonly Statement[],
): Promise<D> {
  return onConnection(database, async (client) => {
    const begun = begin.map((statement) => client.query(statement));
    const [, found] = await together([together(begun), read(client)]);
    const decided = await decide(client, found);
    await commit(client, write(decided));
    return decided;
  });
}

/** Does `work`, which begins and commits a transaction, on a connection of its own. */
async function onConnection<T>(
  database: DataSource,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const [client, release] = await takeConnection(database);
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    broken = await rollBack(client, error);
    throw error;
  } finally {
    // A connection whose rollback failed may still be inside the transaction: it must not go back to the pool.
    release(broken);
  }
}

/**
 * Waits for what was sent at once, all of it: nothing is under way any more when this fails. It fails as the first of
 * them did, in their order; those behind that one only say that the transaction was aborted.
 */
export async function together<T extends readonly unknown[]>(
  sent: readonly [...T],
): Promise<{ -readonly [N in keyof T]: Awaited<T[N]> }> {
  try {
    return await Promise.all(sent);
  } catch (first) {
    for (const each of await Promise.allSettled(sent)) {
      if (each.status === 'rejected') throw each.reason;
    }
    throw first;
  }
}

/** Runs `work` in a transaction of its own and rolls it back: what it would do, and nothing of it. */
export async function inRehearsal<T>(
  database: DataSource,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const [client, release] = await takeConnection(database);
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    return await work(client);
  } finally {
    broken = await rollBack(client, undefined);
    release(broken);
  }
}

/** Whether the server takes what is written. A connection to one that does not is not kept: after a fail-over the next may lead to the primary. */
export async function takesWrites(database: DataSource): Promise<boolean> {
  const [client, release] = await takeConnection(database);
  let isKept = false;
  try {
    const { rows } = await client.query<{ isReadOnly: string }>(
      `select current_setting('transaction_read_only') as "isReadOnly"`,
    );
    isKept = rows[0]?.isReadOnly === 'off';
    return isKept;
  } finally {
    release(isKept ? undefined : new Error('It takes no writes, or did not answer'));
  }
}

async function takeConnection(
  database: DataSource,
): Promise<[PoolClient, (error?: Error) => void]> {
  const driver = database.driver as PostgresDriver;
  return (await driver.obtainMasterConnection()) as [PoolClient, (error?: Error) => void];
}

const COMMIT: Statement = { name: 'commit', text: 'COMMIT', values: [] };

/** Commits, with what is still to be done before. */
async function commit(client: PoolClient, last: readonly Statement[] = []): Promise<void> {
  let tag: string;
  try {
    const answers = await together([...last, COMMIT].map((statement) => client.query(statement)));
    tag = answers.at(-1)!.command;
  } catch (error) {
    const isKnown = isSqlError(error) || error instanceof UnsendableError;
    throw isKnown ? error : new CommitUnknownError(error);
  }
  if (tag !== 'COMMIT') {
    throw new Error(`The transaction was rolled back: PostgreSQL answered COMMIT with ${tag}`);
  }
}

async function rollBack(client: PoolClient, cause: unknown): Promise<Error | undefined> {
  if (cause instanceof CommitUnknownError) return cause;
  // The address may lead to the new primary by now, and a connection that is kept never would.
  if (Object(cause).code === READ_ONLY) return cause as Error;
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function isSqlError(error: unknown): boolean {
  return typeof (error as { severity?: unknown }).severity === 'string';
}

/** SQLSTATE of a server that is no primary, or no more. */
const READ_ONLY = '25006';
/** SQLSTATEs after which the whole transaction may simply be tried again: deadlock, serialization, lock timeout, no primary. */
const TRY_AGAIN = new Set(['40001', '40P01', '55P03', READ_ONLY]);
/** SQLSTATE classes of a server or a connection that went away. */
const GONE = ['08', '57P', '53'];

/** Whether trying the whole transaction again may succeed; every command may be, by its key. */
export function mayTryAgain(error: unknown): boolean {
  if (error instanceof CommitUnknownError) return true;
  if (!isSqlError(error)) return isConnectionError(error);
  const { code = '' } = error as { code?: string };
  return TRY_AGAIN.has(code) || GONE.some((sqlClass) => code.startsWith(sqlClass));
}

function isConnectionError(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return true;
  return /connection (terminated|error)|timeout exceeded when trying to connect|not queryable/i.test(
    message ?? '',
  );
}
