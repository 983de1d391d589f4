import type { MigrationInterface, QueryRunner } from 'typeorm';

const KINDS = `'CREDITED', 'REDEEMED', 'HELD', 'CAPTURED', 'RELEASED', 'LAPSED', 'RETURNED', 'REVERSED', 'EXPIRED'`;
const STATES = `'REMAINING', 'HELD', 'REDEEMED', 'EXPIRED', 'FORFEITED'`;

function replaced(table: string, name: string, check: string): string[] {
  return [
    `alter table ${table} drop constraint ${name}`,
    `alter table ${table} add constraint ${name} check (${check})`,
  ];
}

const UP = [
  // The life of a membership (R2.8). Suspension stays a flag over the stages before ENDED.
  `alter table accounts
    add column stage text not null default 'ACTIVE',
    add column notice_at timestamptz,
    add column ends_at timestamptz,
    add column redeem_until timestamptz,
    add column ended_at timestamptz,
    add column end_reason text,
    add column completed_orders bigint not null default 0,
    add constraint accounts_stage_known check (stage in ('ACTIVE', 'ENDING', 'REDEEM_ONLY', 'ENDED')),
    add constraint accounts_stage_dated check ((stage = 'ACTIVE' or end_reason is not null) and (stage not in ('ENDING', 'REDEEM_ONLY') or (ends_at is not null and redeem_until is not null and redeem_until > ends_at)) and (stage = 'ENDED') = (ended_at is not null)),
    add constraint accounts_l16_ended_has_nothing check (stage <> 'ENDED' or (available = 0 and held = 0)),
    add constraint accounts_completed_counted check (completed_orders >= 0)`,

  // Points that moved to a colleague: a state of their own in the giver's lot, a lot of their own at the receiver's (R7.3).
  `alter table lots
    add column transferred bigint not null default 0,
    add column origin_account text,
    add column origin_lot integer,
    add constraint lots_origin_whole check ((source = 'TRANSFER') = (origin_account is not null) and (origin_account is null) = (origin_lot is null))`,
  ...replaced(
    'lots',
    'lots_l3_points_add_up',
    'granted > 0 and granted = remaining + held + redeemed + transferred + expired + forfeited + reversed',
  ),
  ...replaced(
    'lots',
    'lots_l3_no_negative',
    'remaining >= 0 and held >= 0 and redeemed >= 0 and transferred >= 0 and expired >= 0 and forfeited >= 0 and reversed >= 0',
  ),
  ...replaced(
    'entries',
    'entries_kind_known',
    `kind in (${KINDS}, 'FORFEITED', 'TRANSFERRED_OUT', 'TRANSFERRED_IN')`,
  ),
  ...replaced(
    'allocations',
    'allocations_states_known',
    `from_state in ('ISSUED', ${STATES}) and to_state in (${STATES}, 'TRANSFERRED', 'REVERSED') and from_state <> to_state`,
  ),

  // One row per referred customer, under that customer's lock (R5.3: once per referred customer).
  `create table referrals (
    shard smallint not null,
    account_id text not null,
    referrer_shard smallint not null,
    referrer_id text not null,
    code text not null,
    state text not null,
    flags text[] not null default '{}',
    registered_at timestamptz not null,
    order_id text,
    lot integer,
    bonus bigint not null default 0,
    reversed bigint not null default 0,
    decided_at timestamptz,
    reviewed_at timestamptz,
    review_note text,
    reviewer text,
    constraint referrals_pkey primary key (shard, account_id),
    constraint referrals_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint referrals_not_oneself check (referrer_id <> account_id),
    constraint referrals_state_known check (state in ('WAITING', 'REWARDED', 'LOST', 'REJECTED')),
    constraint referrals_l17_rewarded_whole check ((state <> 'REWARDED' or order_id is not null) and (bonus = 0 or lot is not null) and bonus >= 0 and reversed between 0 and bonus)
  )`,
  `create index referrals_referrer on referrals (referrer_shard, referrer_id, registered_at)`,
  `create index referrals_review on referrals (registered_at, shard, account_id) where cardinality(flags) > 0 or state = 'REJECTED'`,
  // Whether somebody registered before with the same address: hashes stay when an account is deleted.
  `create index members_email_hash on members (email_hash) where email_hash is not null`,

  `create table discount_codes (
    shard smallint not null,
    account_id text not null,
    code text not null,
    percent smallint not null,
    terms_version integer not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    order_id text,
    applied_at timestamptz,
    voided_at timestamptz,
    constraint discount_codes_pkey primary key (shard, account_id, code),
    constraint discount_codes_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint discount_codes_percent check (percent between 1 and 100),
    constraint discount_codes_dates check (expires_at > issued_at),
    constraint discount_codes_l18_used_whole check ((order_id is null) = (applied_at is null))
  )`,
  `create unique index discount_codes_l18_once on discount_codes (shard, account_id, order_id) where order_id is not null`,
  `alter table orders
    add column discount_percent smallint,
    add column discount_code text,
    add constraint orders_discount_whole check ((discount_percent is null) = (discount_code is null) and discount_percent between 1 and 100)`,

  `create table transfers (
    shard smallint not null,
    id text not null,
    from_id text not null,
    to_id text not null,
    points bigint,
    reason text not null,
    evidence text,
    state text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    note text,
    moved bigint,
    constraint transfers_pkey primary key (shard, id),
    constraint transfers_reason_known check (reason in ('LEFT_COMPANY', 'CHANGED_ROLE', 'OTHER')),
    constraint transfers_points_positive check (points > 0 and moved > 0),
    constraint transfers_state_known check (state in ('REQUESTED', 'APPROVED', 'REJECTED') and (state = 'REQUESTED') = (decided_at is null) and (decided_at is null) = (decided_by is null) and (state = 'APPROVED') = (moved is not null))
  )`,
  `create index transfers_state on transfers (state, requested_at, shard, id)`,
  `create index transfers_from on transfers (from_id, requested_at)`,
  `create index transfers_to on transfers (to_id, requested_at)`,

  // Events about a customer are found by it when its personal data is erased.
  `alter table inbox add column customer_id text`,
  `create index inbox_customer on inbox (customer_id) where customer_id is not null`,
  `create index set_aside_customer on set_aside (customer_id) where customer_id is not null`,

  // A program that is discontinued (R2.5), and how far its members were told.
  `create table program_endings (
    program text not null,
    ends_at timestamptz not null,
    redeem_until timestamptz not null,
    good_cause boolean not null,
    reason text not null,
    announced_at timestamptz not null,
    announced_by text not null,
    members bigint not null,
    done bigint not null default 0,
    cursor_shard smallint,
    cursor_id text,
    finished_at timestamptz,
    constraint program_endings_pkey primary key (program),
    constraint program_endings_window check (redeem_until >= ends_at)
  )`,
];

