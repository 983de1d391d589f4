import fc from 'fast-check';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { parseInstant } from '../../src/kernel/time';
import { freezeAccount, unfreezeAccount } from '../../src/ledger/freeze';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { rulesOf } from '../../src/ledger/rules';
import type { Desk } from '../../src/maintenance/operator';
import { rebuild } from '../../src/maintenance/rebuild';
import { tellOfEverybody, tellOfTheDesk } from '../ledger/books-of-everybody';
import { type Books, openBooks } from '../ledger/stories';
import { changeRules, isRuleStep } from '../properties/rule-steps';
import { story } from '../properties/story';
import { Teller } from '../properties/teller';
import { ownerUrlOf } from '../support/database';

const NEVER = new AbortController().signal;

let books: Books;
let owner: DataSource;
let desk: Desk;
let printed: string[];

beforeEach(async () => {
  let codes = 0;
  const newCode = () => {
    codes += 1;
    return `CODE-${codes}`;
  };
  books = await openBooks({ newCode });
  owner = await createDataSource(ownerUrlOf(books.url), { session: 'migration' }).initialize();
  desk = { database: owner, programs: books.programs };
  printed = [];
});

afterEach(async () => {
  await owner.destroy();
  await books.close();
});

const run = (...args: string[]) => rebuild(desk, args, (line) => printed.push(line), NEVER);

/** As a superuser, past every trigger and foreign key. */
async function plant(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: ownerUrlOf(books.url) });
  await client.connect();
  await client.query('set session_replication_role = replica');
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Tells a random story to the door. */
async function tell(number: number, seed: number): Promise<void> {
  const [steps] = fc.sample(story, { seed, numRuns: 1 });
  let codes = 0;
  const newCode = () => {
    codes += 1;
    return `W-${number}-${codes}`;
  };
  const world = new MemoryBooks({ ...rulesOf(books.programs), newCode });
  const teller = new Teller(number, world);
  let at = parseInstant('2025-01-10T10:00:00Z')! + number * 366 * 86_400_000 * 3;
  await books.at(at);
  for (const step of steps!) {
    if (step.kind === 'wait') {
      at += step.ms;
      await books.at(at);
    } else if (isRuleStep(step)) {
      await changeRules(books, step);
    } else {
      for (const { command } of teller.tell(step)) {
        world.run(command, at);
        await books.ledger.execute(command);
      }
    }
  }
}

test('random histories are rebuilt to the very numbers of the rows', async () => {
  const seed = Date.now() % 2 ** 31;
  process.stdout.write(`random histories, seed ${seed}\n`);
  for (let number = 1; number <= 6; number += 1) await tell(number, seed + number);
  expect(await run('--check')).toBe(0);
  expect(printed).toEqual([
    expect.stringMatching(/^\d+ accounts were rebuilt from \d+ entries: nothing differs\.$/),
  ]);
  const [{ entries, accounts }] = await owner.query(
    'select (select count(*) from entries) as entries, (select count(*) from accounts) as accounts',
  );
  expect(printed[0]).toContain(`${accounts} accounts were rebuilt from ${entries} entries`);
  expect(entries).toBeGreaterThan(20);
}, 120_000);

test('more rows than are fetched at a time are all read, each with its account', async () => {
  await tellOfEverybody(books);
  await plant(
    `insert into entries select * from (select e.shard, e.account_id, e.sequence + n, 'CREDITED', 0, 0, 0, 0, e.available_after,
       e.held_after, e.owed_after, e.turnover_after, e.occurred_at, e.recorded_at, null::text, null::bigint, e.terms_version, 'x', 'x', null::jsonb
     from entries e join accounts a on a.id = e.account_id and a.sequence = e.sequence, generate_series(1, 1501) n) more`,
    `update accounts set sequence = sequence + 1501`,
  );
  expect(await run('--check')).toBe(0);
});

