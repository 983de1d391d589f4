import { randomBytes } from 'node:crypto';
import { signToken } from '../src/auth/dev-token';
import { openDatabase } from './books';
import { customerId } from './customers';
import {
  interleave,
  makeReady,
  type Plan,
  printTable,
  type Results,
  ratioOf,
  type Server,
  show,
  showKnown,
  spreadOf,
} from './harness';
import type { Load } from './load';
import { measureOver } from './redeemers';
import type { Row as BenchRow, Figure, Outcome } from './row';
import { Worker } from './worker';

const CALLERS = 16;
/** Customers of one request: a page of one, a list. */
const SIZES = [1, 50] as const;
/** Different requests of each size. */
const QUESTIONS = 200;

const QUERY = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Customer {
      id
      xPoints { available held owed value { amount currency } sequence }
      tier { tier { code pointsPerUnit } turnover { amount } }
    }
  }
}`;

interface Row {
  readonly id: string;
  readonly available: number;
  readonly sequence: number;
  readonly turnover_minor: number;
}

const OURS = 'the subgraph, token checked';
/** What stands beside it, from which file, and the least that the subgraph should be of it, by size. */
const PEERS = [
  { name: 'Mercurius with JIT', file: 'mercurius.mjs', atLeast: { 1: 1.6, 50: 1.5 } },
  { name: 'Mercurius, our loader', file: 'mercurius-shared.mjs', atLeast: { 1: 0.8, 50: 0.9 } },
  { name: 'SQL and JSON, no GraphQL', file: 'bare.mjs', atLeast: { 1: 1.3, 50: 1.1 } },
  { name: 'Apollo Server as it comes', file: 'apollo.mjs', atLeast: { 1: 3, 50: 4 } },
] as const;

export const entities: BenchRow = {
  name: 'entities',
  about: "federation's hot query over HTTP, with the token check, limits and authorisation",
  run: async ({ plan, server }) => benchEntities(await server(), plan),
};

/** Federation's hot query over HTTP: the subgraph as production has it, beside servers that check nobody's token. */
async function benchEntities(server: Server, plan: Plan): Promise<Outcome> {
  const url = await server.clone('entities');
  const workers: Worker[] = [];
  try {
    const lists = await questions(url, plan.accounts);
    const secret = randomBytes(32).toString('hex');
    const signing = { secret, issuer: 'https://id.example', audience: 'rewards' };
    const token = await signToken(Buffer.from(secret), {
      ...{ ...signing, sub: 'router', scope: 'rewards:service' },
    });
    const start = async (name: string, file: string, sent: string | null) => {
      const { worker, answer } = await Worker.start<{ port: number }>(file, {
        ...{ url: server.asApplication(url), ...signing },
      });
      workers.push(worker);
      const client = await Worker.start('question-load.ts', {
        ...{ port: answer.port, token: sent, lists },
      });
      workers.push(client.worker);
      return { name, worker, client: client.worker };
    };
    const started = [await start(OURS, 'subgraph.ts', token)];
    for (const { name, file } of PEERS) started.push(await start(name, file, null));
    const figures: Figure[] = [];
    const samples: Record<string, object> = {};
    for (const size of SIZES) {
      const { load, results } = await benchSize(server, plan, size, started);
      samples[`of ${size}`] = { load, samples: Object.fromEntries(results) };
      figures.push(...figuresOf(size, results));
    }
    return { figures, samples };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function figuresOf(size: 1 | 50, results: Results): Figure[] {
  return PEERS.map(({ name, atLeast }) => ({
    what: `_entities of ${size}`,
    beside: name,
    ratio: ratioOf(results, OURS, name, ({ perSecond }) => perSecond),
    target: { atLeast: atLeast[size] },
  }));
}

async function benchSize(
  server: Server,
  plan: Plan,
  size: 1 | 50,
  started: readonly { name: string; worker: Worker; client: Worker }[],
) {
  // The machine's pace wanders within seconds: shorter turns, and more of them, are nearer to each other. A quick run has no time for many.
  const split = plan.size === 'whole' ? 2 : 1;
  const load = { callers: CALLERS, warmMs: plan.warmMs / 2, measureMs: plan.loneMs / split };
  const sides = started.map(({ name, worker, client }) => ({
    name,
    measure: (asked: Load) => measureOver(worker, client, { ...asked, list: String(size) }),
  }));
  await makeReady(sides, load, plan.loneMs);
  const results = await interleave(server, sides, plan.repetitions * split, load);
  printTable(
    `_entities of ${size} customer${size === 1 ? '' : 's'}, ten fields each, ${CALLERS} connections`,
    [...results].map(([name, samples]) => ({
      side: name,
      'requests/s': show(spreadOf(samples.map(({ perSecond }) => perSecond))),
      'the subgraph is': `${show(
        ratioOf(results, OURS, name, ({ perSecond }) => perSecond),
        2,
      )} ×`,
      'p99 ms': show(spreadOf(samples.map(({ p99 }) => p99)), 1),
      'Node CPU µs': showKnown(samples.map(({ cpuMicros }) => cpuMicros)),
      'PostgreSQL CPU µs': showKnown(samples.map(({ postgresMicros }) => postgresMicros)),
    })),
  );
  return { load, results };
}

/** Requests of each size, with the answer that the rows of the database make right. */
async function questions(url: string, accounts: number) {
  const database = await openDatabase(url);
  try {
    const rows = await database.query<Row[]>(
      'select id, available, sequence, turnover_minor from accounts where program is not null',
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const question = (size: number) => {
      const ids = Array.from({ length: size }, () =>
        customerId(1 + Math.floor(Math.random() * accounts)),
      );
      const representations = ids.map((id) => ({ __typename: 'Customer', id }));
      const entities = ids.map((id) => expectedOf(byId.get(id)!));
      return {
        body: JSON.stringify({ query: QUERY, variables: { representations } }),
        expected: JSON.stringify({ data: { _entities: entities } }),
      };
    };
    return Object.fromEntries(
      SIZES.map((size) => [size, Array.from({ length: QUESTIONS }, () => question(size))]),
    );
  } finally {
    await database.destroy();
  }
}

/** By hand, for euro and the ladder of the shipped program: not by anything that is measured. */
function expectedOf({ id, available, sequence, turnover_minor: turnover }: Row): object {
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
