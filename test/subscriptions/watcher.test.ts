import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import type { BalanceFeed } from '../../src/subscriptions/balance-feed';
import { freshDatabase } from '../support/database';
import { register, write } from './entries';
import { makeFeed } from './following';

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

describe('the end of an iterator', () => {
  beforeAll(() => register(database, 'gina'));

  test('return() while waiting ends it at once', async () => {
    const changes = feed.changes('gina', 0);
    const next = changes.next();
    expect(feed.size).toBe(1);
    await changes.return!();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(feed.size).toBe(0);
    expect(await changes.next()).toEqual({ done: true, value: undefined });
  });

  test('an abort while waiting ends it at once; one before the start lets nothing begin', async () => {
    const abort = new AbortController();
    const changes = feed.changes('gina', 0, abort.signal);
    const next = changes.next();
    await sleep(50);
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(feed.size).toBe(0);
    const late = feed.changes('gina', null, abort.signal);
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  test('an iterator that nobody starts leaves nothing behind', async () => {
    const abort = new AbortController();
    for (let n = 0; n < 1_000; n += 1) feed.changes('gina', null, abort.signal);
    expect(feed.size).toBe(0);
  });

  test('throw() ends it and hands the error back', async () => {
    const changes = feed.changes('gina', 0);
    const next = changes.next();
    await expect(changes.throw!(new Error('enough'))).rejects.toThrow('enough');
    expect((await next).done).toBe(true);
    expect(feed.size).toBe(0);
  });

  test('several next() at once are answered in order', async () => {
    const changes = feed.changes('gina', 0);
    const asked = [changes.next(), changes.next(), changes.next()];
    const last = await write(database, 'gina', { count: 3 });
    const answers = await Promise.all(asked);
    expect(answers.map(({ value }) => value?.sequence)).toEqual(numbers(last - 2, last));
    await changes.return!();
  });

  test('stop() ends all, also those that come later', async () => {
    const { feed: other } = await makeFeed(database);
    await other.start();
    const waiting = numbers(1, 20).map(() => other.changes('gina', 1_000_000 - 1));
    await Promise.all(waiting.map((changes) => changes.next()));
    const nexts = waiting.map((changes) => changes.next());
    expect(other.size).toBe(20);
    await other.stop();
    expect((await Promise.all(nexts)).every(({ done }) => done)).toBe(true);
    expect(other.size).toBe(0);
    expect((await other.changes('gina', null).next()).done).toBe(true);
  });
});

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
