import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { Customer } from '../federation/customer';
import { Cost, For } from '../federation/directives';
import { idInput } from '../federation/input';
import { Money, toMoney } from '../federation/money.graphql';
import { Order } from '../federation/order';
import { toRefusal } from '../federation/refusal.graphql';
import { type Refusal, refuse } from '../kernel/errors';
import type { Command } from '../ledger/command';
import { HOLD_DEFAULT_MS, parseRedemptionId } from '../ledger/redemption';
import { worth } from '../programs/pricing';
import type { RequestContext } from '../server/context';
import { captureRedemption, refusePoints, releaseRedemption } from './decide-hold';
import { type RedemptionAnswer, redeem } from './redeem';
import {
  CaptureRedemptionInput,
  RedeemXPointsInput,
  RedeemXPointsResult,
  RedeemXPointsSuccess,
  ReleaseRedemptionInput,
  toRedeemSuccess,
  XPointsRedemption,
} from './redemption.graphql';

const HOLD_SECONDS = HOLD_DEFAULT_MS / 1000;

@Resolver()
export class RedemptionCommands {
  @For('storefront', 'mobile')
  @Cost(20)
  @Mutation(() => RedeemXPointsResult, {
    description:
      'Pay (part of) an open order with X-Points, at once or as a hold (R6.4, R6.7). For the member themself and the desk. Refused, in this order: INVALID_POINTS, INVALID_HOLD_TIME, NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE, ORDER_NOT_FOUND, ORDER_NOT_OPEN, CURRENCY_MISMATCH, EXCEEDS_ORDER_VALUE, INSUFFICIENT_X_POINTS.',
  })
  async redeemXPoints(
    @Arg('input', () => RedeemXPointsInput, { description: 'What is to be paid.' })
    input: RedeemXPointsInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof RedeemXPointsResult> {
    const { actor } = context;
    const customerId = idInput('customerId', input.customerId);
    authorize(actor, 'redeem', { customerId });
    const command = redeem({
      customerId,
      orderId: idInput('orderId', input.orderId),
      points: input.points ?? null,
      holdMs: input.hold ? (input.hold.seconds ?? HOLD_SECONDS) * 1000 : null,
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    });
    return run(context, command);
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => RedeemXPointsResult, {
    description:
      "Capture a hold, all of it or a part: the rest is released (R6.7). For the platform's services and the desk (R6.6). Refused, in this order: INVALID_POINTS, REDEMPTION_NOT_FOUND, REDEMPTION_NOT_HELD, EXCEEDS_HOLD.",
  })
  async captureRedemption(
    @Arg('input', () => CaptureRedemptionInput, { description: 'Which hold, and how much of it.' })
    input: CaptureRedemptionInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof RedeemXPointsResult> {
    const points = input.points ?? null;
    const hold = holdOf(context, input, () => refusePoints(points));
    if ('refused' in hold) return toRefusal(hold);
    return run(context, captureRedemption({ ...hold, points }));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => RedeemXPointsResult, {
    description:
      "Give a hold back (R6.7). For the platform's services and the desk (R6.6). Refused, in this order: REDEMPTION_NOT_FOUND, REDEMPTION_NOT_HELD.",
  })
  async releaseRedemption(
    @Arg('input', () => ReleaseRedemptionInput, { description: 'Which hold.' })
    input: ReleaseRedemptionInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof RedeemXPointsResult> {
    const hold = holdOf(context, input);
    return 'refused' in hold ? toRefusal(hold) : run(context, releaseRedemption(hold));
  }
}

@Resolver(() => XPointsRedemption)
export class RedemptionResolver {
  @FieldResolver(() => Money, {
    description: 'What its held and captured points pay of the order, net (R6.4).',
  })
  async value(
    @Root() { customerId, terms: known, held, captured }: XPointsRedemption,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Money | null> {
    const terms = known ?? (await loaders.member('readMember', customerId, info))?.terms;
    return terms ? toMoney(worth(terms, held + captured), terms.currency) : null;
  }

  @FieldResolver(() => Order, { description: 'The order it pays.' })
  order(
    @Root() { orderId }: XPointsRedemption,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order> {
    return loaders.order(orderId, info);
  }
}

@Resolver(() => RedeemXPointsSuccess)
export class RedeemSuccessResolver {
  @FieldResolver(() => Customer, { description: 'The member as they are now.' })
  customer(
    @Root() { customerId }: RedeemXPointsSuccess,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.customer(customerId, info);
  }

  @FieldResolver(() => Order, { description: 'The order as it is now.' })
  order(
    @Root() { redemption }: RedeemXPointsSuccess,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order> {
    return loaders.order(redemption.orderId, info);
  }
}

/** The hold that an input names, for whoever may decide it; an id that is none of ours touches nothing. */
function holdOf(
  { actor }: RequestContext,
  input: CaptureRedemptionInput | ReleaseRedemptionInput,
  refuseBefore: () => Refusal | null = () => null,
): Refusal | { customerId: string; number: number; idempotencyKey: string; actor: string } {
  authorize(actor, 'decideRedemption');
  const idempotencyKey = idInput('idempotencyKey', input.idempotencyKey);
  const named = parseRedemptionId(input.redemptionId);
  if (!named) return refuseBefore() ?? refuse('REDEMPTION_NOT_FOUND');
  const { accountId: customerId, number } = named;
  return { customerId, number, idempotencyKey, actor: actorName(actor) };
}

async function run(
  { app, loaders }: RequestContext,
  command: Command<RedemptionAnswer>,
): Promise<typeof RedeemXPointsResult> {
  const answer = await app.ledger.execute(command);
  loaders.clear();
  if ('refused' in answer) return toRefusal(answer);
  return toRedeemSuccess(answer);
}
