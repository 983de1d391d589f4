import type { BuildSchemaOptions } from 'type-graphql';
import { AuditResolver } from '../audit/audit.resolver';
import { directiveOf, FIELDS } from '../auth/permissions';
import { SetAsideResolver } from '../events/set-aside.resolver';
import { IntegrityResolver } from '../ledger/integrity.resolver';
import {
  BalanceResolver,
  EntryResolver,
  LotResolver,
  LotUseResolver,
} from '../ledger/statement.resolver';
import { DiscontinueCommands, ProgramEndingResolver } from '../members/discontinue.resolver';
import { ExportResolver } from '../members/export.resolver';
import { MembershipCommands } from '../members/membership.resolver';
import { SuspensionCommands } from '../members/suspend.resolver';
import { DiscrepancyResolver } from '../orders/discrepancy.resolver';
import { UndeliveredResolver } from '../outbox/undelivered.resolver';
import { ProgramResolver, RewardsTierResolver } from '../programs/program.resolver';
import {
  RedeemSuccessResolver,
  RedemptionCommands,
  RedemptionResolver,
} from '../redemption/redemption.resolver';
import {
  DiscountCodeResolver,
  DiscountCodesResolver,
  DiscountCommands,
} from '../referrals/discount.resolver';
import {
  InvitationResolver,
  OrderReferralResolver,
  ReferralInviteeResolver,
  ReferralProfileResolver,
} from '../referrals/referral.resolver';
import { ReviewCommands, ReviewResolver } from '../referrals/review.resolver';
import type { RequestContext } from '../server/context';
import type { References } from '../server/entities';
import { BalanceChangedResolver } from '../subscriptions/balance-changed.resolver';
import { TransferCommands, TransferResolver } from '../transfers/transfer.resolver';
import { Customer } from './customer';
import { CustomerResolver } from './customer.resolver';
import { representedMoney } from './money.graphql';
import { Order, toOrder } from './order';
import { OrderResolver, QuoteResolver } from './order.resolver';

/** What the subgraph is made of: every resolver class, by feature. */
export const resolvers: BuildSchemaOptions['resolvers'] = [
  CustomerResolver,
  OrderResolver,
  QuoteResolver,
  ProgramResolver,
  RewardsTierResolver,
  BalanceResolver,
  LotResolver,
  LotUseResolver,
  EntryResolver,
  RedemptionCommands,
  RedemptionResolver,
  RedeemSuccessResolver,
  SuspensionCommands,
  MembershipCommands,
  DiscontinueCommands,
  ProgramEndingResolver,
  ExportResolver,
  ReferralProfileResolver,
  ReferralInviteeResolver,
  OrderReferralResolver,
  InvitationResolver,
  ReviewCommands,
  ReviewResolver,
  DiscountCommands,
  DiscountCodesResolver,
  DiscountCodeResolver,
  TransferCommands,
  TransferResolver,
  BalanceChangedResolver,
  SetAsideResolver,
  DiscrepancyResolver,
  UndeliveredResolver,
  IntegrityResolver,
  AuditResolver,
];

/** The entities: no root field need lead to them, and without this list they would vanish without a word. */
export const orphanedTypes: NonNullable<BuildSchemaOptions['orphanedTypes']> = [Customer, Order];

/** Tags of enums that only one audience meets. */
export const directives: Readonly<Record<string, string>> = {
  SetAsideReason: '@tag(name: "desk")',
  ReferralFlag: '@tag(name: "desk")',
  ReviewReferralResult: '@tag(name: "desk")',
  DiscontinueProgramResult: '@tag(name: "desk")',
};

/** What a router is told of who may read what, field by field. The fields of the federation itself are not ours to mark. */
export const guards: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([field, action]) => {
    const directive = directiveOf(action);
    return directive === null || field.startsWith('Query._') ? [] : [[field, directive]];
  }),
);

/**
 * How the router's representations become entities. Each fails by itself: a customer whom the actor may not
 * see costs that slot only. Of what a representation brings besides its key, only what `@requires` names is kept.
 */
export const references: References<RequestContext> = {
  Customer: async ({ id }, { loaders }, info): Promise<Customer> =>
    loaders.toCustomer(id, await loaders.member('readMember', id, info)),
  Order: async ({ id, netTotal }, { loaders }): Promise<Order> => ({
    ...toOrder(id, await loaders.orderView(id)),
    netTotal: representedMoney(netTotal),
  }),
};
