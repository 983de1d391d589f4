import { SUBJECT } from '../../src/auth/callers';
import type { Samples } from './query';
import type { Stage } from './stage';

/**
 * What the matrix asks with: a value for each argument and input field that the schema demands, by place
 * (`Query.rewardsProgram.code`), by type (`ProgramCode`) or by name (`customerId`). Everything is ada's. Keys of commands,
 * enums, flags and input objects need none.
 */
export function samplesOf({ known }: Pick<Stage, 'known'>): Samples {
  return {
    first: 4,
    ProgramCode: 'EU',
    MoneyInput: { amount: '10.00', currency: 'EUR' },
    customerId: SUBJECT.customerId,
    organizationId: SUBJECT.organizationId,
    fromId: SUBJECT.customerId,
    toId: 'eve',
    refereeId: 'gil',
    orderId: 'ada-open',
    redemptionId: known.redemptionId,
    transferId: known.transferId,
    claimId: known.claimId,
    'Query.referralInvitation.code': known.code,
    'Query.rewardsOrganization.id': SUBJECT.organizationId,
    'Query.rewardsAnalytics.from': '2025-01-01T00:00:00Z',
    'Query.rewardsAnalytics.to': '2025-03-01T00:00:00Z',
    'Query.rewardsAccounting.from': '2025-01',
    'Query.rewardsAccounting.to': '2025-02',
    'ApplyDiscountCodeInput.code': known.discountCode,
    'RedeemXPointsInput.points': 3,
    'RequestXPointsTransferInput.points': 2,
    'RequestXPointsTransferInput.evidence': 'more of ada',
    'LeaveRewardsInput.forfeits': 0,
    // Of no program: the others still need theirs.
    'DiscontinueProgramInput.program': 'NONE',
    'VoidXPointsLotsInput.lots': ['2'],
    'VoidDiscountInput.code': known.discountCode,
    'AdjustXPointsInput.points': 4,
    'DecideAdjustmentInput.number': 1,
    'ObjectToCreditInput.statement': 'more of ada',
    'ObjectToCreditInput.entrySequence': 1,
    'DecideObjectionInput.number': 1,
    'ObjectToTermsInput.version': 2,
    'PublishTermsInput.effectiveOn': '2026-06-01',
    'PublishTermsInput.noticeDays': 30,
    'StartCampaignInput.code': 'SUMMER',
    'StartCampaignInput.factor': '1.5',
    'StartCampaignInput.endsAt': '2025-09-01T00:00:00Z',
    ...{ en: 'Summer', de: 'Sommer', tr: 'Yaz', pl: 'Lato', es: 'Verano' },
    'EndCampaignInput.code': 'SPRING',
    'ReplayWebhooksInput.endpoint': 'platform',
    'ReplayWebhooksInput.deadLetters': true,
    'ResendNotificationInput.number': 1,
    'SimulateXPointsInput.order': { net: { amount: '10.00', currency: 'EUR' } },
    reason: 'A reason.',
    note: 'A note.',
  };
}

/** Where a subscription goes on, by its argument: from the start, so that everything is replayed. */
export function replaysOf({ known }: Pick<Stage, 'known'>): Samples {
  return {
    'Subscription.xPointsBalanceChanged.after': 0,
    'Subscription.organizationXPointsChanged.after': known.changes,
  };
}

/** The same of nobody and nothing: what a refusal must not tell from what exists. */
export const NOBODYS: Samples = {
  customerId: 'nobody',
  organizationId: 'no-organization',
  fromId: 'nobody',
  toId: 'nobody-else',
  refereeId: 'nobody',
  orderId: 'no-order',
  redemptionId: 'no-redemption',
  transferId: 'no-transfer',
  claimId: 'no-claim',
  'Query.rewardsOrganization.id': 'no-organization',
};
