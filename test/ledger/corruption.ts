/** What a superuser could do to the books, by the invariant it breaks and the account that is then in doubt. */
export interface Corruption {
  readonly breaks: string;
  readonly what: string;
  /** Run with triggers and foreign keys off. */
  readonly sql: string;
  /** Null where the schema is in doubt, and no account. */
  readonly of: string | null;
}

const SAFE = '9007199254740992';

export const CORRUPTIONS: readonly Corruption[] = [
  {
    ...{ breaks: 'L1', what: 'entries may be changed', of: null },
    sql: 'alter table entries disable trigger entries_l1_append_only',
  },
  {
    ...{ breaks: 'L1', what: 'allocations have lost their guard', of: null },
    sql: 'drop trigger allocations_l1_append_only on allocations',
  },
  {
    ...{ breaks: 'L2', what: 'an entry is gone', of: 'ada' },
    sql: `delete from entries where account_id = 'ada' and sequence = 2`,
  },
  {
    ...{ breaks: 'L2', what: 'the account has forgotten its last entry', of: 'ada' },
    sql: `update accounts set sequence = sequence - 1 where id = 'ada'`,
  },
  {
    ...{ breaks: 'L3', what: 'points are called redeemed that are not', of: 'ada' },
    sql: `update lots set remaining = remaining - 1, redeemed = redeemed + 1 where account_id = 'ada' and number = 2`,
  },
  {
    ...{ breaks: 'L3', what: 'an allocation moved more', of: 'ada' },
    sql: `update allocations set points = points + 1 where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L3', what: 'a lot with points is hidden', of: 'ada' },
    sql: `alter table lots drop constraint lots_open_flag; update lots set is_open = false where account_id = 'ada' and number = 2`,
  },
  {
    ...{ breaks: 'L4', what: 'points out of nothing', of: 'ada' },
    sql: `update accounts set available = available + 5 where id = 'ada'`,
  },
  {
    ...{ breaks: 'L5', what: 'somebody owes and can spend', of: 'ada' },
    sql: `alter table accounts drop constraint accounts_l5_owing_cannot_spend; update accounts set owed = 3 where id = 'ada'`,
  },
  {
    ...{ breaks: 'L6', what: 'a capture that was none', of: 'ada' },
    sql: `update redemptions set captured = captured - 1, released = released + 1 where account_id = 'ada' and state = 'CAPTURED'`,
  },
  {
    ...{ breaks: 'L7', what: 'a balance was written over', of: 'ada' },
    sql: `update entries set available_after = available_after + 1 where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L7', what: 'an entry says less than its allocations', of: 'ada' },
    sql: `update entries set available_change = available_change - 1 where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L8', what: 'a key may be used twice', of: null },
    sql: 'alter table answers drop constraint answers_pkey',
  },
  {
    ...{ breaks: 'L10', what: 'nothing will ever fall due', of: 'ada' },
    sql: `update accounts set next_due_at = null where id = 'ada'`,
  },
  {
    ...{ breaks: 'L10', what: 'more turnover than the last entry left', of: 'ada' },
    sql: `update accounts set turnover_minor = turnover_minor + 1 where id = 'ada'`,
  },
  {
    ...{ breaks: 'L11', what: 'points of a cancelled order were kept', of: 'ada' },
    sql: `update orders set reversed_points = reversed_points - 1 where id = 'a-cancelled'`,
  },
  {
    ...{ breaks: 'L12', what: 'an order paid with more points than it costs', of: 'ada' },
    sql: `update orders set net_minor = 1 where id = 'a-open'`,
  },
  {
    ...{ breaks: 'L13', what: 'an amount nobody can read exactly', of: 'ada' },
    sql: `update accounts set lifetime_earned = ${SAFE} where id = 'ada'`,
  },
  {
    ...{ breaks: 'L14', what: 'an order counts for more', of: 'ada' },
    sql: `update orders set base_minor = base_minor + 1 where id = 'a-1'`,
  },
  {
    ...{ breaks: 'L14', what: 'more was earned in a life than was', of: 'ada' },
    sql: `update accounts set lifetime_earned = lifetime_earned + 1 where id = 'ada'`,
  },
  {
    ...{ breaks: 'L15', what: 'a link leads to somebody else', of: 'ada' },
    sql: `update referral_codes set account_id = 'bo' where account_id = 'ada'`,
  },
  {
    ...{ breaks: 'L16', what: 'points of a membership that ended', of: 'ada' },
    sql: `alter table accounts drop constraint accounts_l16_ended_has_nothing;
      update accounts set stage = 'ENDED', ended_at = now(), end_reason = 'x' where id = 'ada'`,
  },
  {
    ...{ breaks: 'L17', what: 'a larger bonus than was credited', of: 'ada' },
    sql: `update referrals set bonus = bonus + 1 where state = 'REWARDED'`,
  },
  {
    ...{ breaks: 'L18', what: 'a code that is free again, and on an order', of: 'cy' },
    sql: `update discount_codes set order_id = null, applied_at = null where order_id is not null`,
  },
  {
    ...{ breaks: 'L18', what: 'an order with another discount', of: 'cy' },
    sql: `update orders set discount_percent = 90 where discount_code is not null`,
  },
  {
    ...{ breaks: 'L19', what: 'points that left and came in nowhere', of: 'ada' },
    sql: `update lots set origin_lot = 77 where source = 'TRANSFER'`,
  },
  {
    ...{ breaks: 'L19', what: 'points that came from nobody', of: 'bo' },
    sql: `update lots set source = 'TRANSFER', origin_account = 'nobody', origin_lot = 1 where account_id = 'bo' and source = 'ORDER'`,
  },
  {
    ...{ breaks: 'L3', what: 'voided points that no entry voided', of: 'eve' },
    sql: `update lots set voided = voided - 1, reversed = reversed + 1 where account_id = 'eve' and number = 1`,
  },
  {
    ...{ breaks: 'L3', what: 'a lot that is voided, and has points', of: 'eve' },
    sql: `update lots set voided_at = now() where account_id = 'eve' and number = 2`,
  },
  {
    ...{ breaks: 'L10', what: 'new terms bind before the account is looked at', of: 'eve' },
    sql: `update accounts set terms_ahead = '[{"version": 2, "effectiveAt": 0, "notification": 1, "objectUntil": 0, "bindsAt": 86400000, "objectedAt": null}]'
      where id = 'eve'`,
  },
  {
    ...{ breaks: 'L11', what: 'more of a campaign was taken back than it gave', of: 'eve' },
    sql: `update orders set campaigns = jsonb_set(campaigns, '{0,reversed}', '100000') where id = 'e-1'`,
  },
  {
    ...{ breaks: 'L22', what: 'a campaign gave more than its lot has', of: 'eve' },
    sql: `update orders set campaigns = jsonb_set(campaigns, '{0,credited}', '100000') where id = 'e-1'`,
  },
  {
    ...{ breaks: 'L22', what: 'a campaign gave a lot that is of another', of: 'eve' },
    sql: `update lots set source_ref = 'OTHER' where account_id = 'eve' and source = 'CAMPAIGN'`,
  },
  {
    ...{ breaks: 'L22', what: 'a campaign is said to have given less', of: 'eve' },
    sql: `update accounts set campaign_points = '{"BONUS": 39}' where id = 'eve'`,
  },
  {
    ...{ breaks: 'L14', what: 'voided points still count as earned', of: 'eve' },
    sql: `update accounts set lifetime_earned = lifetime_earned + (select voided from lots where account_id = 'eve' and number = 1) where id = 'eve'`,
  },
  {
    ...{ breaks: 'L17', what: 'a voided referral whose bonus stands', of: 'ada' },
    sql: `update referrals set state = 'VOIDED' where state = 'REWARDED'`,
  },
  {
    ...{ breaks: 'L17', what: 'a larger bonus than was voided', of: 'eve' },
    sql: `update referrals set bonus = bonus + 1 where state = 'VOIDED'`,
  },
  {
    ...{ breaks: 'L20', what: 'spent points of a voided lot are not claimed', of: 'eve' },
    sql: `delete from claims where account_id = 'eve' and redemption is not null`,
  },
  {
    ...{ breaks: 'L20', what: 'more is claimed than was spent', of: 'eve' },
    sql: `update claims set points = 31, lots = '[{"lot": 1, "points": 31}]' where account_id = 'eve' and redemption is not null`,
  },
  {
    ...{ breaks: 'L20', what: 'a claim that does not add up', of: 'eve' },
    sql: `update claims set points = points + 1 where account_id = 'eve' and redemption is not null`,
  },
  {
    ...{ breaks: 'L20', what: 'something is claimed twice', of: 'eve' },
    sql: `insert into claims select (jsonb_populate_record(c, '{"number": 99}')).* from claims c where account_id = 'eve' and redemption is not null`,
  },
  {
    ...{ breaks: 'L20', what: 'points of a lot that stands are claimed', of: 'eve' },
    sql: `alter table lots drop constraint lots_voided_whole; update lots set voided_at = null where account_id = 'eve' and number = 1`,
  },
  {
    ...{ breaks: 'L20', what: 'a discount is claimed whose code was not voided', of: 'cy' },
    sql: `insert into claims (shard, account_id, number, redeemer_id, order_id, discount_code, points, amount_minor, currency, reason, state, opened_by, opened_at)
      select shard, account_id, 99, account_id, order_id, code, 0, 1, 'EUR', 'x', 'OPEN', 'x', now() from discount_codes where account_id = 'cy'`,
  },
  {
    ...{ breaks: 'L20', what: 'a voided code is still on an order that is open', of: 'cy' },
    sql: `update discount_codes set voided_at = now(), voided_for_abuse = true where account_id = 'cy';
      update orders set paid_at = null where id = 'c-1'`,
  },
  {
    ...{ breaks: 'L21', what: 'more was adjusted than its entry says', of: 'eve' },
    sql: `update adjustments set points = points + 1 where account_id = 'eve' and points > 0 and objection is null`,
  },
  {
    ...{ breaks: 'L21', what: 'more was taken than its entry says', of: 'eve' },
    sql: `update adjustments set points = points - 1 where account_id = 'eve' and points < 0`,
  },
  {
    ...{ breaks: 'L21', what: 'an adjustment names another entry', of: 'eve' },
    sql: `update adjustments set sequence = 1 where account_id = 'eve' and points < 0`,
  },
  {
    ...{ breaks: 'L21', what: 'an entry of an adjustment that is gone', of: 'eve' },
    sql: `delete from adjustments where account_id = 'eve' and points < 0`,
  },
  {
    ...{ breaks: 'L21', what: 'a correction that corrects nothing', of: 'eve' },
    sql: `update adjustments set objection = null where account_id = 'eve'`,
  },
  {
    ...{ breaks: 'L21', what: 'a corrected objection that was rejected', of: 'eve' },
    sql: `update objections set state = 'REJECTED', adjustment = null where account_id = 'eve'`,
  },
  {
    ...{ breaks: 'L21', what: 'an objection corrected by another adjustment', of: 'eve' },
    sql: `update objections set adjustment = adjustment + 1 where account_id = 'eve'`,
  },
  {
    ...{ breaks: 'L21', what: 'a lot of an adjustment that there was not', of: 'eve' },
    sql: `update lots set source_ref = '99' where account_id = 'eve' and source = 'ADJUSTMENT'`,
  },
  {
    ...{ breaks: 'L22', what: 'a lot of a campaign that no order has', of: 'eve' },
    sql: `update orders set campaigns = '[]' where id = 'e-1'`,
  },
  {
    ...{ breaks: 'L22', what: 'a lot of a campaign that an order has twice', of: 'eve' },
    sql: `update orders set campaigns = campaigns || campaigns where id = 'e-1'`,
  },
  {
    ...{ breaks: 'L22', what: 'an order’s lot is said to be a campaign’s', of: 'eve' },
    sql: `update lots set source = 'CAMPAIGN' where account_id = 'eve' and number = 1`,
  },
  {
    ...{ breaks: 'L21', what: 'an adjustment that no entry booked', of: 'ada' },
    sql: `insert into adjustments (shard, account_id, number, points, reason, state, requested_by, requested_at, decided_by, decided_at, sequence)
      select shard, id, 99, 5, 'x', 'BOOKED', 'x', now(), 'x', now(), 1 from accounts where id = 'ada'`,
  },
  {
    ...{ breaks: 'L22', what: 'a campaign gave what no order has', of: 'eve' },
    sql: `update accounts set campaign_points = campaign_points || '{"OTHER": 5}' where id = 'eve'`,
  },
];
