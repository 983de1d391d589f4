import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { checkBooks, digestBooks } from './books';
import { rehearsedWishes, type Signing } from './customers';
import type { Plan, Server, Side } from './harness';
import { fillHot } from './hot';
import type { Load, Sample } from './load';
import { pgbenchVersion, runPgbench } from './sides/pgbench';
import { Worker } from './worker';

const run = promisify(execFile);

/** A side that redeems in a database of its own. */
export interface Redeemer extends Side {
  readonly url: string;
  /** Redemptions it has answered so far. */
  readonly answered: number;
  /** Counts what is answered in its database besides. */
  count(asked: Promise<Sample>): Promise<Sample>;
}

/** Everything that redeems, set up and rehearsed. */
export interface Redeemers {
  readonly door: Redeemer;
  readonly graphql: Redeemer;
  readonly textbook: Redeemer;
  /** pgbench, or its stand-in. */
  readonly pgbench: Redeemer;
  /** Two processes with a door each, on the database of `door`; half of the callers ask each. */
  readonly twoDoors: Side;
  /** Checks that the books of all balance and have each answered redemption. Returns how many they have. */
  check(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

const REHEARSAL = { customers: 20, each: 4 };

/**
 * Starts all that redeem, and lets each do the same redemptions first, one by one: their rows must be the
 * same afterwards, or they would not do the same work.
 */
export async function startRedeemers(
  server: Server,
  plan: Plan,
  withPgbench: boolean,
): Promise<Redeemers> {
  const { accounts } = plan;
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
    const wishes = rehearsedWishes(REHEARSAL.customers, REHEARSAL.each);
    const inProcess = async (name: string, file: string, url: string) => {
      const { worker } = await start(file, { url, accounts });
      await worker.ask({ wishes });
      return redeemer(name, url, wishes.length, (load) => worker.ask<Sample>(load));
    };
    const doors = await server.clone('door');
    const door = await inProcess('the door, in process', 'door.ts', doors);
    const second = await start('door.ts', { url: doors, accounts });
    const twoDoors = await inTwoProcesses(door, [...workers], second.worker);
    const textbook = await inProcess(
      'textbook TypeORM transaction',
      'textbook.ts',
      await server.clone('textbook'),
    );
    const stored = await server.clone('stored');
    for (const url of [doors, stored]) await fillHot(url, plan);
    const version = withPgbench ? await pgbenchVersion() : null;
    const clients = await inProcess('function, by pg clients (no pgbench)', 'clients.ts', stored);
    const pgbench =
      version === null
        ? clients
        : redeemer(`pgbench, one function`, stored, wishes.length, (load) =>
            runPgbench(stored, accounts, load),
          );
    const signing = {
      ...{ secret: randomBytes(32).toString('hex') },
      ...{ issuer: 'https://id.example', audience: 'rewards' },
    };
    const graphql = await startGraphql(server, accounts, signing, start, wishes);
    const all = { door, graphql, textbook, pgbench };
    const customers = [...new Set(wishes.map((wish) => wish.customerId))];
    await compare(Object.values(all), customers);
    return { ...all, twoDoors, stop, check: () => checkAll(Object.values(all)) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startGraphql(
  server: Server,
  accounts: number,
  signing: Signing,
  start: <A>(file: string, setup: object) => Promise<{ worker: Worker; answer: A }>,
  wishes: ReturnType<typeof rehearsedWishes>,
): Promise<Redeemer> {
  const url = await server.clone('graphql');
  const { worker: subgraph, answer } = await start<{ port: number }>('subgraph.ts', {
    url: server.asApplication(url),
    ...signing,
  });
  const asked = { kind: 'redemptions', accounts, signing };
  const { worker: client } = await start('http-load.ts', { port: answer.port, asked });
  await client.ask({ wishes });
  return redeemer('GraphQL mutations over HTTP', url, wishes.length, (load) =>
    measureOver(subgraph, client, load),
  );
}

/** Puts a server under a client's load; the processor time is the server's. */
export async function measureOver(server: Worker, client: Worker, load: object): Promise<Sample> {
  const before = await server.ask<number>({});
  const sample = await client.ask<Sample>(load);
  const after = await server.ask<number>({});
  return { ...sample, cpuMicros: (after - before) / sample.answered };
}

/** The door and a second one on its database, each with half of the callers, kept apart while they are measured. */
async function inTwoProcesses(
  door: Redeemer,
  workers: readonly Worker[],
  second: Worker,
): Promise<Side> {
  const all = `0-${availableParallelism() - 1}`;
  const apart = workers.map((_, cpu) => String(cpu));
  const isApart = await runOn(workers, apart);
  await runOn(
    workers,
    workers.map(() => all),
  );
  const first = door.measure;
  return {
    name: `the door, in two processes${isApart ? ' on processors of their own' : ''}`,
    measure: async (load) => {
      const half = { ...load, callers: load.callers / 2 };
      if (isApart) await runOn(workers, apart);
      const [one, other] = await Promise.all([first(half), door.count(second.ask<Sample>(half))]);
      if (isApart)
        await runOn(
          workers,
          workers.map(() => all),
        );
      return sumOf(one, other);
    },
  };
}

/** Lets each worker run on the processors given for it; false where the system has no way, or not so many. */
async function runOn(workers: readonly Worker[], processors: readonly string[]): Promise<boolean> {
  try {
    for (const [n, { pid }] of workers.entries()) {
      await run('taskset', ['--all-tasks', '--cpu-list', '--pid', processors[n]!, String(pid)]);
    }
    return true;
  } catch {
    return false;
  }
}

/** Of two halves that ran at once: what both came to, and the slower one's latencies. */
function sumOf(one: Sample, other: Sample): Sample {
  const answered = one.answered + other.answered;
  const cpu = (sample: Sample) => (sample.cpuMicros ?? Number.NaN) * sample.answered;
  return {
    perSecond: one.perSecond + other.perSecond,
    p50: Math.max(one.p50, other.p50),
    p99: Math.max(one.p99, other.p99),
    answered,
    cpuMicros: (cpu(one) + cpu(other)) / answered,
  };
}

function redeemer(
  name: string,
  url: string,
  rehearsed: number,
  measure: (load: Load) => Promise<Sample>,
): Redeemer {
  let answered = rehearsed;
  const count = async (asked: Promise<Sample>) => {
    const sample = await asked;
    answered += sample.answered;
    return sample;
  };
  return {
    name,
    url,
    get answered() {
      return answered;
    },
    count,
    measure: (load) => count(measure(load)),
  };
}

async function compare(sides: readonly Redeemer[], customers: readonly string[]): Promise<void> {
  const [first, ...others] = sides;
  const expected = await digestBooks(first!.url, customers);
  for (const { name, url } of others) {
    const found = await digestBooks(url, customers);
    const differing = Object.keys(expected).filter((table) => expected[table] !== found[table]);
    if (differing.length > 0) {
      throw new Error(`"${name}" wrote other rows than "${first!.name}": ${differing.join(', ')}`);
    }
  }
}

async function checkAll(sides: readonly Redeemer[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { name, url, answered } of sides) {
    const { redemptions } = await checkBooks(url);
    if (redemptions !== answered) {
      throw new Error(`"${name}" answered ${answered} redemptions; its books have ${redemptions}`);
    }
    counts[name] = redemptions;
  }
  return counts;
}
