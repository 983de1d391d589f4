import { points } from './amounts';
import type { RedeemAtCheckoutMutation, RefusalCode } from './generated/operations';

type Result = RedeemAtCheckoutMutation['redeemXPoints'];
/** Points were set aside. */
export type Success = Extract<Result, { __typename: 'RedeemXPointsSuccess' }>;
/** They were not, and nothing happened: an answer like any other. */
export type Refusal = Exclude<Result, Success>;

/**
 * What a member is told, by code: every one that `redeemXPoints` names in the schema. The server's own `message` is for developers.
 */
const MESSAGES: Partial<Record<RefusalCode, string>> = {
  INVALID_POINTS: 'Enter a whole number of points, 1 or more.',
  INVALID_HOLD_TIME: 'Points cannot be set aside for that long. Please contact us.',
  NOT_A_MEMBER: 'You are not a member of the rewards program yet.',
  MEMBERSHIP_NOT_ACTIVE: 'Your membership does not allow paying with points at the moment.',
  ORDER_NOT_FOUND: 'This order has not reached the rewards program yet. Try again in a moment.',
  ORDER_NOT_OPEN: 'This order is paid or cancelled already. No points were used.',
  CURRENCY_MISMATCH: 'This order is in another currency than your points.',
  EXCEEDS_ORDER_VALUE: 'That is more than what is left to pay on this order.',
  INSUFFICIENT_X_POINTS: 'You do not have that many points any more.',
  ACCOUNT_FROZEN: 'Your points are being looked into. Please try again later.',
  IDEMPOTENCY_CONFLICT: 'This attempt was made before with another number. Please start again.',
};

/** A refusal in the member's words, with the number that explains it. */
export function explain(refusal: Refusal): string {
  const message = MESSAGES[refusal.code] ?? 'Points cannot be used for this order.';
  if (refusal.__typename === 'LimitExceeded') {
    return `${message} At most: ${points(refusal.limit)} points.`;
  }
  if (refusal.__typename === 'InsufficientXPoints') {
    return `${message} You have ${points(refusal.available)}.`;
  }
  return message;
}
