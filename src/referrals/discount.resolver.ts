import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { Customer } from '../federation/customer';
import { Assumed, Cost, For } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { Order } from '../federation/order';
import { toLimitRefusal } from '../federation/refusal.graphql';
import type { RequestContext } from '../server/context';
import { applyDiscountCode } from './apply-discount';
import {
  ApplyDiscountCodeInput,
  ApplyDiscountCodeResult,
  ApplyDiscountCodeSuccess,
  DiscountCode,
  toDiscountCode,
  toDiscountSuccess,
} from './discount.graphql';

/** The longest code taken from outside, in characters. */
const CODE_MAX = 64;

@Resolver(() => Customer)
export class DiscountCodesResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Assumed(2)
  @FieldResolver(() => [DiscountCode], {
    nullable: true,
    description:
      'Discounts on the first order, oldest first; none for who was not referred (R5.2).',
  })
  async discountCodes(
    @Root() { id, view }: Customer,
    @Ctx() { loaders }: RequestContext,
  ): Promise<DiscountCode[] | null> {
    if (!view) return null;
    const discounts = await loaders.referrals.discounts.load(id);
    return discounts.map((discount) => toDiscountCode(discount, view.at));
  }
}

@Resolver(() => DiscountCode)
export class DiscountCodeResolver {
  @FieldResolver(() => Order, {
    nullable: true,
    description:
      'The order it is applied to; null while it is not, and again once that is cancelled.',
  })
  async order(
    @Root() { orderId }: DiscountCode,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order | null> {
    return orderId === null ? null : loaders.order(orderId, info);
  }
}

@Resolver(() => ApplyDiscountCodeSuccess)
export class DiscountCommands {
  @For('storefront', 'mobile')
  @Cost(20)
  @Mutation(() => ApplyDiscountCodeResult, {
    description:
      'Take a referral discount off an open first order (R5.2). For the member themself and the desk. Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE, ORDER_NOT_FOUND, ORDER_NOT_OPEN, CURRENCY_MISMATCH, DISCOUNT_NOT_FOUND, DISCOUNT_ALREADY_USED, DISCOUNT_EXPIRED, NOT_FIRST_ORDER, EXCEEDS_ORDER_VALUE (points pay more already than the order would then cost; `limit` is what they may pay).',
  })
  async applyDiscountCode(
    @Arg('input', () => ApplyDiscountCodeInput, { description: 'Which code, on which order.' })
    input: ApplyDiscountCodeInput,
    @Ctx() { app, actor, loaders }: RequestContext,
  ): Promise<typeof ApplyDiscountCodeResult> {
    const customerId = idInput('customerId', input.customerId);
    authorize(actor, 'applyDiscount', { customerId });
    const command = applyDiscountCode({
      customerId,
      orderId: idInput('orderId', input.orderId),
      code: textInput('code', input.code, CODE_MAX).toUpperCase(),
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    });
    const answer = await app.ledger.execute(command);
    loaders.clear();
    return 'refused' in answer ? toLimitRefusal(answer) : toDiscountSuccess(answer);
  }

  @FieldResolver(() => DiscountCode, {
    nullable: true,
    description: 'The code as it is now; null where there is none any more.',
  })
  async discountCode(
    @Root() { customerId, code }: ApplyDiscountCodeSuccess,
    @Ctx() { loaders }: RequestContext,
  ): Promise<DiscountCode | null> {
    const [discounts, at] = await Promise.all([
      loaders.referrals.discounts.load(customerId),
      loaders.now(),
    ]);
    const discount = discounts.find((own) => own.code === code);
    return discount ? toDiscountCode(discount, at) : null;
  }

  @FieldResolver(() => Order, { description: 'The order as it is now.' })
  order(
    @Root() { orderId }: ApplyDiscountCodeSuccess,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order> {
    return loaders.order(orderId, info);
  }
}
