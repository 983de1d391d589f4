import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { loadConfig } from './src/config';
import { createDataSource } from './src/database/data-source';
import { findEmbeddedPostgres } from './src/database/embedded-postgres';

/**
 * What TypeORM's command line works on: DATABASE_URL, or in development the database of our own while it runs.
 * With the timeouts of a migration.
 */
async function open(): Promise<DataSource> {
  const { databaseUrl, dataDir } = loadConfig(process.env);
  const url = databaseUrl ?? (await findEmbeddedPostgres(join(dataDir, 'postgres')));
  if (url === null) {
    throw new Error(
      'Set DATABASE_URL, or let `npm start` run beside this for a database of our own.',
    );
  }
  return createDataSource(url, { applicationName: 'rewards-typeorm', session: 'migration' });
}

export default open();
