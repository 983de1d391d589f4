import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import { type Account, membershipState } from './account';
import type { Book } from './book';
import { isExpired, type Lot } from './lot';
import { type MembershipEndCause, notifiedMoney } from './notification';
import { endHold } from './redeem-points';

/**
 * Ends a membership: its holds are released, which pays what is owed, and all points are forfeited. What it owes
 * stays on record (R2.9). `due`: by itself, when its window was over.
 */
export function endMembership(
  book: Book,
  end: { at: Instant; reason: string; due?: boolean; cause?: MembershipEndCause },
): void {
  const { at, reason, due = false, cause } = end;
  const before = membershipState(book.account);
  if (cause) notifyEnd(book, { cause, endsAt: at, redeemUntil: null });
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

/** From ENDING to REDEEM_ONLY, and from there to the end (R2.4); to the end at once where there is no time to redeem (R2.6). */
export function nextStage(book: Book, at: Instant): void {
  const before = membershipState(book.account);
  const { stage, redeemUntil, endReason } = book.account;
  if (stage === 'ENDING' && redeemUntil !== at) {
    book.change({ stage: 'REDEEM_ONLY' });
    tellStage(book, before, at);
  } else {
    endMembership(book, { at, reason: endReason ?? '', due: true });
  }
}

/** What stands as the reason of a membership whose member objected to new terms (R2.6). */
export const OBJECTED = 'The member objected to new terms.';

/** Tells the member that their membership ends or has ended, until when they can redeem, and what would be forfeited (R9.1). */
export function notifyEnd(
  book: Book,
  end: { cause: MembershipEndCause; endsAt: Instant; redeemUntil: Instant | null },
): void {
  const { cause, endsAt, redeemUntil } = end;
  const points = pointsToForfeit(book, endsAt);
  const data = {
    cause,
    endsAt: formatInstant(endsAt),
    redeemUntil: redeemUntil === null ? null : formatInstant(redeemUntil),
    points,
    value: notifiedMoney(book.terms, points),
  };
  book.notify({ kind: 'MEMBERSHIP_ENDING', data });
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
