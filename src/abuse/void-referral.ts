import { refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import type { Command, LotOf, Outcome, Situation } from '../ledger/command';
import type { Order } from '../ledger/order';
import type { Referral } from '../ledger/referral';
import { keep } from '../referrals/reward';
import { voidCode } from './void-discount';
import type { VoidAnswer } from './void-lots';
import { MovedMeanwhileError, type VoidedPoints, voidPoints } from './void-points';

export interface VoidReferralInput {
  readonly refereeId: string;
  /** The referrer, read from the referral before. */
  readonly referrerId: string;
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
  /** The bonus lot and every lot its points became by transfers, as read before; none where there was no bonus. */
  readonly followed: readonly LotOf[];
  /** The order the referred customer's discount code is applied to, as read before; null where it is on none. */
  readonly orderId: string | null;
}

/**
 * Voids a referral for abuse, for good: it never qualifies (R8.1). Its bonus is voided as any lot, and claims for what was
 * redeemed of it are the referrer's; the discount code that came with it is voided too, and a claim for that is the referred
 * customer's, whose discount it was. Refused, in this order: REFERRAL_NOT_FOUND, ALREADY_VOIDED.
 */
export function voidReferral(input: VoidReferralInput): Command<VoidAnswer> {
  const { refereeId, referrerId, reason, idempotencyKey, actor, followed, orderId } = input;
  const receivers = followed.map(({ accountId }) => accountId);
  const customers = [...new Set([refereeId, referrerId, ...receivers])];
  return {
    operation: 'voidReferral',
    actor,
    seen: {
      in: 'answers',
      account: refereeId,
      key: idempotencyKey,
      fingerprint: fingerprint({ reason }),
    },
    input: { refereeId },
    customers,
    lots: followed,
    ...(orderId === null ? {} : { orderId, changesOrder: true }),
    discounts: true,
    decide: (situation) => decide(situation, input, customers),
  };
}

function decide(
  situation: Situation,
  input: VoidReferralInput,
  among: readonly string[],
): Outcome<VoidAnswer> {
  const { refereeId, referrerId, reason, actor } = input;
  const referral = situation.referral(refereeId);
  if (referral?.referrerId !== referrerId) return { answer: refuse('REFERRAL_NOT_FOUND') };
  if (referral.state === 'VOIDED') return { answer: refuse('ALREADY_VOIDED') };
  const against = situation.book(referrerId);
  if (!against) throw new MovedMeanwhileError(`The referral of ${refereeId}`);
  const number = against.nextCase();
  const by = { reason, actor };
  const roots = referral.lot === null ? [] : [{ accountId: referrerId, lot: referral.lot }];
  const points: VoidedPoints = voidPoints(situation, roots, { against, among, by });
  const discount = voidCodes(situation, refereeId, by);
  keep(situation, voided(referral, situation, by), against);
  situation.keepVoiding({
    ...{ accountId: referrerId, number, kind: 'REFERRAL', refereeId, discountCode: discount.code },
    ...{ lots: points.lots, reason, voidedBy: actor, voidedAt: situation.now },
  });
  const answer: VoidAnswer = {
    ...{ accountId: referrerId, voiding: number, claims: points.claims },
    discountClaim:
      discount.claim === null ? null : { accountId: refereeId, number: discount.claim },
  };
  return { answer, orders: discount.orders };
}

/** What stands of it: its bonus counts for nothing any more. */
function voided(
  referral: Referral,
  situation: Situation,
  { reason: note, actor }: { readonly reason: string; readonly actor: string },
): Referral {
  return {
    ...referral,
    state: 'VOIDED',
    reversed: referral.bonus,
    decidedAt: situation.now,
    review: { at: situation.now, by: actor, note },
  };
}

/** Voids the code that came with the referral: a customer has one at most (R5.2). */
function voidCodes(
  situation: Situation,
  refereeId: string,
  by: { readonly reason: string; readonly actor: string },
): { code: string | null; claim: number | null; orders: readonly Order[] } {
  const owner = situation.book(refereeId);
  const discount = situation.discounts(refereeId).find(({ isVoidedForAbuse }) => !isVoidedForAbuse);
  if (!owner || !discount) return { code: null, claim: null, orders: [] };
  return { code: discount.code, ...voidCode(situation, owner, discount, by) };
}
