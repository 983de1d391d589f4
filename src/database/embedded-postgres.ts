import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import {
  databaseUser,
  programsFolder,
  reachableFolder,
  runAs,
  type SystemUser,
} from './postgres-programs';
import { disarmStalePid, isAlive, readPidFile, runsFrom } from './postmaster-pid';

/** Every process that uses the database holds this advisory lock shared; who gets it alone is the last one. */
const USERS_LOCK = 7_395_012;
const SUPERUSER = 'postgres';
const DATABASE = 'rewards';
const HOST = '127.0.0.1';
/** How long a start, a crash recovery or a stop may take. */
const PATIENCE_MS = 60_000;
const POLL_MS = 100;

export interface EmbeddedPostgres {
  /** Of the database `rewards`, with the password. */
  readonly url: string;
  readonly port: number;
  /** The folder it really lives in; another than asked for where that one is private to root. */
  readonly folder: string;
  /** It was running already: another process of ours, or the leftover of one that crashed. */
  readonly found: boolean;
  /** Gives it up. The last process that uses it stops it; true where that was this one. */
  stop(): Promise<boolean>;
}

interface Cluster {
  readonly user: SystemUser;
  readonly programs: string;
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly durable: boolean;
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
  const cluster = await openCluster(resolve(options.folder), options.durable ?? true);
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const running = await findRunning(cluster, deadline);
    const port = running ?? (await start(cluster, deadline));
    const keeper = port === null ? null : await joinUsers(cluster, port);
    if (port !== null && keeper) {
      await ensureDatabase(keeper);
      return {
        url: urlOf(cluster, port),
        port,
        folder: cluster.folder,
        found: running !== null,
        stop: () => leave(cluster, port, keeper),
      };
    }
    if (Date.now() > deadline) throw new Error(await whyNot(cluster));
    await pause(POLL_MS);
  }
}

async function openCluster(wanted: string, durable: boolean): Promise<Cluster> {
  const user = await databaseUser(join(wanted, 'cluster', 'data'));
  const programs = await programsFolder(user);
  const folder = await reachableFolder(user, wanted);
  const cluster = join(folder, 'cluster');
  if (!existsSync(cluster)) await makeCluster({ user, programs, folder, durable });
  const data = join(cluster, 'data');
  const made = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  const { output } = await runAs(user, join(programs, 'postgres'), ['--version']);
  if (/\b(\d+)\./.exec(output)?.[1] !== made) {
    throw new Error(
      `The database in ${folder} was made by PostgreSQL ${made}; this is ${output.trim()}. ` +
        'Remove the folder (its data goes with it), or name another by REWARDS_DATA_DIR.',
    );
  }
  const password = await readFile(join(cluster, 'password'), 'utf8');
  return { user, programs, folder, data, password, durable };
}

/** Made aside and renamed, so that a crash, or two processes at once, never leave half a database. */
async function makeCluster(
  place: Pick<Cluster, 'user' | 'programs' | 'folder' | 'durable'>,
): Promise<void> {
  const { user, programs, folder } = place;
  await removeUnfinished(folder);
  const unfinished = join(folder, `cluster.new-${process.pid}`);
  const data = join(unfinished, 'data');
  const passwordForInit = join(unfinished, 'password-for-init');
  const password = randomBytes(24).toString('hex');
  await mkdir(data, { recursive: true, mode: 0o755 });
  await writeFile(join(unfinished, 'password'), password, { mode: 0o600 });
  await writeFile(passwordForInit, password, { mode: 0o600 });
  if (user) {
    await chown(data, user.uid, user.gid);
    await chown(passwordForInit, user.uid, user.gid);
  }
  const { code, output } = await runAs(user, join(programs, 'initdb'), [
    `--pgdata=${data}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordForInit}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(place.durable ? [] : ['--no-sync']),
  ]);
  if (code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error(`No database could be made in ${folder}: ${output.trim()}`);
  }
  await rm(passwordForInit);
  await rename(unfinished, join(folder, 'cluster')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    return rm(unfinished, { recursive: true, force: true });
  });
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const maker = /^cluster\.new-(\d+)$/.exec(name)?.[1];
    if (maker && !isAlive(Number(maker))) await rm(join(folder, name), { recursive: true });
  }
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
    return rows[0]?.folder === cluster.data;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Starts it; its port, or null where it did not come up (somebody else was faster, the port was taken …). */
async function start(cluster: Cluster, deadline: number): Promise<number | null> {
  const remembered = join(cluster.folder, 'cluster', 'port');
  const last = Number(await readFile(remembered, 'utf8').catch(() => '0'));
  const port = (await freePort(last)) ?? (await freePort(0));
  if (port === null) throw new Error('The system gives no free port on 127.0.0.1.');
  const settings = [
    `listen_addresses=${HOST}`,
    'unix_socket_directories=',
    'max_connections=200',
    ...(cluster.durable ? [] : ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off']),
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
  try {
    await client?.query('select pg_advisory_lock_shared($1)', [USERS_LOCK]);
    return client;
  } catch {
    return null;
  }
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

async function leave(cluster: Cluster, port: number, keeper: Client): Promise<boolean> {
  const alone = await lastUser(keeper).catch(async () => {
    // Our connection broke: whoever still runs there is asked again; nobody may.
    const again = await open(cluster, port);
    return again ? lastUser(again).catch(() => false) : false;
  });
  if (!alone) {
    await keeper.end().catch(() => undefined);
    return false;
  }
  for (const mode of ['fast', 'immediate']) {
    const { code } = await runAs(cluster.user, join(cluster.programs, 'pg_ctl'), [
      'stop',
      '--wait',
      '--timeout=30',
      `--mode=${mode}`,
      `--pgdata=${cluster.data}`,
    ]);
    if (code === 0) return true;
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

function urlOf(cluster: Cluster, port: number): string {
  return `postgres://${SUPERUSER}:${cluster.password}@${HOST}:${port}/${DATABASE}`;
}

async function whyNot(cluster: Cluster): Promise<string> {
  const log = join(cluster.data, 'server.log');
  const lines = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5);
  return `The database in ${cluster.folder} does not start. The end of ${log}:\n${lines.join('\n')}`;
}
