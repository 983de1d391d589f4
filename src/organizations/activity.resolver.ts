import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Assumed, Cost, Paged } from '../federation/directives';
import { RequestError } from '../kernel/errors';
import { shardOf } from '../kernel/ids';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import { HistoryArgs } from '../ledger/entry.graphql';
import type { RequestContext } from '../server/context';
import {
  RewardsOrganizationEntry,
  RewardsOrganizationEntryConnection,
  RewardsOrganizationReferral,
  RewardsOrganizationReferralConnection,
  RewardsOrganizationReferralTotals,
  RewardsOrganizationTransfer,
  RewardsOrganizationTransferConnection,
  toOrganizationEntry,
  toOrganizationReferral,
  toOrganizationTransfer,
  toReferralTotals,
} from './activity.graphql';
import {
  countOrganizationReferrals,
  type HistoryPlace,
  type OrganizationReferral,
  type ReferralPlace,
  readOrganizationHistory,
  readOrganizationReferrals,
  readOrganizationTransfers,
  type TransferPlace,
} from './activity.reads';
import { RewardsOrganization } from './organization.graphql';

const PAGE = 20;
const TRANSFERS = new Cursors<TransferPlace>('organizationTransfers', ['instant', 'int4', 'text']);
const REFERRALS = new Cursors<ReferralPlace>('organizationReferrals', ['instant', 'int4']);
/** More referrals of one millisecond than there will ever be: a forged cursor shall not have all of them read. */
const OF_ONE_INSTANT_MAX = 1000;
const HISTORY = new Cursors<HistoryPlace>('organizationHistory', [
  'instant',
  'int4',
  'text',
  'int8',
]);

@Resolver(() => RewardsOrganization)
export class OrganizationActivityResolver {
  @Cost(5)
  @Paged()
  @FieldResolver(() => RewardsOrganizationTransferConnection, {
    description:
      'Transfers that a member gives or receives, wherever they stand, latest request first.',
  })
  async transfers(
    @Root() { id }: RewardsOrganization,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { app }: RequestContext,
  ): Promise<Connection<RewardsOrganizationTransfer>> {
    const size = pageSize(first, PAGE);
    const page = { before: TRANSFERS.decode(after), limit: size + 1 };
    return toConnection(
      pageOf(await readOrganizationTransfers(app.database, id, page), size),
      after,
      ({ transfer }) => TRANSFERS.encode([transfer.requestedAt, shardOf(transfer.id), transfer.id]),
      toOrganizationTransfer,
    );
  }

  @Cost(5)
  @Paged()
  @FieldResolver(() => RewardsOrganizationReferralConnection, {
    description: 'Whom members referred, wherever those work, latest registration first.',
  })
  async referrals(
    @Root() { id }: RewardsOrganization,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { app }: RequestContext,
  ): Promise<Connection<RewardsOrganizationReferral>> {
    const size = pageSize(first, PAGE);
    const before = referralPlace(after);
    const rows = await readOrganizationReferrals(app.database, id, { before, limit: size + 1 });
    const placed = placedReferrals(rows, before);
    return toConnection(
      pageOf(placed, size),
      after,
      ({ place }) => REFERRALS.encode(place),
      ({ row }) => toOrganizationReferral(row),
    );
  }

  @Cost(5)
  @Assumed(5)
  @FieldResolver(() => [RewardsOrganizationReferralTotals], {
    description:
      'What members earned by referring, one row per program in which any of them referred somebody, by code.',
  })
  async referralTotals(
    @Root() { id, asOf }: RewardsOrganization,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsOrganizationReferralTotals[]> {
    const counts = await countOrganizationReferrals(app.database, id);
    return app.programs.current(asOf).flatMap((terms) => {
      const own = counts.filter(({ program }) => program === terms.program);
      return own.length === 0 ? [] : [toReferralTotals(terms, own)];
    });
  }

  @Cost(5)
  @Paged()
  @FieldResolver(() => RewardsOrganizationEntryConnection, {
    description:
      "Every booked change of members' balances, latest recorded first, those from before they came to this organisation among them. What fell due a moment ago appears once it is booked, within seconds.",
  })
  async history(
    @Root() { id }: RewardsOrganization,
    @Args(() => HistoryArgs) { first, after, kinds }: HistoryArgs,
    @Ctx() { app }: RequestContext,
  ): Promise<Connection<RewardsOrganizationEntry>> {
    const size = pageSize(first, PAGE);
    const before = HISTORY.decode(after);
    const rows = await readOrganizationHistory(app.database, id, {
      ...{ before, limit: size + 1, kinds: kinds ?? null },
    });
    const shown = await Promise.all(
      rows.map(async (row) => {
        const { program, termsVersion } = row.entry;
        return { row, terms: await app.programs.published(program, termsVersion) };
      }),
    );
    return toConnection(
      pageOf(shown, size),
      after,
      ({ row: { customerId, shard, entry } }) =>
        HISTORY.encode([entry.recordedAt, shard, customerId, entry.sequence]),
      ({ row, terms }) => toOrganizationEntry(row, terms),
    );
  }
}

@Resolver(() => RewardsOrganizationTransfer)
export class OrganizationTransferResolver {
  @FieldResolver(() => Customer, {
    nullable: true,
    description: 'Whose points; null where they do not work here now.',
  })
  from(
    @Root() { fromId }: RewardsOrganizationTransfer,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> | null {
    return named(fromId, context, info);
  }

  @FieldResolver(() => Customer, {
    nullable: true,
    description: 'Who gets them; null where they do not work here now.',
  })
  to(
    @Root() { toId }: RewardsOrganizationTransfer,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> | null {
    return named(toId, context, info);
  }
}

@Resolver(() => RewardsOrganizationReferral)
export class OrganizationReferralResolver {
  @FieldResolver(() => Customer, { description: 'The member who referred them.' })
  referrer(
    @Root() { referrerId }: RewardsOrganizationReferral,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(referrerId, info);
  }

  @FieldResolver(() => Customer, {
    nullable: true,
    description: 'Who registered; null where they do not work here now.',
  })
  referee(
    @Root() { refereeId }: RewardsOrganizationReferral,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> | null {
    return named(refereeId, context, info);
  }
}

@Resolver(() => RewardsOrganizationEntry)
export class OrganizationEntryResolver {
  @FieldResolver(() => Customer, { description: 'Whose account: the platform knows the name.' })
  customer(
    @Root() { customerId }: RewardsOrganizationEntry,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(customerId, info);
  }
}

function referralPlace(after: string | null | undefined): ReferralPlace | null {
  const place = REFERRALS.decode(after);
  if (place && (place[1] < 1 || place[1] > OF_ONE_INSTANT_MAX)) {
    throw new RequestError('BAD_USER_INPUT', 'after is no cursor of this list.');
  }
  return place;
}

/** Rows with their places: how many of an instant were shown with each, on the page before it too. */
function placedReferrals(
  rows: readonly OrganizationReferral[],
  before: ReferralPlace | null,
): { readonly row: OrganizationReferral; readonly place: ReferralPlace }[] {
  let [last, shown] = before ?? [null, 0];
  return rows.map((row) => {
    const { registeredAt } = row.referral;
    shown = registeredAt === last ? shown + 1 : 1;
    last = registeredAt;
    return { row, place: [registeredAt, shown] };
  });
}

function named(
  customerId: string | null,
  { loaders }: RequestContext,
  info: GraphQLResolveInfo,
): Promise<Customer> | null {
  return customerId === null ? null : loaders.namedCustomer(customerId, info);
}