const PLANTED: readonly (readonly [sql: string, line: RegExp])[] = [
  [
    `update accounts set available = available + 5 where id = 'ada'`,
    /^ada: available is \d+, its entries say \d+$/,
  ],
  [
    `update accounts set turnover_minor = 0 where id = 'ada'`,
    /^ada: turnover_minor is 0, its entries say 50000$/,
  ],
  [
    `update accounts set lifetime_redeemed = 0 where id = 'ada'`,
    /^ada: lifetime_redeemed is 0, its entries say 320$/,
  ],
  [`update accounts set lifetime_earned = 0 where id = 'ada'`, /^ada: lifetime_earned is 0/],
  [`update accounts set next_due_at = null where id = 'ada'`, /^ada: next_due_at is null/],
  [`update accounts set last_lot = 9 where id = 'ada'`, /^ada: last_lot is 9/],
  [
    `update lots set remaining = remaining - 1, expired = expired + 1 where account_id = 'ada' and number = 2`,
    /^ada: lot 2: remaining is/,
  ],
  [
    `update lots set granted = granted + 1, expired = expired + 1 where account_id = 'ada' and number = 2`,
    /^ada: lot 2: granted is/,
  ],
  [
    `delete from lots where account_id = 'ada' and number = 2`,
    /^ada: lot 2: number is null, its entries say 2$/,
  ],
  [
    `update redemptions set captured = captured - 1, restored = 1 where account_id = 'ada' and state = 'CAPTURED'`,
    /^ada: redemption \d+: captured is 319, its entries say 320$/,
  ],
  [
    `delete from redemptions where account_id = 'ada' and state = 'CAPTURED'`,
    /^ada: redemption \d+: number is null/,
  ],
  [
    `update entries set available_after = available_after + 1 where account_id = 'ada' and sequence = 1`,
    /^ada: entry 1: available_after is/,
  ],
  [
    `delete from entries where account_id = 'ada' and sequence = 2`,
    /^ada: entry 3: sequence is 3, its entries say 2$/,
  ],
  [
    `update allocations set points = points + 1 where account_id = 'ada' and sequence = 1`,
    /^ada: entry 1: available_change is/,
  ],
  [
    `update entries set owed_change = 7 where account_id = 'ada' and sequence = 1`,
    /^ada: entry 1: owed_after is/,
  ],
];

test.each(PLANTED)('%s is seen', async (sql, line) => {
  await tellOfEverybody(books);
  await plant(sql);
  expect(await run('--check')).toBe(1);
  expect(printed.filter((it) => line.test(it))).not.toEqual([]);
  expect(printed.slice(0, -1).filter((it) => !it.startsWith('ada: '))).toEqual([]);
  expect(printed.at(-1)).toMatch(/^4 accounts .*: \d+ numbers of 1 accounts differ\.$/);
  printed = [];
  expect(await run('--check', '--account', 'dee', '--json')).toBe(0);
  expect(JSON.parse(printed.join(''))).toMatchObject({ accounts: 1, differences: 0 });
});

test.each([
  [
    `update accounts set lifetime_earned = lifetime_earned + 70 where id = 'eve'`,
    'lifetime_earned',
  ],
  [`update accounts set next_due_at = '2030-01-01Z' where id = 'eve'`, 'next_due_at'],
  [
    `update lots set voided = voided - 1, reversed = reversed + 1 where account_id = 'eve' and number = 1`,
    'lot 1: voided',
  ],
  [
    `alter table lots drop constraint lots_voided_whole; update lots set voided_at = null where account_id = 'eve' and number = 1`,
    'lot 1: voided_at',
  ],
])('of campaigns and voided lots %s is seen, and put right', async (sql, what) => {
  await tellOfEverybody(books);
  await tellOfTheDesk(books);
  expect(await run('--check')).toBe(0);
  const before = await owner.query('select * from lots order by account_id, number');
  await plant(sql);
  printed = [];
  expect(await run('--check')).toBe(1);
  expect(printed.filter((line) => line.startsWith(`eve: ${what} is `))).toHaveLength(1);
  await freezeAccount(owner, 'eve', { actor: 'operator:olga', reason: 'A look.' });
  expect(await run('--apply', '--account', 'eve', '--reason', 'By hand.')).toBe(0);
  expect(await run('--check')).toBe(0);
  expect(await owner.query('select * from lots order by account_id, number')).toEqual(before);
  expect(await books.broken()).toEqual([]);
});

