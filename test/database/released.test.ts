import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../support/database';
import { makeReleased, releasedSchema, type Schema, schemaOf, stumbles } from './released';

/**
 * During a rolling upgrade the version before runs on the schema of this one. Its columns, keys and what refuses its rows are written
 * down in released.json; after a release: RELEASED_UNTIL in released.ts, then
 * REWARDS_WRITE_RELEASED=1 npx jest test/database/released
 */
let made: TestDatabase;
let database: DataSource;
let released: Schema;

beforeAll(async () => {
  const empty = await emptyDatabase();
  const now = await makeReleased(empty.ownerUrl).finally(empty.drop);
  released = releasedSchema();
  expect(now).toEqual(released);
  made = await freshDatabase();
  database = await createDataSource(made.ownerUrl, { session: 'migration' }).initialize();
});
afterAll(async () => {
  await database.destroy();
  await made.drop();
});

test('what the released version needs of the schema is there', async () => {
  expect(stumbles(released, await schemaOf(database))).toEqual([]);
});

describe('it is noticed where', () => {
  it.each([
    ['drop table set_aside cascade', 'The table set_aside is gone.'],
    ['alter table lots drop column voided_at cascade', 'lots.voided_at is gone.'],
    [
      'alter table lots alter voided_at type timestamp',
      'lots.voided_at was timestamp with time zone, and is timestamp without time zone.',
    ],
    [
      'alter table lots alter voided_at set not null',
      'lots.voided_at was timestamp with time zone, and is timestamp with time zone!.',
    ],
    ['alter table lots add later int not null', 'lots.later is new, and required.'],
    [
      'alter table audit_log alter times drop default',
      'audit_log.times was integer!=, and is integer!.',
    ],
    ['alter table lots add check (granted > 1)', 'lots newly refuses by CHECK ((granted > 1)).'],
    [
      'create unique index on lots (source_ref)',
      'lots newly refuses by UNIQUE btree (source_ref).',
    ],
    ['alter table set_aside drop constraint set_aside_pkey', /^set_aside has lost PRIMARY KEY \(/],
    [
      'create trigger t before insert on lots for each row execute function refuse_change()',
      /^lots newly refuses by BEFORE INSERT ON /,
    ],
  ])('%s', async (change, said) => {
    const runner = database.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query(change);
      const found = stumbles(released, await schemaOf(runner));
      expect(found).toContainEqual(typeof said === 'string' ? said : expect.stringMatching(said));
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  });

  it.each([
    ['alter table lots add later int not null default 1'],
    ['alter table lots alter source_ref drop not null'],
    ['alter table lots alter voided_at set default now()'],
    ['alter table lots drop constraint lots_l3_points_add_up'],
    ['create table later (id text primary key)'],
    ['create index on lots (source_ref)'],
  ])('nothing is in the way of %s', async (change) => {
    const runner = database.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query(change);
      expect(stumbles(released, await schemaOf(runner))).toEqual([]);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  });
});
