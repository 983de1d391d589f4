import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { allows, authorize } from '../auth/permissions';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { toPlainRefusal } from '../federation/refusal.graphql';
import { type Refusal, RequestError } from '../kernel/errors';
import { Cursors, pageSize } from '../kernel/pagination';
import type { Voiding } from '../ledger/desk';
import { parseLotId } from '../ledger/lot.graphql';
import type { RequestContext } from '../server/context';
import { toCompensationClaim } from './claim.graphql';
import {
  readAndVoidDiscount,
  readAndVoidLots,
  readAndVoidReferral,
  type VoidRequest,
} from './read-and-void';
import type { VoidAnswer } from './void-lots';
import {
  type RewardsVoiding,
  RewardsVoidingConnection,
  toRewardsVoiding,
  VoidDiscountInput,
  VoidForAbuseResult,
  VoidReferralInput,
  VoidXPointsLotsInput,
} from './voiding.graphql';

const PAGE = 20;
const LOTS_MAX = 100;
const REASON_MAX = 500;
const CODE_MAX = 64;
/** No lot has this number. */
const NO_LOT = 0;
const VOIDINGS = new Cursors<readonly [number: number]>('voidings', ['int4']);

@Resolver()
export class VoidingCommands {
  @For('desk')
  @Cost(20)
  @Mutation(() => VoidForAbuseResult, {
    description:
      'Void lots of a member for abuse (R8.1): what is unspent disappears, also where it was transferred to; holds that draw on it are released first; what was redeemed, by the member or a colleague, becomes a compensation claim against the member. Whatever comes back to such a lot later is gone at once. Turnover and tier stay; so does a referral whose bonus it was: that is voided by `voidReferral`. For the desk. Refused, in this order: NOT_A_MEMBER, LOT_NOT_FOUND, ALREADY_VOIDED (one of them).',
  })
  async voidXPointsLots(
    @Arg('input', () => VoidXPointsLotsInput, { description: 'Whose lots, which and why.' })
    input: VoidXPointsLotsInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof VoidForAbuseResult> {
    const request = requestOf(context, input);
    const customerId = idInput('customerId', input.customerId);
    const lots = lotsInput(customerId, input.lots);
    return answered(context, await readAndVoidLots(context.app, customerId, lots, request));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => VoidForAbuseResult, {
    description:
      'Void a referral for abuse, for good (R8.1): it never qualifies, its bonus is voided as `voidXPointsLots` does, claims for it are the referrer’s; the discount code that came with it is voided as `voidDiscount` does. For the desk. Refused, in this order: REFERRAL_NOT_FOUND, ALREADY_VOIDED.',
  })
  async voidReferral(
    @Arg('input', () => VoidReferralInput, { description: 'Whose referral, and why.' })
    input: VoidReferralInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof VoidForAbuseResult> {
    const request = requestOf(context, input);
    const refereeId = idInput('refereeId', input.refereeId);
    return answered(context, await readAndVoidReferral(context.app, refereeId, request));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => VoidForAbuseResult, {
    description:
      'Void a discount code for abuse, for good (R8.1). An order that has it and is not fully paid costs more from now on; where it is paid, what the discount took off becomes a compensation claim. For the desk. Refused, in this order: NOT_A_MEMBER, DISCOUNT_NOT_FOUND, ALREADY_VOIDED.',
  })
  async voidDiscount(
    @Arg('input', () => VoidDiscountInput, { description: 'Whose code, which and why.' })
    input: VoidDiscountInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof VoidForAbuseResult> {
    const request = requestOf(context, input);
    const customerId = idInput('customerId', input.customerId);
    const code = textInput('code', input.code, CODE_MAX).toUpperCase();
    return answered(context, await readAndVoidDiscount(context.app, customerId, code, request));
  }
}

function requestOf(
  { actor }: RequestContext,
  input: { readonly reason: string; readonly idempotencyKey: string },
): VoidRequest {
  authorize(actor, 'voidForAbuse');
  return {
    reason: textInput('reason', input.reason, REASON_MAX),
    idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
    actor: actorName(actor),
  };
}

/** The numbers of a member's lots that are named by number or id; for what names none of theirs a number that no lot has. */
function lotsInput(customerId: string, lots: readonly string[]): number[] {
  if (lots.length < 1 || lots.length > LOTS_MAX) {
    throw new RequestError('BAD_USER_INPUT', `lots are 1 to ${LOTS_MAX} ids or numbers.`);
  }
  return lots.map((text) => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    const lot = parseLotId(text);
    return lot?.accountId === customerId ? lot.lot : NO_LOT;
  });
}

async function answered(
  { loaders }: RequestContext,
  answer: VoidAnswer | Refusal,
): Promise<typeof VoidForAbuseResult> {
  loaders.clear();
  if ('refused' in answer) return toPlainRefusal(answer);
  const { accountId, voiding: number, discountClaim } = answer;
  const keys = answer.claims.map((claim) => ({ accountId, number: claim }));
  const [voiding, claims] = await Promise.all([
    loaders.abuse.voiding.load({ accountId, number }),
    Promise.all(
      [...keys, ...(discountClaim ? [discountClaim] : [])].map((key) =>
        loaders.abuse.claim.load(key),
      ),
    ),
  ]);
  if (!voiding) throw new Error(`voiding ${number} of ${accountId} was written with its answer`);
  return {
    __typename: 'VoidForAbuseSuccess',
    voiding: toRewardsVoiding(voiding),
    claims: claims.flatMap((claim) => (claim ? [toCompensationClaim(claim, true)] : [])),
  };
}

@Resolver(() => Customer)
export class MemberVoidingsResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @FieldResolver(() => RewardsVoidingConnection, {
    nullable: true,
    description:
      'What was voided of this member for abuse, newest first; of a referral it stands with the referrer (R8.1). For the desk; null for anybody else.',
  })
  async rewardsVoidings(
    @Root() { id, view }: Customer,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { actor, loaders }: RequestContext,
  ): Promise<Connection<RewardsVoiding> | null> {
    if (!view || !allows(actor, 'readVoidings')) return null;
    const before = VOIDINGS.decode(after)?.[0] ?? null;
    return toConnection<Voiding, RewardsVoiding>(
      await loaders.abuse.voidingsPage(id, before, pageSize(first, PAGE)),
      after,
      ({ number }) => VOIDINGS.encode([number]),
      toRewardsVoiding,
    );
  }
}
