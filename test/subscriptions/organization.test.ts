import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { RequestError } from '../../src/kernel/errors';
import { shardOf } from '../../src/kernel/ids';
import type { BalanceFeed } from '../../src/subscriptions/balance-feed';
import { decodePosition, encodePosition } from '../../src/subscriptions/organization-cursor';
import type { OrganizationChange } from '../../src/subscriptions/organization-feed';
import { freshDatabase } from '../support/database';
import { register, write } from './entries';
import { isPendingFor, makeFeed, until } from './following';

type Changes = AsyncIterableIterator<OrganizationChange, undefined>;

let dropDatabase: () => Promise<void>;
let url: string;
let database: DataSource;
/** Two processes on one database, as far as the feed is concerned. */
let feeds: BalanceFeed[];
let feed: BalanceFeed;

beforeAll(async () => {
  const fresh = await freshDatabase();
  dropDatabase = fresh.drop;
  url = fresh.url;
  database = await createDataSource(url).initialize();
  feeds = [(await makeFeed(database)).feed, (await makeFeed(database)).feed];
  await Promise.all(feeds.map((one) => one.start()));
  feed = feeds[0]!;
});

afterAll(async () => {
  await Promise.all(feeds.map((one) => one.stop()));
  await database.destroy();
  await dropDatabase();
});

/** Registers customers who work in an organisation. */
async function hire(organizationId: string, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await register(database, id);
    await move(id, organizationId);
  }
}

/** Says where a customer works from now on; null: nowhere. */
async function move(id: string, organizationId: string | null): Promise<void> {
  await database.query(
    `insert into members (shard, account_id, organization_id) values ($1, $2, $3)
     on conflict (shard, account_id) do update set organization_id = $3`,
    [shardOf(id), id, organizationId],
  );
}

async function next(changes: Changes): Promise<OrganizationChange> {
  const { value, done } = await changes.next();
  if (done) throw new Error('The changes ended');
  return value;
}

async function take(changes: Changes, count: number): Promise<OrganizationChange[]> {
  const taken: OrganizationChange[] = [];
  while (taken.length < count) taken.push(await next(changes));
  return taken;
}

const brief = ({ customerId, sequence, entry, available }: OrganizationChange) => [
  ...[customerId, sequence, entry === null ? 'snapshot' : 'entry', available],
];

test('a snapshot of each member comes first, then every change of any of them', async () => {
  await hire('acme', 'ada', 'bob');
  await hire('globex', 'gil');
  await write(database, 'ada', { count: 3 });
  const changes = feed.organizations.changes('acme', null);
  expect((await take(changes, 2)).map(brief)).toEqual([
    ['ada', 3, 'snapshot', 3],
    ['bob', 0, 'snapshot', 0],
  ]);
  await write(database, 'gil');
  await write(database, 'bob', { count: 2 });
  expect((await take(changes, 2)).map(brief)).toEqual([
    ['bob', 1, 'entry', 1],
    ['bob', 2, 'entry', 2],
  ]);
  await write(database, 'ada');
  expect((await take(changes, 1)).map(brief)).toEqual([['ada', 4, 'entry', 4]]);
  expect(await isPendingFor(2_700, changes.next())).toBe(true);
  await changes.return!();
});

test('after a cursor come all changes since, wherever it was cut, on whichever process', async () => {
  await hire('cut', 'c1', 'c2', 'c3');
  const first = feed.organizations.changes('cut', null);
  const seen = await take(first, 3);
  await first.return!();
  for (const id of ['c1', 'c2', 'c3', 'c1']) await write(database, id, { count: 2 });
  const expected = ['c1', 'c1', 'c1', 'c1', 'c2', 'c2', 'c3', 'c3'];
  let cursor = seen.at(-1)!.cursor;
  const got: OrganizationChange[] = [];
  for (const [n] of expected.entries()) {
    const changes = feeds[n % 2]!.organizations.changes('cut', cursor);
    const change = await next(changes);
    got.push(change);
    cursor = change.cursor;
    await changes.return!();
  }
  expect(got.map(({ customerId }) => customerId)).toEqual(expected);
  expect(got.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 1, 2, 1, 2]);
  const rest = feed.organizations.changes('cut', cursor);
  const nothing = rest.next();
  expect(await isPendingFor(300, nothing)).toBe(true);
  await write(database, 'c2');
  expect((await nothing).value).toMatchObject({ customerId: 'c2', sequence: 3 });
  await rest.return!();
});

