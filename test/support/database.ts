import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** The environment variable by which the run's PostgreSQL is handed to the test processes. */
export const ADMIN_URL = 'REWARDS_TEST_ADMIN_URL';
/** Migrated, with both shipped programs loaded. */
export const TEMPLATE = 'rewards_template';

/** A database of this test's own, as the service finds it on its first day. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return makeDatabase(TEMPLATE);
}

/** A database of this test's own with nothing in it, not even the tables. */
export async function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return makeDatabase('template1');
}

/** The address of a database of the run's PostgreSQL. */
export function databaseUrl(name: string): string {
  const url = new URL(process.env[ADMIN_URL] ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

async function makeDatabase(template: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(`create database ${name} template ${template}`);
  return {
    url: databaseUrl(name),
    drop: () => asAdmin(`drop database if exists ${name} with (force)`),
  };
}

async function asAdmin(statement: string): Promise<void> {
  const client = new Client({ connectionString: process.env[ADMIN_URL] });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
