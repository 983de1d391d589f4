import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { prepared } from '../../src/database/row-statements';
import { CommitUnknownError, inTransaction, readThenCommit } from '../../src/database/transaction';
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

const WRITE = `insert into marks select $1 from generate_series(1, 3) returning repeat('x', 500)`;

/** The two ways to write a mark in a transaction; each answers its error, or null. */
const WAYS = {
  'statement by statement': (mark: string) =>
    failureOf(inTransaction(database, (connection) => connection.query(WRITE, [mark]))),
  'in two packets': (mark: string) =>
    failureOf(
      readThenCommit(
        database,
        [prepared('BEGIN', [])],
        (connection) => connection.query(prepared(`select repeat('x', 500)`, [])),
        async () => undefined,
        () => [prepared(WRITE, [mark])],
      ),
    ),
};

function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
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

describe.each(Object.entries(WAYS))('%s', (way, write) => {
  const marked = (at: string) => `${at}, ${way}`;

  test('what is not cut passes', async () => {
    expect(await write(marked('whole'))).toBeNull();
    expect(await marks(marked('whole'))).toBe(3);
  });

  test.each<[Cut, number]>([
    ['before COMMIT', 0],
    ['after COMMIT', 3],
  ])('%s the connection is lost, the outcome unknown, and %i rows are there', async (at, rows) => {
    const cutting = proxy.cut(at, 1, 5_000);
    expect(await write(marked(at))).toBeInstanceOf(CommitUnknownError);
    expect(await cutting).toBe(1);
    expect(await marks(marked(at))).toBe(rows);
    expect(await write(marked(`${at}, again`))).toBeNull();
  });

  test('at COMMIT the connection is lost, the outcome unknown, and all is there or nothing', async () => {
    const cutting = proxy.cut('at COMMIT', 1, 5_000);
    expect(await write(marked('at COMMIT'))).toBeInstanceOf(CommitUnknownError);
    expect(await cutting).toBe(1);
    expect([0, 3]).toContain(await marks(marked('at COMMIT')));
    expect(await write(marked('at COMMIT, again'))).toBeNull();
  });

  test.each<Cut>(['at BEGIN', 'in a statement', 'in a result'])(
    '%s the connection is lost, and nothing is there',
    async (at) => {
      const cutting = proxy.cut(at, 1, 5_000);
      const error = await write(marked(at));
      expect(error).not.toBeNull();
      expect(error).not.toBeInstanceOf(CommitUnknownError);
      expect(await cutting).toBe(1);
      expect(await marks(marked(at))).toBe(0);
      expect(await write(marked(`${at}, again`))).toBeNull();
    },
  );
});

test('a silent link carries nothing until it speaks again', async () => {
  proxy.stall();
  const writing = WAYS['in two packets']('silent');
  const first = await Promise.race([writing, new Promise((done) => setTimeout(done, 300, 'late'))]);
  expect(first).toBe('late');
  proxy.resume();
  expect(await writing).toBeNull();
  expect(await marks('silent')).toBe(3);
});
