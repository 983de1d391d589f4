import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  databaseUser,
  programsFolder,
  publicFolder,
  reachableFolder,
  runAs,
  type SystemUser,
} from './postgres-programs';
import { isAlive } from './postmaster-pid';

export const SUPERUSER = 'postgres';

/** Where a database of our own lies, and who runs it with which programs. */
export interface Place {
  readonly user: SystemUser;
  /** With `initdb`, `pg_ctl` and `postgres`. */
  readonly programs: string;
  /** What it really lives in; not the folder asked for where that one is private to root. */
  readonly folder: string;
}

/** A database of our own that has been made. */
export interface Cluster extends Place {
  readonly data: string;
  readonly password: string;
}

/** Finds out where a database asked for in `wanted` lies, made or not. */
export async function locate(wanted: string): Promise<Place> {
  const user = await databaseUser(
    [wanted, publicFolder(wanted)].map((folder) => join(folder, 'cluster', 'data')),
  );
  const programs = await programsFolder(user);
  return { user, programs, folder: await reachableFolder(user, wanted) };
}

/** Opens what lies there; null where nothing was made yet. */
export async function openCluster(place: Place): Promise<Cluster | null> {
  const { user, programs, folder } = place;
  const cluster = join(folder, 'cluster');
  if (!existsSync(cluster)) return null;
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
  return { ...place, data, password };
}

/** Made aside and renamed, so that a crash, or two processes at once, never leave half a database. */
export async function makeCluster(place: Place, durable: boolean): Promise<void> {
  const { user, programs, folder } = place;
  await removeUnfinished(folder);
  const unfinished = join(folder, `cluster.new-${process.pid}-${randomBytes(4).toString('hex')}`);
  const data = join(unfinished, 'data');
  const passwordForInit = join(unfinished, 'password-for-init');
  const password = randomBytes(24).toString('hex');
  await mkdir(data, { recursive: true });
  await chmod(unfinished, 0o755);
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
    ...(durable ? [] : ['--no-sync']),
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
    const maker = /^cluster\.new-(\d+)-/.exec(name)?.[1];
    if (maker && !isAlive(Number(maker))) await rm(join(folder, name), { recursive: true });
  }
}
