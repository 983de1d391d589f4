import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../config';
import { createDataSource } from '../database/data-source';
import { findEmbeddedPostgres } from '../database/embedded-postgres';
import { Programs } from '../programs/programs';

/** What an operator's command works with. */
export interface Desk {
  readonly database: DataSource;
  readonly programs: Programs;
}

/** What is wrong with how a command was called; the message is for whoever called it. */
export class UsageError extends Error {}

/** Exit codes: the books are whole; something is broken or differs; the command itself went wrong. */
export const EXIT = { whole: 0, broken: 1, failed: 2 };

/**
 * Opens the database as its owner (DATABASE_MIGRATION_URL, else DATABASE_URL, else the running database of our own):
 * what an operator does to an account is more than the application's role may.
 */
export async function openAsOwner(
  env: Readonly<Record<string, string | undefined>>,
): Promise<DataSource> {
  const { databaseUrl, migrationUrl, dataDir } = loadConfig(env);
  const embedded =
    databaseUrl === null ? await findEmbeddedPostgres(join(dataDir, 'postgres')) : null;
  const url = migrationUrl ?? databaseUrl ?? embedded?.ownerUrl;
  if (!url) {
    throw new UsageError(
      'No database: set DATABASE_URL (and DATABASE_MIGRATION_URL), or let `npm start` run beside this.',
    );
  }
  const options = {
    applicationName: 'rewards-operator',
    session: 'migration',
    poolSize: 3,
  } as const;
  return createDataSource(url, options).initialize();
}

/** Runs a command as a process: prints what it answers, and exits with its code. */
export async function runCommand(
  command: (desk: Desk, print: (line: string) => void, signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort());
  let database: DataSource | undefined;
  try {
    database = await openAsOwner(process.env);
    const programs = await Programs.load(database);
    const print = (line: string) => process.stdout.write(`${line}\n`);
    process.exitCode = await command({ database, programs }, print, interruption.signal);
  } catch (error) {
    process.stderr.write(`${explain(error as Error & { code?: string })}\n`);
    process.exitCode = EXIT.failed;
  } finally {
    await database?.destroy();
  }
}

function explain(error: Error & { code?: string }): string {
  if (error instanceof UsageError || error.name === 'ConfigError') return error.message;
  const isRefused = error.code === '42501';
  const hint =
    'This role may not do that: name the one that owns the database in DATABASE_MIGRATION_URL.';
  return isRefused ? `${error.message}. ${hint}` : (error.stack ?? error.message);
}

/** Who runs the command, for the record: named by hand, else the system's user. */
export function operatorName(given: string | undefined): string {
  return `operator:${given ?? process.env.USER ?? 'unknown'}`;
}

/** What was given for a reason; a UsageError where nothing was. */
export function reasonGiven(reason: string | undefined): string {
  if (reason?.trim()) return reason.trim();
  throw new UsageError('Say why: --reason "…". It is kept with the account.');
}
