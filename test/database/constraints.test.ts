import { Client, DatabaseError } from 'pg';
import { freshDatabase } from '../support/database';

/**
 * The database refuses wrong money by itself. One right row per table stands; each case changes it in
 * one way and names the constraint that must refuse it.
 */
type Row = Readonly<Record<string, unknown>>;

const AT = '2026-03-15T10:00:00Z';
const LATER = '2027-03-15T10:00:00Z';
const ADA = { shard: 0, account_id: 'ada' };

const RIGHT: Readonly<Record<string, Row>> = {
  terms: { program: 'XX', version: 1, effective_at: AT, document: {} },
  accounts: {
    ...{ shard: 0, id: 'ada', program: 'XX', terms_version: 1, enrolled_at: AT },
    ...{ available: 0, held: 50, owed: 0, turnover_minor: 0, lifetime_earned: 0 },
    ...{ lifetime_redeemed: 0, lifetime_expired: 0, sequence: 1, last_lot: 1, last_message: 1 },
    ...{ orders_placed: 0, completed_orders: 0, stage: 'ACTIVE', terms_known: 1 },
  },
  members: { ...ADA, changed_before: [] },
  referral_codes: { code: 'ADA', account_shard: 0, account_id: 'ada' },
  orders: {
    ...{ shard: 3, id: 'o1', customer_id: 'ada', customer_shard: 0, net_minor: 100 },
    ...{ currency: 'EUR', tags: [], placed_at: AT, placed_number: 1, cancelled_minor: 40 },
    ...{ waiting: [], judged_at: AT, completed: true, start_turnover_minor: 0, base_minor: 60 },
    ...{ credited_points: 60, reversed_points: 60, terms_version: 1, lot: 1 },
  },
  lots: {
    ...{ ...ADA, number: 1, source: 'ORDER', source_ref: 'o1', terms_version: 1, granted: 100 },
    ...{ remaining: 10, held: 50, redeemed: 10, expired: 10, forfeited: 10, reversed: 10 },
    ...{ transferred: 0, voided: 0, is_open: true, credited_at: AT, expires_at: LATER },
  },
  entries: {
    ...{
      ...ADA,
      sequence: 1,
      kind: 'HELD',
      available_change: -50,
      held_change: 50,
      owed_change: 0,
    },
    ...{ turnover_change: 0, available_after: 0, held_after: 50, owed_after: 0 },
    ...{ turnover_after: 0, occurred_at: AT, recorded_at: AT, terms_version: 1 },
    ...{ cause: 'due', actor: 'system' },
  },
  allocations: {
    ...{ ...ADA, sequence: 1, ordinal: 0, lot: 1, redemption: 1 },
    ...{ from_state: 'REMAINING', to_state: 'HELD', points: 50 },
  },
  archive_runs: {
    ...{ number: 1, before: AT, actor: 'operator:o', reason: 'Old.', started_at: LATER },
    ...{ accounts: 1, entries: 1, allocations: 0 },
  },
  redemptions: {
    ...{ ...ADA, number: 1, order_id: 'o1', state: 'HELD', points: 50, held: 50, captured: 0 },
    ...{ released: 0, restored: 0, placed_at: AT, held_until: LATER, entries: [1] },
    terms_version: 1,
  },
  outbox: {
    ...{ ...ADA, number: 1, type: 'redemption.held', sequence: 1, occurred_at: AT, data: {} },
    written_at: AT,
  },
  webhook_endpoints: { name: 'platform', seen_at: AT },
  webhook_deliveries: {
    ...{ ...ADA, number: 1, endpoint: 'platform', state: 'PENDING', round: 0, attempts: 0 },
    ...{ next_attempt_at: AT, log: [] },
  },
  referrals: {
    ...{ ...ADA, referrer_shard: 1, referrer_id: 'bo', code: 'BO', state: 'REWARDED', flags: [] },
    ...{ registered_at: AT, order_id: 'o1', lot: 1, bonus: 100, reversed: 40, decided_at: AT },
  },
  discount_codes: {
    ...{ ...ADA, code: 'TEN', percent: 10, terms_version: 1, issued_at: AT, expires_at: LATER },
    ...{ order_id: 'o1', applied_at: AT },
  },
  transfers: {
    ...{ shard: 0, id: 't1', from_id: 'ada', to_id: 'bo', points: 10, reason: 'OTHER' },
    ...{ state: 'APPROVED', requested_by: 'customer:ada', requested_at: AT, moved: 10 },
    ...{ decided_by: 'desk:dan', decided_at: AT },
  },
  answers: {
    ...{ ...ADA, operation: 'redeemXPoints', key: 'k', fingerprint: 'f' },
    ...{ answer: {}, answered_at: AT },
  },
  inbox: {
    ...{ shard: 0, source: '/shop', event_id: 'e1', digest: 'd', type: 'order.paid' },
    ...{ received_at: AT, answer: {}, payload: {} },
  },
  set_aside: {
    ...{ shard: 0, source: '/shop', event_id: 'e1', digest: 'd', type: 'order.paid' },
    ...{ reason: 'EVENT_ID_REUSED', received_at: AT, payload: {} },
  },
  program_endings: {
    ...{ program: 'XX', ends_at: AT, redeem_until: LATER, good_cause: false, reason: 'Over.' },
    ...{ announced_at: AT, announced_by: 'desk:dan', members: 1, done: 0 },
  },
  rules_revision: { only_row: true },
  campaigns: {
    ...{ program: 'XX', code: 'SPRING', kind: 'MULTIPLIER', factor_percent: 150, names: {} },
    ...{ starts_at: AT, ends_at: LATER, cap_per_order: 500, cap_per_member: 1000 },
    ...{ with_discount: false, reason: 'Spring.', started_by: 'desk:dan', started_at: AT },
  },
  adjustments: {
    ...{ ...ADA, number: 1, points: -10, reason: 'Counted twice.', objection: 2 },
    ...{ state: 'BOOKED', requested_by: 'desk:dan', requested_at: AT, sequence: 1 },
    ...{ decided_by: 'desk:eve', decided_at: AT },
  },
  objections: {
    ...{ ...ADA, number: 2, about: 'CREDIT', sequence: 1, statement: 'Too few.' },
    ...{ state: 'CORRECTED', raised_by: 'customer:ada', raised_at: AT, adjustment: 1 },
    ...{ decided_by: 'desk:dan', decided_at: AT },
  },
  claims: {
    ...{ ...ADA, number: 3, redeemer_id: 'ada', redemption: 1, order_id: 'o1', points: 50 },
    ...{ amount_minor: 50, currency: 'EUR', reason: 'Abuse.', state: 'SETTLED' },
    ...{ opened_by: 'desk:dan', opened_at: AT, decided_by: 'desk:dan', decided_at: AT },
    decided_minor: 40,
  },
  voidings: {
    ...{ ...ADA, number: 4, kind: 'REFERRAL', referee_id: 'bo', discount_code: 'TEN' },
    ...{ lots: [], reason: 'Abuse.', voided_by: 'desk:dan', voided_at: AT },
  },
  notifications: {
    ...{ ...ADA, number: 1, kind: 'POINTS_CREDITED', data: {}, created_at: AT },
    ...{ delivered_at: AT, channel: 'EMAIL', mail_state: 'SENT' },
  },
  expiry_notices: { program: 'XX', told_until: AT },
  interventions: {
    ...{ ...ADA, number: 1, kind: 'FREEZE', at: AT, actor: 'operator', reason: 'In doubt.' },
  },
  integrity_walks: {
    ...{ number: 1, started_at: AT, continued_at: AT, accounts: 0, orders: 0, breaches: [] },
  },
  audit_log: {
    ...{ id: '00000000-0000-4000-8000-000000000000', step: 'ANSWERED', at: AT, actor: 'desk:dan' },
    ...{ operation: 'suspendMember', ids: {}, customer_ids: [], outcome: 'DONE', times: 1 },
    request_id: 'r',
  },
  rollup_moves: {
    ...{ generation: 1, program: 'XX', grain: 'HOUR', occurred: AT, recorded: AT, kind: 'HELD' },
    ...{ source: 'ORDER', campaign: '', from_state: 'REMAINING', to_state: 'HELD' },
    ...{ expires: '2027-03-01', points: 50, moves: 1, first_xact: 800, last_xact: 900 },
  },
  rollup_entries: {
    ...{ generation: 1, program: 'XX', grain: 'HOUR', occurred: AT, recorded: AT, kind: 'HELD' },
    ...{ tier_before: 'BRONZE', tier_after: 'BRONZE', entries: 1, available_change: -50 },
    ...{ held_change: 50, owed_change: 0, turnover_change: 0, orders: 0, orders_with_points: 0 },
    ...{ points_on_orders: 0, first_entries: 0, bonuses: 0, first_xact: 800, last_xact: 900 },
  },
  rollup_remaining: {
    ...{ generation: 1, program: 'XX', expires_at: AT, source: 'ORDER', campaign: '', points: 50 },
  },
  rollup_progress: { only_row: true, generation: 1, watermark: 900, cluster: '7' },
  sandbox_clock: { only_row: true, at: AT },
};

