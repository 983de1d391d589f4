import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { devSecret, signToken } from '../../src/auth/dev-token';
import { CallbackRouter } from '../server/callback-router';
import { freshDatabase } from '../support/database';
import { Service } from '../support/service';
import { until } from './following';

jest.setTimeout(180_000);

/** What a dashboard keeps of a change. */
interface Seen {
  readonly sequence: number;
  readonly cursor: string;
  readonly entry: { readonly sequence: number; readonly availableChange: number } | null;
  readonly balance: { readonly available: number; readonly pending: number };
  readonly customer: { readonly id: string; readonly tier: object | null };
}

const QUERY = `subscription ($id: ID!, $after: String) {
  organizationXPointsChanged(organizationId: $id, after: $after) {
    sequence cursor entry { sequence availableChange } balance { available pending }
    customer { id tier { turnover { amount } } }
  }
}`;

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let dataDir: string;
let router: CallbackRouter;
let services: Service[];
let urls: string[];
const tokens: Record<string, string> = {};

beforeAll(async () => {
  fresh = await freshDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rewards-organization-'));
  router = await CallbackRouter.start();
  const env = {
    ...{ DATABASE_URL: fresh.url, REWARDS_DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
    CALLBACK_ORIGINS: router.origin,
  };
  services = [new Service({ ...env }), new Service({ ...env, REWARDS_JOBS: '0' })];
  urls = await Promise.all(services.map((service) => service.url()));
  const own = { issuer: 'rewards-dev', audience: 'rewards' };
  const sign = (claims: { sub: string; scope?: string; organizationId?: string }) =>
    signToken(devSecret(dataDir), { ...own, ...claims });
  const partner = { sub: 'dora', scope: 'rewards:partner' };
  tokens.partner = await sign({ ...partner, organizationId: 'acme' });
  tokens.other = await sign({ ...partner, organizationId: 'globex' });
  tokens.desk = await sign({ sub: 'dan', scope: 'rewards:desk' });
  tokens.customer = await sign({ sub: 'm1', organizationId: 'acme' });
  tokens.service = await sign({ sub: 'shop', scope: 'rewards:service' });
});

afterAll(async () => {
  for (const service of services) {
    service.signal('SIGKILL');
    await service.exit;
  }
  await router.stop();
  await fresh.drop();
  await rm(dataDir, { recursive: true, force: true });
});

let events = 0;
let orders = 0;

async function tell(url: string, facts: readonly [type: string, data: object][]): Promise<void> {
  const batch = facts.map(([type, data]) => {
    events += 1;
    return { specversion: '1.0', id: `e${events}`, source: 'shop', type, data };
  });
  const response = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(batch),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

function hire(url: string, customerId: string, organizationId: string): Promise<void> {
  return tell(url, [['customer.registered', { customerId, program: 'EU', organizationId }]]);
}

/** An order of so many euro, credited: one entry. */
async function earn(url: string, customerId: string, euro: number): Promise<void> {
  orders += 1;
  const orderId = `o${orders}`;
  await tell(url, [
    ['order.placed', { orderId, customerId, net: `${euro}.00`, currency: 'EUR' }],
    ['order.paid', { orderId }],
    ['order.delivered', { orderId }],
  ]);
}

/** Watches over a socket of its own, which is cut after a while, or once it has given enough. Answers what it was refused with. */
async function watch(
  url: string,
  variables: { id: string; after: string | null },
  seen: (change: Seen) => boolean,
  { cutAfterMs = 20_000, token = tokens.partner! } = {},
): Promise<string | null> {
  let socket: WebSocket | undefined;
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    retryAttempts: 0,
    on: {
      opened: (opened) => {
        socket = opened as WebSocket;
      },
    },
  });
  const cut = setTimeout(() => socket?.terminate(), cutAfterMs);
  try {
    const changes = client.iterate<{ organizationXPointsChanged: Seen }>({
      ...{ query: QUERY, variables },
    });
    for await (const { data, errors } of changes) {
      if (errors || !data) return String(errors?.[0]?.extensions?.code);
      if (!seen(data.organizationXPointsChanged)) break;
    }
  } catch (error) {
    // Cut: a close event, not an error of ours.
    if (error instanceof Error) throw error;
  } finally {
    clearTimeout(cut);
    await client.dispose();
  }
  return null;
}

