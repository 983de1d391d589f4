import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { POINTS_MAX, type Points } from '../kernel/points';
import type { Book, RedemptionWithSlices } from '../ledger/book';
import type { Command, Situation } from '../ledger/command';
import { captureHold, endHold } from '../ledger/redeem-points';
import { answerOf, type RedemptionAnswer } from './redeem';

export interface HoldInput {
  readonly customerId: string;
  /** The redemption's number on the customer's account. */
  readonly number: number;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * Captures a hold, in part or whole; the rest is released (R6.7).
 * Refused, in this order (R7.4): INVALID_POINTS, REDEMPTION_NOT_FOUND, REDEMPTION_NOT_HELD, EXCEEDS_HOLD.
 */
export function captureRedemption(
  input: HoldInput & { readonly points: Points | null },
): Command<RedemptionAnswer> {
  const { points } = input;
  return holdCommand('captureRedemption', input, { points }, (situation) => {
    const refused = refusePoints(points);
    if (refused) return refused;
    return onHold(situation, input, (book, hold) => {
      if (points !== null && points > hold.held)
        return refuse('EXCEEDS_HOLD', { limit: hold.held });
      return answerOf(book, captureHold(book, hold, points ?? hold.held));
    });
  });
}

/** Why a number of points named to a capture is none; null where it is one, or none is named. */
export function refusePoints(points: Points | null): Refusal | null {
  const valid = points === null || (points >= 1 && Number.isSafeInteger(points));
  return valid ? null : refuse('INVALID_POINTS', { limit: POINTS_MAX });
}

/**
 * Gives a hold back (R6.7). Refused, in this order (R7.4): REDEMPTION_NOT_FOUND, REDEMPTION_NOT_HELD.
 */
export function releaseRedemption(input: HoldInput): Command<RedemptionAnswer> {
  return holdCommand('releaseRedemption', input, {}, (situation) =>
    onHold(situation, input, (book, hold) =>
      answerOf(book, endHold(book, hold, 'RELEASED', book.now)),
    ),
  );
}

function onHold(
  situation: Situation,
  input: HoldInput,
  decide: (book: Book, hold: RedemptionWithSlices) => RedemptionAnswer | Refusal,
): RedemptionAnswer | Refusal {
  const book = situation.book(input.customerId);
  const redemption = book?.redemptions.get(input.number);
  if (!book || !redemption) return refuse('REDEMPTION_NOT_FOUND');
  if (redemption.state !== 'HELD') return refuse('REDEMPTION_NOT_HELD');
  return decide(book, redemption);
}

function holdCommand(
  operation: string,
  input: HoldInput,
  extra: object,
  decide: (situation: Situation) => RedemptionAnswer | Refusal,
): Command<RedemptionAnswer> {
  const { customerId, number, idempotencyKey, actor } = input;
  return {
    operation,
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ number, ...extra }),
    },
    input: { number, ...extra },
    customers: [customerId],
    redemption: number,
    decide: (situation) => ({ answer: decide(situation) }),
  };
}
