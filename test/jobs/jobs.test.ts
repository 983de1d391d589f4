import { moveClock } from '../../src/database/clock';
import { platformEventReader } from '../../src/events/platform-events';
import { bookWhatIsDue } from '../../src/jobs/book-what-is-due';
import { cleanOutbox } from '../../src/jobs/clean-outbox';
import { type Jobs, startBackground, startJobs } from '../../src/jobs/jobs';
import { DAY_MS } from '../../src/kernel/time';
import { bookDue } from '../../src/ledger/book-due';
import { eventCommand } from '../../src/orders/event-command';
import { nameEndpoints } from '../../src/outbox/endpoints';
import { redeem } from '../../src/redemption/redeem';
import { freshApp, openApp, type RunningApp } from '../events/test-app';
import { addMessages, countOf, endpoint, eventually, messagesOf } from '../outbox/outbox';
import { Receiver } from '../outbox/receiver';
import { asOwner, ownerUrlOf } from '../support/database';

const START = Date.UTC(2026, 0, 10, 9);
const NEVER = new AbortController().signal;

let app: RunningApp;
const started: Jobs[] = [];
const others: RunningApp[] = [];

beforeEach(async () => {
  app = await freshApp();
  await moveClock(app.database, START);
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((jobs) => jobs.stop()));
  await Promise.all(others.splice(0).map((other) => other.close()));
  await app.close();
});

async function start(on: RunningApp = app): Promise<Jobs> {
  const jobs = await startJobs(on);
  started.push(jobs);
  return jobs;
}

let lastId = 0;

/** Reports an event to the ledger, as the route does. */
async function report(type: string, data: object): Promise<void> {
  lastId += 1;
  const reading = platformEventReader(app.config.signalKey)({
    ...{ source: 'shop', id: `e${lastId}`, type, data },
  });
  if ('rejected' in reading) throw new Error(reading.rejected);
  await app.ledger.execute(eventCommand(reading.received));
}

/** Customers with one lot of 100 points each, credited at `START`. */
async function earn(...customers: string[]): Promise<void> {
  const order = (customerId: string) => ({ orderId: `${customerId}-1`, customerId });
  const events = customers.flatMap((customerId) => [
    report('customer.registered', { customerId, program: 'EU' }),
    report('order.placed', { ...order(customerId), net: '100.00', currency: 'EUR' }),
    report('order.paid', { orderId: `${customerId}-1` }),
    report('order.delivered', { orderId: `${customerId}-1` }),
  ]);
  await Promise.all(events);
}

const many = (count: number, prefix = 'm') =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

async function entriesOf(kind: string): Promise<number> {
  const [row] = await app.database.query<[{ n: number }]>(
    'select count(*) as n from entries where kind = $1',
    [kind],
  );
  return row.n;
}

/** Makes the database refuse every entry of accounts that begin with `prefix`. */
async function spoil(prefix: string): Promise<void> {
  const owner = { ownerUrl: ownerUrlOf(app.config.databaseUrl!) };
  await asOwner(
    owner,
    `create function spoiled() returns trigger language plpgsql as $$ begin raise 'spoiled'; end $$`,
  );
  await asOwner(
    owner,
    `create trigger spoiled before insert on entries for each row
      when (new.account_id like '${prefix}%') execute function spoiled()`,
  );
}

