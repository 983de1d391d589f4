import type { ErrorCode } from './error-codes';

/**
 * Why a command was refused. Expected refusals are data: each command lists its own in the order in
 * which they are judged (R7.4). The codes are public contract.
 */
export const REFUSAL_CODES = {
  INVALID_POINTS:
    'Points are a whole number, 1 or more; below 0 only where an adjustment takes them.',
  INVALID_HOLD_TIME: 'A hold lasts from one minute to 90 days.',
  NOT_A_MEMBER: 'The customer is no member of a rewards program at this moment.',
  MEMBERSHIP_NOT_ACTIVE:
    'The membership does not allow this: suspended, in its last months, or ended.',
  MEMBERSHIP_NOT_SUSPENDED: 'Only a suspended membership can be reinstated.',
  ORDER_NOT_FOUND: 'No placed order of this member has that id.',
  ORDER_NOT_OPEN: 'The order is paid or cancelled in full; points pay for open orders only.',
  CURRENCY_MISMATCH: "The order is in another currency than the member's program.",
  EXCEEDS_ORDER_VALUE: 'More points than what is left to pay on the order.',
  INSUFFICIENT_X_POINTS: 'More points than the member can spend now.',
  REDEMPTION_NOT_FOUND: 'No redemption has that id.',
  REDEMPTION_NOT_HELD: 'The redemption is not held (any more): captured, released or lapsed.',
  EXCEEDS_HOLD: 'More points than the redemption holds.',
  SAME_ACCOUNT: 'Giver and receiver are the same account.',
  DIFFERENT_PROGRAM: 'The two accounts are in different programs.',
  DIFFERENT_ORGANIZATION: 'Points move inside one organisation only.',
  DIFFERENT_BILLING_ACCOUNT: 'Points move between members with the same billing account only.',
  TRANSFER_NOT_FOUND: 'No transfer has that id.',
  TRANSFER_NOT_REQUESTED: 'The transfer was decided before.',
  DISCOUNT_NOT_FOUND: 'The member has no discount code like that.',
  DISCOUNT_ALREADY_USED: 'The discount code is applied to an order already.',
  DISCOUNT_EXPIRED: 'The discount code is past its validity.',
  NOT_FIRST_ORDER: 'The discount is for a first order; this account has a completed one.',
  FORFEITURE_CHANGED: 'Leaving would forfeit another number of points than was named; look again.',
  REFERRAL_NOT_FOUND: 'The customer was not referred by anybody.',
  REFERRAL_NOT_REVIEWABLE:
    'The referral stands as the decision says already, or cannot be decided any more.',
  PROGRAM_NOT_FOUND: 'No program has that code.',
  PROGRAM_ENDING_ALREADY: 'The program was discontinued before.',
  INVALID_TERMS: 'The terms are not valid as the next version; the mistakes say why.',
  ADJUSTMENT_NOT_FOUND: 'The member has no adjustment of that number.',
  ADJUSTMENT_NOT_REQUESTED: 'The adjustment was decided before, or needed no approval.',
  SAME_PERSON: 'Whoever asked for the adjustment cannot approve it.',
  CREDIT_NOT_FOUND: 'No entry of that number credited points to this member.',
  OBJECTION_NOT_FOUND: 'The member has no objection of that number.',
  OBJECTION_NOT_OPEN: 'The objection was decided before, or its correction awaits approval.',
  OBJECTION_OPEN: 'An objection to the same thing is open already.',
  TERMS_NOT_OPEN: 'No such version of the terms awaits an objection of this member.',
  OBJECTION_TOO_LATE: 'The time to object is over.',
  CAMPAIGN_NOT_FOUND: 'The program has no campaign of that code.',
  CAMPAIGN_CODE_TAKEN: 'The program has a campaign of that code already.',
  CAMPAIGN_OVER: 'The campaign has ended already, or ends by the instant named.',
  INVALID_CAMPAIGN: 'The campaign is not valid; the mistakes say why.',
  INVALID_END_DATE: 'The end must be a day of the program zone that is not over.',
  ENDPOINT_NOT_FOUND: 'No webhook endpoint of the configuration has that name.',
  NOTHING_TO_REPLAY: 'No kept message is like that: it is too old, or not for this endpoint.',
  NOTIFICATION_NOT_FOUND: 'The member has no notification with that number.',
  NOTIFICATION_NOT_GIVEN_UP: 'Only a mail that was given up is sent again.',
  LOT_NOT_FOUND: 'The member has no lot with that number or id.',
  ALREADY_VOIDED: 'It was voided for abuse before.',
  CLAIM_NOT_FOUND: 'No compensation claim has that id.',
  CLAIM_NOT_OPEN: 'The claim was settled or waived before.',
  ACCOUNT_FROZEN:
    'The account stands still while its books are looked into. Ask again later, with a new key.',
  IDEMPOTENCY_CONFLICT: 'This idempotency key was used before, with other input. Use a new key.',
} as const;

export type RefusalCode = keyof typeof REFUSAL_CODES;

/** An expected refusal, with the numbers that explain it. */
export interface Refusal {
  readonly refused: RefusalCode;
  /** What the member can spend now; with INSUFFICIENT_X_POINTS. */
  readonly available?: number;
  /** The most that would have been accepted; with EXCEEDS_ORDER_VALUE, EXCEEDS_HOLD and INVALID_POINTS; with FORFEITURE_CHANGED what would be forfeited. */
  readonly limit?: number;
}

/** A refusal of `code` with the numbers that explain it. */
export function refuse(
  code: RefusalCode,
  numbers: { available?: number; limit?: number } = {},
): Refusal {
  return { refused: code, ...numbers };
}

/**
 * A failure that the caller may know about, thrown rather than returned: who asks, what was asked,
 * how much. Everything else that is thrown is masked and logged with an id.
 */
export class RequestError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** With RATE_LIMITED: seconds until it may be tried again. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

/** Fails where `condition` is false: a bug in our code, never a user's error. */
export function invariant(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${why}`);
}
