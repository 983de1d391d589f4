import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { CommitUnknownError, inTransaction } from '../../src/database/transaction';
import { asOwner, freshDatabase, type TestDatabase } from '../support/database';
import { type Cut, WireProxy } from './wire-proxy';

let fresh: TestDatabase;
let proxy: WireProxy;
let database: DataSource;
let past: DataSource;

beforeAll(async () => {
  fresh = await freshDatabase();
  await asOwner(fresh, 'create table marks (mark text not null)');
  await asOwner(fresh, 'grant select, insert on marks to public');
  const { hostname: host, port } = new URL(fresh.url);
  proxy = await WireProxy.start({ host, port: Number(port) });
  database = await createDataSource(proxy.through(fresh.url), { poolSize: 2 }).initialize();
  past = await createDataSource(fresh.url, { poolSize: 1 }).initialize();
});

afterAll(async () => {
  await database.destroy();
  await past.destroy();
  await proxy.stop();
  await fresh.drop();
});

/** Writes a mark in a transaction; answers its error, or null. */
function write(mark: string): Promise<unknown> {
  return inTransaction(database, (connection) =>
    connection.query(
      `insert into marks select $1 from generate_series(1, 3) returning repeat('x', 500)`,
      [mark],
    ),
  ).then(
    () => null,
    (error: unknown) => error,
  );
}

async function marks(mark: string): Promise<number> {
  const [row] = await past.query<[{ n: number }]>(
    'select count(*)::int as n from marks where mark = $1',
    [mark],
  );
  return row.n;
}

test('what is not cut passes', async () => {
  expect(await write('whole')).toBeNull();
  expect(await marks('whole')).toBe(3);
});

test.each<[Cut, number]>([
  ['before COMMIT', 0],
  ['after COMMIT', 3],
])('%s the connection is lost, the outcome unknown, and %i rows are there', async (at, rows) => {
  const cutting = proxy.cut(at, 1, 5_000);
  expect(await write(at)).toBeInstanceOf(CommitUnknownError);
  expect(await cutting).toBe(1);
  expect(await marks(at)).toBe(rows);
  expect(await write(`${at}, again`)).toBeNull();
});

test.each<Cut>(['at BEGIN', 'in a statement', 'in a result'])(
  '%s the connection is lost, and nothing is there',
  async (at) => {
    const cutting = proxy.cut(at, 1, 5_000);
    const error = await write(at);
    expect(error).not.toBeNull();
    expect(error).not.toBeInstanceOf(CommitUnknownError);
    expect(await cutting).toBe(1);
    expect(await marks(at)).toBe(0);
    expect(await write(`${at}, again`)).toBeNull();
  },
);

test('a silent link carries nothing until it speaks again', async () => {
  proxy.stall();
  const writing = write('silent');
  const first = await Promise.race([writing, new Promise((done) => setTimeout(done, 300, 'late'))]);
  expect(first).toBe('late');
  proxy.resume();
  expect(await writing).toBeNull();
  expect(await marks('silent')).toBe(3);
});