const DOWN = [
  'drop table program_endings',
  'drop index set_aside_customer',
  'alter table inbox drop column customer_id',
  'drop table transfers',
  'alter table orders drop column discount_percent, drop column discount_code',
  'drop table discount_codes',
  'drop index members_email_hash',
  'drop table referrals',
  ...replaced(
    'allocations',
    'allocations_states_known',
    `from_state in ('ISSUED', ${STATES}) and to_state in (${STATES}, 'REVERSED') and from_state <> to_state`,
  ),
  ...replaced('entries', 'entries_kind_known', `kind in (${KINDS})`),
  'alter table lots drop column origin_account, drop column origin_lot, drop column transferred',
  `alter table lots
    add constraint lots_l3_points_add_up check (granted > 0 and granted = remaining + held + redeemed + expired + forfeited + reversed),
    add constraint lots_l3_no_negative check (remaining >= 0 and held >= 0 and redeemed >= 0 and expired >= 0 and forfeited >= 0 and reversed >= 0)`,
  `alter table accounts drop column stage, drop column notice_at, drop column ends_at, drop column redeem_until,
    drop column ended_at, drop column end_reason, drop column completed_orders`,
];

/** What moves points between people and through time: referrals, discounts, transfers, the life of a membership. */
export class People1732320000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
