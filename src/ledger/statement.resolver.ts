import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { Cost, Sliced } from '../federation/directives';
import { Order } from '../federation/order';
import { pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import {
  ExpiryDate,
  ExpiryScheduleArgs,
  toExpirySchedule,
  XPointsBalance,
} from './balance.graphql';
import { toLotMove, toXPointsEntry, XPointsEntry, XPointsLotMove } from './entry.graphql';
import { XPointsLot, XPointsLotUse } from './lot.graphql';
import { redemptionId } from './redemption';

const SCHEDULE_ROWS = 12;

@Resolver(() => XPointsBalance)
export class BalanceResolver {
  @Sliced()
  @FieldResolver(() => [ExpiryDate], {
    description:
      'When what can be spent expires, soonest first, one row per instant; the last row gathers the rest, so that the rows always sum to `available`.',
  })
  expirySchedule(
    @Root() { lots, terms, asOf }: XPointsBalance,
    @Args(() => ExpiryScheduleArgs) { first }: ExpiryScheduleArgs,
  ): ExpiryDate[] {
    return toExpirySchedule(terms, lots ?? [], asOf, pageSize(first, SCHEDULE_ROWS));
  }
}

@Resolver(() => XPointsLot)
export class LotResolver {
  @Cost(5)
  @FieldResolver(() => [XPointsLotUse], {
    description:
      'What became of its points, oldest first: redemptions, holds, what came back, expiry, reversals. None while all of it remains.',
  })
  async uses(
    @Root() { customerId, number }: XPointsLot,
    @Ctx() { loaders }: RequestContext,
  ): Promise<XPointsLotUse[]> {
    const moves = await loaders.statement.uses.load({ customerId, number });
    return (moves ?? []).map(({ from, to, points, redemption, sequence }) => ({
      from,
      to,
      points,
      redemptionId: redemption === null ? null : redemptionId(customerId, redemption),
      customerId,
      sequence,
    }));
  }
}

@Resolver(() => XPointsLotUse)
export class LotUseResolver {
  @Cost(5)
  @FieldResolver(() => XPointsEntry, {
    description: 'The change of the balance that it is part of.',
  })
  async entry(
    @Root() { customerId, sequence }: XPointsLotUse,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<XPointsEntry | null> {
    const entry = await loaders.statement.entry.load({ customerId, number: sequence });
    if (!entry) return null;
    const { currency } = await app.programs.published(entry.program, entry.termsVersion);
    return toXPointsEntry(customerId, entry, currency);
  }
}

@Resolver(() => XPointsEntry)
export class EntryResolver {
  @FieldResolver(() => Order, {
    nullable: true,
    description:
      'The order it is about: that earned, was paid or was cancelled; null where it is about none.',
  })
  async order(
    @Root() { orderId }: XPointsEntry,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order | null> {
    return orderId === null ? null : loaders.order(orderId, info);
  }

  @Cost(5)
  @FieldResolver(() => [XPointsLotMove], {
    description: 'Its steps of points inside lots, in order; none where only turnover changed.',
  })
  async lots(
    @Root() { customerId, sequence, allocations }: XPointsEntry,
    @Ctx() { loaders }: RequestContext,
  ): Promise<XPointsLotMove[]> {
    const moves =
      allocations ?? (await loaders.statement.moves.load({ customerId, number: sequence })) ?? [];
    return moves.map((move) => toLotMove(customerId, move));
  }
}
