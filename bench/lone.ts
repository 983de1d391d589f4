import { interleave, type Plan, printTable, ratioOf, type Server, show, spreadOf } from './harness';
import type { Redeemers } from './redeemers';

/** How long a redemption takes that nobody else asks beside: what batching must not cost. */
export async function benchLone(server: Server, redeemers: Redeemers, plan: Plan) {
  const { door, graphql, textbook, pgbench } = redeemers;
  const load = { callers: 1, warmMs: plan.warmMs / 2, measureMs: plan.loneMs };
  const results = await interleave(
    server,
    [door, pgbench, graphql, textbook],
    plan.repetitions,
    load,
  );
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
  return { load, samples: Object.fromEntries(results) };
}
