import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { createDataSource } from '../../src/database/data-source';
import { parseInt8, parseTimestamptz } from '../../src/database/wire-types';
import { AccountRow } from '../../src/ledger/account.row';
import { freshDatabase } from '../support/database';

let database: DataSource;
let url: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  ({ url, drop } = await freshDatabase());
  database = await createDataSource(url, { poolSize: 2, applicationName: 'tested' }).initialize();
});

afterAll(async () => {
  await database.destroy();
  await drop();
});

async function one<T>(sql: string, parameters: unknown[] = []): Promise<T> {
  const rows = await database.query<{ value: T }[]>(`select ${sql} as value`, parameters);
  return rows[0]!.value;
}

test.each([
  ['9007199254740991::int8', Number.MAX_SAFE_INTEGER],
  ['(-9007199254740991)::int8', Number.MIN_SAFE_INTEGER],
  ['null::int8', null],
  [`'{1,2,9007199254740991}'::int8[]`, [1, 2, Number.MAX_SAFE_INTEGER]],
  [`'{}'::int8[]`, []],
  ['sum(1::int8)', '1'],
  [`'2026-03-15 10:00:00.123456+00'::timestamptz`, Date.UTC(2026, 2, 15, 10, 0, 0, 123)],
  [`'2026-12-31 23:59:58.907+00'::timestamptz`, Date.UTC(2026, 11, 31, 23, 59, 58, 907)],
  [`'2026-03-15 10:00:00.12+00'::timestamptz`, Date.UTC(2026, 2, 15, 10, 0, 0, 120)],
  [`'2026-03-15 12:00:00+02'::timestamptz`, Date.UTC(2026, 2, 15, 10)],
  [`'0099-01-01 00:00:00+00'::timestamptz`, Date.parse('0099-01-01T00:00:00Z')],
  [`'9999-12-31 23:59:59.999+00'::timestamptz`, Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
])('%s is read as %s', async (sql, expected) => {
  expect(await one(sql)).toEqual(expected);
});

test.each([
  ['9007199254740992::int8'],
  [`'{1,9007199254740992}'::int8[]`],
  [`'infinity'::timestamptz`],
  [`'10000-01-01 00:00:00+00'::timestamptz`],
])('%s is refused, not read wrongly', async (sql) => {
  await expect(one(sql)).rejects.toThrow();
  expect(await one('1')).toBe(1);
});

test('text that is no such value is refused', () => {
  expect(() => parseInt8('1.5')).toThrow(RangeError);
  expect(() => parseTimestamptz('2026-03-15 10:00:00+02')).toThrow(RangeError);
});

test.each([
  ['TimeZone', 'UTC'],
  ['application_name', 'tested'],
  ['transaction_isolation', 'read committed'],
  ['statement_timeout', '15s'],
  ['lock_timeout', '5s'],
  ['idle_in_transaction_session_timeout', '10s'],
])('a session starts with %s = %s', async (setting, value) => {
  expect(await one('current_setting($1)', [setting])).toBe(value);
});

test('what the address itself sets for the session is kept, the rest is ours', async () => {
  const address = new URL(url);
  address.searchParams.set('options', '-c work_mem=8MB -c TimeZone=Asia/Tokyo');
  const other = await createDataSource(address.href).initialize();
  const rows = await other.query(
    `select current_setting('work_mem') as memory, current_setting('TimeZone') as zone`,
  );
  expect(rows).toEqual([{ memory: '8MB', zone: 'UTC' }]);
  await other.destroy();
});

test('a connection that breaks in somebody’s hands is an error of theirs, not the end of the process', async () => {
  const driver = database.driver as PostgresDriver;
  const [client, release] = (await driver.obtainMasterConnection()) as [
    PoolClient,
    (error?: Error) => void,
  ];
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  await one('pg_terminate_backend($1)', [rows[0]!.pid]);
  await new Promise((done) => setTimeout(done, 100));
  await expect(client.query('select 1')).rejects.toThrow();
  release(new Error('broken'));
  expect(await one('1')).toBe(1);
});

test('a row class is read and written through TypeORM with points as numbers and instants as milliseconds', async () => {
  const accounts = database.getRepository(AccountRow);
  const at = Date.UTC(2026, 2, 15, 10, 0, 0, 123);
  await accounts.insert({ shard: 7, id: 'ada', nextDueAt: at, ordersPlaced: 2 ** 53 - 1 });
  const read = await accounts.findOneByOrFail({ nextDueAt: at });
  expect(read).toMatchObject({ id: 'ada', nextDueAt: at, ordersPlaced: 2 ** 53 - 1, held: 0 });
  expect(read.lastEntryAt).toBeNull();
});
