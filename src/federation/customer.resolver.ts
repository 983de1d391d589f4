import type { GraphQLResolveInfo } from 'graphql';
import {
  Args,
  ArgsType,
  Ctx,
  createParameterDecorator,
  Field,
  FieldResolver,
  ID,
  Info,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { Cursors, pageSize } from '../kernel/pagination';
import type { Instant } from '../kernel/time';
import { XPointsBalance } from '../ledger/balance.graphql';
import {
  HistoryArgs,
  toXPointsEntry,
  type XPointsEntry,
  XPointsEntryConnection,
} from '../ledger/entry.graphql';
import type { Lot } from '../ledger/lot';
import {
  LotsArgs,
  toXPointsLot,
  type XPointsLot,
  XPointsLotConnection,
} from '../ledger/lot.graphql';
import type { LotPlace, StoredEntry } from '../ledger/statement.reads';
import type { RequestContext } from '../server/context';
import { type Connection, toConnection } from './connection.graphql';
import { Customer } from './customer';
import { Cost, For, Paged, PropertyWithoutArguments } from './directives';
import { idInput } from './input';
import { DateTime } from './scalars';

/** The object that a field is asked of, itself: `@Root()` would make a copy of it, without what it computes. */
const Parent = () => createParameterDecorator<RequestContext>(({ root }) => root as unknown);

const PAGE = 20;
const LOTS = new Cursors<LotPlace>('lots', ['instant', 'int4']);
const HISTORY = new Cursors<readonly [sequence: number]>('history', ['int8']);

@ArgsType()
class MemberArgs {
  @Field(() => ID, { description: "The platform's id of the account." })
  customerId!: string;
}

/** Argument of `Customer.xPoints`. */
@ArgsType()
class XPointsArgs {
  @Field(() => DateTime, {
    nullable: true,
    description:
      'A past instant to look back at, for the desk alone (FORBIDDEN for anybody else); BAD_USER_INPUT where it lies ahead. Left out or null: now, for whoever may read the member.',
  })
  asOf?: Instant | null;
}

@Resolver(() => Customer)
export class CustomerResolver {
  @For('storefront', 'mobile', 'partner')
  @Cost(5)
  @Query(() => Customer, {
    nullable: true,
    description:
      "One member, for themself, the desk and the platform's services; null for someone who is none. UNAUTHENTICATED without a token, FORBIDDEN for anybody else.",
  })
  async rewardsMember(
    @Args(() => MemberArgs) { customerId }: MemberArgs,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer | null> {
    const view = await loaders.member('readMember', idInput('customerId', customerId), info);
    return view && loaders.toCustomer(customerId, view);
  }

  @For('storefront', 'mobile', 'partner')
  @PropertyWithoutArguments()
  @FieldResolver(() => XPointsBalance, {
    nullable: true,
    description:
      'What the member can spend, holds, awaits and owes. With `asOf` what was true then, as it is known now: what fell due until then has happened, whenever it was booked; `sequence` is that of the last change that was true by then; `value` is by the terms that bound the member; `pending` is estimated from the orders in progress then, as they and the campaigns are known now. Null for who was no member at that instant.',
  })
  xPoints(
    @Parent() customer: Customer,
    @Args(() => XPointsArgs) { asOf }: XPointsArgs,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): XPointsBalance | null | Promise<XPointsBalance | null> {
    return asOf == null ? customer.xPoints : loaders.pastBalance(customer.id, asOf, info);
  }

  @For('storefront', 'mobile', 'partner')
  @Cost(5)
  @Paged()
  @FieldResolver(() => XPointsLotConnection, {
    nullable: true,
    description: 'Lots in the order in which they are spent: first in, first out (R6.3).',
  })
  async lots(
    @Root() { id, view }: Customer,
    @Args(() => LotsArgs) { first, after, state }: LotsArgs,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<XPointsLot> | null> {
    if (!view) return null;
    const { at } = view;
    const page = await loaders.statement.lotsPage(
      { customerId: id, at, standing: view.lots },
      state,
      LOTS.decode(after),
      pageSize(first, PAGE),
    );
    return toConnection<Lot, XPointsLot>(
      page,
      after,
      (lot) => LOTS.encode([lot.creditedAt, lot.number]),
      (lot) => toXPointsLot(id, lot, at, view.terms.program),
    );
  }

  @For('storefront', 'mobile', 'partner')
  @Cost(5)
  @Paged()
  @FieldResolver(() => XPointsEntryConnection, {
    nullable: true,
    description:
      'Every booked change of the balance, newest first, with the arithmetic that led to it. What fell due a moment ago appears once it is booked, within seconds.',
  })
  async xPointsHistory(
    @Root() { id, view }: Customer,
    @Args(() => HistoryArgs) { first, after, kinds }: HistoryArgs,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<XPointsEntry> | null> {
    if (!view) return null;
    const page = await loaders.statement.historyPage(
      id,
      kinds ?? null,
      HISTORY.decode(after)?.[0] ?? null,
      pageSize(first, PAGE),
    );
    return toConnection<StoredEntry, XPointsEntry>(
      page,
      after,
      (entry) => HISTORY.encode([entry.sequence]),
      (entry) => toXPointsEntry(id, entry, view.terms),
    );
  }
}
