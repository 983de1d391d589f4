import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { formatDecimal } from '../kernel/money';
import { isMember, mayEarn } from '../ledger/account';
import type { Command, Situation } from '../ledger/command';
import { discountOn } from '../ledger/discount';
import { cost, isOpen, netLeft, type Order } from '../ledger/order';
import { paidOn } from '../ledger/redeem-points';
import { pointsFor } from '../programs/pricing';

export interface DiscountInput {
  readonly customerId: string;
  readonly orderId: string;
  readonly code: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

export interface DiscountAnswer {
  readonly customerId: string;
  readonly orderId: string;
  readonly code: string;
  readonly percent: number;
  /** What it takes off the order's net value now, in minor units, as text. */
  readonly discount: string;
  readonly currency: string;
}

/**
 * Applies a discount code to an open first order (R5.2).
 * Refused, in this order (R7.4): NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE, ORDER_NOT_FOUND, ORDER_NOT_OPEN, CURRENCY_MISMATCH,
 * DISCOUNT_NOT_FOUND, DISCOUNT_ALREADY_USED, DISCOUNT_EXPIRED, NOT_FIRST_ORDER, EXCEEDS_ORDER_VALUE.
 */
export function applyDiscountCode(input: DiscountInput): Command<DiscountAnswer> {
  const { customerId, orderId, code, idempotencyKey, actor } = input;
  return {
    operation: 'applyDiscountCode',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ orderId, code }),
    },
    input: { orderId, code },
    customers: [customerId],
    orderId,
    changesOrder: true,
    discounts: true,
    decide: (situation) => decideDiscount(input, situation),
  };
}

function decideDiscount(
  input: DiscountInput,
  situation: Situation,
): { answer: DiscountAnswer | Refusal; orders?: Order[] } {
  const { customerId, orderId, code } = input;
  const book = situation.book(customerId);
  if (!book || !isMember(book.account, situation.now)) return { answer: refuse('NOT_A_MEMBER') };
  if (!mayEarn(book.account)) return { answer: refuse('MEMBERSHIP_NOT_ACTIVE') };
  const { order } = situation;
  if (order?.placed?.customerId !== customerId) return { answer: refuse('ORDER_NOT_FOUND') };
  if (!isOpen(order)) return { answer: refuse('ORDER_NOT_OPEN') };
  const { currency } = order.placed;
  if (currency !== book.terms.currency) return { answer: refuse('CURRENCY_MISMATCH') };
  const discount = situation.discounts(customerId).find((own) => own.code === code);
  if (!discount || discount.voidedAt !== null) return { answer: refuse('DISCOUNT_NOT_FOUND') };
  if (discount.orderId !== null) return { answer: refuse('DISCOUNT_ALREADY_USED') };
  if (discount.expiresAt <= situation.now) return { answer: refuse('DISCOUNT_EXPIRED') };
  if (book.account.completedOrders > 0 || order.discount)
    return { answer: refuse('NOT_FIRST_ORDER') };
  const { percent } = discount;
  const discounted = { ...order, discount: { code, percent } };
  const payable = cost(discounted);
  if (paidOn(book, orderId) > payable) {
    return { answer: refuse('EXCEEDS_ORDER_VALUE', { limit: pointsFor(book.terms, payable) }) };
  }
  situation.keepDiscount({ ...discount, orderId, appliedAt: situation.now });
  const amount = discountOn(netLeft(order), percent);
  book.tell('discount.applied', {
    orderId,
    code,
    percent,
    discount: formatDecimal(amount, currency),
  });
  const answer = { customerId, orderId, code, percent, discount: amount.toString(), currency };
  return { answer, orders: [discounted] };
}