test('while the snapshots come, changes are written: none is missing, none comes before its snapshot', async () => {
  const ids = Array.from({ length: 700 }, (_, n) => `many-${String(n).padStart(3, '0')}`);
  await hire('many', ...ids);
  let cursor: string | null = null;
  const last = new Map<string, number>();
  for (let cut = 0; last.size < ids.length || [...last.values()].some((s) => s < 2); cut += 1) {
    const changes = feeds[cut % 2]!.organizations.changes('many', cursor);
    for (let n = 0; n < 150; n += 1) {
      const waiting = changes.next();
      if (n > 0 && (await isPendingFor(100, waiting))) break;
      const change = (await waiting).value!;
      const before = last.get(change.customerId);
      if (before === undefined) expect(change.entry).toBeNull();
      else expect([change.customerId, change.sequence]).toEqual([change.customerId, before + 1]);
      expect(change.available).toBe(change.sequence);
      last.set(change.customerId, change.sequence);
      cursor = change.cursor;
    }
    await changes.return!();
    if (cut === 1) for (const id of ids) await write(database, id, { count: 2, notify: false });
  }
  expect([...last.values()].every((sequence) => sequence === 2)).toBe(true);
}, 60_000);

test('who joins comes with a snapshot and then their changes; who leaves comes no more', async () => {
  await hire('mill', 'mia', 'max');
  await register(database, 'new');
  await write(database, 'new', { count: 5 });
  const changes = feed.organizations.changes('mill', null);
  await take(changes, 2);
  const joined = changes.next();
  await sleep(100);
  await move('new', 'mill');
  expect(brief((await joined).value!)).toEqual(['new', 5, 'snapshot', 5]);
  await write(database, 'new');
  expect((await take(changes, 1)).map(brief)).toEqual([['new', 6, 'entry', 6]]);
  await move('max', 'elsewhere');
  await write(database, 'max');
  await write(database, 'mia');
  const rest = await take(changes, 1);
  expect(rest.map(brief)).toEqual([['mia', 1, 'entry', 1]]);
  expect(await isPendingFor(2_700, changes.next())).toBe(true);
  await changes.return!();
  // Who was away learns of it from the cursor alone.
  await write(database, 'max');
  await move('max', 'mill');
  await write(database, 'max');
  await write(database, 'mia');
  const later = feed.organizations.changes('mill', rest[0]!.cursor);
  const got = (await take(later, 4)).map(brief);
  expect(got).toEqual([
    ['max', 1, 'snapshot', 1],
    ['max', 2, 'entry', 2],
    ['max', 3, 'entry', 3],
    ['mia', 2, 'entry', 2],
  ]);
  await later.return!();
});

test('what is known of a member changes: none of their changes is lost for it', async () => {
  await hire('kept', 'kim');
  const changes = feed.organizations.changes('kept', null);
  const [snapshot] = await take(changes, 1);
  await changes.return!();
  await write(database, 'kim', { count: 2 });
  await database.query(`update members set locale = 'de' where account_id = 'kim'`);
  await write(database, 'kim');
  const later = feed.organizations.changes('kept', snapshot!.cursor);
  expect((await take(later, 4)).map(brief)).toEqual([
    ['kim', 0, 'snapshot', 0],
    ['kim', 1, 'entry', 1],
    ['kim', 2, 'entry', 2],
    ['kim', 3, 'entry', 3],
  ]);
  await later.return!();
});

