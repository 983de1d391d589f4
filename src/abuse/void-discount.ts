import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { isMember } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Command, Outcome, Situation } from '../ledger/command';
import { type DiscountCode, discountOn } from '../ledger/discount';
import { isOpen, netLeft, type Order } from '../ledger/order';
import { openClaim } from './claim';
import type { VoidAnswer } from './void-lots';
import { MovedMeanwhileError, type VoidedBy } from './void-points';

/** What voiding a code came to. */
export interface VoidedCode {
  /** The order it was taken off, which costs more from now on. */
  readonly orders: readonly Order[];
  /** Number of the claim it opened against the code's owner; null where none was due. */
  readonly claim: number | null;
}

/**
 * Voids a discount code for abuse, for good (R8.1). Unused it can be used no more. On an order that is not fully paid it is
 * taken off, and the order costs more; on one that was paid its value becomes a claim, and the order stays as it was paid.
 * Throws MovedMeanwhileError where it is on another order than the one that was read and locked.
 */
export function voidCode(
  situation: Situation,
  owner: Book,
  discount: DiscountCode,
  by: VoidedBy,
): VoidedCode {
  const { order, now } = situation;
  const { code, percent, orderId } = discount;
  const voided = { ...discount, voidedAt: now, isVoidedForAbuse: true };
  if (orderId === null) {
    situation.keepDiscount(voided);
    owner.tell('discount.voided', { code, orderId: null });
    return { orders: [], claim: null };
  }
  if (order?.id !== orderId) throw new MovedMeanwhileError(`Discount code ${code}`);
  if (isOpen(order)) {
    situation.keepDiscount({ ...voided, orderId: null, appliedAt: null });
    owner.tell('discount.voided', { code, orderId });
    return { orders: [{ ...order, discount: null }], claim: null };
  }
  situation.keepDiscount(voided);
  owner.tell('discount.voided', { code, orderId: null });
  const minor = discountOn(netLeft(order), percent);
  if (minor === 0n) return { orders: [], claim: null };
  const claimed = {
    ...{ redeemerId: owner.account.id, redemption: null, lots: [], points: 0 },
    ...{ orderId, discountCode: code, minor },
  };
  return { orders: [], claim: openClaim(situation, owner, claimed, by) };
}

export interface VoidDiscountInput {
  readonly customerId: string;
  readonly code: string;
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
  /** The order the code is applied to, as it was read before; null where it is on none. */
  readonly orderId: string | null;
}

/**
 * Voids a member's discount code for abuse (R8.1), in every state of the membership. Refused, in this order: NOT_A_MEMBER,
 * DISCOUNT_NOT_FOUND, ALREADY_VOIDED (for abuse: one that went with a rejected referral can still be voided for good).
 */
export function voidDiscount(input: VoidDiscountInput): Command<VoidAnswer> {
  const { customerId, code, reason, idempotencyKey, actor, orderId } = input;
  return {
    operation: 'voidDiscount',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ code, reason }),
    },
    input: { code },
    customers: [customerId],
    ...(orderId === null ? {} : { orderId, changesOrder: true }),
    discounts: true,
    decide: (situation) => decide(situation, input),
  };
}

function decide(situation: Situation, input: VoidDiscountInput): Outcome<VoidAnswer> {
  const { customerId, code, reason, actor } = input;
  const refused = (refusal: Refusal) => ({ answer: refusal });
  const book = situation.book(customerId);
  if (!book || !isMember(book.account, situation.now)) return refused(refuse('NOT_A_MEMBER'));
  const discount = situation.discounts(customerId).find((own) => own.code === code);
  if (!discount) return refused(refuse('DISCOUNT_NOT_FOUND'));
  if (discount.isVoidedForAbuse) return refused(refuse('ALREADY_VOIDED'));
  const number = book.nextCase();
  const { orders, claim } = voidCode(situation, book, discount, { reason, actor });
  situation.keepVoiding({
    ...{ accountId: customerId, number, kind: 'DISCOUNT', refereeId: null, discountCode: code },
    ...{ lots: [], reason, voidedBy: actor, voidedAt: situation.now },
  });
  const claims = claim === null ? [] : [claim];
  const answer = { accountId: customerId, voiding: number, claims, discountClaim: null };
  return { answer, orders };
}
