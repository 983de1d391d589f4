import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from '../../src/database/data-source';
import { freshDatabase } from '../support/database';

test('it fills a database with a year over HTTP, prints a token and a query, and takes the test clock away', async () => {
  const fresh = await freshDatabase();
  const env = {
    ...process.env,
    DATABASE_URL: fresh.url,
    PORT: '0',
    REWARDS_DATA_DIR: await mkdtemp(join(tmpdir(), 'rewards-demo-')),
  };
  const args = ['-r', '@swc-node/register', 'src/demo/main.ts', '--exit'];
  const child = spawn(process.execPath, args, { cwd: join(__dirname, '../..'), env });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.pipe(process.stderr);
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(out).toContain('authorization: Bearer ey');
  expect(out).toContain('rewardsMember(customerId: "');

  const database = await createDataSource(fresh.url, { poolSize: 1 }).initialize();
  const [counts] = await database.query<Record<string, number>[]>(
    `select (select count(*) from accounts where program is not null) as customers,
            (select count(*) from orders where cancelled_at is not null) as cancelled,
            (select count(*) from redemptions where state = 'LAPSED') as lapsed,
            (select count(*) from redemptions where state = 'CAPTURED') as captured,
            (select count(*) from referrals where state = 'REWARDED') as rewarded,
            (select count(*) from discount_codes where order_id is not null) as discounts,
            (select count(*) from set_aside) as aside,
            (select count(*) from sandbox_clock) as clocks`,
  );
  await database.destroy();
  await fresh.drop();
  expect(counts).toMatchObject({ customers: 40, aside: 0, clocks: 0 });
  for (const what of ['cancelled', 'lapsed', 'captured', 'rewarded', 'discounts']) {
    expect(counts?.[what]).toBeGreaterThan(0);
  }
}, 240_000);
