import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDataSource } from '../../src/database/data-source';
import { freshDatabase } from '../support/database';

const ROOT = join(__dirname, '../..');

interface WhatIf {
  programs: { program: string; today: Tally; otherwise: Tally }[];
  differences: object;
}
type Tally = Record<string, unknown> & { issued: number };

/** Runs `npm run whatif` on the database of `env`. */
async function whatIf(env: NodeJS.ProcessEnv, terms?: string): Promise<WhatIf> {
  const args = ['-r', '@swc-node/register', 'src/whatif/main.ts', '--json'];
  if (terms !== undefined) args.push('--terms', terms);
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  return JSON.parse(stdout) as WhatIf;
}

/** The European program, with a point more for each euro. */
async function generousTerms(): Promise<string> {
  const program = JSON.parse(await readFile(join(ROOT, 'src/programs/shipped/eu.json'), 'utf8'));
  for (const tier of program.versions[0].tiers) tier.pointsPerUnit += 1;
  const file = join(await mkdtemp(join(tmpdir(), 'rewards-terms-')), 'eu.json');
  await writeFile(file, JSON.stringify(program));
  return file;
}

test('it fills a database with a year over HTTP, prints a token and a query, and takes the test clock away', async () => {
  const fresh = await freshDatabase();
  const env = {
    ...process.env,
    DATABASE_URL: fresh.url,
    PORT: '0',
    REWARDS_DATA_DIR: await mkdtemp(join(tmpdir(), 'rewards-demo-')),
  };
  const args = ['-r', '@swc-node/register', 'src/demo/main.ts', '--exit'];
  const child = spawn(process.execPath, args, { cwd: ROOT, env });
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
  const again = await whatIf(env);
  const otherwise = await whatIf(env, await generousTerms());
  await database.destroy();
  await fresh.drop();
  // Under the terms of today the history told again gives the books of today, to the point (R1.4).
  expect(again.differences).toEqual({ refused: 0, accepted: 0, untold: 0 });
  expect(again.programs.map(({ program }) => program)).toEqual(['EU', 'TR']);
  for (const { today, otherwise: same } of again.programs) {
    expect(today.issued).toBeGreaterThan(10_000);
    expect(same).toEqual(today);
  }
  const [eu] = otherwise.programs;
  expect(eu!.otherwise.issued).toBeGreaterThan(eu!.today.issued);
  expect(eu!.otherwise.turnover).not.toBe('0');
  expect(counts).toMatchObject({ customers: 40, aside: 0, clocks: 0 });
  for (const what of ['cancelled', 'lapsed', 'captured', 'rewarded', 'discounts']) {
    expect(counts?.[what]).toBeGreaterThan(0);
  }
}, 240_000);