const DECIDED = { held: 0, decided_at: AT };
const TOO_MUCH = '9007199254740992';
/** A second account, whose notice was given: its end and its window are known. */
const ENDING = { id: 'b', stage: 'ENDING', end_reason: 'Over.', ends_at: AT, redeem_until: LATER };
const ENDED = { id: 'b', stage: 'ENDED', end_reason: 'Over.', ended_at: AT, held: 0 };
const EXCLUDED = { code: 'B', kind: 'EXCLUSION', factor_percent: null };
const UNDECIDED = { decided_by: null, decided_at: null };
const WAITING = { account_id: 'b', state: 'WAITING', order_id: null, lot: null };

const WRONG: readonly (readonly [constraint: string, table: string, change: Row])[] = [
  ['terms_version_positive', 'terms', { version: 0 }],
  ['terms_pkey', 'terms', { document: { other: true } }],
  ['accounts_shard_range', 'accounts', { id: 'b', shard: 256 }],
  ['accounts_shard_range', 'accounts', { id: 'b', shard: -1 }],
  ['accounts_terms_fk', 'accounts', { id: 'b', terms_version: 2, terms_known: 2 }],
  ['accounts_terms_known', 'accounts', { id: 'b', terms_known: null }],
  ['accounts_terms_known', 'accounts', { id: 'b', terms_known: 0 }],
  [
    'accounts_terms_known',
    'accounts',
    { id: 'b', program: null, terms_version: null, enrolled_at: null, sequence: 0, held: 0 },
  ],
  ['accounts_member_whole', 'accounts', { id: 'b', enrolled_at: null }],
  ['accounts_member_whole', 'accounts', { id: 'b', program: null, sequence: 0, held: 0 }],
  ['accounts_l4_balance', 'accounts', { id: 'b', available: -1 }],
  ['accounts_l4_balance', 'accounts', { id: 'b', held: -1 }],
  ['accounts_l4_balance', 'accounts', { id: 'b', owed: -1 }],
  ['accounts_l5_owing_cannot_spend', 'accounts', { id: 'b', available: 1, owed: 1 }],
  ['accounts_l13_amounts', 'accounts', { id: 'b', turnover_minor: -1 }],
  ['accounts_l13_amounts', 'accounts', { id: 'b', available: '9007199254740942' }],
  ['accounts_l13_amounts', 'accounts', { id: 'b', owed: TOO_MUCH }],
  [
    'accounts_stub_has_nothing',
    'accounts',
    {
      ...{ id: 'b', program: null, terms_version: null, terms_known: null },
      ...{ enrolled_at: null, sequence: 0 },
    },
  ],
  ['accounts_pkey', 'accounts', {}],
  ['accounts_stage_known', 'accounts', { ...ENDING, stage: 'GONE' }],
  ['accounts_stage_dated', 'accounts', { ...ENDING, end_reason: null }],
  ['accounts_stage_dated', 'accounts', { ...ENDING, ends_at: null }],
  ['accounts_stage_dated', 'accounts', { ...ENDING, redeem_until: null }],
  ['accounts_stage_dated', 'accounts', { ...ENDING, redeem_until: '2026-03-15T09:59:59Z' }],
  ['accounts_stage_dated', 'accounts', { ...ENDING, stage: 'REDEEM_ONLY', ends_at: null }],
  ['accounts_stage_dated', 'accounts', { ...ENDING, stage: 'REDEEM_ONLY', redeem_until: null }],
  ['accounts_stage_dated', 'accounts', { ...ENDED, ended_at: null }],
  ['accounts_stage_dated', 'accounts', { ...ENDED, end_reason: null }],
  ['accounts_stage_dated', 'accounts', { id: 'b', ended_at: AT }],
  ['accounts_l16_ended_has_nothing', 'accounts', { ...ENDED, held: 1 }],
  ['accounts_l16_ended_has_nothing', 'accounts', { ...ENDED, available: 1 }],
  ['accounts_completed_counted', 'accounts', { id: 'b', completed_orders: -1 }],
  ['accounts_frozen_whole', 'accounts', { id: 'b', frozen_at: AT, frozen_by: 'dan' }],
  ['accounts_frozen_whole', 'accounts', { id: 'b', frozen_at: AT, frozen_reason: 'Why.' }],
  ['accounts_frozen_whole', 'accounts', { id: 'b', frozen_by: 'dan', frozen_reason: 'Why.' }],
  ['members_account_fk', 'members', { account_id: 'b' }],
  ['members_pkey', 'members', {}],
  ['referral_codes_pkey', 'referral_codes', { account_id: 'b' }],
  ['orders_pkey', 'orders', {}],
  ['orders_shard_range', 'orders', { id: 'o2', shard: 256 }],
  ['orders_discount_whole', 'orders', { id: 'o2', discount_percent: 10 }],
  ['orders_discount_whole', 'orders', { id: 'o2', discount_code: 'TEN' }],
  ['orders_discount_whole', 'orders', { id: 'o2', discount_percent: 0, discount_code: 'TEN' }],
  ['orders_discount_whole', 'orders', { id: 'o2', discount_percent: 101, discount_code: 'TEN' }],
  ...['customer_id', 'customer_shard', 'net_minor', 'placed_at', 'currency'].map(
    (missing) => ['orders_placed_whole', 'orders', { id: 'o2', [missing]: null }] as const,
  ),
  ['orders_cancelled_within', 'orders', { id: 'o2', cancelled_minor: -1 }],
  ['orders_cancelled_within', 'orders', { id: 'o2', cancelled_minor: 101 }],
  ['orders_l11_reversed_within', 'orders', { id: 'o2', credited_points: -1, reversed_points: -1 }],
  ['orders_l11_reversed_within', 'orders', { id: 'o2', reversed_points: -1 }],
  ['orders_l11_reversed_within', 'orders', { id: 'o2', reversed_points: 61 }],
  ['orders_lot_recorded', 'orders', { id: 'o2', lot: null }],
  ['orders_excluded_earns_nothing', 'orders', { id: 'o2', excluded_by: 'NOTHING' }],
  ['orders_judged_once', 'orders', { id: 'o2', judged_at: null }],
  ['lots_pkey', 'lots', {}],
  ['lots_account_fk', 'lots', { account_id: 'b' }],
  ['lots_origin_whole', 'lots', { number: 2, source: 'TRANSFER' }],
  ['lots_origin_whole', 'lots', { number: 2, source: 'TRANSFER', origin_account: 'bo' }],
  ['lots_origin_whole', 'lots', { number: 2, origin_account: 'bo', origin_lot: 1 }],
  ['lots_origin_whole', 'lots', { number: 2, origin_lot: 1 }],
  ['lots_source_known', 'lots', { number: 2, source: 'GIFT' }],
  ['lots_l3_points_add_up', 'lots', { number: 2, granted: 101 }],
  [
    'lots_l3_points_add_up',
    'lots',
    {
      number: 2,
      granted: 0,
      remaining: 0,
      held: 0,
      redeemed: 0,
      expired: 0,
      forfeited: 0,
      reversed: 0,
      transferred: 0,
      is_open: false,
    },
  ],
  ...['remaining', 'redeemed', 'expired', 'forfeited', 'reversed'].map(
    (state) => ['lots_l3_no_negative', 'lots', { number: 2, [state]: -10, held: 70 }] as const,
  ),
  ['lots_l3_no_negative', 'lots', { number: 2, transferred: -10, held: 60 }],
  ['lots_l3_points_add_up', 'lots', { number: 2, transferred: 1 }],
  ['lots_l3_no_negative', 'lots', { number: 2, held: -50, remaining: 110 }],
  ['lots_l3_no_negative', 'lots', { number: 2, voided: -10, held: 60, voided_at: AT }],
  ['lots_l3_points_add_up', 'lots', { number: 2, voided: 1, voided_at: AT }],
  ['lots_voided_whole', 'lots', { number: 2, voided: 10, remaining: 0 }],
  ['lots_open_flag', 'lots', { number: 2, is_open: false }],
  ['lots_open_flag', 'lots', { number: 2, remaining: 0, held: 0, redeemed: 70 }],
  ['lots_dates', 'lots', { number: 2, expires_at: AT }],
  ['entries_account_fk', 'entries', { account_id: 'b' }],
  ['entries_pkey', 'entries', { kind: 'EXPIRED' }],
  ['entries_l2_sequence', 'entries', { sequence: 0 }],
  ['entries_kind_known', 'entries', { sequence: 2, kind: 'GIVEN' }],
  ...['available_after', 'held_after', 'owed_after', 'turnover_after'].map(
    (after) => ['entries_l4_balance', 'entries', { sequence: 2, [after]: -1 }] as const,
  ),
  ['entries_l5_owing_cannot_spend', 'entries', { sequence: 2, available_after: 1, owed_after: 1 }],
  ['entries_recorded_later', 'entries', { sequence: 2, occurred_at: LATER }],
  ['allocations_pkey', 'allocations', {}],
  ['allocations_l7_own_entry', 'allocations', { ordinal: 1, sequence: 2 }],
  ['allocations_l7_own_entry', 'allocations', { ordinal: 1, account_id: 'b' }],
  ['allocations_l7_own_lot', 'allocations', { ordinal: 1, lot: 2 }],
  ['allocations_points_positive', 'allocations', { ordinal: 1, points: 0 }],
  ['allocations_states_known', 'allocations', { ordinal: 1, from_state: 'LOST' }],
  ['allocations_states_known', 'allocations', { ordinal: 1, to_state: 'ISSUED' }],
  ['allocations_states_known', 'allocations', { ordinal: 1, from_state: 'TRANSFERRED' }],
  ['allocations_states_known', 'allocations', { ordinal: 1, from_state: 'VOIDED' }],
  ['allocations_states_known', 'allocations', { ordinal: 1, from_state: 'HELD' }],
  ['entries_archive_pkey', 'entries_archive', { kind: 'REDEEMED' }],
  ['allocations_archive_pkey', 'allocations_archive', { points: 60 }],
  ['archive_runs_pkey', 'archive_runs', { reason: 'Again.' }],
  ...[{ accounts: -1 }, { entries: 0 }, { allocations: -1 }].map(
    (change) => ['archive_runs_counted', 'archive_runs', { number: 2, ...change }] as const,
  ),
  ['redemptions_pkey', 'redemptions', {}],
  ['redemptions_l7_own_entry', 'redemptions', { number: 2 }],
  ['redemptions_l6_points_add_up', 'redemptions', { points: 51 }],
  ['redemptions_l6_points_add_up', 'redemptions', { points: 0, held: 0, decided_at: AT }],
  ['redemptions_l6_points_add_up', 'redemptions', { held: 51, captured: -1 }],
  ['redemptions_l6_points_add_up', 'redemptions', { held: 51, released: -1 }],
  ['redemptions_l6_points_add_up', 'redemptions', { held: 51, restored: -1 }],
  ['redemptions_l6_state', 'redemptions', { ...DECIDED, state: 'GIVEN', released: 50 }],
  ['redemptions_l6_state', 'redemptions', { held: 0, released: 50 }],
  ['redemptions_l6_state', 'redemptions', { decided_at: AT }],
  ['redemptions_l6_state', 'redemptions', { state: 'CAPTURED', held: 0, captured: 50 }],
  ['redemptions_l6_state', 'redemptions', { ...DECIDED, state: 'RELEASED', captured: 50 }],
  ['redemptions_l6_state', 'redemptions', { ...DECIDED, state: 'LAPSED', restored: 50 }],
  ['redemptions_hold_time', 'redemptions', { held_until: null }],
  ['referrals_pkey', 'referrals', { state: 'LOST' }],
  ['referrals_account_fk', 'referrals', { account_id: 'b' }],
  ['referrals_not_oneself', 'referrals', { account_id: 'b', referrer_id: 'b' }],
  ['referrals_state_known', 'referrals', { account_id: 'b', state: 'PAID' }],
  ['referrals_l17_rewarded_whole', 'referrals', { account_id: 'b', order_id: null }],
  ['referrals_l17_rewarded_whole', 'referrals', { account_id: 'b', lot: null }],
  ['referrals_l17_rewarded_whole', 'referrals', { account_id: 'b', bonus: -1, reversed: -1 }],
  ['referrals_l17_rewarded_whole', 'referrals', { account_id: 'b', reversed: -1 }],
  ['referrals_l17_rewarded_whole', 'referrals', { account_id: 'b', reversed: 101 }],
  ['referrals_l17_rewarded_whole', 'referrals', { ...WAITING, reversed: 0 }],
  ['discount_codes_pkey', 'discount_codes', { order_id: 'o2' }],
  ['discount_codes_account_fk', 'discount_codes', { account_id: 'b' }],
  ['discount_codes_percent', 'discount_codes', { code: 'NIL', order_id: 'o2', percent: 0 }],
  ['discount_codes_percent', 'discount_codes', { code: 'ALL', order_id: 'o2', percent: 101 }],
  ['discount_codes_dates', 'discount_codes', { code: 'OLD', order_id: 'o2', expires_at: AT }],
  ['discount_codes_l18_used_whole', 'discount_codes', { code: 'HALF', order_id: null }],
  ['discount_codes_l18_used_whole', 'discount_codes', { code: 'HALF', applied_at: null }],
  [
    'discount_codes_voided_whole',
    'discount_codes',
    { code: 'BAD', order_id: 'o2', voided_for_abuse: true },
  ],
  ['discount_codes_l18_once', 'discount_codes', { code: 'TWO' }],
  ['transfers_pkey', 'transfers', { from_id: 'cy' }],
  ['transfers_reason_known', 'transfers', { id: 't2', reason: 'GIFT' }],
  ['transfers_points_positive', 'transfers', { id: 't2', points: 0 }],
  ['transfers_points_positive', 'transfers', { id: 't2', moved: 0 }],
  ['transfers_state_known', 'transfers', { id: 't2', state: 'DONE' }],
  ['transfers_state_known', 'transfers', { id: 't2', moved: null }],
  ['transfers_state_known', 'transfers', { id: 't2', decided_at: null }],
  ['transfers_state_known', 'transfers', { id: 't2', decided_by: null }],
  ['transfers_state_known', 'transfers', { id: 't2', state: 'REJECTED' }],
  ['transfers_state_known', 'transfers', { id: 't2', state: 'REQUESTED', moved: null }],
  ['program_endings_pkey', 'program_endings', { reason: 'Over again.' }],
  ['program_endings_window', 'program_endings', { program: 'YY', redeem_until: '2026-01-01Z' }],
  ['answers_pkey', 'answers', { fingerprint: 'g' }],
  ['inbox_pkey', 'inbox', { digest: 'e' }],
  ['set_aside_pkey', 'set_aside', { reason: 'UNKNOWN_PROGRAM' }],
  ['outbox_pkey', 'outbox', { type: 'redemption.released' }],
  ['outbox_account_fk', 'outbox', { account_id: 'b' }],
  ['webhook_endpoints_pkey', 'webhook_endpoints', { seen_at: LATER }],
  ['webhook_deliveries_pkey', 'webhook_deliveries', { attempts: 1 }],
  ['webhook_deliveries_message_fk', 'webhook_deliveries', { number: 2 }],
  ...[{ state: 'SENT' }, { settled_at: AT }, { state: 'DELIVERED' }, { state: 'DEAD' }].map(
    (change) =>
      [
        'webhook_deliveries_state_known',
        'webhook_deliveries',
        { endpoint: 'billing', ...change },
      ] as const,
  ),
  ['rules_revision_pkey', 'rules_revision', { revision: 1 }],
  ['rules_revision_one_row', 'rules_revision', { only_row: false }],
  ['campaigns_pkey', 'campaigns', { reason: 'Spring again.' }],
  ['campaigns_kind_known', 'campaigns', { ...EXCLUDED, kind: 'GIFT' }],
  ['campaigns_kind_whole', 'campaigns', { code: 'B', factor_percent: null }],
  ['campaigns_kind_whole', 'campaigns', { code: 'B', bonus: 10 }],
  ['campaigns_kind_whole', 'campaigns', { ...EXCLUDED, kind: 'BONUS' }],
  ['campaigns_kind_whole', 'campaigns', { ...EXCLUDED, factor_percent: 150 }],
  ['campaigns_kind_whole', 'campaigns', { ...EXCLUDED, bonus: 10 }],
  ['campaigns_amounts', 'campaigns', { code: 'B', factor_percent: 100 }],
  ['campaigns_amounts', 'campaigns', { ...EXCLUDED, kind: 'BONUS', bonus: 0 }],
  ['campaigns_amounts', 'campaigns', { code: 'B', minimum_minor: -1 }],
  ['campaigns_amounts', 'campaigns', { code: 'B', cap_per_order: 0 }],
  ['campaigns_amounts', 'campaigns', { code: 'B', cap_per_member: 0 }],
  ['campaigns_dates', 'campaigns', { code: 'B', starts_at: LATER, ends_at: AT }],
  ['campaigns_ended_whole', 'campaigns', { code: 'B', ended_at: AT }],
  ['campaigns_ended_whole', 'campaigns', { code: 'B', ended_by: 'desk:dan' }],
  ['adjustments_pkey', 'adjustments', { reason: 'Counted thrice.' }],
  ['adjustments_account_fk', 'adjustments', { account_id: 'b' }],
  ['adjustments_points_some', 'adjustments', { number: 9, points: 0 }],
  ['adjustments_state_known', 'adjustments', { number: 9, state: 'MADE', sequence: null }],
  ['adjustments_state_known', 'adjustments', { number: 9, state: 'REQUESTED', sequence: null }],
  ['adjustments_state_known', 'adjustments', { number: 9, ...UNDECIDED }],
  ['adjustments_state_known', 'adjustments', { number: 9, decided_by: null }],
  ['adjustments_state_known', 'adjustments', { number: 9, sequence: null }],
  ['adjustments_state_known', 'adjustments', { number: 9, state: 'DECLINED' }],
  ['objections_pkey', 'objections', { statement: 'Too many.' }],
  ['objections_account_fk', 'objections', { account_id: 'b' }],
  ['objections_about_known', 'objections', { number: 9, about: 'WEATHER' }],
  ['objections_state_known', 'objections', { number: 9, state: 'UPHELD', adjustment: null }],
  ['objections_state_known', 'objections', { number: 9, state: 'OPEN', adjustment: null }],
  ['objections_state_known', 'objections', { number: 9, ...UNDECIDED }],
  ['objections_state_known', 'objections', { number: 9, decided_by: null }],
  ['objections_state_known', 'objections', { number: 9, adjustment: null }],
  ['objections_state_known', 'objections', { number: 9, state: 'REJECTED' }],
  ['claims_pkey', 'claims', { reason: 'More abuse.' }],
  ['claims_account_fk', 'claims', { account_id: 'b' }],
  ['claims_of_one_thing', 'claims', { number: 9, redemption: null, points: 0 }],
  ['claims_of_one_thing', 'claims', { number: 9, discount_code: 'TEN' }],
  ['claims_of_one_thing', 'claims', { number: 9, redemption: null, discount_code: 'TEN' }],
  ['claims_of_one_thing', 'claims', { number: 9, points: 0 }],
  ['claims_amounts', 'claims', { number: 9, points: -1 }],
  ['claims_amounts', 'claims', { number: 9, amount_minor: 0 }],
  ['claims_state_known', 'claims', { number: 9, state: 'PAID' }],
  ['claims_state_known', 'claims', { number: 9, state: 'OPEN', decided_minor: null }],
  ['claims_decided_whole', 'claims', { number: 9, decided_minor: null }],
  ['claims_decided_whole', 'claims', { number: 9, decided_minor: 51 }],
  ['claims_decided_whole', 'claims', { number: 9, decided_minor: -1 }],
  ['claims_decided_whole', 'claims', { number: 9, ...UNDECIDED, state: 'OPEN' }],
  ['voidings_pkey', 'voidings', { reason: 'More abuse.' }],
  ['voidings_account_fk', 'voidings', { account_id: 'b' }],
  ['voidings_kind_known', 'voidings', { number: 9, kind: 'MEMBER' }],
  ['voidings_kind_known', 'voidings', { number: 9, referee_id: null }],
  ['voidings_kind_known', 'voidings', { number: 9, kind: 'LOTS' }],
  [
    'voidings_kind_known',
    'voidings',
    { number: 9, kind: 'DISCOUNT', referee_id: null, discount_code: null },
  ],
  ['claims_state_known', 'claims', { number: 9, ...UNDECIDED }],
  ['claims_state_known', 'claims', { number: 9, decided_by: null }],
  ['notifications_pkey', 'notifications', { kind: 'POINTS_EXPIRED' }],
  ['notifications_account_fk', 'notifications', { account_id: 'b' }],
  ['notifications_delivered_whole', 'notifications', { number: 2, channel: null }],
  ['notifications_delivered_whole', 'notifications', { number: 2, delivered_at: null }],
  ['notifications_delivered_whole', 'notifications', { number: 2, channel: 'PIGEON' }],
  ['notifications_mail_state_known', 'notifications', { number: 2, mail_state: 'LOST' }],
  ['expiry_notices_pkey', 'expiry_notices', { told_until: LATER }],
  ['interventions_pkey', 'interventions', { kind: 'UNFREEZE' }],
  ['interventions_account_fk', 'interventions', { account_id: 'b' }],
  ['interventions_numbered', 'interventions', { number: 0 }],
  ['interventions_kind_known', 'interventions', { number: 2, kind: 'PAY' }],
  ['integrity_walks_pkey', 'integrity_walks', { accounts: 5 }],
  ['integrity_walks_finished', 'integrity_walks', { number: 2, finished_at: AT, place: {} }],
  ['audit_log_pkey', 'audit_log', {}],
  ['audit_log_step_known', 'audit_log', { step: 'DONE' }],
  ['audit_log_step_known', 'audit_log', { step: 'ASKED' }],
  ['audit_log_step_known', 'audit_log', { step: 'DENIED', outcome: null }],
  ['audit_log_times_positive', 'audit_log', { step: 'DENIED', times: 0 }],
  ['audit_log_times_positive', 'audit_log', { step: 'ASKED', outcome: null, times: 2 }],
  ['rollup_moves_pkey', 'rollup_moves', { points: 60 }],
  ['rollup_moves_grain_known', 'rollup_moves', { grain: 'WEEK' }],
  ['rollup_entries_pkey', 'rollup_entries', { entries: 2 }],
  ['rollup_entries_grain_known', 'rollup_entries', { grain: 'YEAR' }],
  ['rollup_remaining_pkey', 'rollup_remaining', { points: 60 }],
  ['rollup_progress_pkey', 'rollup_progress', { watermark: 0 }],
  ['rollup_progress_one_row', 'rollup_progress', { only_row: false }],
  ['rollup_progress_something', 'rollup_progress', { generation: null }],
  ['sandbox_clock_one_row', 'sandbox_clock', { only_row: false }],
  ['sandbox_clock_pkey', 'sandbox_clock', { at: LATER }],
];

