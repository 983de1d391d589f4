import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { type Relay, type RelayOptions, startRelay } from '../../src/outbox/relay';
import { freshApp, type RunningApp } from '../events/test-app';
import { addMessages, countOf, endpoint, eventually, messagesOf, SECRET } from './outbox';
import { type Behaviour, Receiver } from './receiver';

const FAST: Partial<RelayOptions> = {
  retryDelaysMs: [20, 20, 20, 20, 20, 20],
  pollMs: 50,
  timeoutMs: 8_000,
  leaseMs: 10_000,
  graceMs: 100,
};

let app: RunningApp;
let database: DataSource;
let receiver: Receiver;
const relays: Relay[] = [];

beforeEach(async () => {
  receiver = await Receiver.start();
  app = await freshApp({ webhooks: [endpoint(receiver.url)] });
  database = app.database;
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await app.close();
  await receiver.stop();
});

function start(options: Partial<RelayOptions> = {}, webhooks = app.config.webhooks): Relay {
  const relay = startRelay(
    { ...app, config: { ...app.config, webhooks } },
    { ...FAST, ...options },
  );
  relays.push(relay);
  return relay;
}

function behave(behaviour: Behaviour): void {
  receiver.behaviour = behaviour;
}

describe('the relay', () => {
  it('sends a CloudEvent that is signed as Standard Webhooks (R9.2)', async () => {
    await addMessages(database, 'Zoë/1 €', 1);
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 1);
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({
      specversion: '1.0',
      id: 'Zoë/1 €/1',
      source: 'rewards',
      type: 'rewards.points.credited',
      subject: 'Zoë/1 €',
      time: '2026-03-01T10:00:00.123Z',
      datacontenttype: 'application/json',
      data: { points: 100, sequence: 10 },
    });
    expect(headers['content-type']).toMatch(/^application\/cloudevents\+json/);
    expect(headers['webhook-id']).toMatch(/^msg_[\w-]+$/);
  });

  it('sends an account one message after the other, in order, each once (R9.2)', async () => {
    for (const account of ['a', 'b', 'c']) await addMessages(database, account, 20);
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 60);
    for (const account of ['a', 'b', 'c']) {
      expect(receiver.received.filter((r) => r.account === account).map((r) => r.number)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    }
  });

  it('keeps the order when attempts fail, and lets other accounts pass', async () => {
    await addMessages(database, 'a', 3);
    await addMessages(database, 'b', 3);
    behave(({ account, number }, attempt) =>
      account === 'a' && number === 1 && attempt <= 3 ? 500 : 200,
    );
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 6);
    const ofA = receiver.received.filter((r) => r.account === 'a').map((r) => r.number);
    expect(ofA).toEqual([1, 1, 1, 1, 2, 3]);
    expect(receiver.taken.findIndex((r) => r.account === 'b' && r.number === 3)).toBeLessThan(
      receiver.taken.findIndex((r) => r.account === 'a'),
    );
    expect((await messagesOf(database, 'a'))[0]).toMatchObject({ attempts: 4, last_error: null });
  });

  it('uses the same ids in every attempt, with a fresh signature', async () => {
    await addMessages(database, 'a', 1);
    behave((_, attempt) => (attempt === 1 ? 503 : 204));
    // A fifth sooner it is still in another second.
    start({ retryDelaysMs: [1_300] });
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 1);
    const [first, second] = receiver.received.map((r) => r.headers);
    expect(second!['webhook-id']).toBe(first!['webhook-id']);
    expect(second!['webhook-timestamp']).not.toBe(first!['webhook-timestamp']);
    expect(second!['webhook-signature']).not.toBe(first!['webhook-signature']);
  });

  it('gives an endpoint that hangs up after the timeout, and tries again', async () => {
    await addMessages(database, 'a', 2);
    behave(({ number }, attempt) => (number === 1 && attempt === 1 ? 'hang' : 200));
    start({ timeoutMs: 500 });
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 2);
    expect(receiver.received.map((r) => r.number)).toEqual([1, 1, 2]);
  });

  it('holds no transaction open while it waits for an answer', async () => {
    await addMessages(database, 'a', 1);
    behave(() => 'hang');
    start();
    await eventually(() => receiver.received.length === 1);
    const [row] = await database.query<[{ n: number }]>(
      `select count(*) as n from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null and state <> 'active'`,
    );
    expect(row.n).toBe(0);
  });

  it('does not follow redirects', async () => {
    const elsewhere = await Receiver.start();
    await addMessages(database, 'a', 1);
    behave((_, attempt) =>
      attempt === 1 ? { status: 307, location: elsewhere.url } : { status: 200 },
    );
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 1);
    expect(elsewhere.received).toEqual([]);
    expect(receiver.received).toHaveLength(2);
    await elsewhere.stop();
  });

  it('takes a 200 for an answer although its body never ends', async () => {
    await addMessages(database, 'a', 2);
    behave(() => ({ status: 200, endless: true }));
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 2);
    expect(receiver.received).toHaveLength(2);
  });

  it('gives a message up after the last attempt, lists it, and goes on', async () => {
    await addMessages(database, 'a', 3);
    behave(({ number }) => (number === 2 ? 422 : 200));
    start({ retryDelaysMs: [10, 10] });
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 2);
    expect(receiver.received.map((r) => r.number)).toEqual([1, 2, 2, 2, 3]);
    expect((await messagesOf(database, 'a'))[1]).toEqual({
      number: 2,
      state: 'DEAD',
      attempts: 3,
      claimed: false,
      last_error: 'The webhook answered 422',
    });
  });

  it('says why nobody could be reached', async () => {
    await addMessages(database, 'a', 1);
    const gone = await Receiver.start();
    const { url } = gone;
    await gone.stop();
    start({ retryDelaysMs: [] }, [endpoint(url)]);
    await eventually(async () => (await countOf(database, 'DEAD')) === 1);
    expect((await messagesOf(database, 'a'))[0]!.last_error).toMatch(
      /fetch failed: .*ECONNREFUSED/,
    );
  });

  it('sends what is written while it runs, by polling and at a nudge', async () => {
    const relay = start({ pollMs: 200 });
    await addMessages(database, 'a', 1);
    await eventually(() => receiver.received.length === 1);
    relays.splice(0);
    await relay.stop();
    const nudged = start({ pollMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await addMessages(database, 'a', 2, 2);
    expect(receiver.received).toHaveLength(1);
    nudged.nudge();
    await eventually(() => receiver.received.length === 2);
  });

  it('sends nothing where no webhook is configured', async () => {
    await addMessages(database, 'a', 1);
    const relay = start({}, []);
    relay.nudge();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await messagesOf(database, 'a'))[0]).toMatchObject({ state: 'PENDING', attempts: 0 });
  });
});

