import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATES = `'REMAINING', 'HELD', 'REDEEMED', 'EXPIRED', 'FORFEITED'`;
const COUNTED = 'remaining + held + redeemed + transferred + expired + forfeited + reversed';
const NOT_NEGATIVE =
  'remaining >= 0 and held >= 0 and redeemed >= 0 and transferred >= 0 and expired >= 0 and forfeited >= 0 and reversed >= 0';
const KINDS = `'CREDITED', 'REDEEMED', 'HELD', 'CAPTURED', 'RELEASED', 'LAPSED', 'RETURNED', 'REVERSED', 'EXPIRED', 'FORFEITED', 'TRANSFERRED_OUT', 'TRANSFERRED_IN'`;

const STAGE_DATED =
  "(stage = 'ACTIVE' or end_reason is not null) and (stage not in ('ENDING', 'REDEEM_ONLY') or (ends_at is not null and redeem_until is not null and redeem_until WINDOW ends_at)) and (stage = 'ENDED') = (ended_at is not null)";

function replaced(table: string, name: string, check: string): string[] {
  return [
    `alter table ${table} drop constraint ${name}`,
    `alter table ${table} add constraint ${name} check (${check})`,
  ];
}

const UP = [
  // Terms are published one version at a time (R1.4); members hear of each, and object or do not (R2.6).
  `alter table terms
    add column published_at timestamptz not null default now(),
    add column published_by text not null default 'system'`,
  // One number that rises with every published version and every campaign: whoever decides looks at it under the
  // locks, so that no process decides by rules that another has changed.
  `create table rules_revision (
    only_row boolean not null default true,
    revision bigint not null default 0,
    constraint rules_revision_pkey primary key (only_row),
    constraint rules_revision_one_row check (only_row)
  )`,
  'insert into rules_revision default values',

  // Versions that will bind the member, each with its notification; what campaigns with a limit per member gave.
  `alter table accounts
    add column terms_ahead jsonb not null default '[]',
    add column terms_known integer,
    add column campaign_points jsonb not null default '{}',
    add column last_notification bigint not null default 0,
    add column last_case integer not null default 0,
    add column expiry_told_until timestamptz`,
  'update accounts set terms_known = terms_version',
  `alter table accounts add constraint accounts_terms_known check ((terms_known is null) = (terms_version is null) and terms_known >= terms_version)`,
  // Who objects to new terms leaves with the day they would have bound, without a time to redeem.
  ...replaced('accounts', 'accounts_stage_dated', STAGE_DATED.replace('WINDOW', '>=')),
  'create index accounts_terms on accounts (program, terms_known) where terms_known is not null',

  `alter table lots
    add column voided bigint not null default 0,
    add column voided_at timestamptz`,
  ...replaced('lots', 'lots_l3_points_add_up', `granted > 0 and granted = ${COUNTED} + voided`),
  ...replaced('lots', 'lots_l3_no_negative', `${NOT_NEGATIVE} and voided >= 0`),
  `alter table lots add constraint lots_voided_whole check (voided_at is not null or voided = 0)`,
  ...replaced('entries', 'entries_kind_known', `kind in (${KINDS}, 'VOIDED')`),
  ...replaced(
    'allocations',
    'allocations_states_known',
    `from_state in ('ISSUED', ${STATES}) and to_state in (${STATES}, 'TRANSFERRED', 'REVERSED', 'VOIDED') and from_state <> to_state`,
  ),
  // Whose points run out on which day: the notices ahead of it (R6.9) look by day.
  `create index lots_expiring on lots (expires_at, shard, account_id) where is_open`,

  `alter table redemptions add column terms_version integer not null default 1`,
  `alter table redemptions alter column terms_version drop default`,
  `alter table referrals add column terms_version integer`,
  ...replaced(
    'referrals',
    'referrals_state_known',
    `state in ('WAITING', 'REWARDED', 'LOST', 'REJECTED', 'VOIDED')`,
  ),
  `alter table orders
    add column campaigns jsonb not null default '[]',
    add column excluded_by text,
    add constraint orders_excluded_earns_nothing check (excluded_by is null or (credited_points = 0 and campaigns = '[]'))`,

  // What was asked, beside what was answered, and in which order: the history can be told again under other terms. A batch
  // takes one number of the sequence and counts on from it, so that the order is that of the locks.
  `create sequence history_position increment by 1000`,
  `alter table answers
    add column input jsonb,
    add column position bigint not null default nextval('history_position')`,
  `alter table inbox add column position bigint not null default nextval('history_position')`,

  `create table campaigns (
    program text not null,
    code text not null,
    kind text not null,
    factor_percent integer,
    bonus bigint,
    tiers text[] not null default '{}',
    minimum_minor bigint not null default 0,
    tag text,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    cap_per_order bigint,
    cap_per_member bigint,
    with_discount boolean not null,
    names jsonb not null,
    reason text not null,
    started_by text not null,
    started_at timestamptz not null,
    ended_by text,
    ended_at timestamptz,
    constraint campaigns_pkey primary key (program, code),
    constraint campaigns_kind_known check (kind in ('MULTIPLIER', 'BONUS', 'EXCLUSION')),
    constraint campaigns_kind_whole check ((kind = 'MULTIPLIER') = (factor_percent is not null) and (kind = 'BONUS') = (bonus is not null)),
    constraint campaigns_amounts check (factor_percent > 100 and bonus > 0 and minimum_minor >= 0 and cap_per_order > 0 and cap_per_member > 0),
    constraint campaigns_dates check (ends_at >= starts_at),
    constraint campaigns_ended_whole check ((ended_by is null) = (ended_at is null))
  )`,

  `create table adjustments (
    shard smallint not null,
    account_id text not null,
    number integer not null,
    points bigint not null,
    reason text not null,
    objection integer,
    state text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    note text,
    sequence bigint,
    constraint adjustments_pkey primary key (shard, account_id, number),
    constraint adjustments_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint adjustments_points_some check (points <> 0),
    constraint adjustments_state_known check (state in ('REQUESTED', 'BOOKED', 'DECLINED') and (state = 'REQUESTED') = (decided_at is null) and (decided_at is null) = (decided_by is null) and (state = 'BOOKED') = (sequence is not null))
  )`,
  `create index adjustments_requested on adjustments (requested_at, shard, account_id, number) where state = 'REQUESTED'`,

  `create table objections (
    shard smallint not null,
    account_id text not null,
    number integer not null,
    about text not null,
    sequence bigint,
    order_id text,
    discount_code text,
    statement text not null,
    state text not null,
    raised_by text not null,
    raised_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    note text,
    adjustment integer,
    constraint objections_pkey primary key (shard, account_id, number),
    constraint objections_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint objections_about_known check (about in ('CREDIT', 'MISSING_CREDIT', 'DISCOUNT', 'MISSING_DISCOUNT')),
    constraint objections_state_known check (state in ('OPEN', 'REJECTED', 'CORRECTED') and (state = 'OPEN') = (decided_at is null) and (decided_at is null) = (decided_by is null) and (state = 'CORRECTED') = (adjustment is not null))
  )`,
  `create index objections_state on objections (state, raised_at, shard, account_id, number)`,

  `create table claims (
    shard smallint not null,
    account_id text not null,
    number integer not null,
    redeemer_id text not null,
    redemption bigint,
    lots jsonb not null default '[]',
    order_id text not null,
    discount_code text,
    points bigint not null,
    amount_minor bigint not null,
    currency text not null,
    reason text not null,
    state text not null,
    opened_by text not null,
    opened_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    note text,
    constraint claims_pkey primary key (shard, account_id, number),
    constraint claims_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint claims_of_one_thing check ((redemption is null) <> (discount_code is null) and (redemption is null) = (points = 0)),
    constraint claims_amounts check (points >= 0 and amount_minor > 0),
    constraint claims_state_known check (state in ('OPEN', 'SETTLED', 'WAIVED') and (state = 'OPEN') = (decided_at is null) and (decided_at is null) = (decided_by is null))
  )`,
  `create index claims_state on claims (state, opened_at, shard, account_id, number)`,

  `create table notifications (
    shard smallint not null,
    account_id text not null,
    number bigint not null,
    kind text not null,
    data jsonb not null,
    sequence bigint,
    created_at timestamptz not null,
    delivered_at timestamptz,
    channel text,
    mail_state text not null default 'PENDING',
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    claimed_until timestamptz,
    last_error text,
    constraint notifications_pkey primary key (shard, account_id, number),
    constraint notifications_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint notifications_delivered_whole check ((delivered_at is null) = (channel is null) and channel in ('EMAIL', 'PAGE', 'WEBHOOK')),
    constraint notifications_mail_state_known check (mail_state in ('PENDING', 'SENT', 'DEAD', 'NONE'))
  ) with (fillfactor = 80)`,
  `create index notifications_pending on notifications (next_attempt_at, shard, account_id, number) where mail_state = 'PENDING'`,
  `create index notifications_dead on notifications (created_at, shard, account_id, number) where mail_state = 'DEAD'`,
  // How far members of a program were told of points that will expire (R6.9).
  `create table expiry_notices (
    program text not null,
    told_until timestamptz not null,
    constraint expiry_notices_pkey primary key (program)
  )`,
];

