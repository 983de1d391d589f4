import 'reflect-metadata';
import { Client } from 'pg';
import { createDataSource } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { startThrowAwayPostgres } from '../../src/database/throw-away-postgres';
import { loadShippedPrograms } from '../../src/programs/programs';
import { ADMIN_URL, APP_URL, databaseUrl, TEMPLATE } from './database';

declare global {
  var stopTestPostgres: (() => Promise<void>) | undefined;
}

/** One PostgreSQL per jest run, with a migrated template that holds the shipped programs. */
export default async function globalSetup(): Promise<void> {
  const server = await startThrowAwayPostgres();
  globalThis.stopTestPostgres = () => server.stop();
  process.env[ADMIN_URL] = server.ownerUrl;
  process.env[APP_URL] = server.url;
  try {
    await makeTemplate(server.ownerUrl);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function makeTemplate(adminUrl: string): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const url = databaseUrl(TEMPLATE, ADMIN_URL);
  await migrate(url);
  const database = await createDataSource(url, { poolSize: 1 }).initialize();
  await loadShippedPrograms(database);
  await database.destroy();
}