test('a transaction that commits late is neither lost nor doubled', async () => {
  await hire('late', 'lea', 'leo');
  const slow = new Client({ connectionString: url });
  await slow.connect();
  const changes = feed.organizations.changes('late', null);
  await take(changes, 2);
  const seen: OrganizationChange[] = [];
  try {
    for (let round = 0; round < 5; round += 1) {
      await slow.query('begin');
      // The older transaction, which is under way while younger ones commit.
      await slow.query('select pg_current_xact_id()');
      await slow.query(insertEntry('lea', round + 1));
      for (let n = 0; n < 3; n += 1) await write(database, 'leo');
      seen.push(...(await take(changes, 3)));
      await slow.query('commit');
      // Nobody says that there is something: the poll finds it.
      seen.push(...(await take(changes, 1)));
    }
  } finally {
    await slow.end();
  }
  const of = (id: string) => seen.filter((it) => it.customerId === id).map((it) => it.sequence);
  expect(of('lea')).toEqual([1, 2, 3, 4, 5]);
  expect(of('leo')).toEqual(Array.from({ length: 15 }, (_, n) => n + 1));
  // Resumed anywhere, the rest comes once.
  for (const [n, { cursor }] of seen.entries()) {
    const resumed = feeds[n % 2]!.organizations.changes('late', cursor);
    const rest = await take(resumed, seen.length - n - 1);
    await resumed.return!();
    const all = [...seen.slice(0, n + 1), ...rest];
    expect(new Set(all.map(({ customerId, sequence }) => `${customerId} ${sequence}`)).size).toBe(
      20,
    );
  }
  await changes.return!();
}, 60_000);

/** An entry of one point, as `write` writes it, for a transaction of one's own. */
function insertEntry(id: string, sequence: number): string {
  return `with account as (
    update accounts set sequence = ${sequence}, available = ${sequence}, turnover_minor = ${sequence * 100}, last_entry_at = now()
    where id = '${id}' returning shard
  ) insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
    available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, terms_version, cause, actor)
  select shard, '${id}', ${sequence}, 'CREDITED', 1, 0, 0, 100, ${sequence}, 0, 0, ${sequence * 100}, now(), now(), 1, 'test', 'test'
  from account`;
}

test('5,000 changes that were missed are replayed, each once, in the order of each member', async () => {
  const ids = ['m1', 'm2', 'm3', 'm4', 'm5'];
  await hire('missed', ...ids);
  const first = feed.organizations.changes('missed', null);
  const { cursor } = (await take(first, 5)).at(-1)!;
  await first.return!();
  for (let n = 0; n < 10; n += 1) {
    for (const id of ids) await write(database, id, { count: 100, notify: false });
  }
  const changes = feeds[1]!.organizations.changes('missed', cursor);
  const last = new Map<string, number>();
  for (const change of await take(changes, 5_000)) {
    expect(change.sequence).toBe((last.get(change.customerId) ?? 0) + 1);
    last.set(change.customerId, change.sequence);
  }
  expect([...last.values()]).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  expect(await isPendingFor(200, changes.next())).toBe(true);
  await changes.return!();
}, 60_000);

test('writers on many members, consumers that are cut at random: each change once, in order', async () => {
  const ids = Array.from({ length: 12 }, (_, n) => `w${n}`);
  await hire('busy', ...ids);
  await hire('quiet', 'q1');
  const EACH = 25;
  const writing = Promise.all(
    ids.map(async (id) => {
      for (let n = 0; n < EACH; n += 1) {
        await write(database, id, { notify: Math.random() < 0.5 });
        await write(database, 'q1', { notify: false });
        await sleep(Math.random() * 40);
      }
    }),
  );
  const consume = async (): Promise<void> => {
    let cursor: string | null = null;
    const last = new Map<string, number>();
    for (let cut = 0; [...last.values()].reduce((a, b) => a + b, 0) < ids.length * EACH; cut += 1) {
      const changes = feeds[cut % 2]!.organizations.changes('busy', cursor);
      const patience = Math.random() * 40;
      for (let n = 0; n < patience; n += 1) {
        const waiting = changes.next();
        if (await isPendingFor(500, waiting)) break;
        const change = (await waiting).value!;
        const before = last.get(change.customerId);
        if (before !== undefined) expect(change.sequence).toBe(before + 1);
        expect(change.entry === null).toBe(before === undefined);
        last.set(change.customerId, change.sequence);
        cursor = change.cursor;
      }
      await changes.return!();
    }
    expect([...last.values()].every((sequence) => sequence === EACH)).toBe(true);
  };
  await Promise.all([consume(), consume(), consume(), writing]);
}, 120_000);

