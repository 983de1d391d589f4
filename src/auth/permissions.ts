import { RequestError } from '../kernel/errors';
import type { Actor, Scope } from './actor';

/**
 * Whom a rule may name. `owner`: the customer whom the subject belongs to, with a token of their own. `customer`: any
 * customer, who gets what is theirs alone. `partner`: a partner's token of the subject's organisation. The others by
 * their scope. A colleague is no role: nobody sees more of a member for working where they work.
 */
type Role = 'anyone' | 'customer' | 'owner' | 'partner' | 'desk' | 'analytics' | 'service';

/** Who may do what. What is not listed is not allowed. */
const PERMISSIONS = {
  readPrograms: ['anyone'],
  readInvitation: ['anyone'],
  /** Each entity is judged by itself, by the rules of the fields asked of it. */
  askEntities: ['anyone'],
  /** In production; in development anyone. */
  readSchema: ['service'],
  readMember: ['owner', 'desk', 'service'],
  /** A member at a past instant: the argument `asOf` of `Customer.xPoints`. */
  readPast: ['desk'],
  readOrder: ['owner', 'desk', 'service'],
  quote: ['owner', 'desk', 'service'],
  simulate: ['owner', 'desk', 'service'],
  watchBalance: ['owner', 'desk', 'service'],
  watchOrganization: ['partner', 'desk'],
  redeem: ['owner', 'desk'],
  decideRedemption: ['service', 'desk'],
  applyDiscount: ['owner', 'desk'],
  requestTransfer: ['owner'],
  readTransfers: ['customer', 'desk'],
  readEvidence: ['owner', 'desk'],
  transfer: ['desk'],
  leave: ['owner', 'desk'],
  readEndReason: ['owner', 'desk'],
  readLotOrigin: ['owner', 'desk'],
  exportMember: ['owner', 'desk'],
  suspend: ['desk'],
  readSuspensionReason: ['desk'],
  terminate: ['desk'],
  reviewReferral: ['desk'],
  discontinueProgram: ['desk'],
  publishTerms: ['desk'],
  runCampaigns: ['desk'],
  readCampaignRecord: ['desk'],
  adjust: ['desk'],
  objectToCredit: ['owner', 'desk'],
  decideObjection: ['desk'],
  objectToTerms: ['owner', 'desk'],
  replayWebhooks: ['desk'],
  resendNotification: ['desk'],
  voidForAbuse: ['desk'],
  readVoidings: ['desk'],
  decideClaim: ['desk'],
  readEndingProgress: ['desk'],
  readDeskLists: ['desk'],
  readOrganization: ['partner', 'desk'],
  readAnalytics: ['analytics', 'desk'],
  readAccounting: ['analytics', 'desk'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMISSIONS;
export const ACTIONS = Object.keys(PERMISSIONS) as readonly Action[];

/**
 * What a field needs: every field of Query, Mutation and Subscription, every field that an entity is given, and
 * fields of other types that need more than what leads to them. The directives of the SDL are made of it, and
 * `test/auth/matrix.test.ts` asks every field as everybody.
 */
export const FIELDS = {
  'Query._entities': 'askEntities',
  'Query._service': 'readSchema',
  'Query.rewardsPrograms': 'readPrograms',
  'Query.rewardsProgram': 'readPrograms',
  'Query.referralInvitation': 'readInvitation',
  'Query.rewardsMember': 'readMember',
  'Query.xPointsQuote': 'quote',
  'Query.exportMemberData': 'exportMember',
  'Query.transferRequests': 'readTransfers',
  'Query.referralReviews': 'readDeskLists',
  'Query.setAsideEvents': 'readDeskLists',
  'Query.orderDiscrepancies': 'readDeskLists',
  'Query.undeliveredWebhooks': 'readDeskLists',
  'Query.webhookDeliveries': 'readDeskLists',
  'Query.undeliveredMails': 'readDeskLists',
  'Query.compensationClaims': 'readDeskLists',
  'Query.xPointsAdjustments': 'readDeskLists',
  'Query.xPointsObjections': 'readDeskLists',
  'Query.simulateXPoints': 'simulate',
  'Query.rewardsAuditLog': 'readDeskLists',
  'Query.rewardsIntegrity': 'readDeskLists',
  'Query.rewardsAnalytics': 'readAnalytics',
  'Query.rewardsAccounting': 'readAccounting',
  'Query.rewardsOrganization': 'readOrganization',
  'Mutation.redeemXPoints': 'redeem',
  'Mutation.captureRedemption': 'decideRedemption',
  'Mutation.releaseRedemption': 'decideRedemption',
  'Mutation.applyDiscountCode': 'applyDiscount',
  'Mutation.requestXPointsTransfer': 'requestTransfer',
  'Mutation.transferXPoints': 'transfer',
  'Mutation.decideXPointsTransfer': 'transfer',
  'Mutation.leaveRewards': 'leave',
  'Mutation.terminateMember': 'terminate',
  'Mutation.suspendMember': 'suspend',
  'Mutation.reinstateMember': 'suspend',
  'Mutation.reviewReferral': 'reviewReferral',
  'Mutation.discontinueProgram': 'discontinueProgram',
  'Mutation.publishTerms': 'publishTerms',
  'Mutation.startCampaign': 'runCampaigns',
  'Mutation.endCampaign': 'runCampaigns',
  'Mutation.adjustXPoints': 'adjust',
  'Mutation.decideAdjustment': 'adjust',
  'Mutation.objectToCredit': 'objectToCredit',
  'Mutation.decideObjection': 'decideObjection',
  'Mutation.objectToTerms': 'objectToTerms',
  'Mutation.replayWebhooks': 'replayWebhooks',
  'Mutation.resendNotification': 'resendNotification',
  'Mutation.voidXPointsLots': 'voidForAbuse',
  'Mutation.voidReferral': 'voidForAbuse',
  'Mutation.voidDiscount': 'voidForAbuse',
  'Mutation.settleClaim': 'decideClaim',
  'Mutation.waiveClaim': 'decideClaim',
  'Subscription.xPointsBalanceChanged': 'watchBalance',
  'Subscription.organizationXPointsChanged': 'watchOrganization',
  'Customer.xPoints': 'readMember',
  'Customer.tier': 'readMember',
  'Customer.membership': 'readMember',
  'Customer.referral': 'readMember',
  'Customer.discountCodes': 'readMember',
  'Customer.lots': 'readMember',
  'Customer.xPointsHistory': 'readMember',
  'Customer.rewardsNotifications': 'readMember',
  'Customer.compensationClaims': 'readMember',
  'Customer.rewardsVoidings': 'readVoidings',
  'Customer.xPointsObjections': 'readMember',
  'Order.xPoints': 'readOrder',
  'Order.tier': 'readOrder',
  'Order.referral': 'readOrder',
  'Order.lots': 'readOrder',
  'Order.xPointsQuote': 'quote',
  'RewardsCampaign.record': 'readCampaignRecord',
  'RewardsMembership.suspensionReason': 'readSuspensionReason',
  'RewardsMembership.endReason': 'readEndReason',
  'RewardsProgramEnding.members': 'readEndingProgress',
  'RewardsProgramEnding.done': 'readEndingProgress',
  'RewardsProgramEnding.finishedAt': 'readEndingProgress',
  'XPointsLot.origin': 'readLotOrigin',
  'XPointsTransfer.evidence': 'readEvidence',
} as const satisfies Readonly<Record<string, Action>>;

/**
 * What is null, without an error, for whoever may not read it: where nobody can tell whose a thing is without
 * reading it, an error would tell that it exists, and one reason in a page is not worth an error of its own.
 */
export const HIDDEN: ReadonlySet<Action> = new Set<Action>([
  'readOrder',
  'readEvidence',
  'readEndReason',
  'readLotOrigin',
  'readSuspensionReason',
  'readEndingProgress',
  'readVoidings',
  'readCampaignRecord',
]);

/** What an action is about; nothing where it is about no member in particular. */
export interface Subject {
  readonly customerId?: string | null;
  readonly organizationId?: string | null;
}

const SCOPE_OF = {
  partner: 'rewards:partner',
  desk: 'rewards:desk',
  analytics: 'rewards:analytics',
  service: 'rewards:service',
} as const satisfies Partial<Record<Role, Scope>>;

/** Whether `actor` may do `action` to `subject`. */
export function allows(actor: Actor, action: Action, subject: Subject = {}): boolean {
  return rolesOf(action).some((role) => plays(actor, role, subject));
}

/** Fails unless `actor` may do `action` to `subject`: UNAUTHENTICATED without a token, else FORBIDDEN. */
export function authorize(actor: Actor, action: Action, subject: Subject = {}): void {
  if (allows(actor, action, subject)) return;
  if (actor.subject === null) {
    throw new RequestError('UNAUTHENTICATED', 'This needs an access token.');
  }
  throw new RequestError('FORBIDDEN', 'This access token does not allow it.');
}

/**
 * What a router is told of an action, as far as a token shows it: nothing where anyone may, one of the scopes where
 * only they may, and otherwise a token, since a customer's carries no scope of ours.
 */
export function directiveOf(action: Action): string | null {
  const scopes: string[] = [];
  for (const role of rolesOf(action)) {
    if (role === 'anyone') return null;
    if (role === 'customer' || role === 'owner') return '@authenticated';
    scopes.push(`["${SCOPE_OF[role]}"]`);
  }
  return `@requiresScopes(scopes: [${scopes.join(', ')}])`;
}

function rolesOf(action: Action): readonly Role[] {
  return PERMISSIONS[action];
}

function plays(actor: Actor, role: Role, { customerId, organizationId }: Subject): boolean {
  switch (role) {
    case 'anyone':
      return true;
    case 'customer':
      return actor.customerId !== null;
    case 'owner':
      return actor.customerId !== null && actor.customerId === customerId;
    case 'partner': {
      const isOfThem = actor.organizationId !== null && actor.organizationId === organizationId;
      return isOfThem && actor.scopes.has(SCOPE_OF.partner);
    }
    default:
      return actor.scopes.has(SCOPE_OF[role]);
  }
}
