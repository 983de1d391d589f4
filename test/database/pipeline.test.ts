import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { createDataSource } from '../../src/database/data-source';
import {
  aboutRows,
  type Columns,
  insertRows,
  prepared,
  type Row,
  updateRows,
  upsertRows,
} from '../../src/database/row-statements';
import { inTransaction, readThenWrite, together } from '../../src/database/transaction';
import { stallingProxy } from '../subscriptions/stalling-proxy';
import { asOwner, freshDatabase, type TestDatabase } from '../support/database';

let made: TestDatabase;
let database: DataSource;

beforeAll(async () => {
  made = await freshDatabase();
  database = await createDataSource(made.url, { poolSize: 2 }).initialize();
});

afterAll(async () => {
  await database.destroy();
  await made.drop();
});

const addStub = (id: string) => `insert into accounts (shard, id) values (1, '${id}')`;

async function stubs(): Promise<string[]> {
  const rows = await database.query<{ id: string }[]>('select id from accounts order by id');
  return rows.map(({ id }) => id);
}

async function connected(from = database): Promise<PoolClient> {
  const driver = from.driver as PostgresDriver;
  const [client] = (await driver.obtainMasterConnection()) as [PoolClient, unknown];
  return client;
}

describe('statements that are sent together', () => {
  it('are answered each its own, in order', async () => {
    await inTransaction(database, async (connection) => {
      const answers = await together([1, 2, 3].map((n) => connection.query(`select ${n} as n`)));
      expect(answers.map(({ rows }) => rows[0])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    });
  });

  it('fail as the first of them did, once all of them are answered', async () => {
    const settled: string[] = [];
    const work = inTransaction(database, async (connection) => {
      const sent = ['select 1', 'select 1 / 0', 'select 2', 'select 3'].map((text) =>
        connection.query(text).finally(() => settled.push(text)),
      );
      await together(sent);
    });
    // Those behind it are answered with 25P02, which says nothing.
    await expect(work).rejects.toMatchObject({ code: '22012' });
    expect(settled).toHaveLength(4);
    await expect(database.query('select 1')).resolves.toHaveLength(1);
  });

  it('all fail where the connection breaks, and nobody is left with an error that no one listens to', async () => {
    const work = inTransaction(database, async (connection) => {
      const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid');
      const sent = [connection.query('select pg_sleep(10)'), connection.query('select 1')];
      await database.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
      await together(sent);
    });
    await expect(work).rejects.toMatchObject({ code: '57P01' });
    await expect(database.query('select 1')).resolves.toHaveLength(1);
  });
});

describe('reading with BEGIN, then writing', () => {
  it('commits what was written', async () => {
    const answer = await readThenWrite(
      database,
      'BEGIN; SET LOCAL enable_seqscan = off',
      async (connection) => (await connection.query('select 7 as n')).rows[0],
      async (connection, found) => {
        await connection.query(addStub('written'));
        return found;
      },
    );
    expect(answer).toEqual({ n: 7 });
    expect(await stubs()).toEqual(['written']);
  });

  it('writes nothing where BEGIN alone failed: what is read then is read outside of a transaction', async () => {
    const write = jest.fn();
    const work = readThenWrite(
      database,
      `BEGIN; select 1 / 0`,
      (connection) => connection.query('ROLLBACK').then(() => connection.query('select 1')),
      write,
    );
    await expect(work).rejects.toMatchObject({ code: '22012' });
    expect(write).not.toHaveBeenCalled();
  });

  it('keeps nothing where one of several writes fails', async () => {
    const work = readThenWrite(
      database,
      'BEGIN',
      async () => undefined,
      (connection) =>
        together([
          connection.query(addStub('first')),
          connection.query(addStub('written')),
          connection.query(addStub('last')),
        ]),
    );
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect(await stubs()).toEqual(['written']);
  });
});

// Why COMMIT leaves with what it commits in a packet of ours alone: a statement that the driver itself could not write is left
// out, and those behind it are done all the same.
test('the driver goes on with what is behind a statement that it could not send', async () => {
  const client = await connected();
  const circular: { toPostgres(prepare: (value: unknown) => unknown): unknown } = {
    toPostgres: (prepare) => prepare(circular),
  };
  const sent = [
    client.query('BEGIN'),
    client.query('select $1', [circular]),
    client.query(addStub('partial')),
    client.query('COMMIT'),
  ];
  const [, unsent, , committed] = await Promise.allSettled(sent);
  expect(unsent!.status).toBe('rejected');
  expect(committed).toMatchObject({ value: { command: 'COMMIT' } });
  client.release();
  expect(await stubs()).toContain('partial');
});

test('a connection that is ended while nobody answers is closed all the same', async () => {
  const proxy = await stallingProxy(made.url);
  const far = await createDataSource(proxy.url, { poolSize: 1 }).initialize();
  const client = await connected(far);
  proxy.stall();
  const asked = client.query('select 1').catch((error: Error) => error);
  await client.end();
  expect(await asked).toBeInstanceOf(Error);
  client.release();
  await far.destroy();
  await proxy.close();
});

test('a prepared statement outlives a migration that adds a column where it names its own', async () => {
  const client = await connected();
  const named = () => client.query(prepared('select n.program from expiry_notices n', []));
  // Why it names them: PostgreSQL does not plan anew what would answer with other columns.
  const all = () => client.query(prepared('select n.* from expiry_notices n', []));
  await together([named(), all()]);
  await asOwner(made, 'alter table expiry_notices add column added text');
  await expect(named()).resolves.toMatchObject({ rows: [] });
  await expect(all()).rejects.toThrow('cached plan must not change result type');
  client.release();
});

describe('rows that are given', () => {
  async function echo(columns: Columns, rows: readonly Row[]): Promise<unknown> {
    const { text, values } = aboutRows(columns, (sql) => `select * from ${sql} as r`)(rows);
    return database.query(text, [...values]);
  }

  const ODD = [
    '',
    'NULL',
    'null',
    '{}',
    'a,b',
    '"',
    '\\',
    '\\"',
    "'",
    ' x ',
    'é😀',
    'a\nb\t\u0001',
    '{"a":[1,"\\\\"]}',
  ];

  it('arrive as they are, whatever stands in them', async () => {
    const columns = {
      ...{ text: 'text', small: 'smallint', big: 'bigint', flag: 'boolean', at: 'timestamptz' },
      ...{ data: 'jsonb', texts: 'text[]', numbers: 'bigint[]' },
    };
    const at = Date.UTC(2026, 2, 15, 10, 0, 0, 123);
    const rows = ODD.map((text, n) => ({
      ...{ text, small: 1 - n, big: Number.MAX_SAFE_INTEGER - n, flag: n % 2 === 0, at: at + n },
      ...{ data: { [text]: [text, null] }, texts: n % 2 ? [] : [text, text], numbers: [n, 1 - n] },
    }));
    const nothing = Object.fromEntries(Object.keys(columns).map((column) => [column, null]));
    expect(await echo(columns, [...rows, nothing])).toEqual([...rows, nothing]);
    // One row by itself is written in another way.
    for (const row of [...rows, nothing]) expect(await echo(columns, [row])).toEqual([row]);
  });

  it('arrive each with its own value, whatever the one before it has', async () => {
    const columns = { n: 'integer', text: 'text', data: 'jsonb' };
    const data = { a: 1 };
    const rows = [
      { n: null, text: null, data: null },
      { n: 0, text: '', data },
      { n: 0, text: '', data },
      { n: null, text: 'NULL', data: { a: 2 } },
      { n: 0, text: null, data: null },
    ];
    expect(await echo(columns, rows)).toEqual(rows);
  });

  it('take bigint, and leave out what is undefined', async () => {
    const columns = { big: 'bigint', text: 'text' };
    const row = { big: 9007199254740991n, text: undefined };
    const read = { big: Number.MAX_SAFE_INTEGER, text: null };
    expect(await echo(columns, [row])).toEqual([read]);
    expect(await echo(columns, [row, row])).toEqual([read, read]);
  });

  it('are inserted, set where the application may, or both', async () => {
    const row = (id: string) => ({ shard: 2, id, available: 0, terms_ahead: [] });
    const key = ['shard', 'id'];
    for (const ids of [['alone'], ['one', 'other']]) {
      const rows = ids.map(row);
      await inTransaction(database, async (connection) => {
        await connection.query(insertRows('accounts', rows));
        const changed = rows.map((it) => ({ ...it, last_lot: 4, frozen_by: 'nobody' }));
        const { rowCount } = await connection.query(updateRows('accounts', key, changed));
        expect(rowCount).toBe(1);
        const placed = rows.map((it) => ({ ...it, orders_placed: 3 }));
        await connection.query(upsertRows('accounts', key, placed));
      });
      const read = await database.query(
        'select last_lot, orders_placed, frozen_by from accounts where id = any ($1)',
        [ids],
      );
      expect(read).toEqual(ids.map(() => ({ last_lot: 4, orders_placed: 3, frozen_by: null })));
    }
  });
});
