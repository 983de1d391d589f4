import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The numbers in comments and constraint names (L1 …) are the invariants of src/ledger/README.md. */
const UP = [
  `create table terms (
    program text not null,
    version integer not null,
    effective_at timestamptz not null,
    document jsonb not null,
    constraint terms_pkey primary key (program, version),
    constraint terms_version_positive check (version > 0)
  )`,

  // One row per customer id that anything was said of. Until the customer is registered it is a stub
  // (program null): the lock that a registration and an earlier order of the same customer both need.
  `create table accounts (
    shard smallint not null,
    id text not null,
    program text,
    terms_version integer,
    enrolled_at timestamptz,
    suspended_at timestamptz,
    suspended_reason text,
    referral_code text,
    available bigint not null default 0,
    held bigint not null default 0,
    owed bigint not null default 0,
    turnover_minor bigint not null default 0,
    lifetime_earned bigint not null default 0,
    lifetime_redeemed bigint not null default 0,
    lifetime_expired bigint not null default 0,
    sequence bigint not null default 0,
    last_lot integer not null default 0,
    last_message bigint not null default 0,
    orders_placed bigint not null default 0,
    next_due_at timestamptz,
    last_entry_at timestamptz,
    constraint accounts_pkey primary key (shard, id),
    constraint accounts_shard_range check (shard >= 0 and shard < 256),
    constraint accounts_terms_fk foreign key (program, terms_version) references terms (program, version),
    constraint accounts_member_whole check ((program is null) = (terms_version is null) and (program is null) = (enrolled_at is null)),
    constraint accounts_l4_balance check (available >= 0 and held >= 0 and owed >= 0),
    constraint accounts_l5_owing_cannot_spend check (owed = 0 or available = 0),
    constraint accounts_l13_amounts check (turnover_minor >= 0 and available + held <= 9007199254740991 and owed <= 9007199254740991),
    constraint accounts_stub_has_nothing check (program is not null or (sequence = 0 and available = 0 and held = 0))
  ) with (fillfactor = 80)`,
  `create index accounts_due on accounts (next_due_at) where next_due_at is not null`,

  `create table members (
    shard smallint not null,
    account_id text not null,
    registered_at timestamptz,
    organization_id text,
    billing_account_id text,
    email text,
    locale text,
    email_hash text,
    phone_hash text,
    payment_hash text,
    changed_before text[] not null default '{}',
    referred_by_code text,
    deletion_reported_at timestamptz,
    constraint members_pkey primary key (shard, account_id),
    constraint members_account_fk foreign key (shard, account_id) references accounts (shard, id)
  )`,

  // A look-up of its own, so that no key of an account's tables has to be unique across shards.
  `create table referral_codes (
    code text not null,
    account_shard smallint not null,
    account_id text not null,
    constraint referral_codes_pkey primary key (code)
  )`,

  `create table orders (
    shard smallint not null,
    id text not null,
    customer_id text,
    customer_shard smallint,
    net_minor bigint,
    currency text,
    tags text[] not null default '{}',
    placed_at timestamptz,
    placed_number bigint,
    cancelled_minor bigint not null default 0,
    cancelled_at timestamptz,
    paid_at timestamptz,
    delivered_at timestamptz,
    waiting jsonb not null default '[]',
    reckoned_points bigint,
    captured_points bigint,
    judged_at timestamptz,
    completed boolean not null default false,
    start_turnover_minor bigint,
    base_minor bigint,
    credited_points bigint not null default 0,
    reversed_points bigint not null default 0,
    terms_version integer,
    lot integer,
    constraint orders_pkey primary key (shard, id),
    constraint orders_shard_range check (shard >= 0 and shard < 256),
    constraint orders_placed_whole check ((customer_id is null) = (net_minor is null) and (customer_id is null) = (placed_at is null) and (customer_id is null) = (currency is null) and (customer_id is null) = (customer_shard is null)),
    constraint orders_cancelled_within check (cancelled_minor >= 0 and (net_minor is null or cancelled_minor <= net_minor)),
    constraint orders_l11_reversed_within check (credited_points >= 0 and reversed_points >= 0 and reversed_points <= credited_points),
    constraint orders_lot_recorded check (credited_points = 0 or lot is not null),
    constraint orders_judged_once check (judged_at is not null or (not completed and credited_points = 0 and base_minor is null))
  ) with (fillfactor = 80)`,
  `create index orders_unjudged on orders (customer_shard, customer_id) where judged_at is null and customer_id is not null`,
  `create index orders_discrepancy on orders (paid_at, shard, id) where reckoned_points <> captured_points`,

  `create table lots (
    shard smallint not null,
    account_id text not null,
    number integer not null,
    source text not null,
    source_ref text not null,
    terms_version integer not null,
    granted bigint not null,
    remaining bigint not null,
    held bigint not null default 0,
    redeemed bigint not null default 0,
    expired bigint not null default 0,
    forfeited bigint not null default 0,
    reversed bigint not null default 0,
    is_open boolean not null,
    credited_at timestamptz not null,
    expires_at timestamptz not null,
    constraint lots_pkey primary key (shard, account_id, number),
    constraint lots_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint lots_source_known check (source in ('ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT', 'TRANSFER')),
    constraint lots_l3_points_add_up check (granted > 0 and granted = remaining + held + redeemed + expired + forfeited + reversed),
    constraint lots_l3_no_negative check (remaining >= 0 and held >= 0 and redeemed >= 0 and expired >= 0 and forfeited >= 0 and reversed >= 0),
    constraint lots_open_flag check (is_open = (remaining > 0 or held > 0)),
    constraint lots_dates check (expires_at > credited_at)
  ) with (fillfactor = 80)`,
  // Predicate on a flag, not on the numbers: an update that leaves a lot open stays heap-only.
  `create index lots_open on lots (shard, account_id) where is_open`,

  `create table entries (
    shard smallint not null,
    account_id text not null,
    sequence bigint not null,
    kind text not null,
    available_change bigint not null,
    held_change bigint not null,
    owed_change bigint not null,
    turnover_change bigint not null,
    available_after bigint not null,
    held_after bigint not null,
    owed_after bigint not null,
    turnover_after bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    order_id text,
    redemption bigint,
    terms_version integer not null,
    cause text not null,
    actor text not null,
    arithmetic jsonb,
    constraint entries_pkey primary key (shard, account_id, sequence),
    constraint entries_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint entries_l2_sequence check (sequence > 0),
    constraint entries_kind_known check (kind in ('CREDITED', 'REDEEMED', 'HELD', 'CAPTURED', 'RELEASED', 'LAPSED', 'RETURNED', 'REVERSED', 'EXPIRED')),
    constraint entries_l4_balance check (available_after >= 0 and held_after >= 0 and owed_after >= 0 and turnover_after >= 0),
    constraint entries_l5_owing_cannot_spend check (owed_after = 0 or available_after = 0),
    constraint entries_recorded_later check (occurred_at <= recorded_at)
  )`,

  `create table allocations (
    shard smallint not null,
    account_id text not null,
    sequence bigint not null,
    ordinal smallint not null,
    lot integer not null,
    redemption bigint,
    from_state text not null,
    to_state text not null,
    points bigint not null,
    constraint allocations_pkey primary key (shard, account_id, sequence, ordinal),
    constraint allocations_l7_own_entry foreign key (shard, account_id, sequence) references entries (shard, account_id, sequence),
    constraint allocations_l7_own_lot foreign key (shard, account_id, lot) references lots (shard, account_id, number),
    constraint allocations_points_positive check (points > 0),
    constraint allocations_states_known check (from_state in ('ISSUED', 'REMAINING', 'HELD', 'REDEEMED', 'EXPIRED', 'FORFEITED') and to_state in ('REMAINING', 'HELD', 'REDEEMED', 'EXPIRED', 'FORFEITED', 'REVERSED') and from_state <> to_state)
  )`,
  `create index allocations_lot on allocations (shard, account_id, lot)`,

  // A second belt under the privileges of the application's role (L1).
  `create function refuse_change() returns trigger language plpgsql as $$
   begin
     raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = '23001';
   end $$`,
  `create trigger entries_l1_append_only before update or delete or truncate on entries
   for each statement execute function refuse_change()`,
  `create trigger allocations_l1_append_only before update or delete or truncate on allocations
   for each statement execute function refuse_change()`,

  `create table redemptions (
    shard smallint not null,
    account_id text not null,
    number bigint not null,
    order_id text not null,
    state text not null,
    points bigint not null,
    held bigint not null,
    captured bigint not null,
    released bigint not null,
    restored bigint not null,
    placed_at timestamptz not null,
    held_until timestamptz,
    decided_at timestamptz,
    entries bigint[] not null,
    constraint redemptions_pkey primary key (shard, account_id, number),
    constraint redemptions_l7_own_entry foreign key (shard, account_id, number) references entries (shard, account_id, sequence),
    constraint redemptions_l6_points_add_up check (points > 0 and points = held + captured + released + restored and held >= 0 and captured >= 0 and released >= 0 and restored >= 0),
    constraint redemptions_l6_state check (state in ('HELD', 'CAPTURED', 'RELEASED', 'LAPSED') and (state = 'HELD') = (held > 0) and (state = 'HELD') = (decided_at is null) and (state = 'CAPTURED' or state = 'HELD' or captured + restored = 0)),
    constraint redemptions_hold_time check (state <> 'HELD' or held_until is not null)
  ) with (fillfactor = 80)`,
  `create index redemptions_order on redemptions (shard, account_id, order_id)`,
  `create index redemptions_held on redemptions (shard, account_id) where state = 'HELD'`,

  `create table answers (
    shard smallint not null,
    account_id text not null,
    operation text not null,
    key text not null,
    fingerprint text not null,
    answer jsonb not null,
    answered_at timestamptz not null,
    constraint answers_pkey primary key (shard, account_id, operation, key)
  )`,

  `create table inbox (
    shard smallint not null,
    source text not null,
    event_id text not null,
    digest text not null,
    type text not null,
    received_at timestamptz not null,
    answer jsonb not null,
    payload jsonb not null,
    constraint inbox_pkey primary key (shard, source, event_id)
  )`,

  // Events that were understood and could not be applied, for the desk. The same event with the same
  // content is listed once.
  `create table set_aside (
    shard smallint not null,
    source text not null,
    event_id text not null,
    digest text not null,
    type text not null,
    reason text not null,
    order_id text,
    customer_id text,
    received_at timestamptz not null,
    payload jsonb not null,
    constraint set_aside_pkey primary key (shard, source, event_id, digest)
  )`,
  `create index set_aside_received on set_aside (received_at, shard, source, event_id, digest)`,

  `create table outbox (
    shard smallint not null,
    account_id text not null,
    number bigint not null,
    type text not null,
    sequence bigint not null,
    occurred_at timestamptz not null,
    data jsonb not null,
    state text not null default 'PENDING',
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    claimed_until timestamptz,
    settled_at timestamptz,
    last_error text,
    constraint outbox_pkey primary key (shard, account_id, number),
    constraint outbox_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint outbox_state_known check (state in ('PENDING', 'DELIVERED', 'DEAD') and (state = 'PENDING') = (settled_at is null))
  ) with (fillfactor = 80)`,
  `create index outbox_pending on outbox (shard, account_id, number) where state = 'PENDING'`,
  `create index outbox_dead on outbox (settled_at, shard, account_id, number) where state = 'DEAD'`,
  `create index outbox_delivered on outbox (settled_at) where state = 'DELIVERED'`,

  // The sandbox's test clock. Never read in production.
  `create table sandbox_clock (
    only_row boolean not null default true,
    at timestamptz not null,
    constraint sandbox_clock_pkey primary key (only_row),
    constraint sandbox_clock_one_row check (only_row)
  )`,
];

const TABLES = [
  'sandbox_clock',
  'outbox',
  'set_aside',
  'inbox',
  'answers',
  'redemptions',
  'allocations',
  'entries',
  'lots',
  'orders',
  'referral_codes',
  'members',
  'accounts',
  'terms',
];

/** Everything the first release needs, from nothing, and back to nothing. */
export class Ledger1732233600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`drop table ${table}`);
    await runner.query('drop function refuse_change()');
  }
}
