import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedUrls, startEmbeddedPostgres } from './embedded-postgres';
import { isAlive } from './postmaster-pid';

const PREFIX = 'rewards-throw-away-';

/**
 * A PostgreSQL in a temporary folder, for tests and dry runs; `stop` leaves nothing of it. Fast rather
 * than durable, unless `durable` is asked for (tests that pull the plug).
 */
export async function startThrowAwayPostgres(
  options: { readonly durable?: boolean } = {},
): Promise<EmbeddedUrls & { stop(): Promise<void> }> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // PostgreSQL may run as another user than ourselves; it has to get through.
  await chmod(folder, 0o755);
  const durable = options.durable ?? false;
  const server = await startEmbeddedPostgres({ folder, durable }).catch(async (error) => {
    await remove(folder);
    throw error;
  });
  return {
    url: server.url,
    ownerUrl: server.ownerUrl,
    stop: async () => {
      await server.stop();
      await remove(server.folder);
      await remove(folder);
    },
  };
}

/** A run that was killed could not clean up: its database may still run. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : 0;
    if (!pid || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    try {
      const left = await startEmbeddedPostgres({ folder, durable: false });
      await left.stop();
      await remove(left.folder);
      await remove(folder);
    } catch {
      // Another user's, or broken beyond starting: not ours to repair.
    }
  }
}

function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
