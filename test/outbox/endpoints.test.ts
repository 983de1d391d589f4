import { Webhook } from 'standardwebhooks';
import type { DataSource } from 'typeorm';
import type { WebhookEndpoint } from '../../src/config';
import { nameEndpoints } from '../../src/outbox/endpoints';
import { type Relay, type RelayOptions, startRelay } from '../../src/outbox/relay';
import { freshApp, type RunningApp } from '../events/test-app';
import { report } from '../events/test-events';
import { addMessages, countOf, endpoint, eventually, messagesOf, SECRET } from './outbox';
import { type Behaviour, Receiver } from './receiver';

const OTHER_SECRET = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const FAST: Partial<RelayOptions> = {
  retryDelaysMs: Array(6).fill(20),
  pollMs: 50,
  timeoutMs: 8_000,
  leaseMs: 10_000,
  graceMs: 100,
};

let app: RunningApp;
let database: DataSource;
let platform: Receiver;
let billing: Receiver;
const relays: Relay[] = [];

beforeEach(async () => {
  [platform, billing] = await Promise.all([Receiver.start(), Receiver.start()]);
  app = await freshApp({ webhooks: both() });
  database = app.database;
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await app.close();
  await Promise.all([platform.stop(), billing.stop()]);
});

function both(change: Partial<WebhookEndpoint> = {}): WebhookEndpoint[] {
  const other = endpoint(billing.url, { name: 'billing', secrets: [OTHER_SECRET], ...change });
  return [endpoint(platform.url), other];
}

function start(options: Partial<RelayOptions> = {}, webhooks = both()): Relay {
  const told = { ...app, config: { ...app.config, webhooks } };
  const relay = startRelay(told, { ...FAST, ...options });
  relays.push(relay);
  return relay;
}

const numbers = (receiver: Receiver, account: string) =>
  receiver.received.filter((r) => r.account === account).map((r) => r.number);
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, i) => from + i);

