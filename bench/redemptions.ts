import {
  interleave,
  makeReady,
  type Plan,
  printTable,
  type Results,
  ratioOf,
  type Server,
  type Side,
  show,
  showKnown,
  spreadOf,
  step,
} from './harness';
import { HOT_ORDERS } from './hot';
import type { Load, Sample } from './load';
import { type Redeemers, startRedeemers } from './redeemers';
import type { Figure, Row } from './row';
import { pgbenchVersion } from './sides/pgbench';

const CALLERS = 64;

export const redemptions: Row = {
  name: 'redemptions',
  about: 'the door, GraphQL on it, and two other ways to write the same rows',
  run: async ({ plan, server }) => {
    const postgres = await server();
    const withPgbench = (await pgbenchVersion()) !== null;
    const redeemers = await step('Each side wrote the same rows in the rehearsal', () =>
      startRedeemers(postgres, plan, withPgbench),
    );
    try {
      const many = await benchMany(postgres, redeemers, plan);
      const hot = await benchHot(postgres, redeemers, plan);
      const lone = await benchLone(postgres, redeemers, plan);
      const two = await benchTwo(postgres, redeemers, plan);
      const books = await step('The books of all balance', redeemers.check);
      const figures = figuresOf(redeemers, { many, hot, lone, two });
      const turns = { many, hot, lone, two };
      const samples = Object.fromEntries(
        Object.entries(turns).map(([name, results]) => [name, Object.fromEntries(results)]),
      );
      return { figures, samples: { ...samples, books } };
    } finally {
      await redeemers.stop();
    }
  },
};

function figuresOf(
  { door, graphql, textbook, pgbench, twoDoors }: Redeemers,
  results: Readonly<Record<'many' | 'hot' | 'lone' | 'two', Results>>,
): Figure[] {
  const rate = ({ perSecond }: Sample) => perSecond;
  const figure = (
    what: string,
    [results, name, beside]: [Results, string, string],
    target: Figure['target'],
    of: (sample: Sample) => number = rate,
  ): Figure => ({ what, beside, ratio: ratioOf(results, name, beside, of), target });
  const { many, hot, lone, two } = results;
  return [
    figure('redemptions, 64 callers', [many, door.name, pgbench.name], { atLeast: 3 }),
    figure('redemptions, 64 callers', [many, door.name, textbook.name], { atLeast: 8 }),
    figure('redemptions over HTTP, 64 callers', [many, graphql.name, pgbench.name], { atLeast: 1 }),
    figure('redemptions of one account, 64 callers', [hot, door.name, pgbench.name], {
      atLeast: 5,
    }),
    figure(
      'latency of a lone redemption',
      [lone, door.name, pgbench.name],
      { atMost: 2 },
      ({ p50 }) => p50,
    ),
    figure('redemptions by two processes, 64 callers', [two, twoDoors.name, door.name], {
      atLeast: 1,
    }),
  ];
}

/** Redemptions per second with many callers. */
async function benchMany(server: Server, redeemers: Redeemers, plan: Plan): Promise<Results> {
  const { door, graphql, textbook, pgbench } = redeemers;
  const { warmMs, measureMs, repetitions } = plan;
  const load = { callers: CALLERS, warmMs, measureMs };
  const sides = [door, pgbench, graphql, textbook];
  await makeReady(sides, load, plan.readyMs);
  const results = await interleave(server, sides, repetitions, load);
  const accounts = plan.accounts.toLocaleString('en-US');
  printRates(
    `Redemptions per second, ${CALLERS} callers, ${accounts} accounts of 5 lots`,
    results,
    pgbench,
  );
  return results;
}

/** Redemptions per second where all callers ask for one account. */
async function benchHot(server: Server, redeemers: Redeemers, plan: Plan): Promise<Results> {
  const { door, pgbench } = redeemers;
  const { warmMs, measureMs, repetitions } = plan;
  const orders = HOT_ORDERS[plan.size];
  const sides = [door, pgbench].map((side): Side => {
    let turn = 0;
    return {
      name: side.name,
      measure: (load: Load) => side.measure({ ...load, hot: { turn: turn++, orders } }),
    };
  });
  const load = { callers: CALLERS, warmMs, measureMs };
  const results = await interleave(server, sides, repetitions, load);
  printRates(`Redemptions per second of one account, ${CALLERS} callers`, results, pgbench);
  return results;
}

/** How long a redemption takes that nobody else asks beside: what batching must not cost. */
async function benchLone(server: Server, redeemers: Redeemers, plan: Plan): Promise<Results> {
  const { door, graphql, textbook, pgbench } = redeemers;
  const load = { callers: 1, warmMs: plan.warmMs / 2, measureMs: plan.loneMs };
  const sides = [door, pgbench, graphql, textbook];
  await makeReady(sides, load, plan.readyMs / 2);
  const results = await interleave(server, sides, plan.repetitions, load);
  printTable(
    'Latency of a lone redemption, one caller',
    [...results].map(([name, samples]) => ({
      side: name,
      'p50 ms': show(spreadOf(samples.map(({ p50 }) => p50)), 2),
      [`p50 × ${pgbench.name}`]: show(
        ratioOf(results, name, pgbench.name, ({ p50 }) => p50),
        2,
      ),
      'p99 ms': show(spreadOf(samples.map(({ p99 }) => p99)), 2),
    })),
  );
  return results;
}

/** Redemptions per second of two processes on one database, beside one of them with all callers. */
async function benchTwo(server: Server, redeemers: Redeemers, plan: Plan): Promise<Results> {
  const { door, twoDoors } = redeemers;
  const { warmMs, measureMs, repetitions } = plan;
  const load = { callers: CALLERS, warmMs, measureMs };
  await makeReady([door, twoDoors], load, plan.readyMs / 2);
  const results = await interleave(server, [door, twoDoors], repetitions, load);
  printRates(`Redemptions per second by one and two processes`, results, door);
  return results;
}

function printRates(title: string, results: Results, base: Side): void {
  printTable(
    title,
    [...results].map(([name, samples]) => ({
      side: name,
      'per second': show(spreadOf(samples.map(({ perSecond }) => perSecond))),
      [`× ${base.name}`]: show(
        ratioOf(results, name, base.name, ({ perSecond }) => perSecond),
        2,
      ),
      'p50 ms': show(spreadOf(samples.map(({ p50 }) => p50)), 1),
      'p99 ms': show(spreadOf(samples.map(({ p99 }) => p99)), 1),
      'Node CPU µs': showKnown(samples.map(({ cpuMicros }) => cpuMicros)),
      'PostgreSQL CPU µs': showKnown(samples.map(({ postgresMicros }) => postgresMicros)),
    })),
  );
}
