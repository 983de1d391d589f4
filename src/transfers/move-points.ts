import { type Refusal, refuse } from '../kernel/errors';
import { POINTS_MAX, type Points } from '../kernel/points';
import { isMember, mayEarn } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Situation } from '../ledger/command';
import type { Member } from '../ledger/member';

/** Who would give how many points to whom. */
export interface Move {
  readonly fromId: string;
  readonly toId: string;
  /** Null: all that can be spent. */
  readonly points: Points | null;
}

/**
 * Why points may not move, or null (R7.1, R7.4): INVALID_POINTS, NOT_A_MEMBER, SAME_ACCOUNT, MEMBERSHIP_NOT_ACTIVE,
 * DIFFERENT_PROGRAM, DIFFERENT_ORGANIZATION, DIFFERENT_BILLING_ACCOUNT, INSUFFICIENT_X_POINTS.
 */
export function refusalOf(situation: Situation, move: Move): Refusal | null {
  const { fromId, toId, points } = move;
  if (points !== null && (points < 1 || !Number.isSafeInteger(points))) {
    return refuse('INVALID_POINTS', { limit: POINTS_MAX });
  }
  const from = memberBook(situation, fromId);
  const to = memberBook(situation, toId);
  if (!from || !to) return refuse('NOT_A_MEMBER');
  if (fromId === toId) return refuse('SAME_ACCOUNT');
  if (!mayEarn(from.account) || !mayEarn(to.account)) return refuse('MEMBERSHIP_NOT_ACTIVE');
  if (from.account.program !== to.account.program) return refuse('DIFFERENT_PROGRAM');
  const [giver, receiver] = [situation.member(fromId), situation.member(toId)];
  if (!isColleague(giver, receiver)) return refuse('DIFFERENT_ORGANIZATION');
  if (!isSame(giver.billingAccountId, receiver.billingAccountId)) {
    return refuse('DIFFERENT_BILLING_ACCOUNT');
  }
  const { available } = from.account;
  return available < (points ?? 1) ? refuse('INSUFFICIENT_X_POINTS', { available }) : null;
}

/**
 * What a member who asks is told: about an account outside their own organisation always DIFFERENT_ORGANIZATION,
 * whatever is true of it, so that nobody probes strangers; nor does a receiver learn what the giver has (R7.4).
 */
export function refusalForMember(
  situation: Situation,
  move: Move,
  askerId: string,
): Refusal | null {
  const otherId = askerId === move.fromId ? move.toId : move.fromId;
  const refusal = refusalOf(situation, move);
  if (refusal?.refused === 'INVALID_POINTS' || otherId === askerId) return refusal;
  if (!memberBook(situation, askerId)) return refuse('NOT_A_MEMBER');
  if (!isColleague(situation.member(askerId), situation.member(otherId))) {
    return refuse('DIFFERENT_ORGANIZATION');
  }
  const hidden = refusal?.refused === 'INSUFFICIENT_X_POINTS' && askerId === move.toId;
  return hidden ? null : refusal;
}

/**
 * Moves points, first in first out: out of the giver's lots, into lots of the receiver that keep each one's crediting and
 * expiry dates and the terms it was granted under, and say where they came from. What the receiver owes is paid (R7.3, R4.3).
 */
export function movePoints(situation: Situation, move: Move): Points {
  const from = bookOf(situation, move.fromId);
  const to = bookOf(situation, move.toId);
  const points = move.points ?? from.account.available;
  const out = from.take(points, 'TRANSFERRED');
  from.post({ kind: 'TRANSFERRED_OUT', moves: out, occurredAt: from.now });
  from.tell('points.transferred', { toId: move.toId, points: -points });
  const into = out.map((part) => {
    const { creditedAt, expiresAt, termsVersion, number } = from.lot(part.lot);
    const lot = to.addLot({
      source: 'TRANSFER',
      sourceRef: move.fromId,
      granted: part.points,
      creditedAt,
      expiresAt,
      termsVersion,
      origin: { accountId: move.fromId, lot: number },
    });
    return { lot, from: 'ISSUED' as const, to: 'REMAINING' as const, points: part.points };
  });
  to.post({ kind: 'TRANSFERRED_IN', moves: into, occurredAt: to.now });
  to.tell('points.transferred', { fromId: move.fromId, points });
  return points;
}

function memberBook(situation: Situation, id: string): Book | null {
  const book = situation.book(id);
  return book && isMember(book.account, situation.now) ? book : null;
}

function bookOf(situation: Situation, id: string): Book {
  const book = situation.book(id);
  if (!book) throw new Error(`account ${id} was checked to be a member's`);
  return book;
}

function isColleague(a: Member, b: Member): boolean {
  return isSame(a.organizationId, b.organizationId);
}

function isSame(a: string | null, b: string | null): boolean {
  return a !== null && a === b;
}
