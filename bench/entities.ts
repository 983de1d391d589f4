import { randomBytes } from 'node:crypto';
import { signToken } from '../src/auth/dev-token';
import { openDatabase } from './books';
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
} from './harness';
import { measureOver } from './redeemers';
import type { Row as BenchRow } from './row';
import { Worker } from './worker';

const CALLERS = 16;
/** Customers of one request: a page of one, a list. */
const SIZES = [1, 50];
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

export const entities: BenchRow = {
  name: 'entities',
  about: "federation's hot query over HTTP",
  run: async ({ plan, server }) => ({
    figures: [],
    samples: await benchEntities(await server(), plan),
  }),
};

/** Federation's hot query over HTTP: the subgraph with its token check, beside two servers without any. */
async function benchEntities(server: Server, plan: Plan) {
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
      const asked = { kind: 'questions', token: sent, lists };
      const client = await Worker.start('http-load.ts', { port: answer.port, asked });
      workers.push(client.worker);
      return { name, worker, client: client.worker };
    };
    const started = [
      await start('the subgraph, token checked', 'subgraph.ts', token),
      await start('Mercurius with JIT, no token', 'mercurius.mjs', null),
      await start('SQL and JSON, no GraphQL, no token', 'bare.mjs', null),
    ];
    const measured: Record<string, object> = {};
    for (const size of SIZES) measured[`of ${size}`] = await benchSize(server, plan, size, started);
    return measured;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

async function benchSize(
  server: Server,
  plan: Plan,
  size: number,
  started: readonly { name: string; worker: Worker; client: Worker }[],
) {
  const load = { callers: CALLERS, warmMs: plan.warmMs / 2, measureMs: plan.loneMs };
  const sides = started.map(({ name, worker, client }) => ({
    name,
    measure: () => measureOver(worker, client, { ...load, list: String(size) }),
  }));
  const results = await interleave(server, sides, plan.repetitions, load);
  const [, mercurius, bare] = sides.map(({ name }) => name);
  const ratio = (name: string, base: string) =>
    show(
      ratioOf(results, name, base, ({ perSecond }) => perSecond),
      2,
    );
  printTable(
    `_entities of ${size} customer${size === 1 ? '' : 's'}, ten fields each, ${CALLERS} connections`,
    [...results].map(([name, samples]) => ({
      side: name,
      'requests/s': show(spreadOf(samples.map(({ perSecond }) => perSecond))),
      'entities/s': show(spreadOf(samples.map(({ perSecond }) => perSecond * size))),
      '× Mercurius': ratio(name, mercurius!),
      '× bare': ratio(name, bare!),
      'p99 ms': show(spreadOf(samples.map(({ p99 }) => p99)), 1),
      'Node CPU µs': showKnown(samples.map(({ cpuMicros }) => cpuMicros)),
      'PostgreSQL CPU µs': showKnown(samples.map(({ postgresMicros }) => postgresMicros)),
    })),
  );
  return { load, samples: Object.fromEntries(results) };
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
