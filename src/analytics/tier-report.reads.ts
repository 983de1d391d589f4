import type { App } from '../app';
import { formatInstant, type Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import { ENTRIES, entryFacts, factRules, tierAs } from './facts';
import type { TierStep } from './tier-report';

/** Who is over: by the end of the membership or of its window (R2.8), booked or not, and no sooner than they were members. */
const OVER = `select a.shard, a.id, a.last_entry_at, greatest(coalesce(a.ended_at, a.redeem_until), a.enrolled_at) as at
  from accounts a
  where a.program = $2 and (a.ended_at is not null or a.redeem_until is not null)
    and coalesce(a.ended_at, a.redeem_until) < $4::timestamptz and a.enrolled_at < $4::timestamptz`;

const KNOWN = '($5::timestamptz is null or recorded_at <= $5)';

/** Of each who is over the tier that the last entry by then left them in; whoever has none is missing. */
const LAST = `select o.at, t.tier from over o
  cross join lateral (
    select terms_version, turnover_after from ${ENTRIES}
    where shard = o.shard and account_id = o.id and occurred_at <= o.at and ${KNOWN}
    order by sequence desc limit 1
  ) e
  ${tierAs('t', '$2', 'e.terms_version', 'e.turnover_after')}`;

/** The few entries that came later: orders that were cancelled (R2.9). By the key, account by account (`offset 0`): nearly none has any. */
const LATER = entryFacts(`select e.* from over o cross join lateral (
    select * from ${ENTRIES}
    where o.last_entry_at > o.at and shard = o.shard and account_id = o.id and occurred_at > o.at and ${KNOWN}
    order by sequence offset 0
  ) e`);

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
    `with over as materialized (${OVER})
     select 'ENROLLED' as step, width_bucket(enrolled_at, $3::timestamptz[]) as edge,
       null as "tierBefore", null as "tierAfter", count(*) as members
     from accounts where program = $2 and enrolled_at < $4::timestamptz group by edge
     union all
     select 'OVER', width_bucket(at, $3::timestamptz[]) as edge, null, null, count(*) from over group by edge
     union all
     select 'LAST', width_bucket(at, $3::timestamptz[]) as edge, null, tier, count(*) from (${LAST}) l group by edge, tier
     union all
     select 'LATER', width_bucket(occurred_at, $3::timestamptz[]) as edge, tier_before, tier_after, count(*)
     from (${LATER}) f where tier_before <> tier_after group by edge, tier_before, tier_after`,
    [
      factRules(programs),
      program,
      edges.map(formatInstant),
      formatInstant(last),
      recordedBy === null ? null : formatInstant(recordedBy),
    ],
  );
}
