import type { BuildSchemaOptions } from 'type-graphql';
import { ClaimCommands, ClaimResolver, MemberClaimsResolver } from '../abuse/claim.resolver';
import { MemberVoidingsResolver, VoidingCommands } from '../abuse/voiding.resolver';
import { AdjustmentCommands, AdjustmentResolver } from '../adjustments/adjustment.resolver';
import { AccountingResolver } from '../analytics/accounting.resolver';
import {
  AnalyticsPeriodResolver,
  AnalyticsQuery,
  AnalyticsResolver,
} from '../analytics/analytics.resolver';
import { FigureEntryResolver, FigureResolver } from '../analytics/figure.resolver';
import {
  AnalyticsPeriodSectionsResolver,
  AnalyticsSectionsResolver,
} from '../analytics/sections.resolver';
import { AuditResolver } from '../audit/audit.resolver';
import { directiveOf, FIELDS } from '../auth/permissions';
import {
  CampaignCommands,
  CampaignResolver,
  ProgramCampaignsResolver,
} from '../campaigns/campaign.resolver';
import { SetAsideResolver } from '../events/set-aside.resolver';
import { IntegrityResolver } from '../ledger/integrity.resolver';
import {
  BalanceResolver,
  EntryResolver,
  LotResolver,
  LotSourceResolver,
  LotUseResolver,
} from '../ledger/statement.resolver';
import { DiscontinueCommands, ProgramEndingResolver } from '../members/discontinue.resolver';
import { ExportResolver } from '../members/export.resolver';
import { MembershipCommands } from '../members/membership.resolver';
import { SuspensionCommands } from '../members/suspend.resolver';
import {
  MailDeskResolver,
  NotificationResolver,
  NotificationsResolver,
} from '../notifications/notification.resolver';
import {
  MemberObjectionsResolver,
  ObjectionCommands,
  ObjectionResolver,
} from '../objections/objection.resolver';
import { DiscrepancyResolver } from '../orders/discrepancy.resolver';
import {
  OrganizationActivityResolver,
  OrganizationEntryResolver,
  OrganizationReferralResolver,
  OrganizationTransferResolver,
} from '../organizations/activity.resolver';
import {
  OrganizationMemberResolver,
  OrganizationResolver,
} from '../organizations/organization.resolver';
import { DeliveryResolver } from '../outbox/delivery.resolver';
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
import type { Batches, References, Representation } from '../server/entities';
import { SimulationResolver } from '../simulation/simulation.resolver';
import { BalanceChangedResolver } from '../subscriptions/balance-changed.resolver';
import { ProgramTermsResolver, TermsCommands } from '../terms/terms.resolver';
import { TransferCommands, TransferResolver } from '../transfers/transfer.resolver';
import { Customer } from './customer';
import { CustomerResolver } from './customer.resolver';
import { CACHE_CONTROL } from './directives';
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
  ProgramTermsResolver,
  TermsCommands,
  ProgramCampaignsResolver,
  CampaignResolver,
  CampaignCommands,
  BalanceResolver,
  LotResolver,
  LotSourceResolver,
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
  AdjustmentCommands,
  AdjustmentResolver,
  ObjectionCommands,
  ObjectionResolver,
  MemberObjectionsResolver,
  VoidingCommands,
  MemberVoidingsResolver,
  ClaimCommands,
  ClaimResolver,
  MemberClaimsResolver,
  BalanceChangedResolver,
  SimulationResolver,
  SetAsideResolver,
  DiscrepancyResolver,
  DeliveryResolver,
  NotificationsResolver,
  NotificationResolver,
  MailDeskResolver,
  IntegrityResolver,
  AuditResolver,
  AnalyticsQuery,
  AnalyticsResolver,
  AnalyticsPeriodResolver,
  AnalyticsSectionsResolver,
  AnalyticsPeriodSectionsResolver,
  FigureResolver,
  FigureEntryResolver,
  AccountingResolver,
  OrganizationResolver,
  OrganizationMemberResolver,
  OrganizationActivityResolver,
  OrganizationTransferResolver,
  OrganizationReferralResolver,
  OrganizationEntryResolver,
];

/** The entities: no root field need lead to them, and without this list they would vanish without a word. */
export const orphanedTypes: NonNullable<BuildSchemaOptions['orphanedTypes']> = [Customer, Order];

/** Directives that stand in the SDL besides the federation's. */
export const definitions = [CACHE_CONTROL];

/** Tags of enums that only one audience meets; and what stands in the SDL for a directive alone. */
export const directives: Readonly<Record<string, string>> = {
  CacheControlScope: '@inaccessible',
  SetAsideReason: '@tag(name: "desk")',
  WebhookDeliveryState: '@tag(name: "desk")',
  ResendNotificationResult: '@tag(name: "desk")',
  WebhookFailure: '@tag(name: "desk")',
  ReplayWebhooksResult: '@tag(name: "desk")',
  RewardsVoidingKind: '@tag(name: "desk")',
  VoidForAbuseResult: '@tag(name: "desk")',
  CompensationClaimResult: '@tag(name: "desk")',
  ReferralFlag: '@tag(name: "desk")',
  ReviewReferralResult: '@tag(name: "desk")',
  DiscontinueProgramResult: '@tag(name: "desk")',
  PublishTermsResult: '@tag(name: "desk")',
  XPointsAdjustmentResult: '@tag(name: "desk")',
  RewardsCampaignResult: '@tag(name: "desk")',
  RewardsAccountingLineKind: '@tag(name: "desk")',
  RewardsAccountingClass: '@tag(name: "desk")',
  RewardsAnalyticsBucket: '@tag(name: "desk")',
  RewardsAnalyticsBasis: '@tag(name: "desk")',
  RewardsBreakageMethod: '@tag(name: "desk")',
  RewardsOrganizationRanking: '@tag(name: "desk")',
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
  Customer: ({ id }, { loaders }, info): Promise<Customer> => loaders.customerOf(id, info),
  Order: orderOf,
};

/** How the entities of a type become one read for an operation that asks nothing but plain fields of them. */
export const batches: Batches<RequestContext> = {
  Customer: (representations, { loaders }, asked) =>
    loaders.customers(
      representations.map(({ id }) => id),
      asked,
    ),
  Order: (representations, context) =>
    Promise.all(representations.map((representation) => orderOf(representation, context))),
};

async function orderOf(
  { id, netTotal }: Representation,
  { loaders }: RequestContext,
): Promise<Order> {
  return { ...toOrder(id, await loaders.orderView(id)), netTotal: representedMoney(netTotal) };
}
