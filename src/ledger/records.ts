import { shardOf } from '../kernel/ids';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Account, MembershipStage, TermsAhead } from './account';
import type { Lot, LotSource } from './lot';

/**
 * Rows as the driver hands them over (int8 as numbers, timestamptz as instants) and what they mean. Money is
 * bigint from here on.
 */
/** Minor units: a safe number as the driver reads it, bigint as we write it. */
export type Minor = number | bigint;

export interface AccountRecord {
  shard: number;
  id: string;
  program: string | null;
  terms_version: number | null;
  terms_ahead: readonly TermsAhead[];
  terms_known: number | null;
  campaign_points: Readonly<Record<string, Points>>;
  last_notification: number;
  last_case: number;
  expiry_told_until: Instant | null;
  enrolled_at: Instant | null;
  stage: MembershipStage;
  notice_at: Instant | null;
  ends_at: Instant | null;
  redeem_until: Instant | null;
  ended_at: Instant | null;
  end_reason: string | null;
  suspended_at: Instant | null;
  suspended_reason: string | null;
  referral_code: string | null;
  available: number;
  held: number;
  owed: number;
  turnover_minor: Minor;
  lifetime_earned: number;
  lifetime_redeemed: number;
  lifetime_expired: number;
  sequence: number;
  last_lot: number;
  last_message: number;
  orders_placed: number;
  completed_orders: number;
  next_due_at: Instant | null;
  last_entry_at: Instant | null;
  frozen_at: Instant | null;
}

/** An account as its row has it. */
export function accountRecord(account: Account): AccountRecord {
  return {
    shard: account.shard,
    id: account.id,
    program: account.program,
    terms_version: account.termsVersion,
    terms_ahead: account.termsAhead,
    terms_known: account.termsKnown,
    campaign_points: account.campaignPoints,
    last_notification: account.lastNotification,
    last_case: account.lastCase,
    expiry_told_until: account.expiryToldUntil,
    enrolled_at: account.enrolledAt,
    stage: account.stage,
    notice_at: account.noticeAt,
    ends_at: account.endsAt,
    redeem_until: account.redeemUntil,
    ended_at: account.endedAt,
    end_reason: account.endReason,
    suspended_at: account.suspendedAt,
    suspended_reason: account.suspendedReason,
    referral_code: account.referralCode,
    available: account.available,
    held: account.held,
    owed: account.owed,
    turnover_minor: account.turnover,
    lifetime_earned: account.lifetimeEarned,
    lifetime_redeemed: account.lifetimeRedeemed,
    lifetime_expired: account.lifetimeExpired,
    sequence: account.sequence,
    last_lot: account.lastLot,
    last_message: account.lastMessage,
    orders_placed: account.ordersPlaced,
    completed_orders: account.completedOrders,
    next_due_at: account.nextDueAt,
    last_entry_at: account.lastEntryAt,
    frozen_at: account.frozenAt,
  };
}

/** What entries change of an account, by the names of its columns. */
const MOVED = {
  available: 'available',
  held: 'held',
  owed: 'owed',
  turnover: 'turnover_minor',
  lifetimeEarned: 'lifetime_earned',
  lifetimeRedeemed: 'lifetime_redeemed',
  lifetimeExpired: 'lifetime_expired',
  sequence: 'sequence',
  lastLot: 'last_lot',
  lastMessage: 'last_message',
  ordersPlaced: 'orders_placed',
  completedOrders: 'completed_orders',
  nextDueAt: 'next_due_at',
  lastEntryAt: 'last_entry_at',
} as const satisfies Partial<Record<keyof Account, keyof AccountRecord>>;
const MOVED_FIELDS = Object.entries(MOVED) as [keyof typeof MOVED, string][];

/** Whether all else of an account is what it was. */
export function keepsOthers(account: Account, before: Account | undefined): boolean {
  return (
    before !== undefined &&
    (Object.keys(account) as (keyof Account)[]).every(
      (field) => field in MOVED || account[field] === before[field],
    )
  );
}

