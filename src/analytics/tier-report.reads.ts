import type { App } from '../app';
import { formatInstant, type Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import { ENTRIES, entryFacts, factRules } from './facts';
import type { TierStep } from './tier-report';

/** Who is over: by the end of the membership or of its window (R2.8), booked or not, and no sooner than they were members. */
const OVER = `select a.shard, a.id, a.last_entry_at, greatest(coalesce(a.ended_at, a.redeem_until), a.enrolled_at) as at
  from accounts a
  where a.program = $2 and (a.ended_at is not null or a.redeem_until is not null)
    and coalesce(a.ended_at, a.redeem_until) < $4::timestamptz and a.enrolled_at < $4::timestamptz`;

/** Of each who is over the last entry by then, and the few that came later: orders that were cancelled (R2.9). */
const ENTRIES_OF_OVER = `select e.* from over o cross join lateral (
    (select * from ${ENTRIES} e where e.shard = o.shard and e.account_id = o.id
       and e.occurred_at <= o.at and ($5::timestamptz is null or e.recorded_at <= $5)
     order by e.sequence desc limit 1)
    union all
    select * from ${ENTRIES} e where o.last_entry_at > o.at and e.shard = o.shard and e.account_id = o.id
       and e.occurred_at > o.at and ($5::timestamptz is null or e.recorded_at <= $5)
  ) e`;

/**
 * Who of a program enrolled and whose membership ended before each of `edges` (ascending, none left out): by an index on the accounts,
 * and for those who are over by their last entry. `recordedBy`: only entries that were written by then; null for all.
 */
export async function readTierSteps(
  { database, programs }: Pick<App, 'database' | 'programs'>,
  program: ProgramCode,
  edges: readonly Instant[],
  recordedBy: Instant | null,
): Promise<TierStep[]> {
  const last = edges.at(-1);
  if (last === undefined) return [];
  await programs.renew();
  return database.query(
    `with over as materialized (${OVER}),
     last as materialized (
       select f.*, o.at from over o join (${entryFacts(ENTRIES_OF_OVER)}) f on f.shard = o.shard and f.account_id = o.id
     )
     select 'ENROLLED' as step, width_bucket(enrolled_at, $3::timestamptz[]) as edge,
       null as "tierBefore", null as "tierAfter", count(*) as members
     from accounts where program = $2 and enrolled_at < $4::timestamptz group by edge
     union all
     select 'OVER', width_bucket(at, $3::timestamptz[]) as edge, null, null, count(*) from over group by edge
     union all
     select case when occurred_at > at then 'LATER' else 'LAST' end as step,
       width_bucket(greatest(at, occurred_at), $3::timestamptz[]) as edge,
       case when occurred_at > at then tier_before end as tier_before, tier_after, count(*)
     from last where occurred_at <= at or tier_before <> tier_after
     group by 1, 2, 3, 4`,
    [
      factRules(programs),
      program,
      edges.map(formatInstant),
      formatInstant(last),
      recordedBy === null ? null : formatInstant(recordedBy),
    ],
  );
}
