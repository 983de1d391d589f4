import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { arePending, migrate } from '../../src/database/migrate';
import { buildIndexOnline } from '../../src/database/online-index';
import { PATIENCE, pauseAfter, whileLocked } from '../../src/database/patience';
import { structureGaps } from '../../src/database/structure';
import { freshDatabase, type TestDatabase } from '../support/database';

let made: TestDatabase;
let owner: DataSource;
let other: Client;

beforeEach(async () => {
  made = await freshDatabase();
  owner = await createDataSource(made.ownerUrl, { session: 'migration' }).initialize();
  other = new Client({ connectionString: made.ownerUrl });
  await other.connect();
});

afterEach(async () => {
  await other.end();
  await owner.destroy();
  await made.drop();
});

/** What `migrate` will run once it can. */
let pending: string[];

/** A migration and those after it are pending, and another transaction has a lock that the first needs. */
async function blocked(): Promise<void> {
  pending = [];
  while (pending[0] !== 'Storage1732610000000') {
    const [newest] = await owner.query<[{ name: string }]>(
      'select name from migrations order by timestamp desc limit 1',
    );
    pending.unshift(newest.name);
    await owner.undoLastMigration();
  }
  await other.query('begin; lock table accounts, orders in share update exclusive mode');
}

/** Resolves once a session waits for a lock that another has. */
async function someoneWaits(application: string): Promise<void> {
  for (;;) {
    const rows = await owner.query<unknown[]>(
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
         and application_name = $1`,
      [application],
    );
    if (rows.length > 0) return;
    await pause(20);
  }
}

describe('a migration that another transaction is in the way of', () => {
  it('steps aside, tries again, and answers with what it ran', async () => {
    await blocked();
    const running = migrate(made.ownerUrl);
    await someoneWaits('rewards-migrate');
    const waiting = () =>
      owner.query<{ waits: boolean }[]>(
        `select exists (select from pg_stat_activity where wait_event_type = 'Lock'
           and datname = current_database() and application_name = 'rewards-migrate') as waits`,
      );
    // It does not stand in front of everybody else for ever: it lets go of its place, and comes back.
    while ((await waiting())[0]!.waits) await pause(20);
    await someoneWaits('rewards-migrate');
    await other.query('commit');
    expect(await running).toEqual(pending);
    expect(await arePending(owner)).toBe(false);
  });

  it('fails once its patience ends, has changed nothing, and can be run again', async () => {
    await blocked();
    const patience = { attempts: 2, firstMs: 10, longestMs: 10 };
    await expect(migrate(made.ownerUrl, patience)).rejects.toThrow(/lock timeout/);
    expect(await arePending(owner)).toBe(true);
    await other.query('rollback');
    expect(await migrate(made.ownerUrl)).toEqual(pending);
  });
});

test('pauses grow, are bounded, and are not the same for everybody', () => {
  const longest = Array.from({ length: PATIENCE.attempts - 1 }, (_, n) =>
    pauseAfter(n + 1, PATIENCE, 0),
  );
  expect(longest.slice(0, 4)).toEqual([100, 200, 400, 800]);
  expect(Math.max(...longest)).toBe(PATIENCE.longestMs);
  expect(longest.reduce((sum, ms) => sum + ms)).toBeLessThan(4 * 60_000);
  expect(pauseAfter(1, PATIENCE, 1)).toBe(50);
});

test('a deadlock with a command is tried again as well', async () => {
  let times = 0;
  const work = async () => {
    times += 1;
    if (times < 3) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
    return times;
  };
  expect(await whileLocked(work, { attempts: 3, firstMs: 1, longestMs: 1 })).toBe(3);
});

test('what fails for another reason than locks fails at once', async () => {
  let times = 0;
  const work = async () => {
    times += 1;
    throw Object.assign(new Error('duplicate'), { code: '23505' });
  };
  await expect(whileLocked(work, PATIENCE)).rejects.toThrow('duplicate');
  expect(times).toBe(1);
});

test('who waits for another to migrate is in no index build’s way', async () => {
  // An index that is built concurrently waits for every older transaction. In the queue of an advisory lock stands one,
  // and PostgreSQL sees no deadlock where the lock's holder is another connection than the one that builds.
  await owner.undoLastMigration();
  await other.query('select pg_advisory_lock(7395011)');
  const waiting = migrate(made.ownerUrl);
  let isThere = false;
  while (!isThere) {
    const rows = await owner.query<unknown[]>(
      `select from pg_stat_activity where datname = current_database() and query like '%pg_try_advisory_lock%'
         and application_name = 'rewards-migrate'`,
    );
    isThere = rows.length > 0;
    await pause(20);
  }
  await owner.query('create index concurrently some_lots on lots (source_ref)');
  await owner.query('drop index some_lots');
  await other.query('select pg_advisory_unlock(7395011)');
  expect(await waiting).toHaveLength(1);
});

class Codes4000000000000 implements MigrationInterface {
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await buildIndexOnline(runner, 'codes_once', 'on referral_codes (account_id)', 'unique index');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists codes_once');
  }
}

const CODE = (code: string) =>
  `insert into referral_codes (code, account_shard, account_id) values ('${code}', 1, 'ada')`;

describe('an index that is built beside the traffic', () => {
  let later: DataSource;

  beforeEach(async () => {
    const { options } = createDataSource(made.ownerUrl, { session: 'migration' });
    later = new DataSource({ ...options, migrations: [Codes4000000000000] });
    await later.initialize();
    await owner.query('set session_replication_role = replica');
  });
  afterEach(() => later.destroy());

  const gaps = async () => (await structureGaps(owner, [])).map(({ gap }) => gap);

  it('where it failed in the middle is named as broken, and the next attempt begins anew', async () => {
    await other.query('set session_replication_role = replica');
    await other.query(CODE('one'));
    await other.query(CODE('two'));
    await expect(later.runMigrations()).rejects.toThrow(/could not create unique index/);
    expect(await gaps()).toEqual(['The index codes_once of referral_codes is broken.']);
    await other.query(`delete from referral_codes where code = 'two'`);
    expect(await later.runMigrations()).toHaveLength(1);
    expect(await gaps()).toEqual([]);
    const [{ lock_timeout }] = await later.query<[{ lock_timeout: string }]>('show lock_timeout');
    expect(lock_timeout).toBe('2s');
    await later.undoLastMigration();
  });

  it('waits for older transactions longer than for a lock, keeps nobody from writing, and is not called broken', async () => {
    await other.query('begin');
    await other.query('select pg_current_xact_id()');
    await other.query('lock table referral_codes in row exclusive mode');
    const building = later.runMigrations();
    await someoneWaits('rewards');
    await owner.query('set lock_timeout = 100');
    await owner.query(CODE('meanwhile'));
    // Longer than a migration waits for any other lock.
    await pause(2_500);
    expect(await gaps()).toEqual([]);
    const [{ left }] = await owner.query<[{ left: number }]>(
      'select count(*)::int as left from pg_index where not indisvalid',
    );
    expect(left).toBe(1);
    await other.query('commit');
    expect(await building).toHaveLength(1);
  });
});
