import type { Programs } from '../programs/programs';

/**
 * The one definition of what analytics sums, as SQL over any set of entries: the rollups, the tail that they do not have yet, the
 * entries behind a figure and the full scan all are these rows, grouped or not.
 */

/** What entries and their allocations are read from: the whole books, archived or not. */
export const ENTRIES = 'all_entries';
export const ALLOCATIONS = 'all_allocations';

/** What moves of points are grouped by, besides program, grain and time; and what is summed of them. */
export const MOVE_DIMENSIONS = [
  ...(['kind', 'source', 'campaign', 'from_state', 'to_state', 'expires'] as const),
];
export const MOVE_MEASURES = [...(['points', 'moves'] as const)];
/** The same of entries. */
export const ENTRY_DIMENSIONS = [...(['kind', 'tier_before', 'tier_after'] as const)];
export const ENTRY_MEASURES = [
  ...(['entries', 'available_change', 'held_change', 'owed_change', 'turnover_change'] as const),
  ...(['orders', 'orders_with_points', 'points_on_orders', 'first_entries', 'bonuses'] as const),
];

/**
 * The first parameter ($1) of every statement that has facts in it: the zones and tier ladders of all published versions.
 * Of a program that it does not have the facts' zone is null, of a version that it does not have the tiers are:
 * `programs.renew()` before it.
 */
export function factRules(programs: Programs): string {
  const terms = programs.everything();
  return JSON.stringify({
    zones: [...new Map(terms.map(({ program, zone }) => [program, zone]))].map(
      ([program, zone]) => ({ program, zone }),
    ),
    ladders: terms.flatMap(({ program, version, tiers }) =>
      tiers.map(({ code, from }, step) => ({
        ...{ program, version, tier: code, from: String(from) },
        below: tiers[step + 1] === undefined ? null : String(tiers[step + 1]?.from),
      })),
    ),
  });
}

const ZONES = `jsonb_to_recordset($1::jsonb -> 'zones') as z (program text, zone text)`;
const LADDERS = `jsonb_to_recordset($1::jsonb -> 'ladders')`;
const STEP = `(program text, version integer, tier text, "from" bigint, below bigint)`;

/**
 * What a set of entries is a range of, by their key: a condition on columns that the key begins with. What belongs to all of its entries is read as a
 * range too, and joined.
 */
export type KeyRange = (...columns: readonly string[]) => string;
/** All keys there are. */
export const EVERY_KEY: KeyRange = () => 'true';

/** How what belongs to entries `e` is found: SQL to join. */
interface Joins {
  readonly entries: (entriesSql: string) => string;
  readonly account: string;
  readonly allocations: string;
  readonly lot: string;
  readonly before: string;
}

/*
 * The entries first, and then what belongs to each by its key, entry by entry: `offset 0` and the order of the key make the planner do so. It takes
 * shard and account for independent, thinks that an account has one allocation and one lot, and would read all it ever had for each entry;
 * and of transactions that are too young for its statistics it does not know how many entries they wrote.
 */
const BY_KEY: Joins = {
  entries: (entriesSql) => `(select * from (${entriesSql}) s offset 0) e`,
  account: `cross join lateral (select program from accounts where shard = e.shard and id = e.account_id offset 0) c`,
  allocations: `cross join lateral (${allocationsOf('e.sequence')}) a`,
  lot: `cross join lateral (${lotOf('a.lot')}) l`,
  before: `left join lateral (select terms_version, turnover_after from ${ENTRIES}
    where shard = e.shard and account_id = e.account_id and sequence = e.sequence - 1 offset 0) p on true`,
};

/** The same of entries that are a range: read once in the order it lies in, some ten times as fast as key by key. */
function byRange(range: KeyRange): Joins {
  const [ofAccount, ofEntry] = [
    range('shard', 'account_id'),
    range('shard', 'account_id', 'sequence'),
  ];
  return {
    entries: (entriesSql) => `(${entriesSql}) e`,
    account: `join (select shard, id, program from accounts where ${range('shard', 'id')}) c on c.shard = e.shard and c.id = e.account_id`,
    allocations: `join (select * from ${ALLOCATIONS} where ${ofEntry}) a
      on a.shard = e.shard and a.account_id = e.account_id and a.sequence = e.sequence`,
    lot: `join (select * from lots where ${ofAccount}) l on l.shard = e.shard and l.account_id = e.account_id and l.number = a.lot`,
    before: `left join (select shard, account_id, sequence, terms_version, turnover_after from ${ENTRIES} where ${ofEntry}) p
      on p.shard = e.shard and p.account_id = e.account_id and p.sequence = e.sequence - 1`,
  };
}

/** Before and after a statement that joins ranges: how much belongs to one is estimated far too low, and would be looked up by key after all. */
export const JOINING_RANGES = `set local enable_nestloop = off; set local work_mem = '64MB'`;
export const JOINED_RANGES = 'set local enable_nestloop to default; set local work_mem to default';

function joinsOf(range: KeyRange | null): Joins {
  return range === null ? BY_KEY : byRange(range);
}

function lotOf(number: string): string {
  return `select source, source_ref, expires_at from lots
    where shard = e.shard and account_id = e.account_id and number = ${number} order by number offset 0`;
}

function allocationsOf(sequence: string): string {
  return `select ordinal, lot, redemption, from_state, to_state, points from ${ALLOCATIONS}
    where shard = e.shard and account_id = e.account_id and sequence = ${sequence} order by ordinal offset 0`;
}

