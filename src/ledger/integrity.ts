import type { DataSource, QueryRunner } from 'typeorm';
import type { Programs } from '../programs/programs';
import { LOT_STATES } from './lot';

/** One statement that must hold of the books, and a query whose rows break it. */
export interface Invariant {
  /** Its number in README.md: L2, L3 … */
  readonly number: string;
  readonly statement: string;
  /** Selects the accounts (shard, account_id) that break it, once per row that does. */
  readonly breaches: string;
}

/** How many rows break an invariant, and on which accounts (at most 20 are named). */
export interface Breach {
  readonly number: string;
  readonly statement: string;
  readonly rows: number;
  readonly accounts: readonly string[];
}

/** Points of a lot or a redemption in a state, by the allocations alone. */
function inState(state: string): string {
  return `coalesce(sum(case when al.to_state = '${state}' then al.points when al.from_state = '${state}' then -al.points end), 0)`;
}

/** Every invariant that rows can show. The README of this folder says what keeps each. */
export const INVARIANTS: readonly Invariant[] = [
  {
    number: 'L2',
    statement: 'Entries of an account are numbered 1, 2, 3 … without gaps, up to its sequence.',
    breaches: `select a.shard, a.id as account_id from accounts a
      left join lateral (select count(*) as n, coalesce(max(sequence), 0) as last from entries e
        where e.shard = a.shard and e.account_id = a.id) e on true
      where e.n <> a.sequence or e.last <> a.sequence`,
  },
  {
    number: 'L3',
    statement: 'Each point of a lot is in exactly one state, as the allocations say.',
    breaches: `select l.shard, l.account_id from lots l
      left join lateral (select ${LOT_STATES.map((state) => `${inState(state)} as ${state.toLowerCase()}`).join(', ')}
        from allocations al where al.shard = l.shard and al.account_id = l.account_id and al.lot = l.number) al on true
      where (l.remaining, l.held, l.redeemed, l.transferred, l.expired, l.forfeited, l.reversed, l.voided)
        is distinct from (${LOT_STATES.map((state) => `al.${state.toLowerCase()}`).join(', ')})
        or l.granted <> l.remaining + l.held + l.redeemed + l.transferred + l.expired + l.forfeited + l.reversed + l.voided
        or (l.voided_at is not null and l.remaining > 0)`,
  },
  {
    number: 'L4',
    statement: 'An account has available and held what its lots have; nothing is negative.',
    breaches: `select a.shard, a.id as account_id from accounts a
      left join lateral (select coalesce(sum(remaining), 0) as remaining, coalesce(sum(held), 0) as held from lots l
        where l.shard = a.shard and l.account_id = a.id) l on true
      where a.available <> l.remaining or a.held <> l.held or a.available < 0 or a.held < 0 or a.owed < 0`,
  },
  {
    number: 'L5',
    statement: 'Nobody owes and can spend at once.',
    breaches: `select shard, id as account_id from accounts where owed > 0 and available > 0
      union all select shard, account_id from entries where owed_after > 0 and available_after > 0`,
  },
  {
    number: 'L6',
    statement:
      'A redemption holds and has captured what its allocations say; a hold is decided once.',
    breaches: `select r.shard, r.account_id from redemptions r
      left join lateral (select ${inState('HELD')} as held, ${inState('REDEEMED')} as captured from allocations al
        where al.shard = r.shard and al.account_id = r.account_id and al.sequence = any (r.entries) and al.redemption = r.number) al on true
      where r.held <> al.held or r.captured <> al.captured
        or r.points <> r.held + r.captured + r.released + r.restored or (r.state = 'HELD') <> (r.held > 0)`,
  },
  {
    number: 'L7',
    statement: 'Each entry continues the one before it, and changes what its allocations say.',
    breaches: `select e.shard, e.account_id from entries e
      left join entries b on b.shard = e.shard and b.account_id = e.account_id and b.sequence = e.sequence - 1
      left join lateral (select ${inState('REMAINING')} as available, ${inState('HELD')} as held from allocations al
        where al.shard = e.shard and al.account_id = e.account_id and al.sequence = e.sequence) al on true
      where e.available_after <> coalesce(b.available_after, 0) + e.available_change
        or e.held_after <> coalesce(b.held_after, 0) + e.held_change
        or e.owed_after <> coalesce(b.owed_after, 0) + e.owed_change
        or e.turnover_after <> coalesce(b.turnover_after, 0) + e.turnover_change
        or e.available_change <> al.available or e.held_change <> al.held
        or e.recorded_at < b.recorded_at`,
  },
  {
    number: 'L10',
    statement:
      "A row of accounts says what the account's last entry left, and when something falls due next.",
    breaches: `select a.shard, a.id as account_id from accounts a
      left join entries e on e.shard = a.shard and e.account_id = a.id and e.sequence = a.sequence
      left join lateral (select min(at) as at from (
        select expires_at as at from lots l where l.shard = a.shard and l.account_id = a.id and l.remaining > 0
        union all
        select held_until from redemptions r where r.shard = a.shard and r.account_id = a.id and r.state = 'HELD'
        union all
        select case a.stage when 'ENDING' then a.ends_at when 'REDEEM_ONLY' then a.redeem_until end
        union all
        select to_timestamp((ahead ->> 'bindsAt')::bigint / 1000.0) from jsonb_array_elements(a.terms_ahead) ahead
        where a.stage <> 'ENDED') d) due on true
      where (a.available, a.held, a.owed, a.turnover_minor) is distinct from
        (coalesce(e.available_after, 0), coalesce(e.held_after, 0), coalesce(e.owed_after, 0), coalesce(e.turnover_after, 0))
        or a.next_due_at is distinct from due.at`,
  },
  {
    number: 'L11',
    statement:
      'What was taken back for an order is at most what was credited, and all of it once it is cancelled in full.',
    breaches: `select customer_shard as shard, customer_id as account_id from orders
      left join lateral (select coalesce(sum((c ->> 'credited')::bigint), 0) as credited, coalesce(sum((c ->> 'reversed')::bigint), 0) as reversed,
          coalesce(bool_or((c ->> 'reversed')::bigint > (c ->> 'credited')::bigint), false) as beyond
        from jsonb_array_elements(campaigns) c) c on campaigns <> '[]'
      where reversed_points > credited_points or c.beyond
        or (cancelled_at is not null and (credited_points <> reversed_points or c.credited <> c.reversed))
        or (cancelled_at is not null and coalesce(base_minor, 0) <> 0)`,
  },
  {
    number: 'L12',
    statement: 'Points on an order pay no more than it costs, and none on one cancelled in full.',
    breaches: `select r.shard, r.account_id from orders o
      join accounts a on a.shard = o.customer_shard and a.id = o.customer_id
      join json_to_recordset($1) as v (program text, version integer, value bigint)
        on v.program = a.program and v.version = a.terms_version
      join lateral (select sum(held + captured) as points, min(shard) as shard, min(account_id) as account_id from redemptions r
        where r.shard = a.shard and r.account_id = a.id and r.order_id = o.id) r on r.points > 0
      where r.points * v.value > o.net_minor - o.cancelled_minor - div((o.net_minor - o.cancelled_minor) * coalesce(o.discount_percent, 0) + 50, 100) or o.cancelled_at is not null`,
  },
  {
    number: 'L14',
    statement:
      'Turnover is what the credited orders stand for; lifetime figures are what the lots say.',
    breaches: `select a.shard, a.id as account_id from accounts a
      left join (select customer_shard, customer_id, sum(base_minor) as base from orders
        where base_minor > 0 group by 1, 2) o on o.customer_shard = a.shard and o.customer_id = a.id
      left join lateral (select coalesce(sum(redeemed), 0) as redeemed, coalesce(sum(expired), 0) as expired,
          coalesce(sum(reversed), 0) + coalesce(sum(voided) filter (where source <> 'TRANSFER'), 0) as reversed, coalesce(sum(granted) filter (where source <> 'TRANSFER'), 0) as granted
        from lots l where l.shard = a.shard and l.account_id = a.id) l on true
      where a.turnover_minor <> coalesce(o.base, 0) or a.lifetime_redeemed <> l.redeemed or a.lifetime_expired <> l.expired
        or a.lifetime_earned <> l.granted - l.reversed - a.owed`,
  },
  {
    number: 'L15',
    statement: 'A referral code leads to the account that has it.',
    breaches: `select a.shard, a.id as account_id from accounts a
      left join referral_codes c on c.code = a.referral_code
      where a.referral_code is not null and (c.account_shard, c.account_id) is distinct from (a.shard, a.id)`,
  },
  {
    number: 'L16',
    statement: 'An ended membership has no points.',
    breaches: `select shard, id as account_id from accounts where stage = 'ENDED' and (available > 0 or held > 0)`,
  },
  {
    number: 'L17',
    statement:
      "A rewarded referral is a lot of the referrer's, of its bonus; no other lot is a bonus that counts.",
    breaches: `select r.referrer_shard as shard, r.referrer_id as account_id from referrals r
      left join lots l on l.shard = r.referrer_shard and l.account_id = r.referrer_id and l.number = r.lot
      where (r.state in ('REWARDED', 'VOIDED') and r.bonus > 0 and (l.granted is distinct from r.bonus or l.source <> 'REFERRAL' or l.source_ref <> r.account_id))
        or (r.state not in ('REWARDED', 'VOIDED') and (r.lot is not null or r.bonus > 0))`,
  },
  {
    number: 'L18',
    statement: 'A discount code is on the order that says so, and on one at most.',
    breaches: `select d.shard, d.account_id from discount_codes d
      left join orders o on o.customer_shard = d.shard and o.customer_id = d.account_id and o.discount_code = d.code
      where d.order_id is distinct from o.id
      union all
      select customer_shard, customer_id from orders o where o.discount_code is not null and not exists (
        select from discount_codes d where d.shard = o.customer_shard and d.account_id = o.customer_id and d.code = o.discount_code and d.percent = o.discount_percent)`,
  },
  {
    number: 'L19',
    statement: 'What left a lot by transfer is what came in elsewhere, with its dates.',
    breaches: `select l.shard, l.account_id from lots l
      left join lateral (select coalesce(sum(r.granted), 0) as granted,
          coalesce(bool_or(r.expires_at <> l.expires_at or r.credited_at <> l.credited_at), false) as differs from lots r
        where r.origin_account = l.account_id and r.origin_lot = l.number) r on l.transferred > 0 or l.source = 'TRANSFER'
      where l.transferred > 0 and (l.transferred <> r.granted or r.differs)`,
  },
  {
    number: 'L20',
    statement:
      'Of voided lots what is redeemed is claimed, once each, and no more than was drawn; of others, and of codes that are not voided, nothing.',
    breaches: `with claimed as (
        select c.redeemer_id as account_id, part.lot, c.redemption, sum(part.points) as points, count(*) as claims, min(c.shard) as shard
        from claims c cross join lateral jsonb_to_recordset(c.lots) as part (lot integer, points bigint)
        group by c.redeemer_id, part.lot, c.redemption)
      select c.shard, c.account_id from claimed c
      left join lots l on l.account_id = c.account_id and l.number = c.lot
      left join lateral (select sum(al.points) as points from allocations al where al.shard = l.shard and al.account_id = l.account_id
        and al.lot = l.number and al.redemption = c.redemption and al.to_state = 'REDEEMED') drawn on true
      where l.voided_at is null or c.claims > 1 or c.points > coalesce(drawn.points, 0)
      union all
      select l.shard, l.account_id from lots l
      where l.voided_at is not null and l.redeemed > coalesce((select sum(c.points) from claimed c where c.account_id = l.account_id and c.lot = l.number), 0)
      union all
      select c.shard, c.account_id from claims c
      where c.points <> coalesce((select sum(part.points) from jsonb_to_recordset(c.lots) as part (lot integer, points bigint)), 0)
        or (c.discount_code is not null and not exists (select from discount_codes d
          where d.shard = c.shard and d.account_id = c.account_id and d.code = c.discount_code and d.voided_for_abuse))
      union all
      select d.shard, d.account_id from discount_codes d
      join orders o on o.customer_shard = d.shard and o.customer_id = d.account_id and o.discount_code = d.code
      where d.voided_for_abuse and o.paid_at is null`,
  },
  {
    number: 'L21',
    statement:
      'A booked adjustment is one entry of its points, given as a lot of them; a corrected objection is one that names it.',
    breaches: `select d.shard, d.account_id from adjustments d
      left join entries e on e.shard = d.shard and e.account_id = d.account_id and e.sequence = d.sequence
      left join lots l on l.shard = d.shard and l.account_id = d.account_id and l.source = 'ADJUSTMENT' and l.source_ref = d.number::text
      left join objections o on o.shard = d.shard and o.account_id = d.account_id and o.number = d.objection
      where d.state = 'BOOKED' and (
        (e.arithmetic ->> 'type', (e.arithmetic ->> 'adjustment')::integer, (e.arithmetic ->> 'points')::bigint, e.available_change - e.owed_change)
          is distinct from ('ADJUSTMENT', d.number, d.points, d.points)
        or l.granted is distinct from case when d.points > 0 then d.points end
        or (d.objection is not null and (o.state, o.adjustment) is distinct from ('CORRECTED', d.number)))
      union all
      select e.shard, e.account_id from entries e where e.arithmetic ->> 'type' = 'ADJUSTMENT' and not exists (
        select from adjustments d where d.shard = e.shard and d.account_id = e.account_id and d.sequence = e.sequence)
      union all
      select l.shard, l.account_id from lots l where l.source = 'ADJUSTMENT' and not exists (
        select from adjustments d where d.shard = l.shard and d.account_id = l.account_id and d.number::text = l.source_ref and d.state = 'BOOKED')
      union all
      select o.shard, o.account_id from objections o where o.state = 'CORRECTED' and not exists (
        select from adjustments d where d.shard = o.shard and d.account_id = o.account_id and d.number = o.adjustment and d.objection = o.number and d.state = 'BOOKED')`,
  },
  {
    number: 'L22',
    statement:
      "What campaigns gave for an order is a lot of each, of what was credited; no other lot is a campaign's, and limits count what still stands.",
    breaches: `with given as (
        select o.customer_shard as shard, o.customer_id as account_id, c.*
        from orders o cross join lateral jsonb_to_recordset(o.campaigns)
          as c (code text, lot integer, credited bigint, reversed bigint, "isCounted" boolean)),
      counted as (
        select shard, account_id, code, sum(credited - reversed) as points from given where "isCounted" group by 1, 2, 3),
      kept as (
        select a.shard, a.id as account_id, k.key as code, k.value::bigint as points from accounts a cross join lateral jsonb_each_text(a.campaign_points) k)
      select g.shard, g.account_id from given g
      left join lots l on l.shard = g.shard and l.account_id = g.account_id and l.number = g.lot
      where (l.source, l.source_ref, l.granted) is distinct from ('CAMPAIGN', g.code, g.credited)
      union all
      select l.shard, l.account_id from lots l where l.source = 'CAMPAIGN' and (
        select count(*) from given g where g.shard = l.shard and g.account_id = l.account_id and g.lot = l.number) <> 1
      union all
      select coalesce(c.shard, k.shard), coalesce(c.account_id, k.account_id)
      from counted c full join kept k on k.shard = c.shard and k.account_id = c.account_id and k.code = c.code
      where coalesce(c.points, 0) <> coalesce(k.points, 0)`,
  },
];