let client: Client;
let drop: () => Promise<void>;

beforeAll(async () => {
  const fresh = await freshDatabase();
  drop = fresh.drop;
  client = new Client({ connectionString: fresh.ownerUrl });
  await client.connect();
  // The migrations make their one row.
  await client.query('delete from rules_revision');
  await client.query('delete from rollup_progress');
  for (const [table, row] of Object.entries(RIGHT)) await insert(table, row);
  for (const table of ['entries', 'allocations']) {
    await client.query(`insert into ${table}_archive select * from ${table}`);
  }
});

afterAll(async () => {
  await client.end();
  await drop();
});

async function insert(table: string, row: Row): Promise<void> {
  const columns = Object.keys(row).join(', ');
  await client.query(
    `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)`,
    [JSON.stringify(row)],
  );
}

test.each(WRONG)('%s refuses a wrong row of %s: %j', async (constraint, table, change) => {
  // The rows that stand in the way of a changed primary key go first, and come back.
  await client.query('begin');
  if (constraint.startsWith('redemptions_l')) await client.query('delete from redemptions');
  const refused = await insert(table, { ...RIGHT[table.replace('_archive', '')], ...change }).catch(
    (error) => error,
  );
  await client.query('rollback');
  expect(refused).toBeInstanceOf(DatabaseError);
  expect(refused.constraint).toBe(constraint);
});