/**
 * One row per allocation of the entries that `entriesSql` selects (all columns of theirs): whose and of which transaction (shard,
 * account_id, sequence, ordinal, xact), program and zone, the instants, the dimensions, and the measures: points, and moves (1).
 * `campaign` is the lot's, else ''; `expires` the first day of the month, in the program's zone, of the lot's last valid moment.
 */
export function moveFacts(entriesSql: string, range: KeyRange | null = null): string {
  const { entries, account, allocations, lot } = joinsOf(range);
  return `select e.shard, e.account_id, e.sequence, a.ordinal, e.xact, c.program, z.zone, e.occurred_at, e.recorded_at,
      e.kind, l.source, case l.source when 'CAMPAIGN' then l.source_ref else '' end as campaign, a.from_state, a.to_state,
      (date_trunc('month', l.expires_at - interval '1 microsecond', z.zone) at time zone z.zone)::date as expires,
      a.points, 1::bigint as moves, l.expires_at
    from ${entries(entriesSql)}
    ${account}
    left join ${ZONES} on z.program = c.program
    ${allocations}
    ${lot}`;
}

/** Of such moves those to and from what can be spent, with what they add to it: by program, `expires_at` of the lot, source and campaign. */
export function remainingOf(movesSql: string): string {
  return `select m.program, m.expires_at, m.source, m.campaign, case m.to_state when 'REMAINING' then m.points else -m.points end as points
    from ${movesSql} m where 'REMAINING' in (m.from_state, m.to_state)`;
}

/**
 * One row per entry that `entriesSql` selects (all columns of theirs): whose and of which transaction, program and zone, the instants,
 * the dimensions and the measures. A tier is that of turnover and terms, after the entry and after the one before it (R3.9).
 * `orders` is 1 where an order was credited, which happens once (R3.2); `orders_with_points` where points had paid part of
 * it by then, and `points_on_orders` how many. Those are of earlier entries alone: no later one changes them.
 * `first_entries` is 1 for an account's first. `bonuses`: points of a referral's bonus that it credits, less what it takes back of one,
 * from whatever lots (R4.3), or voids in the lot of one (R8.1).
 */
export function entryFacts(entriesSql: string, range: KeyRange | null = null): string {
  const { entries, account, before } = joinsOf(range);
  return `select e.shard, e.account_id, e.sequence, e.xact, c.program, z.zone, e.occurred_at, e.recorded_at,
      e.kind, before.tier as tier_before, after.tier as tier_after,
      1::bigint as entries, e.available_change, e.held_change, e.owed_change, e.turnover_change,
      ${IS_ORDER}::integer::bigint as orders, (paid.points > 0)::integer::bigint as orders_with_points,
      paid.points as points_on_orders, (e.sequence = 1)::integer::bigint as first_entries, bonus.points as bonuses
    from ${entries(entriesSql)}
    ${account}
    left join ${ZONES} on z.program = c.program
    ${before}
    ${tierAs('before', 'c.program', 'coalesce(p.terms_version, e.terms_version)', 'coalesce(p.turnover_after, 0)')}
    ${tierAs('after', 'c.program', 'e.terms_version', 'e.turnover_after')}
    cross join lateral (${PAID}) paid
    cross join lateral (${BONUS}) bonus`;
}

/** What a referral's bonus came to with an entry; a voiding says of which lots alone. */
const BONUS = `
  select case
    when e.arithmetic ->> 'type' = 'REFERRAL' and e.kind = 'CREDITED' then (e.arithmetic ->> 'points')::bigint
    when e.arithmetic ->> 'type' = 'REFERRAL' then -(e.arithmetic ->> 'creditedBefore')::bigint
    when e.kind = 'VOIDED' then (
      select -coalesce(sum(a.points), 0)::bigint from (${allocationsOf('e.sequence')}) a
      cross join lateral (${lotOf('a.lot')}) l
      where l.source = 'REFERRAL' and a.to_state = 'VOIDED')
    else 0 end as points`;

const IS_ORDER = `(e.kind = 'CREDITED' and coalesce(e.arithmetic ->> 'type' = 'ORDER', false))`;

/**
 * Points that paid an order when it was credited: captured for it, less what had come back. Beneath a `case`, so that nothing is set
 * up for entries that credit no order; `offset 0`, so that it is not reckoned once for each use.
 */
const PAID = `
  select case when ${IS_ORDER} then (
    select coalesce(sum(case when a.to_state = 'REDEEMED' then a.points when a.from_state = 'REDEEMED' then -a.points end), 0)::bigint
    from (select account_id, number, entries from redemptions where shard = e.shard and order_id = e.order_id offset 0) r
    cross join unnest(r.entries) as s (sequence)
    cross join lateral (${allocationsOf('s.sequence')}) a
    where r.account_id = e.account_id and s.sequence < e.sequence and a.redemption = r.number
  ) else 0 end as points offset 0`;

/** Joins, as `name`, the tier of a turnover under a version of a program's terms (R3.9): null where the rules do not have that. */
export function tierAs(name: string, program: string, version: string, turnover: string): string {
  return `left join ${LADDERS} as ${name} ${STEP} on ${name}.program = ${program} and ${name}.version = ${version}
      and ${turnover} >= ${name}."from" and (${name}.below is null or ${turnover} < ${name}.below)`;
}
