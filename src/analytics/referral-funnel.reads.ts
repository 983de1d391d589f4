import type { App } from '../app';
import { formatInstant, type Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import type { ReferralCount } from './referral-funnel';

/** Where an instant lies between the edges: 0 for the first period. */
function periodOf(at: string): string {
  return `width_bucket(${at}, $2::timestamptz[]) - 1`;
}

function within(at: string): string {
  return `${at} >= $3::timestamptz and ${at} < $4::timestamptz`;
}

/**
 * What became of a program's referral links between `edges` (ascending; a period from each to the next), by indexes on the
 * instants. Links, referrals and what they came to are of the referrer's program, discounts of the referred
 * customer's, in whose currency they are.
 */
export async function readReferralCounts(
  { database }: Pick<App, 'database'>,
  program: ProgramCode,
  edges: readonly Instant[],
): Promise<ReferralCount[]> {
  const [from, to] = [edges[0], edges.at(-1)];
  if (from === undefined || to === undefined || to <= from) return [];
  return database.query(
    `with registered as (
       select ${periodOf('r.registered_at')} as period, count(*) as registrations,
         count(*) filter (where r.state in ('REJECTED', 'VOIDED')) as rejected,
         count(*) filter (where cardinality(r.flags) > 0) as flagged
       from referrals r join accounts a on a.shard = r.referrer_shard and a.id = r.referrer_id
       where a.program = $1 and ${within('r.registered_at')} group by period
     ), decided as (
       select ${periodOf('r.decided_at')} as period, count(*) as orders,
         count(*) filter (where r.state = 'REWARDED') as acquired
       from referrals r join accounts a on a.shard = r.referrer_shard and a.id = r.referrer_id
       where a.program = $1 and r.state in ('REWARDED', 'LOST') and ${within('r.decided_at')} group by period
     )
     select 'links' as what, ${periodOf('c.issued_at')} as period, count(*) as count, null::integer as percent, null::bigint as left
     from referral_codes c where c.program = $1 and ${within('c.issued_at')} group by period
     union all
     select v.what, r.period, v.count, null, null from registered r
       cross join lateral (values ('registrations', r.registrations), ('rejected', r.rejected), ('flagged', r.flagged)) as v (what, count)
     union all
     select v.what, d.period, v.count, null, null from decided d
       cross join lateral (values ('orders', d.orders), ('acquired', d.acquired)) as v (what, count)
     union all
     select 'discounts', ${periodOf('o.judged_at')} as period, count(*), o.discount_percent, o.net_minor - o.cancelled_minor
     from orders o join accounts a on a.shard = o.customer_shard and a.id = o.customer_id
     where o.completed and o.discount_percent is not null and a.program = $1 and ${within('o.judged_at')}
     group by period, o.discount_percent, o.net_minor - o.cancelled_minor`,
    [program, edges.map(formatInstant), formatInstant(from), formatInstant(to)],
  );
}
