import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { isMember } from '../ledger/account';
import type { Command, LotOf, Situation } from '../ledger/command';
import { voidPoints } from './void-points';

/** Which voiding it was, and what it led to: the numbers of both on the account. */
export interface VoidAnswer {
  readonly accountId: string;
  readonly voiding: number;
  /** Claims against `accountId`. */
  readonly claims: readonly number[];
  /** A claim against the referred customer, for a discount that came with a referral. */
  readonly discountClaim: { readonly accountId: string; readonly number: number } | null;
}

export interface VoidLotsInput {
  readonly customerId: string;
  /** Numbers of the customer's lots. */
  readonly lots: readonly number[];
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly actor: string;
  /** Every lot that points of these became by transfers, as it was read before; the customer's own besides. */
  readonly followed: readonly LotOf[];
}

/**
 * Voids lots of a member for abuse, in every state of the membership (R8.1): all of those named, or none. A referral
 * whose bonus it takes stands as it did; voidReferral ends that too. Refused, in this order: NOT_A_MEMBER,
 * LOT_NOT_FOUND, ALREADY_VOIDED. Throws MovedMeanwhileError where `followed` is not all of it any more.
 */
export function voidXPointsLots(input: VoidLotsInput): Command<VoidAnswer> {
  const { customerId, reason, actor, idempotencyKey } = input;
  const lots = [...new Set(input.lots)].sort((a, b) => a - b);
  const roots = lots.map((lot) => ({ accountId: customerId, lot }));
  const customers = [...new Set([customerId, ...input.followed.map((it) => it.accountId)])];
  return {
    operation: 'voidXPointsLots',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ lots, reason }),
    },
    input: { lots },
    customers,
    lots: [...roots, ...input.followed],
    decide: (situation) => ({ answer: decide(situation, input, roots, customers) }),
  };
}

function decide(
  situation: Situation,
  { customerId, reason, actor }: VoidLotsInput,
  roots: readonly LotOf[],
  among: readonly string[],
): VoidAnswer | Refusal {
  const against = situation.book(customerId);
  if (!against || !isMember(against.account, situation.now)) return refuse('NOT_A_MEMBER');
  const lots = roots.map(({ lot }) => against.lots.get(lot));
  if (lots.includes(undefined)) return refuse('LOT_NOT_FOUND');
  if (lots.some((lot) => lot?.voidedAt != null)) return refuse('ALREADY_VOIDED');
  const number = against.nextCase();
  const by = { reason, actor };
  const voided = voidPoints(situation, roots, { against, among, by });
  situation.keepVoiding({
    ...{ accountId: customerId, number, kind: 'LOTS', refereeId: null, discountCode: null },
    ...{ lots: voided.lots, reason, voidedBy: actor, voidedAt: situation.now },
  });
  return { accountId: customerId, voiding: number, claims: voided.claims, discountClaim: null };
}
