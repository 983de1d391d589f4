import { EVERY_SHARD, type Invariant, ofAccounts, ofOrders } from './invariant';

/** What must hold between people: codes, referrals, discounts, transfers, what was voided and claimed. */
export const PEOPLE_INVARIANTS: readonly Invariant[] = [
  {
    number: 'L15',
    statement: 'A referral code leads to the account that has it.',
    breaches: [
      ofAccounts(
        (within) => `select a.shard, a.id as account_id from accounts a
      left join referral_codes c on c.code = a.referral_code
      where ${within('a.shard', 'a.id')} and a.referral_code is not null
        and (c.account_shard, c.account_id) is distinct from (a.shard, a.id)`,
      ),
    ],
  },
  {
    number: 'L16',
    statement: 'An ended membership has no points.',
    breaches: [
      ofAccounts(
        (within) => `select shard, id as account_id from accounts
      where ${within('shard', 'id')} and stage = 'ENDED' and (available > 0 or held > 0)`,
      ),
    ],
  },
  {
    number: 'L17',
    statement:
      "A rewarded referral is a lot of the referrer's, of its bonus, and voided with it; no other lot is a bonus that counts.",
    breaches: [
      ofAccounts(
        (within) => `select r.referrer_shard as shard, r.referrer_id as account_id from referrals r
      left join lots l on l.shard = r.referrer_shard and l.account_id = r.referrer_id and l.number = r.lot
      where ${within('r.shard', 'r.account_id')} and (
        (r.state in ('REWARDED', 'VOIDED') and r.bonus > 0 and (l.granted is distinct from r.bonus or l.source <> 'REFERRAL' or l.source_ref <> r.account_id))
        or (r.state = 'VOIDED' and r.bonus > 0 and l.voided_at is null)
        or (r.state not in ('REWARDED', 'VOIDED') and (r.lot is not null or r.bonus > 0)))`,
      ),
    ],
  },
  {
    number: 'L18',
    statement: 'A discount code is on the order that says so, and on one at most.',
    breaches: [
      ofAccounts(
        (within) => `select d.shard, d.account_id from discount_codes d
      left join orders o on o.customer_shard = d.shard and o.customer_id = d.account_id and o.discount_code = d.code
      where ${within('d.shard', 'd.account_id')} and d.order_id is distinct from o.id`,
      ),
      ofOrders(
        (within) => `select customer_shard as shard, customer_id as account_id from orders o
      where ${within('o.shard', 'o.id')} and o.discount_code is not null and not exists (
        select from discount_codes d where d.shard = o.customer_shard and d.account_id = o.customer_id and d.code = o.discount_code and d.percent = o.discount_percent)`,
      ),
    ],
  },
  {
    number: 'L19',
    statement: 'What left a lot by transfer is what came in elsewhere, with its dates.',
    breaches: [
      ofAccounts(
        (within) => `select l.shard, l.account_id from lots l
      left join lateral (select coalesce(sum(r.granted), 0) as granted,
          coalesce(bool_or(r.expires_at <> l.expires_at or r.credited_at <> l.credited_at), false) as differs from lots r
        where r.origin_account = l.account_id and r.origin_lot = l.number) r on l.transferred > 0
      where ${within('l.shard', 'l.account_id')} and l.transferred > 0 and (l.transferred <> r.granted or r.differs)
      union all select r.shard, r.account_id from lots r
      where ${within('r.shard', 'r.account_id')} and r.source = 'TRANSFER' and not exists (
        select from lots l where l.shard = any (${EVERY_SHARD}) and l.account_id = r.origin_account
          and l.number = r.origin_lot and l.transferred > 0)`,
      ),
    ],
  },
  {
    number: 'L20',
    statement:
      'Of voided lots what is redeemed is claimed, once each, and no more than was drawn; of others, and of codes that are not voided, nothing.',
    breaches: [
      ofAccounts(
        (within) => `select c.shard, c.account_id from claims c
      cross join lateral jsonb_to_recordset(c.lots) as part (lot integer, points bigint)
      left join lots l on l.shard = any (${EVERY_SHARD}) and l.account_id = c.redeemer_id and l.number = part.lot
      left join lateral (select sum(al.points) as points from all_allocations al where al.shard = l.shard and al.account_id = l.account_id
        and al.lot = l.number and al.redemption = c.redemption and al.to_state = 'REDEEMED') drawn on true
      where ${within('c.shard', 'c.account_id')} and (l.voided_at is null or part.points > coalesce(drawn.points, 0))
      union all
      select l.shard, l.account_id from lots l
      where ${within('l.shard', 'l.account_id')} and l.voided_at is not null and l.redeemed > coalesce((
        select sum(part.points) from claims c cross join lateral jsonb_to_recordset(c.lots) as part (lot integer, points bigint)
        where c.redeemer_id = l.account_id and part.lot = l.number), 0)
      union all
      select l.shard, l.account_id from lots l
      where ${within('l.shard', 'l.account_id')} and l.voided_at is not null and exists (
        select from claims c cross join lateral jsonb_to_recordset(c.lots) as part (lot integer, points bigint)
        where c.redeemer_id = l.account_id and part.lot = l.number group by c.redemption having count(*) > 1)
      union all
      select c.shard, c.account_id from claims c
      where ${within('c.shard', 'c.account_id')}
        and (c.points <> coalesce((select sum(part.points) from jsonb_to_recordset(c.lots) as part (lot integer, points bigint)), 0)
        or (c.discount_code is not null and not exists (select from discount_codes d
          where d.shard = c.shard and d.account_id = c.account_id and d.code = c.discount_code and d.voided_for_abuse)))
      union all
      select d.shard, d.account_id from discount_codes d
      join orders o on o.customer_shard = d.shard and o.customer_id = d.account_id and o.discount_code = d.code
      where ${within('d.shard', 'd.account_id')} and d.voided_for_abuse and o.paid_at is null`,
      ),
    ],
  },
];
