import { EventEmitter } from 'node:events';
import { versionInfo } from 'graphql';
import { type Logger, pino } from 'pino';
import type { DataSource } from 'typeorm';
import type { Config } from './config';
import { clockSql } from './database/clock';
import { createDataSource } from './database/data-source';
import { unfitness } from './database/durability';
import { migrate } from './database/migrate';
import { invariant } from './kernel/errors';
import type { Ledger } from './ledger/command';
import { createLedger } from './ledger/door';
import { rulesOf } from './ledger/rules';
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
export async function createApp(config: Config): Promise<App & { close(): Promise<void> }> {
  const url = config.databaseUrl;
  invariant(url !== null, 'the app is built once the database is known');
  const log = pino({ level: config.logLevel });
  for (const name of await migrate(url)) log.info({ migration: name }, 'Migrated');
  const database = createDataSource(url, {
    poolSize: config.poolSize,
    onIdleError: (error) => log.warn({ err: error }, 'A connection broke'),
  });
  await database.initialize();
  try {
    requireFitness([...graphqlUnfitness(), ...(await unfitness(database))], config, log);
    await loadShippedPrograms(database);
    return await build(config, log, database);
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

async function build(config: Config, log: Logger, database: DataSource) {
  const programs = await Programs.load(database);
  const clock = clockSql(config.sandbox);
  const written: App['written'] = new EventEmitter();
  await nameEndpoints(database, config.webhooks);
  const ledger = createLedger({
    database,
    rules: rulesOf(programs),
    clock,
    writers: config.writers,
    onRetry: (error, commands) => log.warn({ err: error, commands }, 'A batch is done again'),
    onWritten: ({ messages, notifications }) => {
      const customerIds = new Set(messages.map(({ accountId }) => accountId));
      if (customerIds.size > 0) written.emit('messages', [...customerIds]);
      if (notifications.length > 0) written.emit('notifications');
    },
  });
  const feed = new BalanceFeed({ database, programs, clock, log });
  await feed.start();
  // What another process publishes is known here a second later; the door itself looks under its locks.
  const renewal = setInterval(() => {
    programs.renew().catch((error) => log.warn({ err: error }, 'New rules could not be read'));
  }, RENEWAL_MS).unref();
  const close = async () => {
    clearInterval(renewal);
    await ledger.drain();
    await feed.stop();
    await database.destroy();
  };
  return { config, log, database, programs, ledger, clock, feed, written, close };
}

function graphqlUnfitness(): string[] {
  const { major, minor } = versionInfo;
  if (major > 16 || minor >= GRAPHQL_MINOR) return [];
  return [`graphql is 16.${minor}, not 16.${GRAPHQL_MINOR}: one request may block the process.`];
}

function requireFitness(found: readonly string[], config: Config, log: Logger): void {
  if (found.length > 0 && config.production) {
    throw new Error(`Not fit for production:\n${found.map((line) => `  - ${line}`).join('\n')}`);
  }
  for (const line of found) log.warn(line);
}
