import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** The environment variables by which the run's PostgreSQL is handed to the test processes: as its superuser, as the application. */
export const ADMIN_URL = 'REWARDS_TEST_ADMIN_URL';
export const APP_URL = 'REWARDS_TEST_APP_URL';
/** Migrated, with both shipped programs loaded. */
export const TEMPLATE = 'rewards_template';

/** A database of a test's own. */
export interface TestDatabase {
  /** As the application's role: what the service under test is given. */
  readonly url: string;
  /** As the owner, a superuser: for what the application may not do, such as planting what is wrong. */
  readonly ownerUrl: string;
  drop(): Promise<void>;
}

/** A database of this test's own, as the service finds it on its first day. */
export async function freshDatabase(): Promise<TestDatabase> {
  return makeDatabase(TEMPLATE);
}

/** A database of this test's own with nothing in it, not even the tables. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return makeDatabase('template1');
}

/** The address of a database of the run's PostgreSQL. */
export function databaseUrl(name: string, as: typeof ADMIN_URL | typeof APP_URL): string {
  const url = new URL(process.env[as] ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

/** A copy of a database that nobody is connected to. */
export async function copyOf({ url }: Pick<TestDatabase, 'url'>): Promise<TestDatabase> {
  return makeDatabase(new URL(url).pathname.slice(1));
}

async function makeDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(`create database ${name} template ${template}`);
  return {
    url: databaseUrl(name, APP_URL),
    ownerUrl: databaseUrl(name, ADMIN_URL),
    drop: () => asAdmin(`drop database if exists ${name} with (force)`),
  };
}

/** One statement as the owner of a database: what the application may not do. */
export async function asOwner(
  { ownerUrl }: Pick<TestDatabase, 'ownerUrl'>,
  statement: string,
  values: readonly unknown[] = [],
): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(statement, [...values]);
  } finally {
    await client.end();
  }
}

/** The owner's address of the database that a test has the application's address of. */
export function ownerUrlOf(url: string): string {
  return databaseUrl(new URL(url).pathname.slice(1), ADMIN_URL);
}

function asAdmin(statement: string): Promise<void> {
  return asOwner({ ownerUrl: process.env[ADMIN_URL] ?? '' }, statement);
}
