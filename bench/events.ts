import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkBooks, digestBooks, openDatabase } from './books';
import { customerId } from './customers';
import {
  interleave,
  type Plan,
  printTable,
  ratioOf,
  type Server,
  show,
  showKnown,
  spreadOf,
  step,
} from './harness';
import type { Load, Sample } from './load';
import { benchOrder, eventId, orderRow, STEPS } from './orders';
import { measureOver } from './redeemers';
import type { Row } from './row';
import { pgbenchVersion, runScript } from './sides/pgbench';
import { Worker } from './worker';

/** Senders of the platform, each with one request of 100 events under way. */
const SENDERS = 8;
/** Clients of the peer, each with one event under way. */
const CLIENTS = 64;
/** Orders that both sides tell first, to compare what they wrote. */
const REHEARSED = 60;
/** Orders that are ready for the peer: more than it can tell. */
const READY = { whole: 100_000, quick: 15_000, smoke: 5_000 };

export const events: Row = {
  name: 'events',
  about:
    'order events to credited points: over /events in batches of 100, and one by one in the database',
  run: async ({ plan, server }) => {
    const postgres = await server();
    const tellers = await step('Both sides wrote the same rows in the rehearsal', () =>
      startTellers(postgres, plan),
    );
    try {
      const results = await benchEvents(postgres, tellers, plan);
      const books = await step('The books of both balance, every order credited', tellers.check);
      const [service, peer] = [tellers.service.name, tellers.peer.name];
      const ratio = ratioOf(results, service, peer, ({ perSecond }) => perSecond);
      const figure = { what: 'order events over /events, batches of 100', beside: peer, ratio };
      return {
        figures: [{ ...figure, target: { atLeast: 2 } }],
        samples: { turns: Object.fromEntries(results), books },
      };
    } finally {
      await tellers.stop();
    }
  },
};

/** A side that tells of orders in a database of its own. */
interface Teller {
  readonly name: string;
  readonly url: string;
  /** Orders it has told of so far. */
  told: number;
  /** Its figures are of events. */
  readonly measure: (load: Load) => Promise<Sample>;
}

