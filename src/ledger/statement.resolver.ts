import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { allows } from '../auth/permissions';
import { Assumed, Sliced } from '../federation/directives';
import { Order } from '../federation/order';
import { pageSize } from '../kernel/pagination';
import { campaignName, knownLanguage } from '../notifications/letter';
import { ReadInArgs } from '../notifications/notification.graphql';
import type { RequestContext } from '../server/context';
import { explainEntry } from '../texts/explain-entry';
import {
  ExpiryDate,
  ExpiryScheduleArgs,
  toExpirySchedule,
  XPointsBalance,
} from './balance.graphql';
import { toLotMove, toXPointsEntry, XPointsEntry, XPointsLotMove } from './entry.graphql';
import {
  LotUsesArgs,
  XPointsLot,
  XPointsLotOrigin,
  XPointsLotSource,
  XPointsLotUse,
} from './lot.graphql';
import { redemptionId } from './redemption';

const SCHEDULE_ROWS = 12;
const USES = 50;

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
  @FieldResolver(() => XPointsLotOrigin, {
    nullable: true,
    description:
      "Where the points of a transferred lot came from (R7.3). For the member and the desk; null for the platform's services, and for lots that did not come by a transfer.",
  })
  origin(
    @Root() { customerId, from }: XPointsLot,
    @Ctx() { actor }: RequestContext,
  ): XPointsLotOrigin | null {
    if (!from || !allows(actor, 'readLotOrigin', { customerId })) return null;
    return { customerId: from.accountId, lotNumber: from.lot };
  }

  @Sliced()
  @FieldResolver(() => [XPointsLotUse], {
    description:
      'What became of its points, oldest first: redemptions, holds, transfers, what came back, expiry, reversals. None while all of it remains.',
  })
  async uses(
    @Root() { customerId, number }: XPointsLot,
    @Args(() => LotUsesArgs) { first }: LotUsesArgs,
    @Ctx() { loaders }: RequestContext,
  ): Promise<XPointsLotUse[]> {
    const limit = pageSize(first, USES);
    const moves = await loaders.statement.uses.load({ customerId, number, limit });
    return moves.map(({ from, to, points, redemption, sequence }) => ({
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
  @FieldResolver(() => XPointsEntry, {
    description: 'The change of the balance that it is part of.',
  })
  async entry(
    @Root() { customerId, sequence }: XPointsLotUse,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<XPointsEntry | null> {
    const entry = await loaders.statement.entry.load({ customerId, number: sequence });
    if (!entry) return null;
    const terms = await app.programs.published(entry.program, entry.termsVersion);
    return toXPointsEntry(customerId, entry, terms);
  }
}

@Resolver(() => XPointsLotSource)
export class LotSourceResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description: "CAMPAIGN: what members call the campaign, in the reader's language; else null.",
  })
  campaignName(
    @Root() { kind, reference, program }: XPointsLotSource,
    @Args(() => ReadInArgs) { locale }: ReadInArgs,
    @Ctx() { app, locale: accepted }: RequestContext,
  ): string | null {
    if (kind !== 'CAMPAIGN') return null;
    return (
      campaignName(app.programs, program, knownLanguage(locale) ?? accepted)(reference) ?? null
    );
  }
}

@Resolver(() => XPointsEntry)
export class EntryResolver {
  @Assumed(10)
  @FieldResolver(() => [String], {
    description:
      "How its points came about, step by step, as sentences in the reader's language (R9.4); none where there is nothing to explain.",
  })
  async explanation(
    @Root() { computed, program, termsVersion }: XPointsEntry,
    @Args(() => ReadInArgs) { locale: asked }: ReadInArgs,
    @Ctx() { app, locale: accepted }: RequestContext,
  ): Promise<string[]> {
    if (computed === null) return [];
    const locale = knownLanguage(asked) ?? accepted;
    const terms = await app.programs.published(program, termsVersion);
    const nameOf = campaignName(app.programs, program, locale);
    return explainEntry({ arithmetic: computed }, locale, terms, nameOf);
  }

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

  @Assumed(10)
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
