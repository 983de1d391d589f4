import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { openBooks, registered } from '../ledger/stories';
import { ownerUrlOf } from '../support/database';

const ROOT = join(__dirname, '../..');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real command, as an operator starts it. */
function run(name: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const command = ['-r', '@swc-node/register', `src/maintenance/${name}.ts`, ...args];
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env } };
  return new Promise((done) => {
    execFile(process.execPath, command, options, (error, out, err) => {
      done({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

test('the commands work as processes, as the owner; the application’s role may look and no more', async () => {
  const books = await openBooks();
  await books.send(registered('ada'));
  const both = { DATABASE_URL: books.url, DATABASE_MIGRATION_URL: ownerUrlOf(books.url) };
  const [whole, rebuilt, looked, refused, misused, compared] = await Promise.all([
    run('reconcile', ['--json'], both),
    run('rebuild', ['--check'], both),
    run('reconcile', [], { DATABASE_URL: books.url }),
    run('reconcile', ['--freeze', 'ada', '--reason', 'x'], { DATABASE_URL: books.url }),
    run('rebuild', [], both),
    run('rollups', ['--check'], { DATABASE_URL: books.url }),
  ]);
  const old = ['--before', '2025-01-01', '--reason', 'x'];
  expect(await run('archive', old, { DATABASE_URL: books.url })).toMatchObject({
    ...{ code: 2, err: expect.stringMatching(/^permission denied for table archive_runs\./) },
  });
  expect(await run('archive', old, both)).toMatchObject({
    ...{ code: 0, out: expect.stringMatching(/^0 entries and 0 allocations of 0 accounts were/) },
  });
  expect([whole.code, JSON.parse(whole.out).accounts]).toEqual([0, 1]);
  expect(rebuilt).toMatchObject({ code: 0, out: expect.stringContaining('nothing differs') });
  expect(looked).toMatchObject({
    code: 0,
    out: expect.stringContaining('1 accounts and 0 orders'),
  });
  expect(refused).toMatchObject({
    code: 2,
    err: expect.stringContaining('DATABASE_MIGRATION_URL'),
  });
  expect(refused.err).toMatch(/^permission denied for table accounts\./);
  expect(misused).toMatchObject({ code: 2, err: expect.stringMatching(/^Usage: npm run rebuild/) });

  expect(compared).toMatchObject({ code: 0, out: expect.stringContaining('nothing differs') });
  const anew = await run('rollups', ['--rebuild'], both);
  expect(anew).toMatchObject({ code: 0, out: expect.stringContaining('Generation 2 is in use') });

  await books.database.query(`update accounts set lifetime_earned = 1 where id = 'ada'`);
  const frozen = await run('reconcile', ['--freeze', '--by', 'olga'], both);
  expect(frozen).toMatchObject({ code: 1, out: expect.stringContaining('Frozen now: ada') });
  await books.close();
}, 120_000);
