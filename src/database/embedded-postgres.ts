import { createHmac } from 'node:crypto';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { type Cluster, locate, makeCluster, openCluster, SUPERUSER } from './cluster';
import { runAs } from './postgres-programs';
import { disarmStalePid, isAlive, readPidFile, runsFrom } from './postmaster-pid';
import { APP_ROLE } from './privileges';

/** Every process that uses the database holds this advisory lock shared; who gets it alone is the last one. */
const USERS_LOCK = 7_395_012;
const DATABASE = 'rewards';
const HOST = '127.0.0.1';
/** How long a start, a crash recovery or a stop may take. */
const PATIENCE_MS = 60_000;
const POLL_MS = 100;
/** Starts that may fail in a row, with longer and longer pauses: children of a killed server live on for moments. */
const STARTS = 10;

/** How the database `rewards` is reached, passwords included. */
export interface EmbeddedUrls {
  /** As the application's role. */
  readonly url: string;
  /** As the superuser, who owns the tables: for migrations and maintenance. */
  readonly ownerUrl: string;
}

export interface EmbeddedPostgres extends EmbeddedUrls {
  readonly port: number;
  /** The folder it really lives in; another than asked for where that one is private to root. */
  readonly folder: string;
  /** It was running already: another process of ours, or the leftover of one that crashed. */
  readonly found: boolean;
  /** Gives it up. The last process that uses it stops it; true where that was this one. */
  stop(): Promise<boolean>;
}

/**
 * A PostgreSQL of our own in `folder`, for development and tests: made where there is none, started
 * where it does not run, used where it does. It listens on loopback only, on a port from the system (the
 * last one where that is free), outlives the terminal's Ctrl-C, and a crash of this process. `durable: false` (tests)
 * trades everything that survives a power cut for speed.
 */
export async function startEmbeddedPostgres(options: {
  readonly folder: string;
  readonly durable?: boolean;
}): Promise<EmbeddedPostgres> {
  const durable = options.durable ?? true;
  const cluster = await openOrMake(resolve(options.folder), durable);
  const deadline = Date.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    const running = await findRunning(cluster, deadline);
    const port = running ?? (await start(cluster, durable, deadline));
    const keeper = port === null ? null : await joinUsers(cluster, port);
    if (port !== null && keeper) {
      await ensureDatabase(keeper);
      await ensureRole(keeper, cluster);
      return {
        ...urlsOf(cluster, port),
        port,
        folder: cluster.folder,
        found: running !== null,
        stop: () => leave(cluster, port, keeper),
      };
    }
    if (attempt === STARTS || Date.now() > deadline) throw new Error(await whyNot(cluster));
    await pause(POLL_MS * attempt);
  }
}

/** How the database in `folder` is reached where it runs; null where it does not, or was never made. Starts nothing. */
export async function findEmbeddedPostgres(folder: string): Promise<EmbeddedUrls | null> {
  const cluster = await openCluster(await locate(resolve(folder)));
  const port = cluster && (await findRunning(cluster, Date.now() + PATIENCE_MS));
  return port ? urlsOf(cluster, port) : null;
}

async function openOrMake(wanted: string, durable: boolean): Promise<Cluster> {
  const place = await locate(wanted);
  const found = await openCluster(place);
  if (found) return found;
  await makeCluster(place, durable);
  return (await openCluster(place))!;
}

/** The port of the database where it runs, waiting while it comes up or goes down; null where it does not run. */
async function findRunning(cluster: Cluster, deadline: number): Promise<number | null> {
  for (;;) {
    const file = await readPidFile(cluster.data);
    if (!file || !isAlive(file.pid)) return null;
    if (file.port !== null && (await answers(cluster, file.port))) return file.port;
    if (!(await runsFrom(file.pid, cluster.data))) {
      await disarmStalePid(cluster.data, file.pid);
      return null;
    }
    if (Date.now() > deadline) throw new Error(await whyNot(cluster));
    await pause(POLL_MS);
  }
}

