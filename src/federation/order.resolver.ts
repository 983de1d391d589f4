import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, Directive, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import { RequestError } from '../kernel/errors';
import { toXPointsLot, XPointsLot } from '../ledger/lot.graphql';
import { isOpen } from '../ledger/order';
import { OrderQuoteArgs, QuoteArgs, toXPointsQuote, XPointsQuote } from '../orders/order.graphql';
import type { OrderView } from '../orders/order.loaders';
import { quote } from '../orders/quote';
import type { RequestContext } from '../server/context';
import { Assumed, Cost, For } from './directives';
import { idInput } from './input';
import { type Money, minorOf } from './money.graphql';
import { Order } from './order';

@Resolver(() => Order)
export class OrderResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Assumed(1)
  @FieldResolver(() => [XPointsLot], {
    nullable: true,
    description: 'The lots this order credited; none before it is credited.',
  })
  async lots(
    @Root() { view }: Order,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsLot[] | null> {
    if (!view) return null;
    const { customerId, order, at, isDue } = view;
    const number = order.judged?.earned?.lot ?? null;
    if (number === null) return [];
    const [lot, member] = await Promise.all([
      loaders.statement.lot.load({ customerId, number }),
      isDue ? loaders.member('readOrder', customerId, info) : null,
    ]);
    const standing = member?.lots?.get(number) ?? lot;
    return standing ? [toXPointsLot(customerId, standing, at)] : [];
  }

  @For('storefront', 'mobile')
  @Directive('@requires(fields: "netTotal { amount currency }")')
  @Cost(5)
  @FieldResolver(() => XPointsQuote, {
    nullable: true,
    description:
      "What this order would earn and how much of it X-Points could pay. Of the member's own order that was placed it is what is left to pay, less cancellations, discount and points; nothing is payable once it is paid or cancelled. Of any other it is the platform's net total: null where the platform names none. Null for a customer who is no member. FORBIDDEN for another customer than oneself.",
  })
  xPointsQuote(
    @Root() { netTotal, view }: Order,
    @Args(() => OrderQuoteArgs) { customerId }: OrderQuoteArgs,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsQuote | null> {
    const known = view?.customerId === customerId ? view : null;
    return quoteFor(context, info, customerId, known ?? netTotal ?? null);
  }
}

@Resolver()
export class QuoteResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Query(() => XPointsQuote, {
    nullable: true,
    description:
      'What a net amount would earn this member and how much of it X-Points could pay: a product page has no order yet. Null for a customer who is no member. BAD_USER_INPUT where the amount is negative or does not fit its currency; FORBIDDEN for another customer than oneself.',
  })
  xPointsQuote(
    @Args(() => QuoteArgs) { customerId, net }: QuoteArgs,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsQuote | null> {
    return quoteFor(context, info, customerId, net);
  }
}

async function quoteFor(
  { loaders }: RequestContext,
  info: GraphQLResolveInfo,
  customerId: string,
  asked: Money | RequestError | OrderView | null,
): Promise<XPointsQuote | null> {
  const member = await loaders.member('quote', idInput('customerId', customerId), info);
  if (!member || !asked) return null;
  if (asked instanceof RequestError) throw asked;
  const { account, terms } = member;
  if ('amount' in asked) {
    const net = { minor: minorOf(asked), currency: asked.currency };
    return toXPointsQuote(quote(account, terms, net), terms);
  }
  const { order, unpaid, base } = asked;
  const net = { minor: unpaid, currency: order.placed?.currency ?? terms.currency };
  return toXPointsQuote(quote(account, terms, net, { isOpen: isOpen(order), base }), terms);
}