test('a database that was restored, or is another one: the consumer starts over', async () => {
  await hire('anew', 'amy');
  const changes = feed.organizations.changes('anew', null);
  const { cursor } = await next(changes);
  await changes.return!();
  const position = decodePosition('anew', cursor);
  const { since } = position;
  const beyond = { ...since!, xmax: since!.xmax + 1_000_000 };
  for (const lost of [
    { ...position, cluster: '1' },
    { ...position, since: beyond },
    { ...position, since, upTo: beyond, after: { customerId: 'zoe', sequence: 7 } },
  ]) {
    const again = feed.organizations.changes('anew', encodePosition('anew', lost));
    expect(brief(await next(again))).toEqual(['amy', 0, 'snapshot', 0]);
    await again.return!();
  }
});

test('an organisation nobody works in has nothing to tell, until somebody does', async () => {
  const changes = feed.organizations.changes('empty', null);
  const waiting = changes.next();
  expect(await isPendingFor(200, waiting)).toBe(true);
  await hire('empty', 'eli');
  expect(brief((await waiting).value!)).toEqual(['eli', 0, 'snapshot', 0]);
  await changes.return!();
  await until(() => feeds.every((one) => one.size === 0));
});

test('a consumer that asks for nothing costs nothing but its place', async () => {
  await hire('slow', 's1');
  const changes = feed.organizations.changes('slow', null);
  await next(changes);
  const logged = jest.spyOn(database.logger, 'logQuery');
  await write(database, 's1', { count: 500 });
  await sleep(2_500);
  const reads = logged.mock.calls.filter(([sql]) => sql.includes('entries_archive'));
  logged.mockRestore();
  expect(reads).toEqual([]);
  expect((await take(changes, 500)).at(-1)).toMatchObject({ sequence: 500 });
  await changes.return!();
});

describe('forged cursors', () => {
  const text = (parts: unknown) => Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
  test.each([
    ['nothing', ''],
    ['no JSON', 'AAAA'],
    ['an object', text({})],
    ["another organisation's", text(['other', '7', '1:1:', null])],
    ['no cluster', text(['forged', null, '1:1:', null])],
    ['a cluster in words', text(['forged', 'x; drop table entries', '1:1:', null])],
    ['no snapshots', text(['forged', '7', null, null])],
    ['a snapshot in words', text(['forged', '7', '1:1:x', null])],
    ['a snapshot that is too large', text(['forged', '7', '1:99999999999999999999:', null])],
    ['a number that is not safe', text(['forged', '7', '1:9999999999999999:', null])],
    ['a snapshot in other words', text(['forged', '7', '01:1:', null])],
    ['no place', text(['forged', '7', '1:1:', '1:2:'])],
    ['a place that is no customer', text(['forged', '7', '1:1:', '1:2:', 'a\u0000', 1])],
    ['a place below 0', text(['forged', '7', '1:1:', '1:2:', 'ada', -1])],
    ['a place without a snapshot', text(['forged', '7', '1:1:', null, 'ada', 1])],
    ['too much of it', text(['forged', '7', '1:1:', '1:2:', 'ada', 1, 1])],
    ['one that is too long', text(['forged', '7', `1:9:${'1,'.repeat(40_000)}1`, null])],
    ['the alphabet of others', `${text(['forged', '7', '1:1:', null])}==`],
  ])('%s', (_, cursor) => {
    expect(() => feed.organizations.changes('forged', cursor)).toThrow(RequestError);
  });

  test.each(['', 'a\u0000b', 'x'.repeat(256)])('no organisation: %j', (id) => {
    expect(() => feed.organizations.changes(id, null)).toThrow(RequestError);
  });
});
