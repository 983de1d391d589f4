import { randomBytes } from 'node:crypto';
import { signToken } from '../src/auth/dev-token';
import { shardOf } from '../src/kernel/ids';
import { openDatabase } from './books';
import {
  interleave,
  type Plan,
  printTable,
  type Results,
  ratioOf,
  type Side,
  show,
  showKnown,
  spreadOf,
  step,
} from './harness';
import type { Sample } from './load';
import { measureOver } from './redeemers';
import type { Figure, Row } from './row';
import { CHECK_MS, SCALE_ENTRIES, scaleCustomerId, spotCheck } from './scale';
import { type ScaleServer, startScaleServer } from './scale-server';
import { Worker } from './worker';

/** Few and many accounts, of ten entries and five lots each. */
const SIZES: Readonly<Record<Plan['size'], readonly [few: number, many: number]>> = {
  whole: [10_000, 2_000_000],
  quick: [1_000, 10_000],
  smoke: [100, 500],
};
const REDEEMING = 64;
const READING = 16;
/** Customers of one request, and different requests: more of them than are remembered from one turn to the next. */
const ENTITIES = 50;
const QUESTIONS = { entities: 1_000, history: 5_000 };

const ENTITIES_QUERY = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Customer {
      id
      xPoints { available held owed value { amount currency } sequence }
      tier { tier { code pointsPerUnit } turnover { amount } }
    }
  }
}`;
const HISTORY_QUERY = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Customer { id xPointsHistory(first: ${SCALE_ENTRIES}) { nodes { sequence kind availableChange availableAfter heldAfter } } }
  }
}`;

/** What costs as much for a member among two million as for one among ten thousand. */
export const growth: Row = {
  name: 'growth',
  hasOwnBooks: true,
  about: 'the same with few and with many accounts, ten entries each',
  run: async ({ plan }) => {
    const sizes = SIZES[plan.size];
    const server = await startScaleServer();
    const workers: Worker[] = [];
    try {
      const [few, many] = [
        // Anew: with few accounts what earlier runs redeemed would be dozens on each order, and a turn would read them all.
        await setUp(server, sizes[0], sizes[0], true, workers),
        await setUp(server, sizes[1], sizes[0], false, workers),
      ];
      const pagesRead = () => Promise.all([few.url, many.url].map(server.pagesRead));
      const samples: Record<string, object> = {};
      const figures: Figure[] = [];
      if (plan.size === 'whole') await step('Made the files of the log', server.makeLog);
      console.log(`Settings: ${JSON.stringify(server.settings)}`);
      for (const kind of ['entities', 'history', 'active', 'redeem'] as const) {
        const sides = [few[kind], many[kind]];
        const load = {
          callers: kind === 'entities' || kind === 'history' ? READING : REDEEMING,
          warmMs: plan.warmMs,
          measureMs: plan.measureMs,
        };
        // One checkpoint, not one before each turn: with few accounts every page is soon written whole, with many none is.
        await server.checkpoint();
        if (kind === 'active') {
          for (const { redeemEach } of [few, many]) {
            await step(`A redemption by each of ${sizes[0]} active members`, redeemEach);
          }
        }
        const readBefore = await pagesRead();
        const results = await interleave(
          { ...server, checkpoint: async () => undefined },
          sides,
          plan.repetitions,
          load,
        );
        print(kind, results, sides[0]!.name);
        const read = (await pagesRead()).map((pages, side) => pages - readBefore[side]!);
        console.log(`Pages read that memory did not have, warm-ups included: ${read.join(', ')}`);
        samples[kind] = { ...Object.fromEntries(results), pagesRead: read };
        figures.push({
          what: `${NAMES[kind]}: time of each, ${sizes[1].toLocaleString('en-US')} accounts`,
          beside: `${sizes[0].toLocaleString('en-US')} accounts`,
          ratio: ratioOf(results, sides[1]!.name, sides[0]!.name, ({ perSecond }) => 1 / perSecond),
          target: { atMost: 1.25 },
        });
      }
      const books = [
        await spotCheck(few.url, CHECK_MS[plan.size]),
        await spotCheck(many.url, CHECK_MS[plan.size]),
      ];
      return { figures, samples: { ...samples, books, settings: server.settings } };
    } finally {
      for (const worker of workers.reverse()) await worker.stop();
      await server.stop();
    }
  },
};

