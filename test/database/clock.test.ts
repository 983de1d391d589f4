import type { DataSource } from 'typeorm';
import { moveClock, readClock } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { freshDatabase } from '../support/database';

let database: DataSource;
let drop: () => Promise<void>;

beforeEach(async () => {
  const fresh = await freshDatabase();
  drop = fresh.drop;
  database = await createDataSource(fresh.url).initialize();
});

afterEach(async () => {
  await database.destroy();
  await drop();
});

const MARCH = Date.UTC(2025, 2, 1, 10, 0, 0, 123);

test('the clock is the database’s, in whole milliseconds', async () => {
  for (const sandbox of [false, true]) {
    const at = await readClock(database, sandbox);
    expect(Number.isInteger(at)).toBe(true);
    expect(Math.abs(at - Date.now())).toBeLessThan(5_000);
  }
});

test('a test clock stands where it was set, moves forward, and only the sandbox sees it', async () => {
  await moveClock(database, MARCH);
  expect(await readClock(database, true)).toBe(MARCH);
  expect(Math.abs((await readClock(database, false)) - Date.now())).toBeLessThan(5_000);
  await moveClock(database, MARCH);
  await moveClock(database, MARCH + 1);
  expect(await readClock(database, true)).toBe(MARCH + 1);
});

test('a test clock never goes back: neither before itself nor before what is booked', async () => {
  await moveClock(database, MARCH);
  await expect(moveClock(database, MARCH - 1)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await database.query(`insert into accounts (shard, id, last_entry_at) values (0, 'ada', $1)`, [
    new Date(MARCH + 10),
  ]);
  await expect(moveClock(database, MARCH + 9)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await moveClock(database, MARCH + 10);
  expect(await readClock(database, true)).toBe(MARCH + 10);
});
