import { ADJUSTMENT_MAX, isAdjustable, requestAdjustment } from '../adjustments/adjust';
import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { isMember } from '../ledger/account';
import type { Command, Situation } from '../ledger/command';
import type { Objection } from '../ledger/desk';
import { answerObjection, rejectObjection } from '../ledger/objection';
import type { ObjectionAnswer } from './object';

export interface DecideObjectionInput {
  readonly customerId: string;
  readonly number: number;
  /** What the correction gives, or takes where it is below 0; null rejects. */
  readonly points: Points | null;
  /** Why, for the record and the member. */
  readonly note: string;
  /** More points than these need a second person's approval; until then the objection stays open. */
  readonly approvalAbove: Points;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * The desk resolves an objection (R8.2): rejected, or corrected by an adjustment that names it. Refused, in this order:
 * INVALID_POINTS, NOT_A_MEMBER, OBJECTION_NOT_FOUND, OBJECTION_NOT_OPEN (decided, or a correction of it awaits approval),
 * MEMBERSHIP_NOT_ACTIVE (a correction, ended).
 */
export function decideObjection(input: DecideObjectionInput): Command<ObjectionAnswer> {
  const { customerId, number, points, note, idempotencyKey, actor } = input;
  return {
    operation: 'decideObjection',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ number, points, note }),
    },
    input: { number, points },
    customers: [customerId],
    cases: true,
    decide: (situation) => {
      const result = decide(input, situation);
      return { answer: 'refused' in result ? result : { objection: result } };
    },
  };
}

function decide(input: DecideObjectionInput, situation: Situation): Objection | Refusal {
  const { customerId, number, points, note, actor, approvalAbove } = input;
  if (points !== null && !isAdjustable(points)) {
    return refuse('INVALID_POINTS', { limit: ADJUSTMENT_MAX });
  }
  const book = situation.book(customerId);
  if (!book || !isMember(book.account, situation.now)) return refuse('NOT_A_MEMBER');
  const find = () => situation.objections(customerId).find((it) => it.number === number);
  const open = find();
  if (!open) return refuse('OBJECTION_NOT_FOUND');
  const awaits = situation
    .adjustments(customerId)
    .some(({ objection, state }) => objection === number && state === 'REQUESTED');
  if (open.state !== 'OPEN' || awaits) return refuse('OBJECTION_NOT_OPEN');
  if (points === null) {
    return rejectObjection(situation, book, open, { at: situation.now, by: actor, note });
  }
  if (book.account.stage === 'ENDED') return refuse('MEMBERSHIP_NOT_ACTIVE');
  const wish = { points, reason: note, approvalAbove, objection: number, actor };
  const { adjustment } = requestAdjustment(situation, book, wish);
  if (adjustment.state === 'BOOKED') answerObjection(situation, book, adjustment);
  return find() ?? open;
}
