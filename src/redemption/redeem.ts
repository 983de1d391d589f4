import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { POINTS_MAX, type Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { isMember, mayRedeem } from '../ledger/account';
import type { Book, RedemptionWithSlices } from '../ledger/book';
import type { Command, Situation } from '../ledger/command';
import { cost, isOpen, type Order } from '../ledger/order';
import { paidOn, placeRedemption } from '../ledger/redeem-points';
import { HOLD_MAX_MS, HOLD_MIN_MS, type Redemption } from '../ledger/redemption';
import { pointsFor } from '../programs/pricing';

/** What a redemption command answers; kept for a repetition with the same key. */
export interface RedemptionAnswer {
  readonly customerId: string;
  readonly redemption: Redemption;
  /** The account after it. */
  readonly sequence: number;
  readonly available: Points;
  readonly held: Points;
  readonly owed: Points;
}

export interface RedeemInput {
  readonly customerId: string;
  readonly orderId: string;
  /** Null: as many as possible (R6.4). */
  readonly points: Points | null;
  /** Null: at once. Else how long the points are held, in milliseconds (R6.7). */
  readonly holdMs: number | null;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * Pays (part of) an open order with X-Points, at once or as a hold.
 * Refused, in this order (R7.4): INVALID_POINTS, INVALID_HOLD_TIME, NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE,
 * ORDER_NOT_FOUND, ORDER_NOT_OPEN, CURRENCY_MISMATCH, EXCEEDS_ORDER_VALUE, INSUFFICIENT_X_POINTS.
 */
export function redeem(input: RedeemInput): Command<RedemptionAnswer> {
  const { customerId, orderId, points, holdMs, idempotencyKey, actor } = input;
  return {
    operation: 'redeemXPoints',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ orderId, points, holdMs }),
    },
    input: { orderId, points, holdMs },
    orderId,
    customers: [customerId],
    decide: (situation) => ({ answer: decideRedeem(input, situation) }),
  };
}

function decideRedeem(input: RedeemInput, situation: Situation): RedemptionAnswer | Refusal {
  const { customerId, points, holdMs } = input;
  if (points !== null && (points < 1 || !Number.isSafeInteger(points))) {
    return refuse('INVALID_POINTS', { limit: POINTS_MAX });
  }
  if (holdMs !== null && (holdMs < HOLD_MIN_MS || holdMs > HOLD_MAX_MS)) {
    return refuse('INVALID_HOLD_TIME');
  }
  const book = situation.book(customerId);
  if (!book || !isMember(book.account, situation.now)) return refuse('NOT_A_MEMBER');
  if (!mayRedeem(book.account)) return refuse('MEMBERSHIP_NOT_ACTIVE');
  const { order } = situation;
  if (order?.placed?.customerId !== customerId) return refuse('ORDER_NOT_FOUND');
  if (!isOpen(order)) return refuse('ORDER_NOT_OPEN');
  if (order.placed.currency !== book.terms.currency) return refuse('CURRENCY_MISMATCH');
  const limit = payable(book, order);
  const { available } = book.account;
  if (limit < (points ?? 1)) return refuse('EXCEEDS_ORDER_VALUE', { limit });
  if (available < (points ?? 1)) return refuse('INSUFFICIENT_X_POINTS', { available });
  const heldUntil: Instant | null = holdMs === null ? null : situation.now + holdMs;
  const redemption = placeRedemption(book, {
    orderId: order.id,
    points: points ?? Math.min(limit, available),
    heldUntil,
  });
  return answerOf(book, redemption);
}

/** How many more points could pay for an order: what it costs, less what points pay already (R6.4). */
export function payable(book: Book, order: Order): Points {
  return pointsFor(book.terms, cost(order) - paidOn(book, order.id));
}

/** The answer of a redemption command: the redemption and the account as they stand after it. */
export function answerOf(book: Book, redemption: RedemptionWithSlices): RedemptionAnswer {
  const { slices: _, ...plain } = redemption;
  const { id, sequence, available, held, owed } = book.account;
  return { customerId: id, redemption: plain, sequence, available, held, owed };
}