const NAMED_MAX = 20;

/**
 * Counts the rows that break each invariant, all of them seen at one moment. Reads every row of the ledger:
 * for tests and for an operator, not for a request.
 */
export async function checkIntegrity(database: DataSource, programs: Programs): Promise<Breach[]> {
  const breaches: Breach[] = [];
  const runner = database.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    const values = JSON.stringify(await pointValues(runner, programs));
    for (const { number, statement, breaches: query } of INVARIANTS) {
      const [found] = (await runner.query(
        `select count(*)::int as rows, coalesce((array_agg(distinct account_id))[1:${NAMED_MAX}], '{}') as accounts
         from (${query}) as breach`,
        query.includes('$1') ? [values] : [],
      )) as [{ rows: number; accounts: string[] }];
      breaches.push({ number, statement, ...found });
    }
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
  return breaches;
}

/** What a point pays under each version of the terms that binds somebody, in minor units. */
async function pointValues(
  runner: QueryRunner,
  programs: Programs,
): Promise<{ program: string; version: number; value: string }[]> {
  const bound = (await runner.query(
    'select distinct program, terms_version as version from accounts where program is not null',
  )) as { program: string; version: number }[];
  return bound.map(({ program, version }) => ({
    program,
    version,
    value: programs.terms(program, version).pointValueMinor.toString(),
  }));
}