describe('the booking job', () => {
  it('books a lot that expired within seconds, nobody asking (R6.2)', async () => {
    await earn('ada');
    await start();
    await moveClock(app.database, START + 400 * DAY_MS);
    await eventually(async () => (await entriesOf('EXPIRED')) === 1);
    const [account] = await app.database.query<[object]>('select * from accounts');
    expect(account).toMatchObject({ available: 0, sequence: 2, lifetime_expired: 100 });
  });

  it('books a hold that lapsed (R6.7)', async () => {
    await earn('ada');
    await report('order.placed', {
      ...{ orderId: 'o2', customerId: 'ada', net: '5.00', currency: 'EUR' },
    });
    await app.ledger.execute(
      redeem({
        ...{ customerId: 'ada', orderId: 'o2', points: 60, holdMs: 60_000 },
        ...{ idempotencyKey: 'k1', actor: 'customer:ada' },
      }),
    );
    await start();
    expect(await entriesOf('LAPSED')).toBe(0);
    await moveClock(app.database, START + 60_000);
    await eventually(async () => (await entriesOf('LAPSED')) === 1);
    const [account] = await app.database.query<[object]>('select * from accounts');
    expect(account).toMatchObject({ available: 100, held: 0 });
  });

  it('of two processes books each due item exactly once', async () => {
    const customers = many(700);
    await earn(...customers);
    const other = await openApp(app.config.databaseUrl!);
    others.push(other);
    await moveClock(app.database, START + 400 * DAY_MS);
    await Promise.all([
      start(app),
      start(other),
      bookWhatIsDue(app, NEVER),
      bookWhatIsDue(other, NEVER),
      ...customers.slice(0, 50).map((id) => other.ledger.execute(bookDue(id))),
    ]);
    await eventually(async () => (await entriesOf('EXPIRED')) === 700);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const [row] = await app.database.query<[object]>(
      `select (select count(*) from entries where kind = 'EXPIRED') as entries,
        (select count(distinct account_id) from entries where kind = 'EXPIRED') as accounts,
        (select count(*) from outbox where type = 'points.expired') as messages,
        (select sum(expired)::int8 from lots) as expired`,
    );
    expect(row).toEqual({ entries: 700, accounts: 700, messages: 700, expired: 70_000 });
  });

  it('is one chain of runs, however many processes there are', async () => {
    const other = await openApp(app.config.databaseUrl!);
    others.push(other);
    await Promise.all([start(app), start(other), start(app)]);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const jobs = await app.database.query<{ key: string | null; locked: boolean }[]>(
      `select key, locked_at is not null as locked from graphile_worker.jobs where task_identifier = 'bookDue'`,
    );
    expect(jobs.filter(({ locked }) => !locked)).toEqual([{ key: 'bookDue', locked: false }]);
  });

  it('goes on although a process died with the job in its hands', async () => {
    const jobs = await start();
    await jobs.stop();
    started.splice(0);
    await app.database.query(
      `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'a dead worker', attempts = 1`,
    );
    await earn('ada');
    await moveClock(app.database, START + 400 * DAY_MS);
    await start();
    await eventually(async () => (await entriesOf('EXPIRED')) === 1);
  });

  // A cut just after the job was taken leaves it locked; then it is the cron line that goes on.
  it('goes on after its connections were cut, within a minute at worst', async () => {
    await earn('ada');
    await start();
    for (let cut = 0; cut < 3; cut += 1) {
      await app.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await moveClock(app.database, START + 400 * DAY_MS);
    await eventually(async () => (await entriesOf('EXPIRED')) === 1, 70_000);
  }, 90_000);

  it('leaves nothing open when it stops', async () => {
    const jobs = await start();
    started.splice(0);
    const before = Date.now();
    await jobs.stop();
    expect(Date.now() - before).toBeLessThan(3_000);
    await eventually(async () => {
      const [row] = await app.database.query<[{ n: number }]>(
        `select count(*) as n from pg_stat_activity where datname = current_database() and query ilike '%graphile%' and pid <> pg_backend_pid()`,
      );
      return row.n === 0;
    });
  });
});

describe('a run of the booking job', () => {
  const PAGE = 100;

  it('takes what is due page by page, and nothing else', async () => {
    await earn(...many(550));
    await moveClock(app.database, START + 10 * DAY_MS);
    await earn('later');
    await moveClock(app.database, Date.UTC(2027, 0, 11));
    expect(await bookWhatIsDue(app, NEVER, undefined, PAGE)).toBe(true);
    expect(await entriesOf('EXPIRED')).toBe(550);
  });

  it('is not held up by accounts that cannot be booked', async () => {
    await earn(...many(110, 'bad'));
    await moveClock(app.database, START + 2 * DAY_MS);
    await earn(...many(10, 'good'));
    await moveClock(app.database, START + 400 * DAY_MS);
    await spoil('bad');
    expect(await bookWhatIsDue(app, NEVER, undefined, PAGE)).toBe(true);
    expect(await entriesOf('EXPIRED')).toBe(10);
  });

  it('ends with its budget, and the next one goes on', async () => {
    await earn(...many(600));
    await moveClock(app.database, START + 400 * DAY_MS);
    expect(await bookWhatIsDue(app, NEVER, 1)).toBe(false);
    const booked = await entriesOf('EXPIRED');
    expect(booked).toBeGreaterThan(0);
    expect(booked).toBeLessThan(600);
    expect(await bookWhatIsDue(app, NEVER)).toBe(true);
    expect(await entriesOf('EXPIRED')).toBe(600);
  });

  it('ends when it is told to', async () => {
    await earn('ada');
    await moveClock(app.database, START + 400 * DAY_MS);
    expect(await bookWhatIsDue(app, AbortSignal.abort())).toBe(false);
    expect(await entriesOf('EXPIRED')).toBe(0);
  });
});

describe('the clean-up of the outbox', () => {
  /** Makes what was written just now so many days old; where endpoints are told, in a state. */
  async function age(days: number, state = 'PENDING'): Promise<void> {
    const owner = { ownerUrl: ownerUrlOf(app.config.databaseUrl!) };
    await asOwner(
      owner,
      `update webhook_deliveries set state = $1, settled_at = case when $1 = 'PENDING' then null else now() - $2 * interval '1 day' end
        where (shard, account_id, number) in (select shard, account_id, number from outbox where written_at > now() - interval '1 hour')`,
      [state, days],
    );
    await asOwner(
      owner,
      `update outbox set written_at = now() - $1 * interval '1 day' where written_at > now() - interval '1 hour'`,
      [days],
    );
  }

  const left = async () => {
    const rows = await app.database.query<{ id: string }[]>(
      'select distinct account_id as id from outbox order by 1',
    );
    return rows.map(({ id }) => id);
  };

  beforeEach(async () => {
    await addMessages(app.database, 'nobody', 3);
    await age(31);
    await nameEndpoints(app.database, [endpoint('http://127.0.0.1:9')]);
    await addMessages(app.database, 'old', 2_500);
    await age(31, 'DELIVERED');
    await addMessages(app.database, 'young', 3);
    await age(29, 'DELIVERED');
    await addMessages(app.database, 'dead', 2);
    await age(300, 'DEAD');
    await addMessages(app.database, 'forgotten', 2);
    await age(366, 'DEAD');
    await addMessages(app.database, 'waiting', 4);
    await age(31);
    await addMessages(app.database, 'fresh', 5);
  });

  it('deletes what was written 30 days ago, but what is still to be told or to be looked at', async () => {
    expect(await cleanOutbox(app, NEVER)).toBe(true);
    expect(await left()).toEqual(['dead', 'fresh', 'waiting', 'young']);
    expect(await messagesOf(app.database, 'dead')).toHaveLength(2);
    expect(await countOf(app.database, 'DELIVERED')).toBe(3);
  });

  it('does not keep what waits for an endpoint that nobody names any more', async () => {
    await app.database.query(`update webhook_endpoints set seen_at = now() - interval '8 days'`);
    await cleanOutbox(app, NEVER);
    expect(await left()).toEqual(['dead', 'fresh', 'young']);
  });

  it('ends with its budget', async () => {
    expect(await cleanOutbox(app, NEVER, 0)).toBe(false);
    expect(await countOf(app.database, 'DELIVERED')).toBe(2_503);
  });
});

it('what runs in the background tells the platform of what it booked (R9.2)', async () => {
  const receiver = await Receiver.start();
  const telling = await openApp(app.config.databaseUrl!, { webhooks: [endpoint(receiver.url)] });
  others.push(telling);
  await earn('ada');
  const background = await startBackground(telling);
  started.push(background);
  await eventually(() => receiver.received.length > 0);
  await moveClock(app.database, START + 400 * DAY_MS);
  const types = () =>
    receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  await eventually(() => types().includes('rewards.points.expired'));
  expect(types().indexOf('rewards.points.credited')).toBeLessThan(
    types().indexOf('rewards.points.expired'),
  );
  expect(receiver.numbersOf('ada')).toEqual(receiver.received.map(({ number }) => number));
  await background.stop();
  started.splice(0);
  await receiver.stop();
});

test('what is written is rolled up by itself, and what cannot be ends no job', async () => {
  const lag = async () => {
    const [row] = await app.database.query<[{ tail: number }]>(
      'select count(*)::int as tail from entries, rollup_progress where xact >= watermark',
    );
    return row.tail;
  };
  const owner = { ownerUrl: ownerUrlOf(app.config.databaseUrl!) };
  await asOwner(owner, 'alter table rollup_moves add constraint none check (points < 0)');
  await earn('ada');
  await start();
  await eventually(async () => (await rollingUp()) > 0);
  expect(await lag()).toBe(1);
  await asOwner(owner, 'alter table rollup_moves drop constraint none');
  await earn('bo');
  await eventually(async () => (await lag()) === 0);
});

/** How often the job that rolls up has put itself off to later. */
async function rollingUp(): Promise<number> {
  const [row] = await app.database.query<[{ n: number }]>(
    `select count(*)::int as n from graphile_worker.jobs
      where task_identifier = 'rollUp' and run_at > now() + interval '1 second' and locked_at is null`,
  );
  return row.n;
}
