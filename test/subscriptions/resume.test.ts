import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { devSecret, signToken } from '../../src/auth/dev-token';
import { freshDatabase } from '../support/database';
import { Service } from '../support/service';

jest.setTimeout(120_000);

/** What a client keeps of a change. */
interface Seen {
  readonly sequence: number;
  readonly entry: { readonly sequence: number; readonly availableChange: number } | null;
  readonly balance: { readonly available: number };
}

const QUERY = `subscription ($after: XPoints) {
  xPointsBalanceChanged(customerId: "ada", after: $after) {
    sequence entry { sequence availableChange } balance { available }
  }
}`;

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let dataDir: string;
let token: string;
let services: Service[];
let urls: string[];

beforeAll(async () => {
  fresh = await freshDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rewards-resume-'));
  const env = { DATABASE_URL: fresh.url, REWARDS_DATA_DIR: dataDir, LOG_LEVEL: 'warn' };
  services = [new Service({ ...env }), new Service({ ...env, REWARDS_JOBS: '0' })];
  urls = await Promise.all(services.map((service) => service.url()));
  const [issuer, audience] = ['rewards-dev', 'rewards'];
  token = await signToken(devSecret(dataDir), { sub: 'ada', issuer, audience });
});

afterAll(async () => {
  for (const service of services) {
    service.signal('SIGKILL');
    await service.exit;
  }
  await fresh.drop();
  await rm(dataDir, { recursive: true, force: true });
});

let events = 0;

/** Tells a server of platform events, in one batch. */
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

let orders = 0;

/** An order of so many euro, credited: one entry. */
async function completeOrder(url: string, euro: number): Promise<void> {
  orders += 1;
  const orderId = `o${orders}`;
  await tell(url, [
    ['order.placed', { orderId, customerId: 'ada', net: `${euro}.00`, currency: 'EUR' }],
    ['order.paid', { orderId }],
    ['order.delivered', { orderId }],
  ]);
}

/** Subscribes over a socket of its own, which is cut after a while, or once it has given enough. */
async function watch(
  url: string,
  after: number | null,
  seen: (change: Seen) => boolean,
  cutAfterMs: number,
): Promise<void> {
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
    const changes = client.iterate<{ xPointsBalanceChanged: Seen }>({
      query: QUERY,
      variables: { after },
    });
    for await (const { data, errors } of changes) {
      if (errors || !data) throw new Error(JSON.stringify(errors));
      if (!seen(data.xPointsBalanceChanged)) break;
    }
  } catch (error) {
    // Cut: a close event, not an error of ours.
    if (error instanceof Error) throw error;
  } finally {
    clearTimeout(cut);
    await client.dispose();
  }
}

test('a client that is cut again and again resumes by its last sequence, on whichever process it meets', async () => {
  await tell(urls[0]!, [['customer.registered', { customerId: 'ada', program: 'EU' }]]);
  let last = 0;
  let available = 0;
  let snapshots = 0;
  const check = ({ sequence, entry, balance }: Seen): boolean => {
    if (entry === null) snapshots += 1;
    expect(sequence).toBe(last + 1);
    expect(entry?.sequence).toBe(sequence);
    available += entry?.availableChange ?? 0;
    expect(balance.available).toBe(available);
    last = sequence;
    return Math.random() > 0.02;
  };

  const ORDERS = 240;
  const writing = Promise.all(
    urls.map(async (url, n) => {
      for (let order = 0; order < ORDERS / 2; order += 1) {
        await completeOrder(url, 1 + ((order + n) % 7));
        await sleep(Math.random() * 30);
      }
    }),
  );
  let cuts = 0;
  while (last < ORDERS) {
    const url = urls[cuts % 2]!;
    await watch(url, last, (change) => check(change) && last < ORDERS, 20 + Math.random() * 250);
    cuts += 1;
  }
  await writing;
  expect(cuts).toBeGreaterThan(5);
  expect(snapshots).toBe(0);

  // A process that is killed takes nothing with it: the other one goes on from the same number.
  services[1]!.signal('SIGKILL');
  await services[1]!.exit;
  for (let n = 0; n < 3; n += 1) await completeOrder(urls[0]!, 5);
  while (last < ORDERS + 3) {
    await watch(urls[0]!, last, (change) => check(change) && last < ORDERS + 3, 20_000);
  }
  expect(last).toBe(ORDERS + 3);

  let snapshot: Seen | undefined;
  await watch(
    urls[0]!,
    null,
    (change) => {
      snapshot = change;
      return false;
    },
    20_000,
  );
  expect(snapshot).toEqual({ sequence: last, entry: null, balance: { available } });
});
