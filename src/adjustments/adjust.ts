import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { isMember } from '../ledger/account';
import { bookAdjustment } from '../ledger/adjust-points';
import type { Book } from '../ledger/book';
import type { Command, Situation } from '../ledger/command';
import type { Adjustment } from '../ledger/desk';
import { answerObjection } from '../ledger/objection';

export interface AdjustmentAnswer {
  readonly adjustment: Adjustment;
}

export interface AdjustInput {
  readonly customerId: string;
  /** Below 0 where points are taken; never 0. */
  readonly points: Points;
  readonly reason: string;
  /** More points than these, given or taken, need a second person's approval. */
  readonly approvalAbove: Points;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/** The most points of one adjustment, given or taken: no number of them leaves what can be counted. */
export const ADJUSTMENT_MAX: Points = 1_000_000_000;

/** Whether an adjustment may be of so many points. */
export function isAdjustable(points: Points): boolean {
  return Number.isSafeInteger(points) && points !== 0 && Math.abs(points) <= ADJUSTMENT_MAX;
}

/**
 * The desk gives or takes points, with a reason on record. Above `approvalAbove` it waits for a second person.
 * Refused, in this order: INVALID_POINTS, NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (ended).
 */
export function adjustPoints(input: AdjustInput): Command<AdjustmentAnswer> {
  const { customerId, points, reason, idempotencyKey, actor } = input;
  return {
    operation: 'adjustXPoints',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ points, reason }),
    },
    input: { points },
    customers: [customerId],
    cases: true,
    decide: (situation) => answerOf(adjust(input, situation)),
  };
}

function adjust(input: AdjustInput, situation: Situation): Adjustment | Refusal {
  const { customerId, points } = input;
  if (!isAdjustable(points)) return refuse('INVALID_POINTS', { limit: ADJUSTMENT_MAX });
  const book = openBook(situation, customerId);
  if ('refused' in book) return book;
  const { adjustment } = requestAdjustment(situation, book, { ...input, objection: null });
  return adjustment;
}

/** A new adjustment: booked at once, or waiting for a second person where it is above the limit. */
export function requestAdjustment(
  situation: Situation,
  book: Book,
  wish: Omit<AdjustInput, 'customerId' | 'idempotencyKey'> & { readonly objection: number | null },
): { readonly adjustment: Adjustment } {
  const { points, reason, objection, actor, approvalAbove } = wish;
  const asked: Adjustment = {
    ...{ accountId: book.account.id, number: book.nextCase() },
    ...{ points, reason, objection, state: 'REQUESTED', decision: null, sequence: null },
    ...{ requestedBy: actor, requestedAt: situation.now },
  };
  const decision = { at: situation.now, by: actor, note: null };
  const adjustment =
    Math.abs(points) > approvalAbove ? asked : bookAdjustment(book, asked, decision);
  situation.keepAdjustment(adjustment);
  return { adjustment };
}

export interface DecideAdjustmentInput {
  readonly customerId: string;
  readonly number: number;
  readonly approve: boolean;
  readonly note: string | null;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * A second person approves an adjustment, and it is booked, or declines it. Refused, in this order: NOT_A_MEMBER,
 * ADJUSTMENT_NOT_FOUND, ADJUSTMENT_NOT_REQUESTED (decided before), SAME_PERSON (whoever asked for it; declining is
 * allowed), MEMBERSHIP_NOT_ACTIVE (approving, ended).
 */
export function decideAdjustment(input: DecideAdjustmentInput): Command<AdjustmentAnswer> {
  const { customerId, number, approve, note, idempotencyKey, actor } = input;
  return {
    operation: 'decideAdjustment',
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint({ number, approve, note }),
    },
    input: { number, approve },
    customers: [customerId],
    cases: true,
    decide: (situation) => answerOf(decide(input, situation)),
  };
}

function decide(input: DecideAdjustmentInput, situation: Situation): Adjustment | Refusal {
  const { customerId, number, approve, note, actor: by } = input;
  const book = situation.book(customerId);
  if (!book || !isMember(book.account, situation.now)) return refuse('NOT_A_MEMBER');
  const asked = situation.adjustments(customerId).find((it) => it.number === number);
  if (!asked) return refuse('ADJUSTMENT_NOT_FOUND');
  if (asked.state !== 'REQUESTED') return refuse('ADJUSTMENT_NOT_REQUESTED');
  const decision = { at: situation.now, by, note };
  if (!approve) {
    const declined: Adjustment = { ...asked, state: 'DECLINED', decision };
    situation.keepAdjustment(declined);
    return declined;
  }
  if (asked.requestedBy === by) return refuse('SAME_PERSON');
  if (book.account.stage === 'ENDED') return refuse('MEMBERSHIP_NOT_ACTIVE');
  const booked = bookAdjustment(book, asked, decision);
  situation.keepAdjustment(booked);
  if (booked.objection !== null) answerObjection(situation, book, booked);
  return booked;
}

function openBook(situation: Situation, customerId: string): Book | Refusal {
  const book = situation.book(customerId);
  if (!book || !isMember(book.account, situation.now)) return refuse('NOT_A_MEMBER');
  return book.account.stage === 'ENDED' ? refuse('MEMBERSHIP_NOT_ACTIVE') : book;
}

function answerOf(result: Adjustment | Refusal): { answer: AdjustmentAnswer | Refusal } {
  return { answer: 'refused' in result ? result : { adjustment: result } };
}
