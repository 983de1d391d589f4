import { formatInstant, type Instant } from '../kernel/time';
import { bindTerms } from './bind-terms';
import type { Book } from './book';
import { nextStage } from './end-membership';
import { nextDueAt, nextStageAt } from './next-due';
import { notifiedMoney } from './notification';
import { endHold } from './redeem-points';

/**
 * Brings an account to an instant: what fell due until then (holds that lapse, lots that expire, a membership
 * that goes a stage on, new terms that bind) happens one by one in due order, each paying what is owed (R6.2, R6.7, R2.8,
 * R2.6, R4.3). At one instant holds lapse first, then lots expire: a lot is gone at that instant either way (R6.8).
 */
export function bringToInstant(book: Book, at: Instant): void {
  for (let due = nextDueAt(book); due !== null && due <= at; due = nextDueAt(book)) {
    const hold = [...book.redemptions.values()].find(
      ({ state, heldUntil }) => state === 'HELD' && heldUntil === due,
    );
    if (hold) endHold(book, hold, 'LAPSED', due);
    else if (book.spendable().some(({ expiresAt }) => expiresAt <= due)) expireLots(book, due);
    else if (nextStageAt(book.account) === due) nextStage(book, due);
    else bindTerms(book, due);
  }
}

function expireLots(book: Book, at: Instant): void {
  const moves = book
    .spendable()
    .filter((lot) => lot.expiresAt <= at)
    .map((lot) => ({
      lot: lot.number,
      from: 'REMAINING' as const,
      to: 'EXPIRED' as const,
      points: lot.remaining,
    }));
  const entry = book.post({ kind: 'EXPIRED', moves, occurredAt: at, due: true });
  const points = moves.reduce((sum, move) => sum + move.points, 0);
  book.tell('points.expired', { points }, at);
  const data = {
    points,
    value: notifiedMoney(book.terms, points),
    expiredAt: formatInstant(at),
    available: book.account.available,
  };
  book.notify({ kind: 'POINTS_EXPIRED', data }, { sequence: entry.sequence });
}