describe('a relay that stops', () => {
  it('does not wait for a slow endpoint, and gives its claim back', async () => {
    await addMessages(database, 'a', 1);
    behave(() => 'hang');
    const relay = start({ timeoutMs: 60_000, leaseMs: 90_000, graceMs: 100 });
    await eventually(() => receiver.received.length === 1);
    relays.splice(0);
    const before = Date.now();
    await relay.stop();
    expect(Date.now() - before).toBeLessThan(2_000);
    expect(await messagesOf(database, 'a')).toEqual([
      { number: 1, state: 'PENDING', attempts: 0, claimed: false, last_error: null },
    ]);
  });

  it('lets an attempt finish within its grace', async () => {
    await addMessages(database, 'a', 1);
    behave(() => ({ status: 200, delayMs: 150 }));
    const relay = start({ graceMs: 5_000 });
    await eventually(() => receiver.received.length === 1);
    relays.splice(0);
    await relay.stop();
    expect(await countOf(database, 'DELIVERED')).toBe(1);
  });

  it('by a kill between sending and noting it sends again, in order', async () => {
    await addMessages(database, 'a', 3);
    const child = spawn(
      process.execPath,
      [
        '-r',
        '@swc-node/register',
        join(__dirname, 'relay-process.ts'),
        app.config.databaseUrl!,
        receiver.url,
        SECRET,
      ],
      { stdio: 'inherit' },
    );
    // The platform takes the message; the relay dies before it can know.
    behave(({ number }, attempt) => {
      if (number === 2 && attempt === 1) child.kill('SIGKILL');
      return { status: 200, delayMs: number === 2 && attempt === 1 ? 100 : 0 };
    });
    await once(child, 'exit');
    await eventually(() => receiver.received.length === 2);
    expect(await countOf(database, 'DELIVERED')).toBe(1);
    expect((await messagesOf(database, 'a'))[1]).toMatchObject({ state: 'PENDING', claimed: true });
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 3);
    expect(receiver.received.map((r) => r.number)).toEqual([1, 2, 2, 3]);
  });
});