describe('several endpoints', () => {
  it('get every message, each signed with a secret of its own (R9.2)', async () => {
    await addMessages(database, 'a', 3);
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED', 'billing')) === 3);
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 3);
    expect(numbers(platform, 'a')).toEqual([1, 2, 3]);
    expect(numbers(billing, 'a')).toEqual([1, 2, 3]);
    const [{ headers, body }] = billing.received as [(typeof billing.received)[0]];
    expect(() => new Webhook(OTHER_SECRET).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(SECRET).verify(body, headers)).toThrow();
  });

  it('get only the types they take, in order', async () => {
    await nameEndpoints(database, both({ types: ['redemption.*', 'points.expired'] }));
    const types = ['redemption.held', 'points.credited', 'points.expired', 'redemption.captured'];
    for (const [i, type] of types.entries()) {
      await addMessages(database, 'a', i + 1, i + 1, type as 'points.credited');
    }
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 4);
    await eventually(async () => (await countOf(database, 'DELIVERED', 'billing')) === 3);
    expect(numbers(billing, 'a')).toEqual([1, 3, 4]);
  });

  it('do not wait for one that hangs, fails or goes wrong in any other way', async () => {
    for (const account of ['a', 'b', 'c']) await addMessages(database, account, 10);
    const wrong = ['hang', 500, 'drop', { status: 302, location: platform.url }] as const;
    billing.behaviour = (_, attempt) => wrong[attempt % wrong.length]!;
    start({ retryDelaysMs: Array(50).fill(60_000) });
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 30);
    expect(billing.taken).toEqual([]);
    expect(await countOf(database, 'PENDING', 'billing')).toBe(30);
  });

  it('have each their own order of an account: one that waits holds up nothing elsewhere (R9.2)', async () => {
    await addMessages(database, 'a', 4);
    await addMessages(database, 'b', 4);
    billing.behaviour = ({ account, number }, attempt) =>
      account === 'a' && number === 2 && attempt <= 3 ? 503 : 200;
    start();
    await eventually(async () => (await countOf(database, 'DELIVERED', 'billing')) === 8);
    expect(numbers(billing, 'a')).toEqual([1, 2, 2, 2, 2, 3, 4]);
    expect(numbers(billing, 'b')).toEqual([1, 2, 3, 4]);
    expect(numbers(platform, 'a')).toEqual([1, 2, 3, 4]);
  });

  it('start from when they are added, not from the beginning', async () => {
    await addMessages(database, 'a', 2);
    const added = await Receiver.start();
    const webhooks = [...both(), endpoint(added.url, { name: 'added' })];
    await nameEndpoints(database, webhooks);
    await addMessages(database, 'a', 4, 3);
    start({}, webhooks);
    await eventually(async () => (await countOf(database, 'DELIVERED')) === 4);
    await eventually(async () => (await countOf(database, 'DELIVERED', 'added')) === 2);
    expect(numbers(added, 'a')).toEqual([3, 4]);
    await added.stop();
  });

  it('are told nothing more once nobody has named them for a week', async () => {
    await database.query(
      `update webhook_endpoints set seen_at = now() - interval '7 days' where name = 'billing'`,
    );
    await addMessages(database, 'a', 1);
    expect(await countOf(database, 'PENDING')).toBe(1);
    expect(await countOf(database, 'PENDING', 'billing')).toBe(0);
    await nameEndpoints(database, both());
    await addMessages(database, 'a', 2, 2);
    expect(await messagesOf(database, 'a', 'billing')).toMatchObject([{ number: 2 }]);
  });

  it('may change their secret: while there are two, either verifies', async () => {
    const changing = (...secrets: string[]) => [endpoint(platform.url, { secrets })];
    const verified = async (number: number, webhooks: WebhookEndpoint[]) => {
      const relay = start({}, webhooks);
      await addMessages(database, 'a', number, number);
      await eventually(() => platform.taken.length === number);
      await relay.stop();
      const { headers, body } = platform.taken.at(-1)!;
      return [SECRET, OTHER_SECRET].filter((secret) => {
        try {
          return new Webhook(secret).verify(body, headers);
        } catch {
          return false;
        }
      });
    };
    expect(await verified(1, changing(SECRET))).toEqual([SECRET]);
    expect(await verified(2, changing(OTHER_SECRET, SECRET))).toEqual([SECRET, OTHER_SECRET]);
    expect(await verified(3, changing(OTHER_SECRET))).toEqual([OTHER_SECRET]);
  });
});

describe('an endpoint that goes wrong loses nothing (R9.2)', () => {
  const cases: [string, Behaviour, Partial<RelayOptions>, number][] = [
    ['fails', (_, attempt) => (attempt === 1 ? 500 : 200), {}, 2],
    ['hangs', (_, attempt) => (attempt === 1 ? 'hang' : 200), { timeoutMs: 300 }, 2],
    [
      'answers late',
      (_, attempt) => ({ status: 200, delayMs: attempt === 1 ? 900 : 0 }),
      { timeoutMs: 300 },
      2,
    ],
    ['redirects', (_, attempt) => ({ status: attempt === 1 ? 308 : 200, location: '/on' }), {}, 2],
    ['hangs up', (_, attempt) => (attempt === 1 ? 'drop' : 200), {}, 2],
    [
      'refuses, and hangs up in the middle of its words',
      (_, attempt) => (attempt === 1 ? { status: 503, cut: true } : 200),
      {},
      2,
    ],
    [
      'takes it, and hangs up in the middle of its words',
      () => ({ status: 202, cut: true }),
      {},
      1,
    ],
    ['takes it, and never ends', () => ({ status: 200, endless: true }), { timeoutMs: 300 }, 1],
  ];

  it.each(cases)('when it %s', async (_, behaviour, options, attempts) => {
    await addMessages(database, 'a', 3);
    billing.behaviour = behaviour;
    start(options);
    await eventually(async () => (await countOf(database, 'DELIVERED', 'billing')) === 3);
    const seen = numbers(billing, 'a');
    expect(seen).toEqual([1, 2, 3].flatMap((number) => Array(attempts).fill(number)));
    expect(numbers(platform, 'a')).toEqual([1, 2, 3]);
  });
});

