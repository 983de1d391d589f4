import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { createApp } from '../app';
import { loadConfig } from '../config';
import { createDataSource } from '../database/data-source';
import { migrate } from '../database/migrate';
import { startThrowAwayPostgres } from '../database/throw-away-postgres';
import { loadShippedPrograms } from '../programs/programs';
import { startServer } from '../server/start';
import { SubgraphClient } from './client';
import { tokensOf } from './tokens';

/** A subgraph as on its first day, on a database of its own. */
export interface Scene {
  readonly client: SubgraphClient;
  readonly databaseUrl: string;
  /** Stops it and drops its database. */
  close(): Promise<void>;
}

/** Where scenes are set up, several side by side. */
export interface Stage {
  open(): Promise<Scene>;
  /** Ends everything that was started; the scenes are closed before. */
  close(): Promise<void>;
}

/**
 * Prepares a stage: a template database with the tables and the shipped programs, on the PostgreSQL
 * at `url` (its user may create databases) or, without one, on a PostgreSQL of its own in a temporary folder.
 */
export async function openStage(url: string | null): Promise<Stage> {
  const server =
    url === null ? await startThrowAwayPostgres() : { url, ownerUrl: url, stop: async () => {} };
  const admin = new Pool({ connectionString: server.ownerUrl, max: 4 });
  admin.on('error', () => undefined);
  const template = `rewards_scenario_${randomBytes(6).toString('hex')}`;
  const close = async () => {
    await admin.query(`drop database if exists ${template} with (force)`).catch(() => undefined);
    await admin.end();
    await server.stop();
  };
  try {
    await admin.query(`create database ${template}`);
    await fillTemplate(databaseAt(server.ownerUrl, template));
  } catch (error) {
    await close();
    throw error;
  }
  let opened = 0;
  return {
    open: () => {
      opened += 1;
      return openScene(admin, server.url, template, `${template}_${opened}`);
    },
    close,
  };
}

async function fillTemplate(url: string): Promise<void> {
  await migrate(url);
  const database = await createDataSource(url, { poolSize: 1 }).initialize();
  try {
    await loadShippedPrograms(database);
  } finally {
    await database.destroy();
  }
}

async function openScene(
  admin: Pool,
  adminUrl: string,
  template: string,
  name: string,
): Promise<Scene> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  try {
    await admin.query(`create database ${name} template ${template}`);
    closing.push(() => admin.query(`drop database if exists ${name} with (force)`));
    const databaseUrl = databaseAt(adminUrl, name);
    const secret = randomBytes(32).toString('hex');
    const config = loadConfig({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: databaseUrl,
      DATABASE_POOL: '6',
      REWARDS_WRITERS: '2',
      REWARDS_SANDBOX: '1',
      REWARDS_JOBS: '0',
      AUTH_SECRET: secret,
      // The log shares the standard output with the report; asked for, it may.
      LOG_LEVEL: process.env.LOG_LEVEL || 'silent',
    });
    const app = await createApp(config);
    closing.push(() => app.close());
    const server = await startServer(app);
    closing.push(() => server.stop());
    const { issuer, audience } = config.auth;
    const tokenOf = tokensOf({ secret: Buffer.from(secret, 'utf8'), issuer, audience });
    const client = new SubgraphClient(server.url, tokenOf, '/scenario');
    closing.push(async () => client.close());
    return { client, databaseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function databaseAt(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
