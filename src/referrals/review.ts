import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { mayEarn } from '../ledger/account';
import type { Command, Situation } from '../ledger/command';
import type { Referral } from '../ledger/referral';
import { issueDiscount } from './refer';
import { creditBonus, keep, reverseBonus } from './reward';

export interface ReviewInput {
  readonly refereeId: string;
  /** The referrer, read from the referral before. */
  readonly referrerId: string;
  readonly accept: boolean;
  readonly note: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

export interface ReviewAnswer {
  readonly referral: Referral;
}

/**
 * The desk looks at a referral (R5.5) and decides; it may decide again, the other way. Rejected: a bonus is taken back, an
 * unused discount code voided. Accepted after a rejection: it waits again, or is rewarded at once where an order was
 * completed meanwhile, and the code is valid again (issued, where none had been). Accepted as it stands: on record.
 * Refused, in this order: REFERRAL_NOT_FOUND, REFERRAL_NOT_REVIEWABLE (lost, voided, or rejected already).
 */
export function reviewReferral(input: ReviewInput): Command<ReviewAnswer> {
  const { refereeId, referrerId, accept, note, idempotencyKey, actor } = input;
  return {
    operation: 'reviewReferral',
    actor,
    seen: {
      in: 'answers',
      account: refereeId,
      key: idempotencyKey,
      fingerprint: fingerprint({ accept, note }),
    },
    input: { accept },
    customers: [refereeId, referrerId],
    discounts: true,
    decide: (situation) => {
      const result = decide(input, situation);
      return { answer: 'refused' in result ? result : { referral: result } };
    },
  };
}

function decide(input: ReviewInput, situation: Situation): Referral | Refusal {
  const { refereeId, referrerId, accept, note, actor: by } = input;
  const referral = situation.referral(refereeId);
  if (referral?.referrerId !== referrerId) return refuse('REFERRAL_NOT_FOUND');
  if (referral.state === 'LOST' || referral.state === 'VOIDED')
    return refuse('REFERRAL_NOT_REVIEWABLE');
  const reviewed = { ...referral, review: { at: situation.now, by, note } };
  if (accept) {
    if (referral.state === 'REJECTED') acceptAgain(situation, reviewed);
    else situation.keepReferral(reviewed);
  } else {
    if (referral.state === 'REJECTED') return refuse('REFERRAL_NOT_REVIEWABLE');
    reject(situation, reviewed);
  }
  return situation.referral(refereeId) ?? reviewed;
}

function reject(situation: Situation, referral: Referral): void {
  reverseBonus(situation, referral);
  const rejected = { ...referral, state: 'REJECTED' as const, decidedAt: situation.now };
  const referrer = situation.book(referral.referrerId);
  keep(situation, { ...rejected, lot: null, bonus: 0, reversed: 0, termsVersion: null }, referrer);
  for (const discount of situation.discounts(referral.refereeId)) {
    if (discount.orderId !== null || discount.voidedAt !== null) continue;
    situation.keepDiscount({ ...discount, voidedAt: situation.now });
    situation.book(referral.refereeId)?.tell('discount.voided', { code: discount.code });
  }
}

function acceptAgain(situation: Situation, referral: Referral): void {
  const { refereeId, referrerId, orderId } = referral;
  const waiting = { ...referral, state: 'WAITING' as const, orderId: null, decidedAt: null };
  if (orderId === null) keep(situation, waiting, situation.book(referrerId));
  else creditBonus(situation, waiting, orderId);
  const own = situation.book(refereeId);
  if (!own) return;
  const discounts = situation.discounts(refereeId);
  for (const discount of discounts) {
    if (discount.voidedAt === null || discount.isVoidedForAbuse) continue;
    situation.keepDiscount({ ...discount, voidedAt: null });
    own.tell('discount.issued', { code: discount.code, percent: discount.percent });
  }
  if (discounts.length === 0 && own.account.completedOrders === 0 && mayEarn(own.account)) {
    issueDiscount(situation, own);
  }
}
