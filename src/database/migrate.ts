import { setTimeout as pause } from 'node:timers/promises';
import { type DataSource, QueryFailedError } from 'typeorm';
import { createDataSource } from './data-source';

/** Any number, the same in every version: who migrates holds this advisory lock. */
const MIGRATION_LOCK = 7_395_011;
const LOCK_NOT_AVAILABLE = '55P03';
/** A migration that cannot get its table locks beside running traffic tries again, for about two minutes. */
const ATTEMPTS = 40;
const PAUSE_MS = 1_000;

/**
 * Runs the pending migrations, each in a transaction of its own, and gives the names of those it ran.
 * Several processes may call it at once: one works, the others wait and find nothing left to do. Where nothing is
 * pending, a role that may change no table is enough.
 */
export async function migrate(url: string): Promise<string[]> {
  const database = createDataSource(url, {
    applicationName: 'rewards-migrate',
    poolSize: 2,
    session: 'migration',
  });
  await database.initialize();
  try {
    if (!(await arePending(database))) return [];
    const guard = database.createQueryRunner();
    await guard.query(`set lock_timeout = 0`);
    await guard.query(`select pg_advisory_lock($1)`, [MIGRATION_LOCK]);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await database.runMigrations()).map((migration) => migration.name);
      } catch (error) {
        if (!isLockTimeout(error) || attempt === ATTEMPTS) throw error;
        await pause(PAUSE_MS);
      }
    }
  } finally {
    await database.destroy();
  }
}

/** Whether there is anything to run; asks without making TypeORM's own table, which only the lock's holder may. */
async function arePending(database: DataSource): Promise<boolean> {
  const rows = await database.query<{ known: boolean }[]>(
    `select to_regclass('migrations') is not null as known`,
  );
  return !rows[0]!.known || database.showMigrations();
}

function isLockTimeout(error: unknown): boolean {
  return (
    error instanceof QueryFailedError &&
    'code' in error.driverError &&
    error.driverError.code === LOCK_NOT_AVAILABLE
  );
}
