import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Resolver, Root, Subscription } from 'type-graphql';
import type { App } from '../app';
import { authorize } from '../auth/permissions';
import { Customer } from '../federation/customer';
import { For, PropertyWithoutArguments } from '../federation/directives';
import { idInput } from '../federation/input';
import { toMoney } from '../federation/money.graphql';
import { type Asked, mentioned } from '../federation/selection';
import { invariant } from '../kernel/errors';
import { toBalance, XPointsBalance } from '../ledger/balance.graphql';
import { toXPointsEntry } from '../ledger/entry.graphql';
import { worth } from '../programs/pricing';
import type { Terms } from '../programs/terms';
import type { RequestContext } from '../server/context';
import type { BalanceChange, PresentAccount } from './balance-change';
import {
  BalanceChangedArgs,
  OrganizationChangedArgs,
  XPointsBalanceChange,
} from './balance-change.graphql';
import type { OrganizationChange } from './organization-changes';

interface Subscribing {
  readonly args: BalanceChangedArgs;
  readonly context: RequestContext;
}

interface SubscribingToMembers {
  readonly args: OrganizationChangedArgs;
  readonly context: RequestContext;
}

@Resolver(() => XPointsBalanceChange)
export class BalanceChangedResolver {
  @For('storefront', 'mobile')
  @Subscription(() => XPointsBalanceChange, {
    description:
      "Each booked change of one member's balance, in order, none missing, none twice. Without `after` a snapshot comes first, with it everything since. For the member themself, the desk and the platform's services; nothing comes for a customer until they are a member.",
    subscribe: ({ args, context }: Subscribing): AsyncIterable<BalanceChange> =>
      watch(args, context),
  })
  async xPointsBalanceChanged(
    @Root() change: BalanceChange,
    @Args(() => BalanceChangedArgs) _: BalanceChangedArgs,
    @Ctx() { app, actor }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsBalanceChange> {
    // A subscription lives for hours: what was allowed when it began is judged again for each event.
    authorize(actor, 'watchBalance', { customerId: change.customerId });
    return toShown(app, change, info, null, null);
  }

  @For('partner')
  @Subscription(() => XPointsBalanceChange, {
    description:
      "Each booked change of the balance of every member who works in an organisation, each member's in order, none missing, none twice. Without `after` a snapshot of each member comes first, with it everything since. Who joins comes with a snapshot, who leaves comes no more; who was registered before their program starts comes with their first change. For a partner whose token speaks for the organisation, and the desk.",
    subscribe: ({ args, context }: SubscribingToMembers): AsyncIterable<OrganizationChange> =>
      watchMembers(args, context),
  })
  async organizationXPointsChanged(
    @Root() change: OrganizationChange,
    @Args(() => OrganizationChangedArgs) _: OrganizationChangedArgs,
    @Ctx() { app, actor }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsBalanceChange> {
    const { cursor, organizationId } = change;
    authorize(actor, 'watchOrganization', { organizationId });
    return toShown(app, change, info, cursor, organizationId);
  }

  @FieldResolver(() => Customer, {
    description:
      'The member as they are now. Of a member of a watched organisation the key alone for whoever may not read them.',
  })
  customer(
    @Root() { change, organizationId }: XPointsBalanceChange,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    const { customerId } = change;
    // Whoever sees a member's points for the organisation need not see the rest: that is no reason to end it.
    if (organizationId !== null) return loaders.namedCustomer(customerId, info);
    return loaders.customer(customerId, info);
  }

  @PropertyWithoutArguments()
  @FieldResolver(() => XPointsBalance, {
    description:
      'The balance after this change: `available`, `held`, `owed`, `value` and `sequence` are those of the change, `asOf` when it was booked. What is pending, the lifetime sums and the schedule are the present ones.',
  })
  async balance(
    @Root() { balance, change, organizationId }: XPointsBalanceChange,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<XPointsBalance> {
    if (balance) return balance;
    const { customerId } = change;
    const member = await (organizationId === null
      ? loaders.member('watchBalance', customerId, info)
      : loaders.member('watchOrganization', customerId, info, organizationId));
    invariant(member !== null, 'only a member has a balance that changes');
    const { account, at, terms, pending, lots } = member;
    return {
      ...toBalance(account, at, terms, pending, lots && [...lots.values()]),
      ...afterChange(change, terms),
    };
  }
}

/** What of a balance a change does not carry. */
const READ_APART = ['pending', 'expirySchedule'];

/** What is shown of a change, whoever watches. */
async function toShown(
  { programs }: App,
  change: BalanceChange,
  info: Asked,
  cursor: string | null,
  organizationId: string | null,
): Promise<XPointsBalanceChange> {
  const { customerId, sequence, entry, program, present } = change;
  const asked = mentioned(info);
  const isCarried = present !== null && !READ_APART.some((name) => asked.has(name));
  const terms = isCarried && (await programs.published(program, present.termsVersion));
  const balance = terms ? carriedBalance(change, present, terms) : null;
  const then = entry && (await programs.published(program, entry.termsVersion));
  const shown = then && toXPointsEntry(customerId, entry, then);
  return { sequence, cursor, entry: shown, balance, change, organizationId };
}

/** Property by property: made of other objects it would cost as much as writing the event. */
function carriedBalance(
  change: BalanceChange,
  { lifetimeEarned, lifetimeRedeemed, lifetimeExpired }: PresentAccount,
  terms: Terms,
): XPointsBalance {
  const { available, held, owed, sequence, value, asOf } = afterChange(change, terms);
  return {
    available,
    held,
    owed,
    sequence,
    value,
    asOf,
    lifetimeEarned,
    lifetimeRedeemed,
    lifetimeExpired,
    pending: 0,
    lots: null,
    terms,
  };
}

/** What of a balance is that of the change. */
function afterChange(
  { available, held, owed, sequence, at }: BalanceChange,
  terms: Terms,
): Pick<XPointsBalance, 'available' | 'held' | 'owed' | 'sequence' | 'value' | 'asOf'> {
  const value = toMoney(worth(terms, available), terms.currency);
  return { available, held, owed, sequence, value, asOf: at };
}

/** The same for whoever may watch all members of an organisation. */
function watchMembers(
  { organizationId, after }: OrganizationChangedArgs,
  { app, actor }: RequestContext,
): AsyncIterable<OrganizationChange> {
  authorize(actor, 'watchOrganization', {
    organizationId: idInput('organizationId', organizationId),
  });
  return app.feed.organizations.changes(organizationId, after ?? null);
}

/** Changes for whoever may watch; checked before anything is read. */
function watch(
  { customerId, after }: BalanceChangedArgs,
  { app, actor }: RequestContext,
): AsyncIterable<BalanceChange> {
  authorize(actor, 'watchBalance', { customerId: idInput('customerId', customerId) });
  return app.feed.changes(customerId, after ?? null);
}
