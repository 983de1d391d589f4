import type { App } from '../app';
import { formatInstant, type Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import { ENTRIES } from './facts';
import type { OrdersWithoutTurnover } from './redemption-share';

/**
 * Completed orders of a program that left no turnover to credit, by the period between `edges` (ascending) in which they were judged:
 * a partial index has them. One that was credited and cancelled down to what points paid is told by its entry.
 */
export async function readOrdersWithoutTurnover(
  { database }: Pick<App, 'database'>,
  program: ProgramCode,
  edges: readonly Instant[],
): Promise<OrdersWithoutTurnover[]> {
  const [from, to] = [edges[0], edges.at(-1)];
  if (from === undefined || to === undefined || to <= from) return [];
  return database.query(
    `select width_bucket(o.judged_at, $2::timestamptz[]) - 1 as period, count(*) as orders,
       count(*) filter (where p.points > 0) as "ordersWithPoints", coalesce(sum(p.points), 0)::bigint as points
     from orders o
     join accounts a on a.shard = o.customer_shard and a.id = o.customer_id
     cross join lateral (
       select coalesce(sum(r.captured), 0)::bigint as points from redemptions r
       where r.shard = o.customer_shard and r.account_id = o.customer_id and r.order_id = o.id
     ) p
     where o.completed and o.base_minor = 0 and a.program = $1
       and o.judged_at >= $3::timestamptz and o.judged_at < $4::timestamptz
       and (o.cancelled_minor = 0 or (
         select count(*) from ${ENTRIES} e where e.shard = o.customer_shard and e.account_id = o.customer_id
           and e.order_id = o.id and e.kind = 'CREDITED' and e.arithmetic ->> 'type' = 'ORDER') = 0)
     group by period`,
    [program, edges.map(formatInstant), formatInstant(from), formatInstant(to)],
  );
}
