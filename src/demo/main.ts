import 'reflect-metadata';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { type App, createApp } from '../app';
import { devSecret } from '../auth/dev-token';
import { type Config, loadConfig } from '../config';
import { startEmbeddedPostgres } from '../database/embedded-postgres';
import { bookWhatIsDue } from '../jobs/book-what-is-due';
import { startBackground } from '../jobs/jobs';
import { DAY_MS, formatInstant, type Instant } from '../kernel/time';
import { SubgraphClient, type TokenOf } from '../scenarios/client';
import { tokensOf } from '../scenarios/tokens';
import { startServer } from '../server/start';
import { Shutdown, StoppedError } from '../shutdown';
import { liveThrough, type Month } from './fill';
import { memberQuery, mostInteresting } from './interesting';
import { makeYear, type Year } from './year';

const SEED = 'a year of X-Points';
/** So long that lots have expired by now, month after month. */
const SPAN_MS = 580 * DAY_MS;
/** How long each part may take to end. */
const PATIENCE_MS = 20_000;

const print = (line = '') => process.stdout.write(`${line}\n`);
const interruption = new AbortController();
const shutdown = new Shutdown(PATIENCE_MS, (name, error) =>
  process.stderr.write(`The ${name} did not end well: ${String(error)}\n`),
);

/** Starts the subgraph as a sandbox, fills it with a year and a half of orders, and stays up; with `--exit` it ends then. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } });
  const config = sandboxConfig();
  const { app, url } = await startSubgraph(config);
  const { issuer, audience } = config.auth;
  const run = Date.now().toString(36);
  const tokenOf = tokensOf({ secret: secretOf(config), issuer, audience });
  const client = new SubgraphClient(url, tokenOf, `/demo/${run}`);
  try {
    const now = Date.now();
    // From a midnight, so that the year comes out the same all day long.
    const from = Math.floor(now / DAY_MS) * DAY_MS - SPAN_MS;
    const year = makeYear(SEED, run, from, now);
    await fill(year, client, app.database);
    // What ran out on the way is on the books too when others look at them.
    while (!(await bookWhatIsDue(app, interruption.signal)));
    await showSomebody(year, client, url, tokenOf);
  } finally {
    client.close();
  }
  if (values.exit) await end(0);
  else print(`\nThe subgraph stays up at ${url}/graphql. Ctrl-C ends it.`);
}

function sandboxConfig(): Config {
  const config = loadConfig({ LOG_LEVEL: 'warn', ...process.env, REWARDS_SANDBOX: '1' });
  if (config.auth.jwksUrl !== null || config.eventSecrets.length > 0) {
    throw new Error(
      'The demo signs its own tokens and sends unsigned events: unset AUTH_JWKS_URL and EVENTS_SECRET.',
    );
  }
  return config;
}

async function startSubgraph(config: Config): Promise<{ app: App; url: string }> {
  const folder = join(config.dataDir, 'postgres');
  const embedded =
    config.databaseUrl === null
      ? await shutdown.start(
          'database',
          () => startEmbeddedPostgres({ folder }),
          (it) => it.stop(),
        )
      : null;
  const settled = embedded
    ? { ...config, databaseUrl: embedded.url, migrationUrl: embedded.ownerUrl }
    : config;
  const app = await shutdown.start(
    'app',
    () => createApp(settled),
    (it) => it.close(),
  );
  if (config.jobs) {
    await shutdown.start(
      'jobs',
      () => startBackground(app),
      (it) => it.stop(),
    );
  }
  const server = await shutdown.start(
    'server',
    () => startServer(app),
    (it) => it.stop(),
  );
  return { app, url: server.url };
}

async function fill(year: Year, client: SubgraphClient, database: DataSource): Promise<void> {
  const orders = year.happenings.filter((it) => it.kind === 'event' && it.type === 'order.placed');
  print(
    `A year and a half of X-Points: ${year.customers.length} customers place ${orders.length} orders.`,
  );
  print('month    customers  orders  cancellations  redemptions');
  try {
    const setClock = (at: Instant) => setTestClock(database, at);
    await liveThrough(
      year,
      client,
      setClock,
      (month) => print(monthLine(month)),
      interruption.signal,
    );
  } finally {
    await database.query('delete from sandbox_clock');
  }
}

/**
 * Not the sandbox's own way of moving its clock, which never goes back: the accounts of this run are new,
 * those of earlier runs may have been booked up to today.
 */
async function setTestClock(database: DataSource, at: Instant): Promise<void> {
  await database.query(
    `insert into sandbox_clock (only_row, at) values (true, $1)
     on conflict (only_row) do update set at = excluded.at`,
    [formatInstant(at)],
  );
}

function monthLine({ name, customers, orders, cancellations, redemptions }: Month): string {
  const numbers = [
    [customers, 9],
    [orders, 6],
    [cancellations, 13],
    [redemptions, 11],
  ] as const;
  const cells = numbers.map(([number, width]) => String(number).padStart(width));
  return `${[name, ...cells].join('  ')}  ${'▪'.repeat(Math.ceil(orders / 2))}`;
}

async function showSomebody(
  year: Year,
  client: SubgraphClient,
  url: string,
  tokenOf: TokenOf,
): Promise<void> {
  const member = await mostInteresting(year.customers, client);
  if (!member) return;
  const query = memberQuery(member.id);
  const token = await tokenOf({ customer: member.id });
  const body = JSON.stringify({ query: query.replace(/\s+/g, ' ') });
  print(
    `\n${member.name} of ${member.company.id} has most to show. A token of theirs, for 12 hours:`,
  );
  print(token);
  print(`\nPaste this at ${url}/graphql, with the header authorization: Bearer <token>`);
  print(query);
  print(`\nOr:\ncurl -s ${url}/graphql -H 'content-type: application/json' \\`);
  print(`  -H 'authorization: Bearer ${token}' \\\n  -d '${body}'`);
}

function secretOf({ auth, dataDir }: Config): Uint8Array {
  return auth.secret === null ? devSecret(dataDir) : Buffer.from(auth.secret, 'utf8');
}

async function end(code: number): Promise<never> {
  process.exit((await shutdown.endAll()) ? code : 1);
}

function onSignal(): void {
  interruption.abort();
  shutdown.stop();
  void ended.then(() => end(0));
}

function onFailure(error: unknown): Promise<void> | void {
  if (error instanceof StoppedError || interruption.signal.aborted) return;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return end(1);
}

process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
const ended = main().catch(onFailure);
