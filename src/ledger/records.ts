import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Account, MembershipStage } from './account';
import type { Lot, LotSource } from './lot';
import type { Order, WaitingFact } from './order';

/**
 * Rows as the driver hands them over (int8 as numbers, timestamptz as instants) and what they mean. Money is
 * bigint from here on.
 */
/** Minor units: a safe number as the driver reads it, bigint as we write it. */
type Minor = number | bigint;

export interface AccountRecord {
  shard: number;
  id: string;
  program: string | null;
  terms_version: number | null;
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

export function accountOf(row: AccountRecord): Account {
  return {
    shard: row.shard,
    id: row.id,
    program: row.program,
    termsVersion: row.terms_version,
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
    is_open: lot.remaining > 0 || lot.held > 0,
    credited_at: lot.creditedAt,
    expires_at: lot.expiresAt,
    origin_account: lot.origin?.accountId ?? null,
    origin_lot: lot.origin?.lot ?? null,
  };
}

export interface OrderRecord {
  shard: number;
  id: string;
  customer_id: string | null;
  net_minor: Minor | null;
  currency: string | null;
  tags: string[];
  placed_at: Instant | null;
  placed_number: number | null;
  cancelled_minor: Minor;
  cancelled_at: Instant | null;
  paid_at: Instant | null;
  delivered_at: Instant | null;
  waiting: WaitingFact[];
  reckoned_points: number | null;
  captured_points: number | null;
  judged_at: Instant | null;
  completed: boolean;
  start_turnover_minor: Minor | null;
  base_minor: Minor | null;
  credited_points: number;
  reversed_points: number;
  terms_version: number | null;
  lot: number | null;
  discount_percent: number | null;
  discount_code: string | null;
}

export function orderOf(row: OrderRecord): Order {
  return {
    shard: row.shard,
    id: row.id,
    placed:
      row.customer_id === null
        ? null
        : {
            customerId: row.customer_id,
            net: BigInt(row.net_minor!),
            currency: row.currency!,
            at: row.placed_at!,
            number: row.placed_number!,
          },
    discount:
      row.discount_code === null
        ? null
        : { code: row.discount_code, percent: row.discount_percent! },
    tags: row.tags,
    cancelled: BigInt(row.cancelled_minor),
    cancelledAt: row.cancelled_at,
    paidAt: row.paid_at,
    deliveredAt: row.delivered_at,
    waiting: row.waiting,
    reckonedPoints: row.reckoned_points,
    capturedPoints: row.captured_points,
    judged:
      row.judged_at === null
        ? null
        : { at: row.judged_at, completed: row.completed, earned: earnedOf(row) },
  };
}

type Earned = NonNullable<NonNullable<Order['judged']>['earned']>;

function earnedOf(row: OrderRecord): Earned | null {
  if (row.base_minor === null) return null;
  return {
    startTurnover: BigInt(row.start_turnover_minor!),
    base: BigInt(row.base_minor),
    credited: row.credited_points,
    reversed: row.reversed_points,
    termsVersion: row.terms_version!,
    lot: row.lot,
  };
}

/** An order as its row has it. */
export function orderRecord(order: Order): OrderRecord & { customer_shard: number | null } {
  const { placed, judged } = order;
  const earned = judged?.earned ?? null;
  return {
    shard: order.shard,
    id: order.id,
    customer_id: placed?.customerId ?? null,
    customer_shard: placed ? shardOf(placed.customerId) : null,
    net_minor: placed?.net ?? null,
    currency: placed?.currency ?? null,
    tags: [...order.tags],
    placed_at: placed?.at ?? null,
    placed_number: placed?.number ?? null,
    cancelled_minor: order.cancelled,
    cancelled_at: order.cancelledAt,
    paid_at: order.paidAt,
    delivered_at: order.deliveredAt,
    waiting: [...order.waiting],
    reckoned_points: order.reckonedPoints,
    captured_points: order.capturedPoints,
    judged_at: judged?.at ?? null,
    completed: judged?.completed ?? false,
    start_turnover_minor: earned?.startTurnover ?? null,
    base_minor: earned?.base ?? null,
    credited_points: earned?.credited ?? 0,
    reversed_points: earned?.reversed ?? 0,
    terms_version: earned?.termsVersion ?? null,
    lot: earned?.lot ?? null,
    discount_percent: order.discount?.percent ?? null,
    discount_code: order.discount?.code ?? null,
  };
}
