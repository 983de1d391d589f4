import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { migrate } from '../../src/database/migrate';
import { isAlive } from '../../src/database/postmaster-pid';
import { ADMIN_URL, databaseUrl, TEMPLATE } from './database';

const PREFIX = 'rewards-test-';

declare global {
  var rewardsTestPostgres: { server: EmbeddedPostgres; folder: string } | undefined;
}

/** One PostgreSQL per jest run, with a migrated template that holds the shipped programs. */
export default async function globalSetup(): Promise<void> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const server = await startEmbeddedPostgres({ folder, durable: false });
  globalThis.rewardsTestPostgres = { server, folder };
  process.env[ADMIN_URL] = server.url;
  await makeTemplate(server.url);
}

async function makeTemplate(adminUrl: string): Promise<void> {
  const admin = await new DataSource({ type: 'postgres', url: adminUrl }).initialize();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.destroy();
  const url = databaseUrl(TEMPLATE);
  await migrate(url);
  const database = await createDataSource(url, { poolSize: 1 }).initialize();
  const programs = join(__dirname, '../../src/programs/programs.ts');
  if (existsSync(programs)) {
    const { loadShippedPrograms } = require(programs) as {
      loadShippedPrograms(database: DataSource): Promise<void>;
    };
    await loadShippedPrograms(database);
  }
  await database.destroy();
}

/** A run that was killed could not clean up: its database may still run. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) && Number(/^\d+/.exec(name.slice(PREFIX.length))?.[0]);
    if (!pid || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    try {
      await (await startEmbeddedPostgres({ folder, durable: false })).stop();
      await rm(folder, { recursive: true, force: true });
    } catch {
      // Another user's, or broken beyond starting: not ours to repair.
    }
  }
}
