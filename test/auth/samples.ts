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
    fromId: SUBJECT.customerId,
    toId: 'eve',
    refereeId: 'gil',
    orderId: 'ada-open',
    redemptionId: known.redemptionId,
    transferId: known.transferId,
    'Query.referralInvitation.code': known.code,
    'ApplyDiscountCodeInput.code': known.discountCode,
    'RedeemXPointsInput.points': 3,
    'RequestXPointsTransferInput.points': 2,
    'RequestXPointsTransferInput.evidence': 'more of ada',
    'LeaveRewardsInput.forfeits': 0,
    // Of no program: the others still need theirs.
    'DiscontinueProgramInput.program': 'NONE',
    reason: 'A reason.',
    note: 'A note.',
  };
}

/** Where a subscription goes on, by its argument: from the start, so that everything is replayed. */
export const REPLAYS: Samples = {
  'Subscription.xPointsBalanceChanged.after': 0,
};

/** The same of nobody and nothing: what a refusal must not tell from what exists. */
export const NOBODYS: Samples = {
  customerId: 'nobody',
  fromId: 'nobody',
  toId: 'nobody-else',
  refereeId: 'nobody',
  orderId: 'no-order',
  redemptionId: 'no-redemption',
  transferId: 'no-transfer',
};
