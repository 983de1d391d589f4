import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../support/database';

const drops: (() => Promise<void>)[] = [];

async function open(made: TestDatabase): Promise<DataSource> {
  const database = await createDataSource(made.ownerUrl, { session: 'migration' }).initialize();
  drops.push(async () => {
    await database.destroy();
    await made.drop();
  });
  return database;
}

afterEach(async () => {
  for (const drop of drops.splice(0)) await drop();
});

/** Every table with its columns, constraints and indexes, as the catalogue spells them. */
async function picture(database: DataSource): Promise<string[]> {
  const lines = await database.query<{ line: string }[]>(
    `select format('%s.%s %s%s%s%s', table_name, column_name, udt_name,
            case is_nullable when 'NO' then ' not null' end, ' default ' || regexp_replace(column_default, '''(\\d+)''::bigint', '\\1'),
            ' identity ' || identity_generation) as line
       from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and table_name <> 'migrations' and table_type = 'BASE TABLE'
      union all
     select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
       from pg_constraint
      where connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'migrations' and contype <> 'n'
      union all
     select indexdef from pg_indexes where schemaname = 'public' and tablename <> 'migrations'
      order by 1`,
  );
  return lines.map(({ line }) => line);
}

test('the row classes and the migrated schema do not drift: TypeORM has nothing to change', async () => {
  const database = await open(await freshDatabase());
  const { upQueries } = await database.driver.createSchemaBuilder().log();
  expect(upQueries.map(({ query }) => query)).toEqual([]);
});

test('the row classes alone would make the very tables that the migrations make', async () => {
  const migrated = await open(await freshDatabase());
  const synchronised = await open(await emptyDatabase());
  // TypeORM knows no sequence that is no column's own, and no function.
  await synchronised.query('create sequence history_position increment by 1000');
  await synchronised.query('create function current_xact() returns bigint return 0');
  await synchronised.synchronize();
  expect(await picture(synchronised)).toEqual(await picture(migrated));
});

test('migrations go up from nothing, down to nothing, and up again', async () => {
  const made = await emptyDatabase();
  const database = await open(made);
  const names = await migrate(made.ownerUrl);
  expect(names.length).toBeGreaterThan(0);
  const first = await picture(database);
  for (const _ of names) await database.undoLastMigration();
  expect(await picture(database)).toEqual([]);
  expect(await migrate(made.ownerUrl)).toEqual(names);
  expect(await picture(database)).toEqual(first);
  expect(await migrate(made.ownerUrl)).toEqual([]);
});

test('of several processes that start at once one migrates, the others wait for it', async () => {
  const made = await emptyDatabase();
  drops.push(made.drop);
  const ran = await Promise.all(Array.from({ length: 5 }, () => migrate(made.ownerUrl)));
  expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
});