async function answers(cluster: Cluster, port: number): Promise<boolean> {
  const client = await open(cluster, port);
  if (!client) return false;
  try {
    const { rows } = await client.query<{ folder: string }>(
      `select current_setting('data_directory') as folder`,
    );
    return (await realpath(rows[0]!.folder)) === (await realpath(cluster.data));
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Starts it; its port, or null where it did not come up (somebody else was faster, the port was taken …). */
async function start(cluster: Cluster, durable: boolean, deadline: number): Promise<number | null> {
  const remembered = join(cluster.folder, 'cluster', 'port');
  const last = Number(await readFile(remembered, 'utf8').catch(() => '0'));
  const port = (await freePort(last)) ?? (await freePort(0));
  if (port === null) throw new Error('The system gives no free port on 127.0.0.1.');
  const settings = [
    `listen_addresses=${HOST}`,
    'unix_socket_directories=',
    'max_connections=200',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off']),
  ];
  // pg_ctl makes the database the leader of a process group of its own.
  const { code } = await runAs(cluster.user, join(cluster.programs, 'pg_ctl'), [
    'start',
    '--wait',
    `--timeout=${Math.max(1, Math.ceil((deadline - Date.now()) / 1000))}`,
    `--pgdata=${cluster.data}`,
    `--log=${join(cluster.data, 'server.log')}`,
    `--options=${[`-p ${port}`, ...settings.map((setting) => `-c ${setting}`)].join(' ')}`,
  ]);
  if (code !== 0) return null;
  await writeFile(remembered, String(port));
  return port;
}

function freePort(wanted: number): Promise<number | null> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(null));
    probe.listen(wanted, HOST, () => {
      const address = probe.address();
      probe.close(() => done(address && typeof address === 'object' ? address.port : null));
    });
  });
}

/** A connection that counts as a user of the database for as long as it lives; null where it is going down. */
async function joinUsers(cluster: Cluster, port: number): Promise<Client | null> {
  const client = await open(cluster, port);
  if (!client) return null;
  try {
    await client.query('select pg_advisory_lock_shared($1)', [USERS_LOCK]);
    // The lock may have come free because its last user is being shut down: then nobody is let in any more.
    if (await answers(cluster, port)) return client;
  } catch {
    // It went down while we waited.
  }
  await client.end().catch(() => undefined);
  return null;
}

async function open(cluster: Cluster, port: number): Promise<Client | null> {
  const client = new Client({
    host: HOST,
    port,
    user: SUPERUSER,
    password: cluster.password,
    database: SUPERUSER,
    application_name: 'rewards-embedded',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch {
    return null;
  }
}

async function ensureDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (rowCount) return;
  await client.query(`create database ${DATABASE}`).catch((error: { code?: string }) => {
    if (error.code !== '42P04' && error.code !== '23505') throw error;
  });
}

/** The application's role, with a login of its own; several may make it at once. */
async function ensureRole(client: Client, cluster: Cluster): Promise<void> {
  const password = client.escapeLiteral(appPassword(cluster));
  await client.query(`
    do $$
    begin
      if not exists (select from pg_roles where rolname = '${APP_ROLE}' and rolcanlogin) then
        if not exists (select from pg_roles where rolname = '${APP_ROLE}') then create role ${APP_ROLE}; end if;
        alter role ${APP_ROLE} login password ${password};
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$`);
}

/** Follows from the superuser's, so that there is one to keep. */
function appPassword({ password }: Cluster): string {
  return createHmac('sha256', password).update(APP_ROLE).digest('hex');
}

async function leave(cluster: Cluster, port: number, keeper: Client): Promise<boolean> {
  const isLast = await lastUser(keeper).catch(() => null);
  if (isLast === null) {
    // Our connection broke. Over a new one, where there is any, the database is asked again.
    const again = await open(cluster, port);
    return again !== null && leave(cluster, port, again);
  }
  if (isLast) await halt(cluster);
  await keeper.end().catch(() => undefined);
  return isLast;
}

/** Not by `pg_ctl stop`: where somebody starts the database anew in the same moment, it would wait for that one's end. */
async function halt(cluster: Cluster): Promise<void> {
  const pid = (await readPidFile(cluster.data))?.pid;
  if (pid === undefined) return;
  for (const [signal, patienceMs] of [
    ['INT', PATIENCE_MS / 2],
    ['QUIT', PATIENCE_MS / 6],
  ] as const) {
    await runAs(cluster.user, join(cluster.programs, 'pg_ctl'), ['kill', signal, String(pid)]);
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      if ((await readPidFile(cluster.data))?.pid !== pid || !isAlive(pid)) return;
      await pause(POLL_MS / 5);
    }
  }
  throw new Error(`The database in ${cluster.folder} does not stop.`);
}

async function lastUser(client: Client): Promise<boolean> {
  await client.query('select pg_advisory_unlock_all()');
  const { rows } = await client.query<{ alone: boolean }>(
    'select pg_try_advisory_lock($1) as alone',
    [USERS_LOCK],
  );
  return rows[0]?.alone ?? false;
}

function urlsOf(cluster: Cluster, port: number): EmbeddedUrls {
  const at = `${HOST}:${port}/${DATABASE}`;
  return {
    url: `postgres://${APP_ROLE}:${appPassword(cluster)}@${at}`,
    ownerUrl: `postgres://${SUPERUSER}:${cluster.password}@${at}`,
  };
}

async function whyNot(cluster: Cluster): Promise<string> {
  const log = join(cluster.data, 'server.log');
  const lines = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5);
  return `The database in ${cluster.folder} does not start. The end of ${log}:\n${lines.join('\n')}`;
}
