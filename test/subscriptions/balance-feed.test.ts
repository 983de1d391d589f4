import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { createDataSource } from '../../src/database/data-source';
import { RequestError } from '../../src/kernel/errors';
import { shardOf } from '../../src/kernel/ids';
import type { BalanceFeed } from '../../src/subscriptions/balance-feed';
import { freshDatabase } from '../support/database';
import { register, write } from './entries';
import { isPendingFor, makeFeed, take, until } from './following';

let dropDatabase: () => Promise<void>;
let database: DataSource;
let feed: BalanceFeed;

beforeAll(async () => {
  const fresh = await freshDatabase();
  dropDatabase = fresh.drop;
  database = await createDataSource(fresh.url).initialize();
  feed = (await makeFeed(database)).feed;
  await feed.start();
});

afterAll(async () => {
  await feed.stop();
  await database.destroy();
  await dropDatabase();
});

describe('where the changes start', () => {
  test('without a sequence they start with a snapshot, then comes every later entry', async () => {
    await register(database, 'anna');
    await write(database, 'anna', { count: 3 });
    const changes = feed.changes('anna', null);
    const [snapshot] = await take(changes, 1);
    expect(snapshot).toMatchObject({
      customerId: 'anna',
      sequence: 3,
      entry: null,
      available: 3,
      held: 0,
      owed: 0,
      turnover: 300n,
      program: 'EU',
    });
    expect(Math.abs(snapshot!.at - Date.now())).toBeLessThan(60_000);
    await write(database, 'anna', { count: 2 });
    const later = await take(changes, 2);
    expect(later.map(({ sequence, available }) => [sequence, available])).toEqual([
      [4, 4],
      [5, 5],
    ]);
    expect(later[0]!.entry).toMatchObject({
      sequence: 4,
      kind: 'CREDITED',
      availableChange: 1,
      turnoverChange: 100n,
      orderId: 'order-4',
      redemption: null,
      arithmetic: { points: 1 },
    });
    await changes.return!();
  });

  test('after a sequence come all entries since, however many, then the live ones', async () => {
    await register(database, 'ben');
    await write(database, 'ben', { count: 350 });
    const changes = feed.changes('ben', 7);
    const replayed = await take(changes, 343);
    expect(replayed.map(({ sequence }) => sequence)).toEqual(numbers(8, 350));
    expect(
      replayed.every(
        ({ entry, sequence, available }) => entry?.sequence === sequence && available === sequence,
      ),
    ).toBe(true);
    const live = changes.next();
    expect(await isPendingFor(100, live)).toBe(true);
    await write(database, 'ben');
    expect((await live).value).toMatchObject({ sequence: 351 });
    await changes.return!();
  });

  test('after the present sequence comes nothing until the next entry', async () => {
    await register(database, 'cleo');
    await write(database, 'cleo', { count: 2 });
    const changes = feed.changes('cleo', 2);
    const next = changes.next();
    expect(await isPendingFor(2_700, next)).toBe(true);
    await write(database, 'cleo');
    expect((await next).value).toMatchObject({ sequence: 3, entry: { sequence: 3 } });
    await changes.return!();
  });

  test('after a sequence that the account has not reached (a restored database) comes a snapshot', async () => {
    await register(database, 'dora');
    await write(database, 'dora', { count: 4 });
    const changes = feed.changes('dora', 9);
    expect((await take(changes, 1))[0]).toMatchObject({ sequence: 4, entry: null, available: 4 });
    await write(database, 'dora');
    expect((await take(changes, 1))[0]).toMatchObject({ sequence: 5, entry: { sequence: 5 } });
    await changes.return!();
  });

  test('a customer nobody has registered has no changes; the iterator waits for the registration', async () => {
    const [fromNothing, fromStart] = [feed.changes('emil', null), feed.changes('emil', 0)];
    const [snapshot, first] = [fromNothing.next(), fromStart.next()];
    expect(await isPendingFor(300, Promise.race([snapshot, first]))).toBe(true);
    await register(database, 'emil');
    expect((await snapshot).value).toMatchObject({ sequence: 0, entry: null, available: 0 });
    expect(await isPendingFor(100, first)).toBe(true);
    await write(database, 'emil');
    expect((await first).value).toMatchObject({ sequence: 1, entry: { sequence: 1 } });
    expect((await take(fromNothing, 1))[0]).toMatchObject({ sequence: 1, entry: { sequence: 1 } });
    await Promise.all([fromNothing.return!(), fromStart.return!()]);
  });

  test('a customer registered before the program starts is no member until then (R2.9)', async () => {
    await database.query(
      `insert into accounts (shard, id, program, terms_version, terms_known, enrolled_at)
       values ($1, 'eva', 'EU', 1, 1, now() + interval '3 seconds')`,
      [shardOf('eva')],
    );
    const changes = feed.changes('eva', null);
    const next = changes.next();
    expect(await isPendingFor(2_500, next)).toBe(true);
    expect((await next).value).toMatchObject({ sequence: 0, entry: null });
    await changes.return!();
  });

  test.each([
    ['', null],
    ['a\u0000b', null],
    ['\ud800', null],
    ['x'.repeat(256), null],
    ['anna', -1],
    ['anna', 1.5],
    ['anna', Number.NaN],
    ['anna', 2 ** 53],
  ])(
    'customer %j after %p is refused: one bad id must not spoil the reads of others',
    (id, after) => {
      expect(() => feed.changes(id, after)).toThrow(RequestError);
    },
  );
});