const NAMES = {
  entities: `_entities of ${ENTITIES}`,
  history: `a history page of ${SCALE_ENTRIES}`,
  active: 'a redemption by one of as many active members',
  redeem: 'a redemption by any member, nearly every page for the first time since the checkpoint',
};

interface Sides {
  readonly url: string;
  readonly entities: Side;
  readonly history: Side;
  /** By any member: with very many, hardly a page is touched twice between two checkpoints. */
  readonly redeem: Side;
  /** By so many members, scattered among all, that each comes more than once between two checkpoints. */
  readonly active: Side;
  /** Once by each of these. */
  redeemEach(): Promise<void>;
}

async function setUp(
  server: ScaleServer,
  accounts: number,
  active: number,
  anew: boolean,
  workers: Worker[],
): Promise<Sides> {
  const url = await server.database({ accounts }, anew);
  await step(`Read what ${accounts} accounts need into memory`, () => warm(url));
  const name = `${accounts.toLocaleString('en-US')} accounts`;
  const start = async <A>(file: string, setup: object) => {
    const { worker, answer } = await Worker.start<A>(file, setup);
    workers.push(worker);
    return { worker, answer };
  };
  const secret = randomBytes(32).toString('hex');
  const signing = { secret, issuer: 'https://id.example', audience: 'rewards' };
  const token = await signToken(Buffer.from(secret), {
    ...{ ...signing, sub: 'router', scope: 'rewards:service' },
  });
  const lists = await questions(url, accounts);
  const service = await start<{ port: number }>('subgraph.ts', {
    ...{ url: server.asApplication(url), ...signing },
  });
  const asked = { kind: 'questions', token, lists };
  const client = await start('http-load.ts', { port: service.answer.port, asked });
  const door = await start('scale-door.ts', { url, accounts });
  const over = (list: string): Side => ({
    name,
    measure: (load) => measureOver(service.worker, client.worker, { ...load, list }),
  });
  const redeemedBy = (some: number): Side => ({
    name,
    measure: (load) => door.worker.ask<Sample>({ ...load, booking: false, active: some }),
  });
  return {
    ...{ url, entities: over('entities'), history: over('history') },
    ...{ redeem: redeemedBy(accounts), active: redeemedBy(active) },
    redeemEach: () => door.worker.ask({ each: active }),
  };
}

/**
 * What a service that has been running for a while has in memory: what commands come back to, wherever it lies. Of entries, allocations and
 * answers that is the end, and their keys. Completed orders are read first: they give way.
 */
const WARM = [
  ...['orders', 'redemptions', 'orders_pkey', 'redemptions_pkey', 'redemptions_paid_on_order'],
  ...['entries_pkey', 'allocations_pkey', 'allocations_lot', 'answers_pkey', 'outbox_pkey'],
  ...['lots', 'lots_pkey', 'lots_open', 'accounts', 'accounts_pkey', 'accounts_id'],
];

async function warm(url: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    await database.query('create extension if not exists pg_prewarm');
    for (const relation of WARM)
      await database.query('select pg_prewarm($1::regclass)', [relation]);
  } finally {
    await database.destroy();
  }
}

interface Member {
  readonly id: string;
  readonly available: number;
  readonly sequence: number;
  readonly turnover_minor: number;
}

interface Step {
  readonly account_id: string;
  readonly sequence: number;
  readonly kind: string;
  readonly available_change: number;
  readonly available_after: number;
  readonly held_after: number;
}

