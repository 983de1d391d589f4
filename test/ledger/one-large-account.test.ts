import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { readOutstanding } from '../../src/abuse/abuse.reads';
import { clockSql } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { inRehearsal } from '../../src/database/transaction';
import type { Claim } from '../../src/ledger/desk';
import { checkSome, type Place } from '../../src/ledger/integrity';
import { readAccounts } from '../../src/ledger/ledger.reads';
import { readNumberedRedemptions, readRedemptions } from '../../src/ledger/redemption.store';
import { Programs } from '../../src/programs/programs';
import { type Captured, capture } from '../plans/capture';
import { hasPlan } from '../plans/plan';
import { freshDatabase, type TestDatabase } from '../support/database';
import { fillLargeAccount, LARGE } from './one-large-account';

const FEW = 2_000;
const MANY = 20_000;
const TIMES = MANY / FEW;
/** Trees are deeper, and pages fuller, where there is more of everything; a look at each for each would be a hundred times as much. */
const SLACK = 1.6;

const made: TestDatabase[] = [];
/** Of each statement: how much it looked at, by how many redemptions the account has. */
const work = new Map<string, Map<number, number>>();

beforeAll(async () => {
  for (const redemptions of [FEW, MANY]) {
    const database = await freshDatabase();
    made.push(database);
    await fillLargeAccount(database, redemptions);
    for (const [name, looked] of await measure(database, redemptions)) {
      const known = work.get(name) ?? new Map<number, number>();
      work.set(name, known.set(redemptions, looked));
    }
  }
}, 180_000);
afterAll(async () => {
  for (const database of made) await database.drop();
});

/** What is asked of the account, and how much each statement looks at. */
async function measure(of: TestDatabase, redemptions: number): Promise<Map<string, number>> {
  const client = new Client({ connectionString: of.ownerUrl });
  await client.connect();
  try {
    const found = new Map<string, number>();
    for (const [name, ask] of Object.entries(questions(redemptions))) {
      const asked = await capture(() => withDatabase(of.url, ask));
      const statements = asked.filter((it) => hasPlan(it) && it.from !== 'programs/programs.store');
      expect([name, statements]).not.toEqual([name, []]);
      for (const [n, statement] of statements.entries()) {
        found.set(`${name} ${n + 1}`, await workOf(client, statement));
      }
    }
    return found;
  } finally {
    await client.end();
  }
}

type Ask = (database: DataSource) => Promise<void>;

async function withDatabase(url: string, ask: Ask): Promise<void> {
  const database = await createDataSource(url).initialize();
  await ask(database).finally(() => database.destroy());
}

function questions(redemptions: number): Record<string, Ask> {
  const before: Place = { track: 'accounts', shard: LARGE.shard, id: 'a' };
  const last = 2 * redemptions - 1;
  const claim: Claim = {
    ...{ accountId: LARGE.id, number: 1, redeemerId: LARGE.id, redemption: last, orderId: 'order' },
    ...{ lots: [{ lot: redemptions - 1, points: 4 }], discountCode: null, points: 4, minor: 4n },
    ...{ currency: 'EUR', reason: 'reason', state: 'OPEN', openedBy: 'desk:dan', openedAt: 0 },
    ...{ decision: null, decidedMinor: null },
  };
  return {
    'all: the books': async (database) => {
      const programs = await Programs.load(database);
      const checked = await checkSome(database, programs, { from: before, budgetMs: 0 });
      expect(checked.accounts).toBe(1);
      expect(checked.breaches.filter(({ rows }) => rows > 0)).toEqual([]);
    },
    'all: its holds, as they are shown': async (database) => {
      const parts = { pending: false, book: true };
      const read = await readAccounts(database, clockSql(false), [LARGE.id], parts);
      expect(read.get(LARGE.id)?.book?.holds).toHaveLength(redemptions / 10);
    },
    'all: its holds, at the door': (database) =>
      inRehearsal(database, async (connection) => {
        expect(await readRedemptions(connection, [LARGE.id], [])).toHaveLength(redemptions / 10);
      }),
    'one: a redemption, at the door': (database) =>
      inRehearsal(database, async (connection) => {
        const [found] = await readNumberedRedemptions(connection, [
          { accountId: LARGE.id, number: last },
        ]);
        expect(found?.slices).toEqual([{ lot: redemptions - 1, state: 'REDEEMED', points: 4 }]);
      }),
    'one: what a claim is about': async (database) => {
      expect(await readOutstanding(database, [claim])).toEqual([4n]);
    },
  };
}

interface Node extends Readonly<Record<string, unknown>> {
  readonly Plans?: readonly Node[];
}

/** The pages a statement looks at, and the rows that come to each step of its plan. */
async function workOf(client: Client, { text, values, settings }: Captured): Promise<number> {
  await client.query(['begin', ...settings].join('; '));
  try {
    const { rows } = await client.query<{ 'QUERY PLAN': readonly [{ Plan: Node }] }>(
      `explain (analyze, buffers, timing off, format json) ${text}`,
      [...values[0]!],
    );
    const { Plan: plan } = rows[0]!['QUERY PLAN'][0];
    return rowsOf(plan) + number(plan, 'Shared Hit Blocks') + number(plan, 'Shared Read Blocks');
  } finally {
    await client.query('rollback');
  }
}

function rowsOf(node: Node): number {
  const each =
    number(node, 'Actual Rows') +
    number(node, 'Rows Removed by Filter') +
    number(node, 'Rows Removed by Join Filter') +
    number(node, 'Rows Removed by Index Recheck');
  const own = each * number(node, 'Actual Loops');
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), own);
}

function number(node: Node, name: string): number {
  return Number(node[name] ?? 0);
}

test('what is asked of all redemptions of an account costs as much more as it has more redemptions', () => {
  expect(beyond('all: ', TIMES * SLACK)).toEqual([]);
});

test('what is asked of one redemption does not tell how many its account has', () => {
  expect(beyond('one: ', SLACK)).toEqual([]);
});

function beyond(prefix: string, limit: number): string[] {
  const asked = [...work].filter(([name]) => name.startsWith(prefix));
  expect(asked).not.toEqual([]);
  return asked.flatMap(([name, looked]) => {
    const [few, many] = [looked.get(FEW)!, looked.get(MANY)!];
    // What is read once, whoever is asked of, is no figure.
    return many > Math.max(few, 20) * limit ? [`${name}: ${few}, then ${many}`] : [];
  });
}
