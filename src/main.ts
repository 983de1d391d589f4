import { join } from 'node:path';
import { bringUpToDate, createApp } from './app';
import { type Config, ConfigError, loadConfig } from './config';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './database/embedded-postgres';
import { startBackground } from './jobs/jobs';
import { createLog } from './operations/log';
import { startOperations } from './operations/operations-server';
import { startTracing } from './operations/tracing';
import { buildSchema } from './server/schema';
import { startServer } from './server/start';
import { Shutdown, StoppedError } from './shutdown';
import { welcome } from './welcome';

/** How long each part may take to end, and all of them: whoever stops containers kills after 30 seconds. */
const PATIENCE_MS = 20_000;
const TOTAL_MS = 25_000;

const log = createLog('info');
const shutdown = new Shutdown(
  PATIENCE_MS,
  (name, error) => log.error({ err: error, part: name }, 'A part of the service did not end well'),
  TOTAL_MS,
);

/** What was asked for on the command line is not among what there is. */
class UsageError extends Error {}

/** `main.js`: serves. `main.js migrate`: brings the database up to date, and ends. */
async function main(): Promise<void> {
  const isMigration = asksToMigrate(process.argv.slice(2));
  const config = loadConfig(process.env);
  log.level = config.logLevel;
  const embedded = config.databaseUrl === null ? await startDatabase(config) : null;
  const settled = embedded
    ? { ...config, databaseUrl: embedded.url, migrationUrl: embedded.ownerUrl }
    : config;
  if (isMigration) {
    await bringUpToDate(settled, log);
    return end(0);
  }
  await shutdown.start(
    'traces',
    async () => startTracing(config.tracesEndpoint),
    (it) => it.stop(),
  );
  const starting = shutdown.start(
    'app',
    () => createApp(settled, log),
    (it) => it.close(),
  );
  // While the database is connected to: it takes no less time than that.
  buildSchema();
  const app = await starting;
  await shutdown.start(
    'operations',
    () => startOperations(app),
    (it) => it.stop(),
  );
  const listening = startServer(app);
  // They can wait until callers can be answered, and yet the server ends first.
  const jobs = config.jobs
    ? shutdown.start(
        'jobs',
        () => listening.then(() => startBackground(app)),
        (it) => it.stop(),
      )
    : null;
  const server = shutdown.start(
    'server',
    () => listening,
    (it) => it.stop(),
  );
  const told = server.then(({ url }) => tellOf(url, config, embedded));
  // What starts while the other fails is ended too.
  await Promise.allSettled([jobs, told]);
  await Promise.all([jobs, told]);
}

async function tellOf(
  url: string,
  config: Config,
  embedded: EmbeddedPostgres | null,
): Promise<void> {
  if (config.production) log.info({ url }, 'Serving');
  else process.stdout.write(await welcome(config, url, embedded));
}

function asksToMigrate(words: readonly string[]): boolean {
  if (words.length === 0) return false;
  if (words.length === 1 && words[0] === 'migrate') return true;
  throw new UsageError(
    `"${words.join(' ')}" is no command. Start without arguments to serve, with "migrate" to bring the database up to date.`,
  );
}

function startDatabase(config: Config) {
  const folder = join(config.dataDir, 'postgres');
  return shutdown.start(
    'database',
    () => startEmbeddedPostgres({ folder }),
    (it) => it.stop(),
  );
}

async function end(code: number): Promise<never> {
  const isWell = await shutdown.endAll();
  process.exit(isWell ? code : 1);
}

/** First: stop taking work, finish what is under way, end all parts. Again: end the database of our own, and go. */
function onSignal(signal: NodeJS.Signals): void {
  if (signals.push(signal) > 1) {
    void shutdown.endNow('database').then(() => process.exit(1));
    return;
  }
  log.info({ signal }, 'Stopping');
  shutdown.stop();
  void started.then(() => end(0));
}

function onDefect(error: unknown): void {
  log.fatal({ err: error }, 'A defect: the process ends, to start anew');
  void shutdown.endNow('database').then(() => process.exit(1));
}

function onFailedStart(error: unknown): Promise<void> | void {
  if (error instanceof StoppedError) return;
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof ConfigError || error instanceof UsageError)
    process.stderr.write(`${message}\n`);
  else if (code === 'EADDRINUSE')
    process.stderr.write(`${message}. Set PORT to a free one, or to 0.\n`);
  else log.fatal({ err: error }, 'The service could not start');
  return end(1);
}

const signals: NodeJS.Signals[] = [];
process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
process.on('uncaughtException', onDefect).on('unhandledRejection', onDefect);
const started = main().catch(onFailedStart);
