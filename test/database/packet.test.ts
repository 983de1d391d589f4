import type { PoolClient, QueryResult } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { createDataSource } from '../../src/database/data-source';
import { UnsendableError } from '../../src/database/packet';
import { readPrepared } from '../../src/database/prepared';
import { prepared, type Statement, updateRows } from '../../src/database/row-statements';
import { readThenCommit } from '../../src/database/transaction';
import { freshDatabase, type TestDatabase } from '../support/database';

let made: TestDatabase;
let database: DataSource;
let client: PoolClient;

beforeAll(async () => {
  made = await freshDatabase();
  database = await createDataSource(made.url, { poolSize: 2 }).initialize();
  const driver = database.driver as PostgresDriver;
  [client] = (await driver.obtainMasterConnection()) as [PoolClient, unknown];
});

afterAll(async () => {
  client.release();
  await database.destroy();
  await made.drop();
});

const addStub = (id: unknown) =>
  prepared('insert into accounts (shard, id) values (1, $1::text)', [id as string]);

async function stubs(): Promise<string[]> {
  const rows = await database.query<{ id: string }[]>('select id from accounts order by id');
  return rows.map(({ id }) => id);
}

/** Sends statements in one turn; each one's result, or its error. */
async function send(...statements: (Statement | string)[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(
    statements.map((each): Promise<QueryResult> => client.query(each as Statement)),
  );
  return settled.map((each) => (each.status === 'fulfilled' ? each.value.rows : each.reason));
}

/** The types of the messages that the server was sent meanwhile. */
async function messagesOf(work: () => Promise<unknown>): Promise<string> {
  const { stream } = client.connection;
  const write = stream.write.bind(stream);
  let types = '';
  stream.write = (data: Buffer, ...rest: never[]) => {
    for (let at = 0; at < data.length; at += 1 + data.readInt32BE(at + 1)) {
      types += String.fromCharCode(data[at]!);
    }
    return write(data, ...rest);
  };
  await work();
  stream.write = write;
  return types;
}

describe('prepared statements that are sent in one turn', () => {
  const two = () => [
    prepared('select $1::int as a, null as b', [1]),
    prepared('select generate_series(1, 2)::int8 as n', []),
  ];

  it('leave with one Sync, and are parsed and described the first time', async () => {
    expect(await messagesOf(() => send(...two()))).toBe('CPBDECPBDES');
    expect(await messagesOf(() => send(...two()))).toBe('BEBES');
  });

  it('are answered each its own, the second time as the first', async () => {
    const rows = [[{ a: 1, b: null }], [{ n: 1 }, { n: 2 }]];
    expect(await send(...two())).toEqual(rows);
    expect(await send(...two())).toEqual(rows);
  });

  it('keep their place among others', async () => {
    const text = 'select nextval($1) - 1 as n';
    await send('create temporary sequence places');
    const next = () => prepared(text, ['places']);
    const answers = await send(next(), `select nextval('places') - 1 as n`, next(), next());
    expect(answers).toEqual([0, 1, 2, 3].map((n) => [{ n }]));
  });

  it('are not done behind one that fails, and all fail as that one did', async () => {
    const divide = () => prepared('select 1 / $1::int as n', [0]);
    const one = () => prepared('select 1 as n', []);
    for (let time = 0; time < 2; time += 1) {
      const [first, failed, left] = await send(one(), divide(), addStub('left'));
      expect(first).toEqual([{ n: 1 }]);
      expect(failed).toMatchObject({ code: '22012' });
      expect(left).toBe(failed);
    }
    expect(await send(prepared('select 1 / $1::int as n', [1]))).toEqual([[{ n: 1 }]]);
    expect(await stubs()).not.toContain('left');
  });

  it('are not sent behind one whose values cannot be written', async () => {
    const [begun, unsent, left, committed] = await send(
      prepared('BEGIN', []),
      addStub({}),
      addStub('left'),
      prepared('COMMIT', []),
    );
    expect(begun).toEqual([]);
    for (const each of [unsent, left, committed]) expect(each).toBeInstanceOf(UnsendableError);
    await send('ROLLBACK');
    expect(await stubs()).not.toContain('left');
  });

  it('fail alone where only their answer cannot be read', async () => {
    const [unreadable, read] = await send(
      prepared(`select '9007199254740992'::int8 as n`, []),
      prepared('select 1 as n', []),
    );
    expect(unreadable).toBeInstanceOf(RangeError);
    expect(read).toEqual([{ n: 1 }]);
  });

  it('are parsed anew where the connection knows the name for another text', async () => {
    const named = (text: string) => ({ name: 'one of two', text, values: [] });
    expect(await send(named('select 1 as a'))).toEqual([[{ a: 1 }]]);
    expect(await send(named('select 2 as b'))).toEqual([[{ b: 2 }]]);
    expect(await send(named('select 1 as a'))).toEqual([[{ a: 1 }]]);
  });

  it('come as rows of columns to who asks for them', async () => {
    const asked = { name: 'as columns', text: 'select $1::int, null::text' };
    for (const n of [1, 2]) expect(await readPrepared(database, asked, [n])).toEqual([[n, null]]);
  });
});

describe('a transaction in two packets', () => {
  const commit = (...writes: Statement[]) =>
    readThenCommit(
      database,
      [prepared('BEGIN', [])],
      async (connection) => (await connection.query(prepared('select 7 as n', []))).rows[0],
      async (_, found) => found,
      () => writes,
    );

  it('commits what is written', async () => {
    expect(await commit(addStub('written'), addStub('too'))).toEqual({ n: 7 });
    expect(await stubs()).toEqual(expect.arrayContaining(['too', 'written']));
  });

  it('commits nothing where a write fails, wherever it stands', async () => {
    for (const writes of [
      [addStub('written'), addStub('left')],
      [addStub('left'), addStub('written')],
    ]) {
      await expect(commit(...writes)).rejects.toMatchObject({ code: '23505' });
    }
    expect(await stubs()).not.toContain('left');
  });

  it('commits nothing where a row to be set is not there', async () => {
    const set = (...ids: string[]) =>
      updateRows(
        'accounts',
        ['shard', 'id'],
        ids.map((id) => ({ shard: 1, id, last_lot: 4 })),
      );
    for (const ids of [['written', 'nobody'], ['nobody']]) {
      await expect(commit(set(...ids))).rejects.toMatchObject({ code: '22012' });
    }
    const lots = () =>
      database.query(`select last_lot from accounts where id in ('written', 'too') order by id`);
    expect(await lots()).toEqual([{ last_lot: 0 }, { last_lot: 0 }]);
    await commit(set('written', 'too'));
    expect(await lots()).toEqual([{ last_lot: 4 }, { last_lot: 4 }]);
  });

  it('commits nothing where a write cannot be sent', async () => {
    await expect(commit(addStub('left'), addStub({}))).rejects.toBeInstanceOf(UnsendableError);
    expect(await stubs()).not.toContain('left');
  });
});