describe('who gets what', () => {
  test('two customers never see each other, also from a backlog', async () => {
    await Promise.all(['hana', 'ivo'].map((id) => register(database, id)));
    await Promise.all(['hana', 'ivo'].map((id) => write(database, id, { count: 300 })));
    const streams = ['hana', 'ivo', 'hana', 'ivo'].map((id) => ({
      id,
      changes: feed.changes(id, 0),
    }));
    const writing = Promise.all(
      numbers(1, 100).map(async (n) => write(database, n % 3 ? 'hana' : 'ivo', { count: 1 })),
    );
    await Promise.all(
      streams.map(async ({ id, changes }) => {
        const got = await take(changes, 310);
        expect(got.every(({ customerId }) => customerId === id)).toBe(true);
        expect(got.map(({ sequence }) => sequence)).toEqual(numbers(1, 310));
        await changes.return!();
      }),
    );
    await writing;
  });

  test('a change that concerns many watchers is read in one statement per account and turn', async () => {
    const ids = numbers(1, 50).map((n) => `jury-${n}`);
    await Promise.all(ids.map((id) => register(database, id)));
    const streams = [...ids, ...ids, ...ids, ...ids].map((id) => feed.changes(id, 0));
    const nexts = streams.map((changes) => changes.next());
    await sleep(200);
    const logged = jest.spyOn(database.logger, 'logQuery');
    await write(database, ids[0]!, { notify: false });
    for (const id of ids.slice(1)) await write(database, id, { notify: false });
    logged.mockClear();
    await database.query(`select pg_notify('rewards_accounts', $1)`, [ids.join('\n')]);
    await Promise.all(nexts);
    const reads = logged.mock.calls.filter(
      ([sql]) => sql.includes('from unnest') && sql.includes('entries'),
    );
    logged.mockRestore();
    // Usually one; two where the poll came between.
    expect(reads.length).toBeLessThanOrEqual(2);
    await Promise.all(streams.map((changes) => changes.return!()));
    await until(() => feed.size === 0);
  });

  test('a backlog is read to its end without any hint or poll', async () => {
    await register(database, 'jan');
    await write(database, 'jan', { count: 1_000, notify: false });
    const { feed: unstarted } = await makeFeed(database);
    await Promise.all(
      numbers(0, 30).map(async (from) => {
        const changes = unstarted.changes('jan', from * 10);
        const got = await take(changes, 1_000 - from * 10);
        expect(got.at(-1)?.sequence).toBe(1_000);
      }),
    );
    // Whoever asks just when a read ends, a tick earlier or later, is read for as well.
    for (let n = 0; n < 100; n += 1) {
      await unstarted.changes('jan', n).next();
      for (let ticks = n % 10; ticks > 0; ticks -= 1) await null;
    }
    await unstarted.stop();
  });

  test('a hint that comes while a read is under way is not lost', async () => {
    await register(database, 'lia');
    const changes = feed.changes('lia', 0);
    await write(database, 'lia', { notify: false });
    const driver = database.driver as PostgresDriver;
    const obtain = driver.obtainMasterConnection.bind(driver);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const spy = jest.spyOn(driver, 'obtainMasterConnection').mockImplementationOnce(async () => {
      const [client, release] = await obtain();
      const query = async (config: object) => {
        const rows = await client.query(config);
        await held;
        return rows;
      };
      return [{ query }, release];
    });
    const next = changes.next();
    await until(() => spy.mock.calls.length > 0);
    spy.mockRestore();
    await sleep(50);
    await write(database, 'lia');
    await sleep(100);
    letGo();
    expect((await next).value).toMatchObject({ sequence: 1 });
    await sleep(50);
    expect(await isPendingFor(300, changes.next())).toBe(false);
    await changes.return!();
  });

  test('the empty hint means: look at everything', async () => {
    await register(database, 'kim');
    const changes = feed.changes('kim', 0);
    const next = changes.next();
    await sleep(50);
    await write(database, 'kim', { notify: false });
    await database.query(`select pg_notify('rewards_accounts', '')`);
    expect(await isPendingFor(400, next)).toBe(false);
    await changes.return!();
  });
});

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
