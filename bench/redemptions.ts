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
import { benchLone } from './lone';
import { type Redeemers, startRedeemers } from './redeemers';
import type { Row } from './row';
import { pgbenchVersion } from './sides/pgbench';

const CALLERS = 64;

export const redemptions: Row = {
  name: 'redemptions',
  about: 'the door, GraphQL on it, and two other ways to write the same rows',
  run: async ({ plan, server }) => {
    const postgres = await server();
    const withPgbench = (await pgbenchVersion()) !== null;
    const redeemers = await step('Each side wrote the same rows in the rehearsal', () =>
      startRedeemers(postgres, plan.accounts, withPgbench),
    );
    try {
      const many = await benchRedemptions(postgres, redeemers, plan);
      const lone = await benchLone(postgres, redeemers, plan);
      const books = await step('The books of all balance', redeemers.check);
      return { figures: [], samples: { many, lone, books } };
    } finally {
      await redeemers.stop();
    }
  },
};

/** Redemptions per second with many callers. */
async function benchRedemptions(server: Server, redeemers: Redeemers, plan: Plan) {
  const { door, graphql, textbook, pgbench } = redeemers;
  const { warmMs, measureMs } = plan;
  const load = { callers: CALLERS, warmMs, measureMs };
  const results = await interleave(
    server,
    [door, pgbench, graphql, textbook],
    plan.repetitions,
    load,
  );
  printTable(
    `Redemptions per second, ${CALLERS} callers, ${plan.accounts.toLocaleString('en-US')} accounts of 5 lots`,
    [...results].map(([name, samples]) => ({
      side: name,
      'per second': show(spreadOf(samples.map(({ perSecond }) => perSecond))),
      [`× ${pgbench.name}`]: show(
        ratioOf(results, name, pgbench.name, ({ perSecond }) => perSecond),
        2,
      ),
      'p50 ms': show(spreadOf(samples.map(({ p50 }) => p50)), 1),
      'p99 ms': show(spreadOf(samples.map(({ p99 }) => p99)), 1),
      'Node CPU µs': showKnown(samples.map(({ cpuMicros }) => cpuMicros)),
      'PostgreSQL CPU µs': showKnown(samples.map(({ postgresMicros }) => postgresMicros)),
    })),
  );
  return { load, samples: Object.fromEntries(results) };
}