interface Tellers {
  readonly service: Teller;
  readonly peer: Teller;
  /** Checks that the books balance and have every order that was told, credited. Returns how many. */
  check(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

async function startTellers(server: Server, plan: Plan): Promise<Tellers> {
  const workers: Worker[] = [];
  const start = async <A>(file: string, setup: object) => {
    const started = await Worker.start<A>(file, setup);
    workers.push(started.worker);
    return started;
  };
  const stop = async () => {
    await Promise.all(workers.reverse().map((worker) => worker.stop()));
  };
  try {
    const service = await startService(server, plan.accounts, start);
    const peer = await startPeer(server, plan, start);
    await compare(service, peer, plan.accounts);
    return { service, peer, stop, check: () => checkAll([service, peer]) };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Start = <A>(file: string, setup: object) => Promise<{ worker: Worker; answer: A }>;

async function startService(server: Server, accounts: number, start: Start): Promise<Teller> {
  const url = await server.clone('events');
  const secret = randomBytes(32).toString('hex');
  const { worker: subgraph, answer } = await start<{ port: number }>('subgraph.ts', {
    ...{ url: server.asApplication(url), secret },
    ...{ issuer: 'https://id.example', audience: 'rewards' },
  });
  const { port } = answer;
  const { worker: platform } = await start('event-load.ts', { port, accounts, secret });
  await platform.ask({ rehearse: REHEARSED });
  return teller('/events, batches of 100', url, (load) =>
    measureOver(subgraph, platform, { ...load, callers: SENDERS }),
  );
}

async function startPeer(server: Server, plan: Plan, start: Start): Promise<Teller> {
  const url = await server.clone('stored_events');
  const database = await openDatabase(url);
  try {
    await database.query(`create table bench_orders (
      n integer primary key, id text not null, shard smallint not null, net_minor bigint not null,
      customer_id text not null, customer_shard smallint not null,
      event_ids text[] not null, event_shards smallint[] not null)`);
    await database.query('create sequence bench_orders_next');
    const rows = Array.from({ length: READY[plan.size] }, (_, i) =>
      orderRow(benchOrder(i + 1, plan.accounts)),
    );
    await database.query(
      'insert into bench_orders select * from json_populate_recordset(null::bench_orders, $1)',
      [JSON.stringify(rows)],
    );
    await database.query(await readFile(join(__dirname, 'sides/event.sql'), 'utf8'));
    await database.query('vacuum analyze bench_orders');
  } finally {
    await database.destroy();
  }
  const { worker: clients } = await start('event-clients.ts', { url });
  await clients.ask({ rehearse: REHEARSED });
  const hasPgbench = (await pgbenchVersion()) !== null;
  const name = hasPgbench ? 'pgbench, one function per event' : 'function per event, by pg clients';
  return teller(name, url, async (load) => {
    const all = { ...load, callers: CLIENTS };
    const sample = hasPgbench
      ? await runScript(url, 'event.pgbench', {}, all)
      : await clients.ask<Sample>(all);
    // Its calls are of whole orders.
    const perSecond = sample.perSecond * STEPS.length;
    return { ...sample, perSecond, answered: sample.answered * STEPS.length };
  });
}

function teller(name: string, url: string, measure: (load: Load) => Promise<Sample>): Teller {
  const all = {
    ...{ name, url, told: REHEARSED },
    measure: async (load: Load) => {
      const sample = await measure(load);
      all.told += sample.answered / STEPS.length;
      return sample;
    },
  };
  return all;
}

/** What events write or change, with the column that says whose it is. */
const TABLES = {
  ...{ accounts: 'id', orders: 'customer_id', lots: 'account_id', entries: 'account_id' },
  ...{ allocations: 'account_id', outbox: 'account_id', notifications: 'account_id' },
  inbox: 'event_id',
};

async function compare(service: Teller, peer: Teller, accounts: number): Promise<void> {
  const orders = Array.from({ length: REHEARSED }, (_, i) => benchOrder(i + 1, accounts));
  const names = orders.flatMap((order) => [
    customerId(order.customer),
    ...STEPS.map((told) => eventId(order, told)),
  ]);
  const [ours, theirs] = [
    await digestBooks(service.url, names, TABLES),
    await digestBooks(peer.url, names, TABLES),
  ];
  const differing = Object.keys(ours).filter((table) => ours[table] !== theirs[table]);
  if (differing.length > 0) {
    throw new Error(`"${peer.name}" wrote other rows than the service: ${differing.join(', ')}`);
  }
}

async function benchEvents(server: Server, { service, peer }: Tellers, plan: Plan) {
  const load = { callers: CLIENTS, warmMs: plan.warmMs, measureMs: plan.measureMs };
  const results = await interleave(server, [service, peer], plan.repetitions, load);
  printTable(
    `Order events per second until points are credited (three of an order: placed, paid, delivered), ${plan.accounts.toLocaleString('en-US')} accounts`,
    [...results].map(([name, samples]) => ({
      side: name,
      'events/s': show(spreadOf(samples.map(({ perSecond }) => perSecond))),
      'orders/s': show(spreadOf(samples.map(({ perSecond }) => perSecond / STEPS.length))),
      [`× ${peer.name}`]: show(
        ratioOf(results, name, peer.name, ({ perSecond }) => perSecond),
        2,
      ),
      'Node CPU µs': showKnown(samples.map(({ cpuMicros }) => cpuMicros)),
      'PostgreSQL CPU µs': showKnown(samples.map(({ postgresMicros }) => postgresMicros)),
    })),
  );
  return results;
}

async function checkAll(sides: readonly Teller[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { name, url, told } of sides) {
    await checkBooks(url);
    const database = await openDatabase(url);
    try {
      const [row] = await database.query<{ credited: number }[]>(
        `select count(*)::int as credited from orders where id like 'o-%' and credited_points > 0`,
      );
      if (row!.credited !== told) {
        throw new Error(`"${name}" told of ${told} orders; its books credited ${row!.credited}`);
      }
      counts[name] = row!.credited;
    } finally {
      await database.destroy();
    }
  }
  return counts;
}
