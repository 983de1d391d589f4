import { Directive, Field, ID, ObjectType } from 'type-graphql';
import type { RequestError } from '../kernel/errors';
import { OrderXPoints, toOrderXPoints } from '../orders/order.graphql';
import type { OrderView } from '../orders/order.loaders';
import { tierAt } from '../programs/pricing';
import { RewardsTier, toRewardsTier } from '../programs/program.graphql';
import { For, NeverCached } from './directives';
import { Money } from './money.graphql';

@Directive('@key(fields: "id")')
@NeverCached()
@ObjectType({
  simpleResolvers: true,
  description:
    "An order. Owned by the platform; rewards contribute what X-Points have to do with it. Only the customer who placed it, the desk and the platform's services see that; for anybody else contributed fields are null, without an error, as they are for an order that is not placed, or not by a member.",
})
export class Order {
  @Field(() => ID, { description: "The platform's id of the order." })
  id!: string;

  @Directive('@external')
  @Field(() => Money, {
    nullable: true,
    description:
      'Net value without VAT, from the platform. For quotes only: points move on the order events, never on a representation.',
  })
  netTotal?: Money | RequestError | null;

  @For('storefront', 'mobile')
  @Field(() => OrderXPoints, {
    nullable: true,
    description: 'Earned, redeemed, held and expected on this order.',
  })
  xPoints!: OrderXPoints | null;

  @For('storefront', 'mobile')
  @Field(() => RewardsTier, {
    nullable: true,
    description:
      "The tier held before it was credited, or held now; the entry's arithmetic shows every bracket that priced it.",
  })
  tier!: RewardsTier | null;

  readonly view?: OrderView | null;
}

/** An order as its reader sees it; everything but the key is null where they may not. */
export function toOrder(id: string, view: OrderView | null): Order {
  if (!view) return { id, xPoints: null, tier: null, view };
  const { terms, turnover } = view.standing;
  return {
    id,
    xPoints: toOrderXPoints(view),
    tier: toRewardsTier(terms, tierAt(terms, turnover)),
    view,
  };
}
