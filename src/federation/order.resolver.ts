import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, Directive, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import { RequestError } from '../kernel/errors';
import { factsOf } from '../ledger/expected';
import { toXPointsLot, XPointsLot } from '../ledger/lot.graphql';
import { isOpen } from '../ledger/order';
import { OrderQuoteArgs, QuoteArgs, toXPointsQuote, XPointsQuote } from '../orders/order.graphql';
import type { OrderView } from '../orders/order.loaders';
import { quote } from '../orders/quote';
import type { RequestContext } from '../server/context';
import { Assumed, Cost, For } from './directives';
import { idInput, tagsInput } from './input';
import { type Money, minorOf } from './money.graphql';
import { Order } from './order';

@Resolver(() => Order)
export class OrderResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Assumed(1)
  @FieldResolver(() => [XPointsLot], {
    nullable: true,
    description:
      'The lots this order credited, those of campaigns too (R1.5); none before it is credited.',
  })
  async lots(
    @Root() { view }: Order,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsLot[] | null> {
    if (!view) return null;
    const { customerId, order, at, isDue, terms } = view;
    const earned = order.judged?.earned;
    if (!earned) return [];
    const numbers = [
      ...(earned.lot === null ? [] : [earned.lot]),
      ...earned.campaigns.map((it) => it.lot),
    ];
    const [lots, member] = await Promise.all([
      Promise.all(numbers.map((number) => loaders.statement.lot.load({ customerId, number }))),
      isDue ? loaders.member('readOrder', customerId, info) : null,
    ]);
    return lots.flatMap((lot) => {
      const standing = lot && (member?.lots?.get(lot.number) ?? lot);
      return standing ? [toXPointsLot(customerId, standing, at, terms.program)] : [];
    });
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
    @Args(() => OrderQuoteArgs) args: OrderQuoteArgs,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsQuote | null> {
    const known = view?.customerId === args.customerId ? view : null;
    return quoteFor(context, info, args, known ?? netTotal ?? null);
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
    @Args(() => QuoteArgs) args: QuoteArgs,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsQuote | null> {
    return quoteFor(context, info, args, args.net);
  }
}

async function quoteFor(
  { app, loaders, locale }: RequestContext,
  info: GraphQLResolveInfo,
  { customerId, tags }: OrderQuoteArgs,
  asked: Money | RequestError | OrderView | null,
): Promise<XPointsQuote | null> {
  const member = await loaders.member('quote', idInput('customerId', customerId), info);
  if (!member || !asked) return null;
  if (asked instanceof RequestError) throw asked;
  const { account, terms, at: placedAt } = member;
  const rules = { terms, campaigns: app.programs.campaigns(account.program) };
  if ('amount' in asked) {
    const net = { minor: minorOf(asked), currency: asked.currency };
    const facts = { placedAt, net: net.minor, tags: tagsInput(tags), hasDiscount: false };
    return toXPointsQuote(quote(account, rules, net, facts), terms, locale);
  }
  const { order, unpaid, base } = asked;
  const net = { minor: unpaid, currency: order.placed?.currency ?? terms.currency };
  const known = { isOpen: isOpen(order), base };
  return toXPointsQuote(quote(account, rules, net, factsOf(order), known), terms, locale);
}