describe('several relays', () => {
  it('share the work, each message once, in the order of its account', async () => {
    const accounts = Array.from({ length: 40 }, (_, i) => `c${i}`);
    for (const account of accounts) await addMessages(database, account, 10);
    behave(() => ({ status: 200, delayMs: 2 }));
    start();
    start();
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 400);
    expect(receiver.received).toHaveLength(400);
    for (const account of accounts) {
      expect(receiver.numbersOf(account)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
  });

  it('keep the order of each account over failures, timeouts and a relay that goes', async () => {
    const accounts = Array.from({ length: 20 }, (_, i) => `c${i}`);
    for (const account of accounts) await addMessages(database, account, 8);
    const results = [500, 'hang', 200, 200, 302, 200, 200, 503, 200] as const;
    let calls = 0;
    behave(() => results[calls++ % results.length]!);
    const patient = { retryDelaysMs: Array(50).fill(5), timeoutMs: 200 };
    const leaving = start(patient);
    start(patient);
    await eventually(() => receiver.taken.length > 20);
    await leaving.stop();
    relays.shift();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 160);
    for (const account of accounts) {
      const numbers = receiver.received.filter((r) => r.account === account).map((r) => r.number);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(receiver.numbersOf(account)).toHaveLength(8);
    }
  });
});

describe('the walk over the accounts', () => {
  beforeEach(async () => {
    await database.query(
      `insert into accounts (shard, id) select n % 256, 'w' || n from generate_series(1, 1200) n`,
    );
    await database.query(
      `with written as (
        insert into outbox (shard, account_id, number, type, sequence, occurred_at, data)
          select n % 256, 'w' || n, m, 'points.credited', m, now(), '{}'
          from generate_series(1, 1200) n, generate_series(1, 3) m returning shard, account_id, number)
        insert into webhook_deliveries (shard, account_id, number, endpoint, next_attempt_at)
          select shard, account_id, number, 'platform', now() + interval '1 hour' from written`,
    );
  });

  it('finds what is due behind many accounts that wait for their next attempt', async () => {
    await database.query(
      `update webhook_deliveries set next_attempt_at = now() where (shard, account_id) =
        (select 255, max(account_id) from webhook_deliveries where shard = 255)`,
    );
    start({ pollMs: 60_000 });
    await eventually(() => receiver.received.length === 3);
    expect(receiver.received.map((r) => r.number)).toEqual([1, 2, 3]);
  });

  it('rests after a turn that found nothing', async () => {
    const queries = jest.spyOn(database, 'query');
    start({ pollMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(queries.mock.calls.length).toBeLessThanOrEqual(4);
    queries.mockRestore();
  });
});

it('goes on after its connections were cut', async () => {
  await addMessages(database, 'a', 1);
  start();
  await eventually(async () => (await countOf(database, 'DELIVERED')) === 1);
  const admin = await createDataSource(app.config.databaseUrl!, { poolSize: 1 }).initialize();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await addMessages(admin, 'a', 2, 2);
  await eventually(async () => (await countOf(admin, 'DELIVERED')) === 2);
  await admin.destroy();
});