test('a dashboard that is cut again and again misses nothing and gets nothing twice, on whichever process', async () => {
  const ids = ['m1', 'm2', 'm3', 'm4'];
  for (const id of ids) await hire(urls[0]!, id, 'acme');
  await hire(urls[0]!, 'gil', 'globex');
  const EACH = 40;
  const writing = Promise.all(
    urls.map(async (url, n) => {
      for (let order = 0; order < EACH / 2; order += 1) {
        for (const id of ids) await earn(url, id, 1 + ((order + n) % 7));
        await earn(url, 'gil', 1);
        await sleep(Math.random() * 20);
      }
    }),
  );
  let after: string | null = null;
  const last = new Map<string, { sequence: number; available: number }>();
  const isDone = () =>
    last.size === ids.length && [...last.values()].every(({ sequence }) => sequence === EACH);
  const check = ({ sequence, cursor, entry, balance, customer }: Seen): boolean => {
    const before = last.get(customer.id);
    expect(ids).toContain(customer.id);
    // What else is known of them is not the partner's to see.
    expect(customer.tier).toBeNull();
    if (!before) {
      expect(entry).toBeNull();
    } else {
      expect([sequence, entry?.sequence]).toEqual([before.sequence + 1, sequence]);
      expect(balance.available).toBe(before.available + (entry?.availableChange ?? Number.NaN));
    }
    last.set(customer.id, { sequence, available: balance.available });
    after = cursor;
    return Math.random() > 0.02 && !isDone();
  };
  let cuts = 0;
  for (; !isDone(); cuts += 1) {
    const cutAfterMs = 20 + Math.random() * 250;
    await watch(urls[cuts % 2]!, { id: 'acme', after }, check, { cutAfterMs });
  }
  await writing;
  expect(cuts).toBeGreaterThan(3);

  // A process that is killed takes nothing with it.
  services[1]!.signal('SIGKILL');
  await services[1]!.exit;
  await earn(urls[0]!, 'm3', 5);
  const seen: Seen[] = [];
  await watch(urls[0]!, { id: 'acme', after }, (change) => seen.push(change) < 1);
  expect(seen.map(({ customer, sequence }) => [customer.id, sequence])).toEqual([['m3', EACH + 1]]);
});

test('only a partner who speaks for the organisation watches it, and the desk', async () => {
  await hire(urls[0]!, 'n1', 'acme');
  const none = () => false;
  const asks = (token: string | undefined, after: string | null = null) =>
    watch(urls[0]!, { id: 'acme', after }, none, { token: token! });
  expect(await asks(tokens.other)).toBe('FORBIDDEN');
  expect(await asks(tokens.customer)).toBe('FORBIDDEN');
  expect(await asks(tokens.service)).toBe('FORBIDDEN');
  expect(await asks(tokens.desk)).toBeNull();
  expect(await asks(tokens.partner, 'forged')).toBe('BAD_USER_INPUT');
});

test('a router that is called back gets the same, and goes on by the cursor', async () => {
  const subscribe = async (id: string, after: string | null): Promise<unknown> => {
    const extension = {
      ...{ callbackUrl: `${router.origin}/${id}`, subscriptionId: id, verifier: 'v' },
      heartbeatIntervalMs: 0,
    };
    const response = await fetch(`${urls[0]}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.partner}` },
      body: JSON.stringify({
        ...{ query: QUERY, variables: { id: 'acme', after } },
        extensions: { subscription: extension },
      }),
    });
    return response.json();
  };
  const of = (id: string) =>
    router.of(id, 'next').map(({ payload }) => payload?.data?.organizationXPointsChanged as Seen);
  expect(await subscribe('all', null)).toEqual({ data: null });
  await until(() => of('all').length === 5);
  const { cursor } = of('all').at(-1)!;
  await earn(urls[0]!, 'n1', 3);
  await until(() => of('all').length === 6);
  expect(await subscribe('rest', cursor)).toEqual({ data: null });
  await until(() => of('rest').length === 1);
  // Where it goes on is told as of the moment of reading.
  expect({ ...of('rest')[0], cursor: '' }).toEqual({ ...of('all').at(-1), cursor: '' });
  expect(of('rest')[0]).toMatchObject({ customer: { id: 'n1' }, sequence: 1 });
});