test('no redemption is without its entry: not beside one that has it, nor with another number', async () => {
  const [right, wrong] = [RIGHT.redemptions!, { ...RIGHT.redemptions, number: 2 }];
  const columns = Object.keys(right).join(', ');
  const isRefused = { constraint: 'redemptions_l7_own_entry' };
  await expect(client.query('update redemptions set number = 2')).rejects.toMatchObject(isRefused);
  await client.query('begin');
  await client.query('delete from redemptions');
  const both = client.query(
    `insert into redemptions (${columns})
     select ${columns} from jsonb_populate_recordset(null::redemptions, $1)`,
    [JSON.stringify([right, wrong])],
  );
  await expect(both).rejects.toMatchObject(isRefused);
  await client.query('rollback');
});

test('every check, foreign key and unique index of the schema is in this table', async () => {
  const { rows } = await client.query<{ name: string }>(
    `select conname as name from pg_constraint
      where connamespace = 'public'::regnamespace and contype in ('c', 'f')
      union
     select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indisunique and c.relnamespace = 'public'::regnamespace and i.indrelid <> 'migrations'::regclass`,
  );
  const tested = new Set(WRONG.map(([constraint]) => constraint));
  expect(rows.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
});

test('what cannot be a number of points cannot be stored as one', async () => {
  for (const points of ['NaN', '0.5', '9223372036854775808']) {
    await expect(insert('accounts', { ...RIGHT.accounts, id: 'b', held: points })).rejects.toThrow(
      DatabaseError,
    );
  }
});
