import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import type { Command, Situation } from '../ledger/command';
import type { Claim } from '../ledger/desk';
import { outstanding, stillRedeemed, tellClaim } from './claim';

export interface ClaimAnswer {
  readonly accountId: string;
  readonly number: number;
}

export interface DecideClaimInput {
  /** As it was read before; only what never changes of it is looked at. */
  readonly claim: Claim;
  readonly note: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/** Records that a claim was paid, by what was left of it then (R8.1). Refused, in this order: CLAIM_NOT_FOUND, CLAIM_NOT_OPEN. */
export function settleClaim(input: DecideClaimInput): Command<ClaimAnswer> {
  return command('settleClaim', 'SETTLED', input);
}

/** Gives a claim up, also one of which nothing is left (R8.1). Refused as settleClaim. */
export function waiveClaim(input: DecideClaimInput): Command<ClaimAnswer> {
  return command('waiveClaim', 'WAIVED', input);
}

function command(
  operation: string,
  state: 'SETTLED' | 'WAIVED',
  input: DecideClaimInput,
): Command<ClaimAnswer> {
  const { claim, note, idempotencyKey, actor } = input;
  const { accountId, number, redeemerId, orderId, discountCode } = claim;
  return {
    operation,
    actor,
    seen: {
      in: 'answers',
      account: accountId,
      key: idempotencyKey,
      fingerprint: fingerprint({ number, note }),
    },
    input: { number },
    customers: [...new Set([accountId, redeemerId])],
    cases: true,
    lots: claim.lots.map(({ lot }) => ({ accountId: redeemerId, lot })),
    ...(discountCode === null ? {} : { orderId }),
    decide: (situation) => ({ answer: decide(situation, input, state) }),
  };
}

function decide(
  situation: Situation,
  input: DecideClaimInput,
  state: 'SETTLED' | 'WAIVED',
): ClaimAnswer | Refusal {
  const { accountId, number } = input.claim;
  const claim = situation.claims(accountId).find((own) => own.number === number);
  const book = situation.book(accountId);
  if (!claim || !book) return refuse('CLAIM_NOT_FOUND');
  if (claim.state !== 'OPEN') return refuse('CLAIM_NOT_OPEN');
  const redeemer = situation.book(claim.redeemerId);
  const decidedMinor = outstanding(claim, {
    redeemed: (lot) => stillRedeemed(redeemer, claim.redemption, lot),
    order: situation.order,
  });
  const decision = { at: situation.now, by: input.actor, note: input.note };
  situation.keepClaim({ ...claim, state, decision, decidedMinor });
  tellClaim(book, state === 'SETTLED' ? 'claim.settled' : 'claim.waived', claim, decidedMinor);
  return { accountId, number };
}
