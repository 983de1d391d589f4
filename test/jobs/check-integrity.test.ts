import { pino } from 'pino';
import { checkIntegrityFurther, latestIntegrity } from '../../src/jobs/check-integrity';
import { startJobs } from '../../src/jobs/jobs';
import { freshApp, openApp, type RunningApp } from '../events/test-app';
import { eventually } from '../outbox/outbox';
import { asOwner, ownerUrlOf } from '../support/database';

const NEVER = new AbortController().signal;

let app: RunningApp;
beforeEach(async () => {
  app = await freshApp();
  await sql(
    `insert into accounts (shard, id) select n % 256, 'stub-' || n from generate_series(1, 1200) n`,
  );
});
afterEach(() => app.close());

const sql = (statement: string) =>
  asOwner({ ownerUrl: ownerUrlOf(app.config.databaseUrl!) }, statement);
const broken = async () =>
  (await latestIntegrity(app))!.breaches.filter(({ rows }) => rows > 0).map(({ number }) => number);

test('goes on where it was, run by run and process by process, and rests at the end', async () => {
  expect(await latestIntegrity(app)).toBeNull();
  const other = await openApp(app.config.databaseUrl!);
  await sql(`update accounts set next_due_at = now() where id in ('stub-1', 'stub-1200')`);
  const seen: unknown[] = [];
  for (const one of [app, other, app, other, app]) {
    await checkIntegrityFurther(one, NEVER, 0);
    const { number, accounts, orders, finishedAt } = (await latestIntegrity(app))!;
    seen.push([number, accounts, orders, finishedAt !== null]);
  }
  await other.close();
  expect(seen).toEqual([
    [1, 500, 0, false],
    [1, 1000, 0, false],
    [1, 1200, 0, false],
    [1, 1200, 0, true],
    [1, 1200, 0, true],
  ]);
  expect(await broken()).toEqual(['L10']);
  expect((await latestIntegrity(app, 'finished'))!.breaches).toContainEqual(
    expect.objectContaining({ number: 'L10', rows: 2 }),
  );
});

test('two processes at once count nothing twice', async () => {
  const other = await openApp(app.config.databaseUrl!);
  await sql(`update accounts set next_due_at = now() where id = 'stub-1'`);
  for (let round = 0; round < 6; round += 1) {
    await Promise.all([app, other].map((one) => checkIntegrityFurther(one, NEVER, 0)));
  }
  await other.close();
  const walk = (await latestIntegrity(app))!;
  expect(walk).toMatchObject({ number: 1, accounts: 1200 });
  expect(walk.finishedAt).not.toBeNull();
  expect(walk.breaches.find(({ number }) => number === 'L10')).toMatchObject({ rows: 1 });
});

test('says in the log what is broken, and begins anew after a rest', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  await sql(`update accounts set next_due_at = now() where id = 'stub-7'`);
  await checkIntegrityFurther({ ...app, log }, NEVER);
  const [said] = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
  expect(said).toMatchObject({ breach: { number: 'L10', rows: 1, accounts: ['stub-7'] } });

  await sql(`update accounts set next_due_at = null where id = 'stub-7'`);
  await checkIntegrityFurther(app, NEVER);
  expect(await latestIntegrity(app)).toMatchObject({ number: 1 });
  await sql(`update integrity_walks set finished_at = finished_at - interval '61 minutes'`);
  await checkIntegrityFurther(app, NEVER);
  expect(await latestIntegrity(app)).toMatchObject({ number: 2, accounts: 1200 });
  expect(await broken()).toEqual([]);
});

test('is one of the jobs', async () => {
  const jobs = await startJobs(app);
  await app.database.query(`select from graphile_worker.add_job('checkIntegrity')`);
  await eventually(async () => (await latestIntegrity(app))?.finishedAt != null);
  await jobs.stop();
});