const DOWN = [
  'drop table expiry_notices',
  'drop table notifications',
  'drop table claims',
  'drop table objections',
  'drop table adjustments',
  'drop table campaigns',
  'alter table inbox drop column position',
  'alter table answers drop column input, drop column position',
  'drop sequence history_position',
  'alter table orders drop column excluded_by, drop column campaigns',
  ...replaced(
    'referrals',
    'referrals_state_known',
    `state in ('WAITING', 'REWARDED', 'LOST', 'REJECTED')`,
  ),
  'alter table referrals drop column terms_version',
  'alter table redemptions drop column terms_version',
  'drop index lots_expiring',
  ...replaced(
    'allocations',
    'allocations_states_known',
    `from_state in ('ISSUED', ${STATES}) and to_state in (${STATES}, 'TRANSFERRED', 'REVERSED') and from_state <> to_state`,
  ),
  ...replaced('entries', 'entries_kind_known', `kind in (${KINDS})`),
  'alter table lots drop column voided_at, drop column voided',
  `alter table lots
    add constraint lots_l3_points_add_up check (granted > 0 and granted = ${COUNTED}),
    add constraint lots_l3_no_negative check (${NOT_NEGATIVE})`,
  ...replaced('accounts', 'accounts_stage_dated', STAGE_DATED.replace('WINDOW', '>')),
  `alter table accounts drop column terms_ahead, drop column terms_known,
    drop column campaign_points, drop column last_notification, drop column last_case, drop column expiry_told_until`,
  'drop table rules_revision',
  'alter table terms drop column published_at, drop column published_by',
];

/** What the rewards desk does, and what members are told: terms, campaigns, abuse, objections, adjustments, notifications. */
export class Desk1732406400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