describe('the relay of an endpoint', () => {
  it('is woken by a commit of its own process, not only by its clock (R9.2)', async () => {
    start({ pollMs: 3_600_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await report(app, 'customer.registered', { customerId: 'ada', program: 'EU' });
    await report(app, 'order.placed', {
      ...{ orderId: 'o1', customerId: 'ada', net: '100.00', currency: 'EUR' },
    });
    await report(app, 'order.paid', { orderId: 'o1' });
    await report(app, 'order.delivered', { orderId: 'o1' });
    await eventually(async () => (await countOf(database, 'PENDING', 'billing')) === 0);
    const types = billing.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    expect(types).toContain('rewards.points.credited');
  });

  it('serves every account, however long the queue of another is', async () => {
    await addMessages(database, 'a', 400);
    billing.behaviour = ({ account }) => ({ status: 200, delayMs: account === 'a' ? 5 : 0 });
    start({ concurrency: 1 });
    await eventually(() => billing.received.length > 5);
    for (const account of ['b', 'c', 'd']) await addMessages(database, account, 1);
    await eventually(() => new Set(billing.received.map((r) => r.account)).size === 4);
    expect(numbers(billing, 'a').length).toBeLessThan(400);
  });

  it('never has more requests open than it may, nor two of an account', async () => {
    for (let i = 0; i < 12; i += 1) await addMessages(database, `c${i}`, 5);
    const open: string[] = [];
    const wrong: string[] = [];
    let most = 0;
    let isFull: () => void = () => undefined;
    const full = new Promise<void>((resolve) => {
      isFull = resolve;
    });
    billing.behaviour = ({ account }) => {
      if (open.includes(account)) wrong.push(account);
      open.push(account);
      most = Math.max(most, open.length);
      if (most === 4) isFull();
      // Before the answer goes out, and not before as many were open as may be.
      const until = full.then(() => void open.splice(open.indexOf(account), 1));
      return { status: 200, until };
    };
    start({ concurrency: 4 });
    await eventually(async () => (await countOf(database, 'DELIVERED', 'billing')) === 60);
    expect(wrong).toEqual([]);
    expect(most).toBe(4);
  });

  it('keeps each attempt in the log, the latest twenty', async () => {
    await addMessages(database, 'a', 1);
    const answers = [503, 'drop', { status: 301, location: '/on' }, 'hang'] as const;
    billing.behaviour = (_, attempt) =>
      attempt <= 24 ? answers[(attempt - 1) % answers.length]! : 200;
    start({ retryDelaysMs: Array(30).fill(1), pollMs: 10, timeoutMs: 100 });
    await eventually(async () => (await countOf(database, 'DELIVERED', 'billing')) === 1);
    const [{ log }] = await database.query<[{ log: Record<string, unknown>[] }]>(
      `select log from webhook_deliveries where endpoint = 'billing'`,
    );
    expect(log).toHaveLength(20);
    expect(log.map(({ attempt }) => attempt)).toEqual(upTo(25, 6));
    const shown = log.slice(-5).map(({ status, failure }) => ({ status, failure }));
    expect(shown).toEqual([
      { status: 503, failure: 'STATUS' },
      { status: null, failure: 'CONNECTION' },
      { status: 301, failure: 'REDIRECT' },
      { status: null, failure: 'TIMEOUT' },
      { status: 200, failure: null },
    ]);
    expect(log[18]).toMatchObject({ round: 0, durationMs: expect.any(Number) });
    expect(log[18]!.durationMs).toBeGreaterThanOrEqual(90);
  });
});
