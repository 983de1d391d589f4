import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import { type Account, membershipState } from './account';
import type { Book } from './book';
import { isExpired, type Lot } from './lot';
import { endHold } from './redeem-points';

/**
 * Ends a membership: its holds are released, which pays what is owed, and all points are forfeited. What it owes
 * stays on record (R2.9). `due`: by itself, when its window was over.
 */
export function endMembership(
  book: Book,
  end: { at: Instant; reason: string; due?: boolean },
): void {
  const { at, reason, due = false } = end;
  const before = membershipState(book.account);
  const holds = [...book.redemptions.values()].filter(({ state }) => state === 'HELD');
  for (const hold of holds.sort((a, b) => a.number - b.number))
    endHold(book, hold, 'RELEASED', at, due);
  const moves = book.spendable().map((lot) => ({
    lot: lot.number,
    from: 'REMAINING' as const,
    to: 'FORFEITED' as const,
    points: lot.remaining,
  }));
  book.change({ stage: 'ENDED', endedAt: at, endReason: reason });
  if (moves.length > 0) {
    book.post({ kind: 'FORFEITED', moves, occurredAt: at, due });
    const points = moves.reduce((sum, move) => sum + move.points, 0);
    book.tell('points.forfeited', { points }, at);
  }
  tellStage(book, before, at);
}

/** How many points an end of the membership now would forfeit: what is left once its holds are released and what is owed is paid. */
export function pointsToForfeit(
  book: { readonly account: Account; readonly lots: ReadonlyMap<number, Lot> },
  at: Instant,
): Points {
  let comesBack = 0;
  for (const lot of book.lots.values()) if (!isExpired(lot, at)) comesBack += lot.held;
  return Math.max(0, book.account.available + comesBack - book.account.owed);
}

/** From ENDING to REDEEM_ONLY, and from there to the end (R2.4). */
export function nextStage(book: Book, at: Instant): void {
  const before = membershipState(book.account);
  if (book.account.stage === 'ENDING') {
    book.change({ stage: 'REDEEM_ONLY' });
    tellStage(book, before, at);
  } else {
    endMembership(book, { at, reason: book.account.endReason ?? '', due: true });
  }
}

/** Tells the platform where a membership stands now (R9.2). */
export function tellStage(book: Book, before: string, at: Instant): void {
  const { endsAt, redeemUntil } = book.account;
  book.tell(
    'membership.changed',
    {
      from: before,
      to: membershipState(book.account),
      at: formatInstant(at),
      endsAt: endsAt === null ? null : formatInstant(endsAt),
      redeemUntil: redeemUntil === null ? null : formatInstant(redeemUntil),
    },
    at,
  );
}
