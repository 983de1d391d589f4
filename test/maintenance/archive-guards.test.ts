import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { clockSql } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { freezeAccount } from '../../src/ledger/freeze';
import { archiveBefore } from '../../src/maintenance/archive';
import { readPlaces } from '../../src/subscriptions/balance-feed.store';
import { type Books, openBooks } from '../ledger/stories';
import { capture } from '../plans/capture';
import { hasPlan } from '../plans/plan';
import { ownerUrlOf } from '../support/database';
import { spend, tell } from './old-books';

let books: Books;
let owner: DataSource;

beforeEach(async () => {
  books = await openBooks();
  owner = await createDataSource(ownerUrlOf(books.url), { session: 'migration' }).initialize();
});
afterEach(async () => {
  await owner.destroy();
  await books.close();
});

function archive(): Promise<number> {
  const age = { before: Date.parse('2025-01-01'), program: null };
  const by = { actor: 'operator:olga', reason: 'Old.' };
  return archiveBefore(owner, age, by, () => undefined, new AbortController().signal);
}

test.each([
  ['an entry', `delete from entries where account_id = 'bo' and sequence = 2`],
  ['an allocation', `delete from allocations where account_id = 'bo' and sequence = 2`],
  [
    'an entry that is archived with another number',
    `insert into entries_archive select * from entries where account_id = 'bo' and sequence = 2;
     alter table entries_archive disable trigger entries_archive_l1_append_only;
     update entries_archive set available_after = 7 where account_id = 'bo' and sequence = 2;
     delete from entries where account_id = 'bo' and sequence = 2`,
  ],
  ['all entries', 'truncate entries cascade'],
  ['an archived entry', `delete from entries_archive where account_id = 'ada'`],
  ['all archived entries', 'truncate entries_archive'],
])('not even the owner deletes %s (L1)', async (_, statement) => {
  await tell(books, 'ada', 'bo');
  await freezeAccount(owner, 'bo', { actor: 'operator:olga', reason: 'Stays.' });
  await archive();
  await owner.query('alter table allocations drop constraint allocations_l7_own_entry');
  await expect(owner.query(statement)).rejects.toMatchObject({ code: '23001' });
});

test('nor changes what is archived', async () => {
  await tell(books, 'ada');
  await archive();
  for (const table of ['entries_archive', 'allocations_archive']) {
    await expect(owner.query(`update ${table} set sequence = 9`)).rejects.toMatchObject({
      code: '23001',
    });
  }
});

test('the views have the columns of the tables that they are made of', async () => {
  for (const name of ['entries', 'allocations']) {
    const [here, there, all] = await Promise.all(
      [name, `${name}_archive`, `all_${name}`].map((table) =>
        owner.query(
          `select attname, format_type(atttypid, atttypmod) as type from pg_attribute
           where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
          [table],
        ),
      ),
    );
    expect(there).toEqual(here);
    expect(all).toEqual(here);
  }
});

const SRC = join(__dirname, '../../src');

/** Who reads entries or allocations that are not archived alone, and why that is enough. */
const LIVE: Readonly<Record<string, string>> = {
  'ledger/invariants.ts': 'L2 compares what stands here with what stands in the archive.',
  'maintenance/archive.store.ts': 'It is looked what may go.',
  'subscriptions/balance-feed.store.ts': 'The archive follows, for a place that lies in it.',
  'analytics/roll-up.store.ts': 'The archive follows, by another condition.',
};

test('whoever reads entries and allocations reads the archive too, or says why not', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
  const live = files.filter((file) => {
    const text = file.endsWith('.ts') ? readFileSync(join(SRC, file), 'utf8') : '';
    return /\b(from|join)\s+(entries|allocations)\b/.test(text);
  });
  expect(live.sort()).toEqual(Object.keys(LIVE).sort());
});

interface Node extends Readonly<Record<string, unknown>> {
  readonly Plans?: readonly Node[];
}

function looksAt(node: Node, table: RegExp): number {
  const own = table.test(String(node['Relation Name'])) ? Number(node['Actual Loops']) : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + looksAt(child, table), own);
}

/** How often statements that are sent meanwhile look into a table. */
async function looksInto(table: RegExp, ask: (books: Books) => Promise<unknown>): Promise<number> {
  const sent = await capture(async () => {
    const asking = await openBooks({ url: books.url });
    await ask(asking).finally(() => asking.close());
  });
  const client = new Client({ connectionString: ownerUrlOf(books.url) });
  await client.connect();
  let looks = 0;
  for (const { text, values, settings } of sent.filter(hasPlan)) {
    if (/\b(insert into|update) [a-z]/i.test(text)) continue;
    await client.query(['begin', ...settings].join('; '));
    const { rows } = await client.query(`explain (analyze, format json) ${text}`, [...values[0]!]);
    looks += looksAt(rows[0]['QUERY PLAN'][0].Plan, table);
    await client.query('rollback');
  }
  await client.end();
  return looks;
}

test('the door and who watches look into the archive for what is there, and never else', async () => {
  await tell(books, 'ada');
  await archive();
  await spend(books, 'ada', 3, null);
  await spend(books, 'ada', 2, 60_000);
  const ARCHIVE = /_archive$/;
  const redeeming = (asking: Books) => spend(asking, 'ada', 1, null);
  const delivering = (asking: Books) => asking.send({ type: 'order.delivered', orderId: 'ada-2' });
  const watching = (after: number) => (asking: Books) =>
    readPlaces(asking.database, clockSql(true), [{ customerId: 'ada', after }], 10);
  // Of what was captured on its order a redemption needs the sum alone, a fact each by itself.
  expect(await looksInto(ARCHIVE, redeeming)).toBe(0);
  // The order has a redemption of each kind: one is archived, the others are not.
  expect(await looksInto(/^allocations_archive$/, delivering)).toBe(1);
  expect(await looksInto(/^allocations$/, delivering)).toBeGreaterThan(2);
  expect(await looksInto(ARCHIVE, watching(2))).toBe(0);
  expect(await looksInto(ARCHIVE, watching(1))).toBeGreaterThan(0);
});
