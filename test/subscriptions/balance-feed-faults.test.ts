import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import type { BalanceFeed } from '../../src/subscriptions/balance-feed';
import { freshDatabase } from '../support/database';
import { register, write } from './entries';
import { isPendingFor, makeFeed, take, until } from './following';
import { stallingProxy } from './stalling-proxy';

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let writers: DataSource;

beforeAll(async () => {
  fresh = await freshDatabase();
  writers = await createDataSource(fresh.url, { applicationName: 'writers' }).initialize();
});

afterAll(async () => {
  await writers.destroy();
  await fresh.drop();
});

/** Runs `work` with feeds that each have a database connection pool of their own, as processes would. */
async function withFeeds(
  count: number,
  work: (feeds: { feed: BalanceFeed; logged: string[]; name: string }[]) => Promise<void>,
): Promise<void> {
  const processes = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `feed-${index}`;
      const database = await createDataSource(fresh.url, { applicationName: name }).initialize();
      const made = await makeFeed(database);
      await made.feed.start();
      return { ...made, name, database };
    }),
  );
  try {
    await work(processes);
  } finally {
    await Promise.all(processes.map(({ feed }) => feed.stop()));
    await Promise.all(processes.map(({ database }) => database.destroy()));
  }
}

/** Ends connections of a feed as an administrator or a failover would; the number of those ended. */
async function terminate(name: string, only = ''): Promise<number> {
  const ended = await writers.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and query ilike $2`,
    [name, `${only}%`],
  );
  return ended.length;
}

/** Writes until told to stop: sometimes one entry, sometimes many. */
function keepWriting(ids: readonly string[]): () => Promise<void> {
  let writing = true;
  const done = Promise.all(
    [...ids, ...ids].map(async (id) => {
      while (writing) {
        await write(writers, id, {
          count: Math.random() < 0.1 ? 150 : 1,
          notify: Math.random() < 0.9,
        });
        await sleep(Math.random() * 8);
      }
    }),
  );
  return async () => {
    writing = false;
    await done;
  };
}

/**
 * Follows an account by reconnecting at random points to a random feed with the last sequence, until
 * `end()` names the sequence to stop at; fails at the first gap, repetition or wrong balance.
 */
async function followCutting(
  feeds: readonly BalanceFeed[],
  id: string,
  end: () => number | null,
): Promise<number> {
  let last = 0;
  let cuts = 0;
  for (;;) {
    const changes = feeds[Math.floor(Math.random() * feeds.length)]!.changes(id, last);
    const cut = setTimeout(() => void changes.return!(), Math.random() * 60);
    const most = Math.floor(Math.random() * 250);
    for await (const { customerId, sequence, entry, available, turnover } of changes) {
      if (sequence !== last + 1 || entry?.sequence !== sequence || customerId !== id) {
        throw new Error(`${customerId} ${sequence} after ${id} ${last}`);
      }
      if (available !== sequence || turnover !== BigInt(sequence) * 100n) {
        throw new Error(`Balance ${available} after entry ${sequence}`);
      }
      last = sequence;
      if (sequence % 250 === most) break;
    }
    clearTimeout(cut);
    cuts += 1;
    if (last === end()) return cuts;
  }
}

test('no gap and no repetition, whatever the cut points, with concurrent writers and two processes', async () => {
  const ids = ['lena', 'milo', 'nora'];
  await Promise.all(ids.map((id) => register(writers, id)));
  await withFeeds(2, async (processes) => {
    const feeds = processes.map(({ feed }) => feed);
    const ends = new Map<string, number>();
    const stopWriting = keepWriting(ids);
    const following = Promise.all(
      [...ids, ...ids].map((id) => followCutting(feeds, id, () => ends.get(id) ?? null)),
    );
    await sleep(6_000);
    await stopWriting();
    for (const id of ids) ends.set(id, await present(id));
    const cuts = await following;
    expect(Math.min(...cuts)).toBeGreaterThan(30);
    await until(() => feeds.every((feed) => feed.size === 0));
  });
});

test('a snapshot and what follows it fit together, however busy the account', async () => {
  await register(writers, 'otto');
  await withFeeds(1, async ([process]) => {
    const stopWriting = keepWriting(['otto']);
    for (let round = 0; round < 150; round += 1) {
      const changes = process!.feed.changes('otto', null);
      const got = await take(changes, 1 + (round % 4));
      await changes.return!();
      expect(got[0]!.entry).toBeNull();
      expect(got.map(({ sequence }) => sequence)).toEqual(got.map((_, n) => got[0]!.sequence + n));
      expect(got.every(({ sequence, available }) => available === sequence)).toBe(true);
    }
    await stopWriting();
  });
});

test('a listener that is cut off mid-stream is logged and comes back; nothing is missing', async () => {
  await register(writers, 'paul');
  await withFeeds(1, async ([process]) => {
    const { feed, logged, name } = process!;
    const changes = feed.changes('paul', 0);
    const stopWriting = keepWriting(['paul']);
    for (let cut = 0; cut < 5; cut += 1) {
      await take(changes, 100);
      await until(async () => (await terminate(name, 'listen')) === 1);
    }
    await stopWriting();
    const last = await present('paul');
    const rest = await take(changes, last - 500);
    expect(rest.at(-1)).toMatchObject({ sequence: last, available: last });
    expect(logged.filter((line) => line.includes('is lost')).length).toBe(5);
    await until(
      async () => (await terminate(name, 'nothing')) === 0 && (await listeners(name)) === 1,
    );
    // Heard, not polled: well within the two seconds between polls.
    const next = changes.next();
    await write(writers, 'paul');
    expect(await isPendingFor(500, next)).toBe(false);
  });
});

test('every connection of the process is cut off at once, again and again; iterators outlive it', async () => {
  await register(writers, 'quin');
  await withFeeds(1, async ([process]) => {
    const changes = process!.feed.changes('quin', 0);
    for (let round = 1; round <= 5; round += 1) {
      const next = changes.next();
      const cutting = sleep(Math.random() * 20).then(() => terminate(process!.name));
      await write(writers, 'quin', { notify: round % 2 === 0 });
      await cutting;
      expect((await next).value).toMatchObject({ sequence: round });
    }
  });
});

test('a feed can be stopped while it starts, and before', async () => {
  const database = await createDataSource(fresh.url, { applicationName: 'short' }).initialize();
  const { feed } = await makeFeed(database);
  const starting = feed.start();
  await feed.stop();
  await starting;
  await feed.start();
  await database.destroy();
});

test('connections that go silent without an error are given up, and replaced', async () => {
  await register(writers, 'tara');
  const proxy = await stallingProxy(fresh.url);
  const database = await createDataSource(proxy.url, { applicationName: 'stalled' }).initialize();
  const { feed, logged } = await makeFeed(database);
  await feed.start();
  const changes = feed.changes('tara', 0);
  const next = changes.next();
  await sleep(100);
  proxy.stall();
  await write(writers, 'tara');
  expect((await next).value).toMatchObject({ sequence: 1 });
  await until(() => logged.some((line) => line.includes('is lost')), 30_000);
  await sleep(1_000);
  const second = changes.next();
  await write(writers, 'tara');
  expect(await isPendingFor(500, second)).toBe(false);
  await proxy.close();
  await feed.stop();
  await database.destroy();
});

test('without any notification the poll alone delivers everything', async () => {
  await register(writers, 'rosa');
  await withFeeds(2, async (processes) => {
    const streams = processes.map(({ feed }) => feed.changes('rosa', 0));
    for (const last of [1, 2, 3]) {
      const nexts = streams.map((changes) => changes.next());
      await write(writers, 'rosa', { notify: false });
      for (const next of nexts) expect((await next).value).toMatchObject({ sequence: last });
    }
  });
});

test('a consumer 50,000 entries behind costs no memory', async () => {
  await register(writers, 'sven');
  await write(writers, 'sven', { count: 50_000 });
  await withFeeds(1, async ([process]) => {
    const { feed } = process!;
    const before = heapMegabytes();
    const changes = feed.changes('sven', 0);
    let most = 0;
    for (let n = 1; n <= 50_000; n += 1) {
      const { value } = await changes.next();
      if (value?.sequence !== n) throw new Error(`${value?.sequence} where ${n} comes next`);
      if (n % 10_000 === 0) most = Math.max(most, heapMegabytes());
    }
    expect(most - before).toBeLessThan(10);

    const slow = Array.from({ length: 300 }, (_, n) => feed.changes('sven', n * 150));
    await Promise.all(slow.map((one) => one.next()));
    // What nobody asks for is let go of, and read again by whoever asks later.
    await sleep(6_000);
    expect(heapMegabytes() - before).toBeLessThan(10);
    expect((await slow[7]!.next()).value).toMatchObject({ sequence: 1_052 });
  });
});

test('what is kept for all slow consumers together is bounded', async () => {
  await register(writers, 'theo');
  await write(writers, 'theo', { count: 50_000 });
  const database = await createDataSource(fresh.url).initialize();
  // Not started: no poll lets go of anything.
  const { feed } = await makeFeed(database);
  const before = heapMegabytes();
  const slow = Array.from({ length: 1_500 }, (_, n) => feed.changes('theo', n * 30));
  // Ten at a time: as large as pages get.
  for (let n = 0; n < slow.length; n += 10) {
    await Promise.all(slow.slice(n, n + 10).map((one) => one.next()));
  }
  expect(heapMegabytes() - before).toBeLessThan(100);
  expect((await slow[1_499]!.next()).value).toMatchObject({ sequence: 44_972 });
  await feed.stop();
  expect(heapMegabytes() - before).toBeLessThan(10);
  await database.destroy();
});

async function present(id: string): Promise<number> {
  return (await writers.query(`select sequence from accounts where id = $1`, [id]))[0].sequence;
}

async function listeners(name: string): Promise<number> {
  const rows = await writers.query(
    `select from pg_stat_activity where application_name = $1 and query ilike 'listen%'`,
    [name],
  );
  return rows.length;
}

function heapMegabytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}
