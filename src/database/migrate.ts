import { setTimeout as pause } from 'node:timers/promises';
import type { runMigrations } from 'graphile-worker';
import { type DataSource, MigrationExecutor, QueryFailedError, type QueryRunner } from 'typeorm';
import { createDataSource } from './data-source';
import { codeOf, PATIENCE, whileLocked } from './patience';
import { APP_ROLE, grantPrivileges, privilegeGaps, WORKER_SCHEMA } from './privileges';

/** Any number, the same in every version: who migrates holds this advisory lock. */
const MIGRATION_LOCK = 7_395_011;
const NOT_ALLOWED = '42501';
/** How often a process asks whether the one that migrates is done, in milliseconds. */
const TURN_MS = 250;
/** The last migration of the job runner's own tables, in the version of it that is installed here. */
export const WORKER_REVISION = 20;

/** The role at the address may not migrate. The message says what there is to do. */
export class MayNotMigrateError extends Error {
  constructor(todo: readonly string[], cause?: unknown) {
    super(
      `The database is not as this version needs it (${todo.join(' ')}), and this role may not change that. Name one that ` +
        'owns the database in DATABASE_MIGRATION_URL, or run `npm run migrate` with it first (src/database/README.md).',
      { cause },
    );
    this.name = 'MayNotMigrateError';
  }
}

/**
 * Runs the pending migrations, each in a transaction of its own (but for those that say `transaction = false`), brings the job runner's tables up to date, gives the
 * application's role (made where there is none) what `privileges.ts` lists, and answers the names of the migrations it ran.
 * Several processes may call it at once: one works, the others wait and find nothing left to do. Where nothing is
 * pending, a role that may change no table is enough; else it fails with a `MayNotMigrateError`. What a newer version
 * has migrated is left as that one wants it. Where traffic keeps it from its locks it tries again as `patience` says.
 */
export async function migrate(url: string, patience = PATIENCE): Promise<string[]> {
  const database = createDataSource(url, {
    applicationName: 'rewards-migrate',
    poolSize: 2,
    session: 'migration',
    describesTables: false,
  });
  await database.initialize();
  let todo: string[] = [];
  try {
    todo = (await arePending(database)) ? ['Migrations are pending.'] : await unsettled(database);
    if (todo.length === 0) return [];
    const guard = database.createQueryRunner();
    await takeTurn(guard);
    // Those of all attempts: the last one answers with its own alone.
    const ran = await new MigrationExecutor(database).getPendingMigrations();
    await whileLocked(() => database.runMigrations(), patience);
    if ((await unsettled(database)).length > 0)
      await whileLocked(() => settle(guard, url), patience);
    // A role that owns nothing is not refused a GRANT: it is warned, and nothing happens.
    const left = await unsettled(database);
    if (left.length > 0) throw new MayNotMigrateError(left);
    return ran.map(({ name }) => name);
  } catch (error) {
    throw codeOf(error) === NOT_ALLOWED ? new MayNotMigrateError(todo, error) : error;
  } finally {
    await database.destroy();
  }
}

/**
 * Whether a service that is connected to a database finds everything as this version needs it, so that there is nothing to
 * migrate. False too where it may not even look.
 */
export async function isUpToDate(database: DataSource): Promise<boolean> {
  try {
    return !(await arePending(database)) && (await unsettled(database)).length === 0;
  } catch (error) {
    if (error instanceof QueryFailedError) return false;
    throw error;
  }
}

/** Whether there are migrations to run; asks without making TypeORM's own table, which only the lock's holder may. */
export async function arePending(database: DataSource): Promise<boolean> {
  const rows = await database.query<{ known: boolean }[]>(
    `select to_regclass('migrations') is not null as known`,
  );
  return !rows[0]!.known || database.showMigrations();
}

/**
 * Waits until nobody else migrates. Asking again and again, not in the lock's queue: who waits there is a transaction, and an index
 * that is built concurrently waits for every older one, this one for it, for ever.
 */
async function takeTurn(guard: QueryRunner): Promise<void> {
  for (;;) {
    const [row]: { mine: boolean }[] = await guard.query(
      `select pg_try_advisory_lock($1) as mine`,
      [MIGRATION_LOCK],
    );
    if (row?.mine) return;
    await pause(TURN_MS);
  }
}

/** Whether a newer version than this one has migrated the database. */
export async function isAhead(database: DataSource): Promise<boolean> {
  const known = database.migrations.map((it) => it.name ?? it.constructor.name);
  const rows = await database.query<{ ahead: boolean }[]>(
    'select exists (select from migrations where name <> all ($1)) as ahead',
    [known],
  );
  return rows[0]!.ahead;
}

/** What stands beside the tables and is not as it should be, in sentences: the role, the job runner's tables, the privileges. */
async function unsettled(database: DataSource): Promise<string[]> {
  if (await isAhead(database)) return [];
  const [found] = await database.query<{ role: boolean; worker: boolean }[]>(
    `select exists (select from pg_roles where rolname = $1) as role, exists (
       select from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $2 and c.relname = 'migrations') as worker`,
    [APP_ROLE, WORKER_SCHEMA],
  );
  if (!found?.role) return [`There is no role ${APP_ROLE}.`];
  if (!found.worker) return ['The tables of the job runner are missing.'];
  const gaps = await privilegeGaps(database, APP_ROLE);
  if (gaps.length > 0) return gaps;
  const [worker] = await database.query<{ revision: number | null }[]>(
    `select max(id) as revision from ${WORKER_SCHEMA}.migrations`,
  );
  const isOld = (worker?.revision ?? 0) < WORKER_REVISION;
  return isOld ? ['The tables of the job runner are of an older version.'] : [];
}

async function settle(guard: QueryRunner, url: string): Promise<void> {
  await makeRole(guard);
  // Loaded here only: a process that has nothing to migrate and runs no jobs does without.
  const worker: { runMigrations: typeof runMigrations } = require('graphile-worker');
  await worker.runMigrations({ connectionString: url });
  await guard.startTransaction();
  try {
    await grantPrivileges(guard);
    await guard.commitTransaction();
  } catch (error) {
    await guard.rollbackTransaction();
    throw error;
  }
}

/**
 * A role belongs to the whole cluster: another database of ours may make it in the same moment. Who makes it may also
 * take it on, so that one address is enough for a developer.
 */
async function makeRole(guard: QueryRunner): Promise<void> {
  await guard.query(`
    do $$
    begin
      if not exists (select from pg_roles where rolname = '${APP_ROLE}') then
        create role ${APP_ROLE} nologin;
        if not pg_has_role('${APP_ROLE}', 'SET') then grant ${APP_ROLE} to current_user; end if;
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$`);
}
