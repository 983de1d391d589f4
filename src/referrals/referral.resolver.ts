import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { Order } from '../federation/order';
import { XPoints } from '../federation/scalars';
import { isId, shardOf } from '../kernel/ids';
import { Cursors, pageSize } from '../kernel/pagination';
import type { Points } from '../kernel/points';
import { mayEarn } from '../ledger/account';
import type { Referral } from '../ledger/referral';
import { readMembers } from '../members/member.loaders';
import type { RequestContext } from '../server/context';
import {
  OrderReferral,
  ReferralInvitation,
  ReferralInvitationArgs,
  ReferralInvitee,
  ReferralInviteeConnection,
  ReferralProfile,
  toInvitation,
  toOrderReferral,
  toReferralInvitee,
} from './referral.graphql';
import { type ReferralPlace, readCodeOwner } from './referral.reads';

const PAGE = 20;
const CURSORS = new Cursors<ReferralPlace>('invitees', ['instant', 'int4', 'text']);

@Resolver(() => ReferralProfile)
export class ReferralProfileResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Paged()
  @FieldResolver(() => ReferralInviteeConnection, {
    description: 'Who registered through the link, latest first.',
  })
  async invitees(
    @Root() { customerId }: ReferralProfile,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<ReferralInvitee>> {
    const size = pageSize(first, PAGE);
    const page = await loaders.referrals.inviteesPage(customerId, CURSORS.decode(after), size);
    return toConnection<Referral, ReferralInvitee>(
      page,
      after,
      ({ registeredAt, refereeId }) =>
        CURSORS.encode([registeredAt, shardOf(refereeId), refereeId]),
      toReferralInvitee,
    );
  }

  @For('storefront', 'mobile')
  @Cost(5)
  @FieldResolver(() => XPoints, {
    description: 'Points credited for referring, less what was taken back.',
  })
  pointsEarned(
    @Root() { customerId }: ReferralProfile,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Points> {
    return loaders.referrals.earned.load(customerId);
  }

  @For('storefront', 'mobile')
  @Cost(5)
  @FieldResolver(() => Customer, {
    nullable: true,
    description:
      'Who referred this member; null where nobody did. What rewards know of them is null for whoever may not read it; the id is there.',
  })
  async referredBy(
    @Root() { customerId }: ReferralProfile,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer | null> {
    const referral = await loaders.referrals.referral.load(customerId);
    return referral && loaders.namedCustomer(referral.referrerId, info);
  }
}

@Resolver(() => ReferralInvitee)
export class ReferralInviteeResolver {
  @FieldResolver(() => Customer, {
    description:
      'Who registered. What rewards know of them is null for whoever may not read it; the id is there.',
  })
  customer(
    @Root() { refereeId }: ReferralInvitee,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(refereeId, info);
  }
}

@Resolver(() => Order)
export class OrderReferralResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @FieldResolver(() => OrderReferral, {
    nullable: true,
    description:
      "The referral this order completed, if it was a referred customer's first, and the referral discount on it; null where it has to do with neither.",
  })
  async referral(
    @Root() { view }: Order,
    @Ctx() { loaders }: RequestContext,
  ): Promise<OrderReferral | null> {
    if (!view) return null;
    const { order, customerId } = view;
    return toOrderReferral(order, await loaders.referrals.referral.load(customerId));
  }
}

@Resolver()
export class InvitationResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Query(() => ReferralInvitation, {
    description:
      "A referral link's landing page: whether it works, and what the invited person gets (R5.1, R5.2). Needs no token.",
  })
  async referralInvitation(
    @Args(() => ReferralInvitationArgs) { code }: ReferralInvitationArgs,
    @Ctx() { app }: RequestContext,
  ): Promise<ReferralInvitation> {
    const ownerId = isId(code) ? await readCodeOwner(app.database, code) : null;
    if (ownerId === null) return toInvitation(null);
    const parts = { pending: false, book: false };
    const owner = (await readMembers(app, [ownerId], parts)).get(ownerId);
    if (!owner || !mayEarn(owner.account)) return toInvitation(null);
    return toInvitation(app.programs.bindingAt(owner.account.program, owner.at) ?? owner.terms);
  }
}
