import { Client } from 'pg';
import { createDataSource } from '../../src/database/data-source';
import { checkSome } from '../../src/ledger/integrity';
import { Programs } from '../../src/programs/programs';
import { emptyDatabase, type TestDatabase } from '../support/database';
import { capture } from './capture';
import { doEverything } from './everything';
import { EXPECTED } from './expected';
import { fillEverything, LARGE } from './fill';
import { hasPlan, wayOf } from './plan';

const ACCOUNTS = 10_000;
/** Reading a table costs as if it had so many times the rows: indexes do not grow with it, and filling takes its time. */
const TIMES = 20;

const INTEGRITY = 'ledger/integrity';

let large: TestDatabase;
let client: Client;
/** By file and what is done to which tables: how its statements come to their rows, each with the text of one. */
const found = new Map<string, Map<string, string>>();

beforeAll(async () => {
  large = await emptyDatabase();
  await fillEverything(large.ownerUrl, ACCOUNTS);
  client = new Client({ connectionString: large.ownerUrl });
  await client.connect();
  await client.query(`set seq_page_cost = ${TIMES}`);
  // A slice of a small ledger is all of it.
  const sent = (await capture(doEverything)).filter(({ from }) => from !== INTEGRITY);
  const checked = (await capture(checkSlices)).map((it) => ({ ...it, isPlannedOnce: false }));
  for (const statement of [...sent, ...checked].filter(hasPlan)) {
    const { does, accesses } = await wayOf(client, statement, LARGE);
    if (does === null) continue;
    const name = `${statement.from}: ${does}`;
    const known = found.get(name) ?? new Map<string, string>();
    for (const access of accesses) known.set(access, known.get(access) ?? statement.text);
    found.set(name, known);
  }
}, 240_000);

async function checkSlices(): Promise<void> {
  const database = await createDataSource(large.url).initialize();
  try {
    const programs = await Programs.load(database);
    for (const track of ['accounts', 'orders'] as const) {
      await checkSome(database, programs, { from: { track, shard: 64, id: '8' }, budgetMs: 0 });
    }
  } finally {
    await database.destroy();
  }
}

afterAll(async () => {
  await client?.end();
  await large?.drop();
});

test('every statement finds its rows by the index that is meant for it', () => {
  const surprises = [...found].flatMap(([name, accesses]) => {
    const expected = EXPECTED[name];
    if (!expected) return [`'${name}': ${JSON.stringify([...accesses.keys()].sort())},`];
    return [...accesses]
      .filter(([access]) => !expected.includes(access) && !isOfKey(access, expected))
      .map(([access, text]) => `${name} by ${access}: ${text}`);
  });
  expect(surprises).toEqual([]);
});

/** One account by its key is found by either of its indexes; nobody names the one of ids for anything else. */
function isOfKey(access: string, expected: readonly string[]): boolean {
  return access === 'accounts_id' && expected.includes('accounts_pkey');
}

/** Where the planner takes shard and account for independent it expects one row of all that an account ever had, and reads all of it. */
test('what a redemption took from lots is looked up by the redemption, among however many the account had', () => {
  const ways = found.get('ledger/redemption.store: select accounts allocations redemptions');
  expect(ways?.get('allocations_lot')).toContain('a.lot = k.lot');
});

test('what is listed is still sent', () => {
  expect(Object.keys(EXPECTED).filter((name) => !found.has(name))).toEqual([]);
});
