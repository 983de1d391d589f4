import { type Invariant, ofAccounts, ofOrders } from './invariant';

const GIVEN = `orders o cross join lateral jsonb_to_recordset(o.campaigns)
  as given (code text, lot integer, credited bigint, reversed bigint, "isCounted" boolean)`;

/** What must hold of what the desk does: adjustments, what corrects objections, campaigns. */
export const DESK_INVARIANTS: readonly Invariant[] = [
  {
    number: 'L21',
    statement:
      'A booked adjustment is one entry of its points, given as a lot of them; a corrected objection is one that names it.',
    breaches: [
      ofAccounts(
        (within) => `select d.shard, d.account_id from adjustments d
      left join all_entries e on e.shard = d.shard and e.account_id = d.account_id and e.sequence = d.sequence
      left join lots l on l.shard = d.shard and l.account_id = d.account_id and l.source = 'ADJUSTMENT' and l.source_ref = d.number::text
      left join objections o on o.shard = d.shard and o.account_id = d.account_id and o.number = d.objection
      where ${within('d.shard', 'd.account_id')} and d.state = 'BOOKED' and (
        (e.arithmetic ->> 'type', (e.arithmetic ->> 'adjustment')::integer, (e.arithmetic ->> 'points')::bigint, e.available_change - e.owed_change)
          is distinct from ('ADJUSTMENT', d.number, d.points, d.points)
        or l.granted is distinct from case when d.points > 0 then d.points end
        or (d.objection is not null and (o.state, o.adjustment) is distinct from ('CORRECTED', d.number)))
      union all
      select e.shard, e.account_id from all_entries e
      where ${within('e.shard', 'e.account_id')} and e.arithmetic ->> 'type' = 'ADJUSTMENT' and not exists (
        select from adjustments d where d.shard = e.shard and d.account_id = e.account_id and d.sequence = e.sequence)
      union all
      select l.shard, l.account_id from lots l
      where ${within('l.shard', 'l.account_id')} and l.source = 'ADJUSTMENT' and not exists (
        select from adjustments d where d.shard = l.shard and d.account_id = l.account_id and d.number::text = l.source_ref and d.state = 'BOOKED')
      union all
      select o.shard, o.account_id from objections o
      where ${within('o.shard', 'o.account_id')} and o.state = 'CORRECTED' and not exists (
        select from adjustments d where d.shard = o.shard and d.account_id = o.account_id and d.number = o.adjustment
          and d.objection = o.number and d.state = 'BOOKED')`,
      ),
    ],
  },
  {
    number: 'L22',
    statement:
      "What campaigns gave for an order is a lot of each, of what was credited; no other lot is a campaign's, and limits count what still stands.",
    breaches: [
      ofOrders(
        (within) => `select o.customer_shard as shard, o.customer_id as account_id from ${GIVEN}
      left join lateral (select source, source_ref, granted from lots l
        where l.shard = o.customer_shard and l.account_id = o.customer_id and l.number = given.lot limit 1) l on true
      where ${within('o.shard', 'o.id')}
        and (l.source, l.source_ref, l.granted) is distinct from ('CAMPAIGN', given.code, given.credited)`,
      ),
      ofAccounts(
        (within) => `select shard, account_id from (
        select l.shard, l.account_id, l.number as lot, 1 as lots, 0 as gifts from lots l
        where ${within('l.shard', 'l.account_id')} and l.source = 'CAMPAIGN'
        union all
        select o.customer_shard, o.customer_id, given.lot, 0, 1 from ${GIVEN}
        where ${within('o.customer_shard', 'o.customer_id')}
      ) counted group by shard, account_id, lot having sum(lots) = 1 and sum(gifts) <> 1
      union all
      select a.shard, a.id from accounts a
      where ${within('a.shard', 'a.id')} and exists (select from (
        select key as code, value::bigint as points from jsonb_each_text(a.campaign_points)
        union all
        select given.code, given.reversed - given.credited from ${GIVEN}
        where o.customer_shard = a.shard and o.customer_id = a.id and given."isCounted") counted
        group by code having sum(points) <> 0)`,
      ),
    ],
  },
];
