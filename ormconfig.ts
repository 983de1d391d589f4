import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { loadConfig } from './src/config';
import { createDataSource } from './src/database/data-source';
import { findEmbeddedPostgres } from './src/database/embedded-postgres';

/**
 * What TypeORM's command line works on: DATABASE_MIGRATION_URL or DATABASE_URL, or in development the database of our own while it runs.
 * With the timeouts of a migration.
 */
async function open(): Promise<DataSource> {
  const { databaseUrl, migrationUrl, dataDir } = loadConfig(process.env);
  const embedded = databaseUrl === null && (await findEmbeddedPostgres(join(dataDir, 'postgres')));
  const url = migrationUrl ?? databaseUrl ?? (embedded ? embedded.ownerUrl : null);
  if (url === null) {
    throw new Error(
      'Set DATABASE_URL, or let `npm start` run beside this for a database of our own.',
    );
  }
  return createDataSource(url, { applicationName: 'rewards-typeorm', session: 'migration' });
}

export default open();
