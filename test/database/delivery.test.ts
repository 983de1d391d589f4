import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { freshDatabase } from '../support/database';

let ownerUrl: string;
let drop: () => Promise<void>;
let database: DataSource;

beforeEach(async () => {
  ({ ownerUrl, drop } = await freshDatabase());
  database = await createDataSource(ownerUrl, { session: 'migration' }).initialize();
  while (!(await hasState())) await database.undoLastMigration();
});

afterEach(async () => {
  await database.destroy();
  await drop();
});

async function hasState(): Promise<boolean> {
  const rows = await database.query<unknown[]>(
    `select from information_schema.columns where table_name = 'outbox' and column_name = 'state'`,
  );
  return rows.length > 0;
}

async function write(...states: [state: string, attempts: number][]): Promise<void> {
  await database.query(`insert into accounts (shard, id) values (1, 'ada')`);
  for (const [i, [state, attempts]] of states.entries()) {
    await database.query(
      `insert into outbox (shard, account_id, number, type, sequence, occurred_at, data, state, attempts, settled_at)
        values (1, 'ada', $1, 'points.credited', 1, now(), '{}', $2, $3, case when $2 = 'PENDING' then null else now() end)`,
      [i + 1, state, attempts],
    );
  }
}

const standing = (table: string) =>
  database.query(`select number, state, attempts from ${table} order by number`);

test('what one endpoint was being told goes on being told to it, and back', async () => {
  await write(['DELIVERED', 1], ['DEAD', 12], ['PENDING', 3], ['PENDING', 0]);
  const before = await standing('outbox');
  await migrate(ownerUrl);
  expect(await standing('webhook_deliveries')).toEqual(before);
  expect(await database.query('select distinct endpoint from webhook_deliveries')).toEqual([
    { endpoint: 'platform' },
  ]);
  while (!(await hasState())) await database.undoLastMigration();
  expect(await standing('outbox')).toEqual(before);
});

test('where nobody was told, nobody is afterwards', async () => {
  await write(['PENDING', 0], ['PENDING', 0]);
  await migrate(ownerUrl);
  expect(await standing('webhook_deliveries')).toEqual([]);
});
