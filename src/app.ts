import { EventEmitter } from 'node:events';
import { versionInfo } from 'graphql';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AuditLog } from './audit/audit-log';
import type { Config } from './config';
import { clockSql } from './database/clock';
import { createDataSource } from './database/data-source';
import { type Unfitness, unfitness } from './database/fitness';
import { isUpToDate, migrate } from './database/migrate';
import { invariant } from './kernel/errors';
import type { Ledger } from './ledger/command';
import { createLedger } from './ledger/door';
import { rulesOf } from './ledger/rules';
import { createLog } from './operations/log';
import { Metrics } from './operations/metrics';
import { watchStatements } from './operations/tracing';
import { watchLedger } from './operations/watch-ledger';
import { nameEndpoints } from './outbox/endpoints';
import { loadShippedPrograms, Programs } from './programs/programs';
import { BalanceFeed } from './subscriptions/balance-feed';

/** Everything a feature may touch, built once per process. */
export interface App {
  readonly config: Config;
  readonly log: Logger;
  readonly database: DataSource;
  readonly programs: Programs;
  readonly ledger: Ledger;
  /** SQL expression of the present instant. */
  readonly clock: string;
  readonly feed: BalanceFeed;
  /** Tells who listens, after each commit of this process, whose messages it wrote, and that it wrote notifications. */
  readonly written: EventEmitter<{
    messages: [customerIds: readonly string[]];
    notifications: [];
  }>;
  readonly metrics: Metrics;
  /** Where what is done with rights is written down. */
  readonly audit: AuditLog;
}

/** How often terms and campaigns that another process published are looked for. */
const RENEWAL_MS = 1_000;

/** Older ones let a request of 60 KB block the process for seconds. */
const GRAPHQL_MINOR = 15;

/**
 * Brings the database at `config.databaseUrl` up to date (pending migrations, shipped programs), makes sure that it
 * may hold other people's points, and builds the app on it. Unfit, it is refused in production and warned of in
 * development. `close` lets the ledger finish, ends the feed and returns the connections.
 */
export async function createApp(
  config: Config,
  log: Logger = createLog(config.logLevel),
): Promise<App & { close(): Promise<void> }> {
  const url = config.databaseUrl;
  invariant(url !== null, 'the app is built once the database is known');
  const metrics = new Metrics();
  const database = createDataSource(url, {
    poolSize: config.poolSize,
    onIdleError: (error) => log.warn({ err: error }, 'A connection broke'),
    watch: watchStatements(metrics),
  });
  try {
    await open(database, config, log);
    const { refused, warned } = await unfitness(database, config.poolSize);
    requireFitness({ refused: [...graphqlUnfitness(), ...refused], warned }, config, log);
    await loadShippedPrograms(database);
    return await build({ config, log, database, metrics });
  } catch (error) {
    if (database.isInitialized) await database.destroy();
    throw error;
  }
}

/** Connects as the service; where that cannot be, or not everything is there yet, the database is brought up to date first. */
async function open(database: DataSource, config: Config, log: Logger): Promise<void> {
  const isReady = await database.initialize().then(isUpToDate, () => false);
  if (!isReady) await bringUpToDate(config, log);
  if (!database.isInitialized) await database.initialize();
}

/** Runs what is pending of the migrations, as the role that may; fails with a `MayNotMigrateError` where there is none. */
export async function bringUpToDate(config: Config, log: Logger): Promise<void> {
  const url = config.migrationUrl ?? config.databaseUrl;
  invariant(url !== null, 'migrations run once the database is known');
  for (const name of await migrate(url)) log.info({ migration: name }, 'Migrated');
}

async function build(parts: Pick<App, 'config' | 'log' | 'database' | 'metrics'>) {
  const { config, log, database, metrics } = parts;
  const programs = await Programs.load(database);
  const clock = clockSql(config.sandbox);
  const written: App['written'] = new EventEmitter();
  await nameEndpoints(database, config.webhooks);
  const onLag = (ms: number) => metrics.subscriptionLag.observe(ms / 1000);
  const feed = new BalanceFeed({
    ...{ database, programs, clock, log },
    // A test clock tells nothing of how long something took.
    ...(config.sandbox ? {} : { onLag }),
  });
  const ledger = createLedger({
    database,
    rules: rulesOf(programs),
    clock,
    writers: config.writers,
    onRetry: (error, commands) => {
      metrics.retries.inc();
      log.warn({ err: error, commands }, 'A batch is done again');
    },
    onWritten: ({ entries, messages, notifications }) => {
      feed.wrote([...new Set(entries.map(({ accountId }) => accountId))]);
      const customerIds = new Set(messages.map(({ accountId }) => accountId));
      if (customerIds.size > 0) written.emit('messages', [...customerIds]);
      if (notifications.length > 0) written.emit('notifications');
    },
    watch: watchLedger(metrics),
  });
  const audit = new AuditLog(parts);
  await feed.start();
  // What another process publishes is known here a second later; the door itself looks under its locks.
  const renewal = setInterval(() => {
    programs.renew().catch((error) => log.warn({ err: error }, 'New rules could not be read'));
  }, RENEWAL_MS).unref();
  const close = async () => {
    clearInterval(renewal);
    await ledger.drain();
    await feed.stop();
    await audit.stop();
    await database.destroy();
  };
  return { ...parts, programs, ledger, clock, feed, written, audit, close };
}

function graphqlUnfitness(): string[] {
  const { major, minor } = versionInfo;
  if (major > 16 || minor >= GRAPHQL_MINOR) return [];
  return [`graphql is 16.${minor}, not 16.${GRAPHQL_MINOR}: one request may block the process.`];
}

function requireFitness({ refused, warned }: Unfitness, config: Config, log: Logger): void {
  if (refused.length > 0 && config.production) {
    throw new Error(`Not fit for production:\n${refused.map((line) => `  - ${line}`).join('\n')}`);
  }
  for (const line of [...refused, ...warned]) log.warn(line);
}