/** Of an account's row what entries change. */
export function movedRecord(account: Account): Readonly<Record<string, unknown>> {
  const row: Record<string, unknown> = { shard: account.shard, id: account.id };
  for (const [field, column] of MOVED_FIELDS) row[column] = account[field];
  return row;
}

export function accountOf(row: AccountRecord): Account {
  return {
    shard: row.shard,
    id: row.id,
    program: row.program,
    termsVersion: row.terms_version,
    termsAhead: row.terms_ahead,
    termsKnown: row.terms_known,
    campaignPoints: row.campaign_points,
    lastNotification: row.last_notification,
    lastCase: row.last_case,
    expiryToldUntil: row.expiry_told_until,
    enrolledAt: row.enrolled_at,
    stage: row.stage,
    noticeAt: row.notice_at,
    endsAt: row.ends_at,
    redeemUntil: row.redeem_until,
    endedAt: row.ended_at,
    endReason: row.end_reason,
    suspendedAt: row.suspended_at,
    suspendedReason: row.suspended_reason,
    referralCode: row.referral_code,
    available: row.available,
    held: row.held,
    owed: row.owed,
    turnover: BigInt(row.turnover_minor),
    lifetimeEarned: row.lifetime_earned,
    lifetimeRedeemed: row.lifetime_redeemed,
    lifetimeExpired: row.lifetime_expired,
    sequence: row.sequence,
    lastLot: row.last_lot,
    lastMessage: row.last_message,
    ordersPlaced: row.orders_placed,
    completedOrders: row.completed_orders,
    nextDueAt: row.next_due_at,
    lastEntryAt: row.last_entry_at,
    frozenAt: row.frozen_at,
  };
}

export interface LotRecord {
  account_id: string;
  number: number;
  source: LotSource;
  source_ref: string;
  terms_version: number;
  granted: number;
  remaining: number;
  held: number;
  redeemed: number;
  transferred: number;
  expired: number;
  forfeited: number;
  reversed: number;
  voided: number;
  voided_at: Instant | null;
  credited_at: Instant;
  expires_at: Instant;
  origin_account: string | null;
  origin_lot: number | null;
}

export function lotOf(row: LotRecord): Lot {
  return {
    number: row.number,
    source: row.source,
    sourceRef: row.source_ref,
    termsVersion: row.terms_version,
    granted: row.granted,
    remaining: row.remaining,
    held: row.held,
    redeemed: row.redeemed,
    transferred: row.transferred,
    expired: row.expired,
    forfeited: row.forfeited,
    reversed: row.reversed,
    voided: row.voided,
    voidedAt: row.voided_at,
    creditedAt: row.credited_at,
    expiresAt: row.expires_at,
    origin:
      row.origin_account === null ? null : { accountId: row.origin_account, lot: row.origin_lot! },
  };
}

/** A lot as its row has it. */
export function lotRecord(
  accountId: string,
  lot: Lot,
): LotRecord & { shard: number; is_open: boolean } {
  return {
    shard: shardOf(accountId),
    account_id: accountId,
    number: lot.number,
    source: lot.source,
    source_ref: lot.sourceRef,
    terms_version: lot.termsVersion,
    granted: lot.granted,
    remaining: lot.remaining,
    held: lot.held,
    redeemed: lot.redeemed,
    transferred: lot.transferred,
    expired: lot.expired,
    forfeited: lot.forfeited,
    reversed: lot.reversed,
    voided: lot.voided,
    voided_at: lot.voidedAt,
    is_open: lot.remaining > 0 || lot.held > 0,
    credited_at: lot.creditedAt,
    expires_at: lot.expiresAt,
    origin_account: lot.origin?.accountId ?? null,
    origin_lot: lot.origin?.lot ?? null,
  };
}