test('terms that will bind are due', async () => {
  await tellOfEverybody(books);
  const ahead = { version: 2, effectiveAt: 0, notification: 1, objectUntil: 0, objectedAt: null };
  await plant(
    `update accounts set terms_ahead = '${JSON.stringify([{ ...ahead, bindsAt: Date.UTC(2025, 5, 15) }])}' where id = 'ada'`,
  );
  expect(await run('--check')).toBe(1);
  expect(printed[0]).toMatch(/^ada: next_due_at is \d+, its entries say 1749945600000$/);
});

describe('writing the numbers', () => {
  const by = { actor: 'operator:olga', reason: 'A look.' };
  const apply = () =>
    run('--apply', '--account', 'ada', '--reason', 'Written over by hand.', '--by', 'paul');

  test('puts the rows of a frozen account right in one go, and records it', async () => {
    await tellOfEverybody(books);
    await plant(
      `update accounts set available = available + 5, next_due_at = null where id = 'ada'`,
      `update lots set remaining = remaining - 1, expired = expired + 1, is_open = true where account_id = 'ada' and number = 2`,
      `update redemptions set captured = captured - 1, restored = 1, entries = '{1}' where account_id = 'ada' and state = 'CAPTURED'`,
    );
    expect(await books.broken()).not.toEqual([]);
    await freezeAccount(owner, 'ada', by);
    expect(await apply()).toBe(0);
    expect(printed.at(-1)).toBe('ada: 7 numbers were written. It stays frozen until it is let go.');
    expect(await books.broken()).toEqual([]);
    printed = [];
    expect(await run('--check')).toBe(0);
    const [kept] = await owner.query(`select * from interventions where kind = 'REBUILD'`);
    expect(kept).toMatchObject({ actor: 'operator:paul', reason: 'Written over by hand.' });
    expect(kept.details).toHaveLength(7);
    expect(await apply()).toBe(0);
    expect(printed.at(-1)).toContain('nothing differs');
    expect(await unfreezeAccount(owner, 'ada', by)).toBe(true);
  });

  test('is refused for one that is not frozen, unknown, or without a reason', async () => {
    await tellOfEverybody(books);
    await expect(apply()).rejects.toThrow('ada is not frozen');
    await expect(run('--apply', '--account', 'nobody', '--reason', 'x')).rejects.toThrow(
      'no account nobody',
    );
    await expect(run('--apply', '--account', 'ada')).rejects.toThrow('Say why');
    for (const args of [
      [],
      ['--apply'],
      ['--check', '--apply'],
      ['--what'],
      ['--apply', '--program', 'EU', '--account', 'ada'],
    ]) {
      await expect(run(...args)).rejects.toThrow('Usage');
    }
    await expect(run('--check', '--program', 'XX')).rejects.toThrow('There is no program XX');
    await expect(run('--check', '--account', 'nobody')).rejects.toThrow('no account nobody');
  });

  test.each([
    [
      `update entries set available_after = available_after + 1 where account_id = 'ada' and sequence = 1`,
    ],
    [`delete from entries where account_id = 'ada' and sequence = 2`],
    [`delete from lots where account_id = 'ada' and number = 2`],
  ])('touches nothing where the entries themselves are broken: %s', async (sql) => {
    await tellOfEverybody(books);
    await plant(sql);
    await freezeAccount(owner, 'ada', by);
    const rows = () =>
      owner.query(
        `select a.*, (select json_agg(l) from lots l where l.account_id = a.id) as lots from accounts a`,
      );
    const before = await rows();
    expect(await apply()).toBe(1);
    expect(printed.at(-1)).toContain('nothing was written');
    expect(await rows()).toEqual(before);
  });
});