/** Requests about any of the customers, with the answers that the rows make right. */
async function questions(url: string, accounts: number) {
  const database = await openDatabase(url);
  try {
    const anybody = (count: number) =>
      Array.from({ length: count }, () =>
        scaleCustomerId(1 + Math.floor(Math.random() * accounts)),
      );
    const groups = Array.from({ length: QUESTIONS.entities }, () => anybody(ENTITIES));
    const alone = anybody(QUESTIONS.history);
    const keys = (ids: readonly string[]) => [ids.map(shardOf), ids];
    const members = await database.query<Member[]>(
      `select a.id, a.available, a.sequence, a.turnover_minor from unnest($1::smallint[], $2::text[]) as k (shard, id)
       join accounts a on a.shard = k.shard and a.id = k.id`,
      keys([...new Set(groups.flat())]),
    );
    const steps = await database.query<Step[]>(
      `select e.* from unnest($1::smallint[], $2::text[]) as k (shard, id) cross join lateral (
         select account_id, sequence, kind, available_change, available_after, held_after from entries
         where shard = k.shard and account_id = k.id order by sequence desc limit ${SCALE_ENTRIES}) e`,
      keys([...new Set(alone)]),
    );
    const byId = new Map(members.map((row) => [row.id, row]));
    const pages = new Map(alone.map((id) => [id, [] as Step[]]));
    for (const row of steps) pages.get(row.account_id)!.push(row);
    return {
      entities: groups.map((ids) =>
        question(
          ENTITIES_QUERY,
          ids,
          ids.map((id) => memberOf(byId.get(id)!)),
        ),
      ),
      history: alone.map((id) => question(HISTORY_QUERY, [id], [pageOf(id, pages.get(id)!)])),
    };
  } finally {
    await database.destroy();
  }
}

function question(query: string, ids: readonly string[], entities: readonly object[]) {
  const representations = ids.map((id) => ({ __typename: 'Customer', id }));
  return {
    body: JSON.stringify({ query, variables: { representations } }),
    expected: JSON.stringify({ data: { _entities: entities } }),
  };
}

/** By hand, for euro and the ladder of the shipped program. */
function memberOf({ id, available, sequence, turnover_minor: turnover }: Member): object {
  const euro = (minor: number) => (minor / 100).toFixed(2);
  const [code, pointsPerUnit] =
    turnover < 2_000_000 ? ['BRONZE', 1] : turnover < 7_000_000 ? ['SILVER', 2] : ['GOLD', 3];
  const value = { amount: euro(available), currency: 'EUR' };
  return {
    id,
    xPoints: { available, held: 0, owed: 0, value, sequence },
    tier: { tier: { code, pointsPerUnit }, turnover: { amount: euro(turnover) } },
  };
}

function pageOf(id: string, steps: readonly Step[]): object {
  const nodes = steps.map((step) => ({
    ...{ sequence: step.sequence, kind: step.kind, availableChange: step.available_change },
    ...{ availableAfter: step.available_after, heldAfter: step.held_after },
  }));
  return { id, xPointsHistory: { nodes } };
}

function print(kind: keyof typeof NAMES, results: Results, few: string): void {
  printTable(
    NAMES[kind],
    [...results].map(([name, samples]) => ({
      side: name,
      'per second': show(spreadOf(samples.map(({ perSecond }) => perSecond))),
      'time ×': show(
        ratioOf(results, name, few, ({ perSecond }) => 1 / perSecond),
        2,
      ),
      'p50 ms': show(spreadOf(samples.map(({ p50 }) => p50)), 1),
      'p99 ms': show(spreadOf(samples.map(({ p99 }) => p99)), 1),
      'Node CPU µs': showKnown(samples.map(({ cpuMicros }) => cpuMicros)),
      'PostgreSQL CPU µs': showKnown(samples.map(({ postgresMicros }) => postgresMicros)),
    })),
  );
}
