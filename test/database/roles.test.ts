import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { createDataSource } from '../../src/database/data-source';
import { unfitness } from '../../src/database/fitness';
import { MayNotMigrateError, migrate } from '../../src/database/migrate';
import { startThrowAwayPostgres } from '../../src/database/throw-away-postgres';
import { latestIntegrity } from '../../src/jobs/check-integrity';
import { startJobs } from '../../src/jobs/jobs';
import { openApp } from '../events/test-app';
import { complete, openBooks, registered } from '../ledger/stories';
import { eventually } from '../outbox/outbox';

type Server = Awaited<ReturnType<typeof startThrowAwayPostgres>>;

let server: Server;
beforeAll(async () => {
  server = await startThrowAwayPostgres();
}, 120_000);
afterAll(() => server.stop());

function at(change: { user?: string; password?: string; database?: string }): string {
  const url = new URL(server.ownerUrl);
  if (change.user) url.username = change.user;
  if (change.password) url.password = change.password;
  if (change.database) url.pathname = `/${change.database}`;
  return url.href;
}

async function run(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const results: unknown[] = [];
    for (const statement of statements) results.push((await client.query(statement)).rows[0]);
    return results;
  } finally {
    await client.end();
  }
}

test('the SQL of the README gives a cluster of its own the roles; migrations, service and jobs run as them', async () => {
  const readme = await readFile(join(__dirname, '../../src/database/README.md'), 'utf8');
  const sql = /```sql\n(.*?)```/s.exec(readme)![1]!;
  const admin = at({ database: 'postgres' });
  // This cluster has the role already, made by the embedded database.
  await run(admin, 'drop database if exists rewards', 'drop role if exists rewards_app');
  for (const statement of sql.trim().split(/;\n?/).filter(Boolean)) await run(admin, statement);
  const owner = at({ user: 'rewards_owner', password: 'owner-password' });
  const app = at({ user: 'rewards_app', password: 'app-password' });

  await expect(migrate(app)).rejects.toThrow(MayNotMigrateError);
  const names = await migrate(owner);
  expect(names.length).toBeGreaterThan(0);
  expect(await migrate(app)).toEqual([]);

  const database = await createDataSource(app).initialize();
  const { refused } = await unfitness(database, 10);
  await database.destroy();
  // This one is fast rather than durable.
  expect(
    refused.filter((line) => !/^(fsync|full_page_writes|synchronous_commit) /.test(line)),
  ).toEqual([]);
  await expect(run(app, 'create temporary table accounts (id text)')).rejects.toThrow(
    'permission denied',
  );

  const running = await openApp(app, { migrationUrl: owner });
  const jobs = await startJobs(running);
  const books = await openBooks({ url: app });
  await books.at('2025-06-15T10:00:00Z');
  await books.send(registered('ada'));
  await complete(books, 'o1', 'ada', '100.00');
  await running.database.query(`select from graphile_worker.add_job('checkIntegrity')`);
  await eventually(async () => (await latestIntegrity(running))?.finishedAt != null);
  expect((await latestIntegrity(running))!.breaches.every(({ rows }) => rows === 0)).toBe(true);
  await books.close();
  await jobs.stop();
  await running.close();
}, 120_000);

describe('one address', () => {
  const developer = () => at({ user: 'developer', password: 'x', database: 'developers' });
  beforeAll(async () => {
    const admin = at({ database: 'postgres' });
    await run(
      admin,
      `create role developer login createrole password 'x'`,
      'create database developers owner developer',
    );
  });

  test('of a login that may make roles is enough: it migrates, and the service runs restricted', async () => {
    await run(at({ database: 'postgres' }), 'drop owned by rewards_app cascade').catch(
      () => undefined,
    );
    const admin = at({ database: 'rewards' });
    await run(admin, 'drop owned by rewards_app cascade').catch(() => undefined);
    await run(
      at({ database: 'postgres' }),
      'drop database if exists rewards',
      'drop role if exists rewards_app',
    );
    expect((await migrate(developer())).length).toBeGreaterThan(0);
    const database = await createDataSource(developer()).initialize();
    const [who] = await database.query('select current_user as role, session_user as login');
    expect(who).toEqual({ role: 'rewards_app', login: 'developer' });
    await expect(database.query('delete from entries')).rejects.toMatchObject({ code: '42501' });
    const { refused } = await unfitness(database, 10);
    expect(refused).toContainEqual(
      expect.stringMatching(/^developer may act as developer, who owns the tables/),
    );
    await database.destroy();
  }, 60_000);

  test('guards against mistakes, not intruders: SET ROLE NONE leads back, RESET ROLE does not', async () => {
    const database = await createDataSource(developer(), { poolSize: 1 }).initialize();
    const roleAfter = async (statement: string) => {
      await database.query(statement);
      const [{ role }] = await database.query('select current_user as role');
      return role;
    };
    expect(await roleAfter('reset role')).toBe('rewards_app');
    expect(await roleAfter('discard all')).toBe('rewards_app');
    expect(await roleAfter('set role none')).toBe('developer');
    await database.destroy();
  });

  test('of a login that may not make the role says what there is to do', async () => {
    await run(
      at({ database: 'postgres' }),
      `create role poor login password 'x'`,
      'create database poors owner poor',
    );
    await run(at({ database: 'developers' }), 'drop owned by rewards_app cascade');
    await run(at({ database: 'postgres' }), 'drop role rewards_app');
    await expect(migrate(at({ user: 'poor', password: 'x', database: 'poors' }))).rejects.toThrow(
      /not as this version needs it.*npm run migrate.*src\/database\/README.md/,
    );
  }, 60_000);
});
