import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import { lotExpiry } from '../programs/pricing';
import type { Book } from './book';
import type { Arithmetic } from './entry';
import type { LotSource } from './lot';
import type { Move } from './moves';
import { type NotificationContent, notifiedMoney } from './notification';

/** Points that come into an account. */
interface Credit {
  readonly source: LotSource;
  /** What credited them: an order's id, a referred customer's, a campaign's code … */
  readonly sourceRef: string;
  readonly points: Points;
  readonly turnover: bigint;
  readonly orderId?: string;
  readonly arithmetic?: Arithmetic;
}

/**
 * Credits points as a lot of their own (R6.1), valid as the terms say (R6.2), and adds turnover. 0 points
 * make an entry without a lot: turnover moved. Answers the lot's number, null where there is none.
 */
export function creditPoints(book: Book, credit: Credit): number | null {
  const { source, sourceRef, points, turnover, orderId, arithmetic } = credit;
  const expiresAt = lotExpiry(book.terms, book.now);
  const lot =
    points > 0
      ? book.addLot({ source, sourceRef, granted: points, creditedAt: book.now, expiresAt })
      : null;
  const entry = book.post({
    kind: 'CREDITED',
    moves: lot === null ? [] : [{ lot, from: 'ISSUED', to: 'REMAINING', points }],
    turnoverChange: turnover,
    occurredAt: book.now,
    orderId,
    arithmetic,
  });
  if (lot !== null) {
    book.tell('points.credited', {
      source,
      reference: sourceRef,
      orderId: orderId ?? null,
      points,
      expiresAt: formatInstant(expiresAt),
    });
    book.notify(creditNotice(book, { source, sourceRef, points, orderId, expiresAt, arithmetic }), {
      sequence: entry.sequence,
    });
  }
  return lot;
}

/** What the member is told of a credit (R6.9, R9.1). */
function creditNotice(
  book: Book,
  credit: Omit<Credit, 'turnover'> & { readonly expiresAt: Instant },
): NotificationContent {
  const { source, sourceRef, points, orderId = null, arithmetic } = credit;
  const value = notifiedMoney(book.terms, points);
  const expiresAt = formatInstant(credit.expiresAt);
  if (arithmetic?.type === 'REFERRAL') {
    return {
      kind: 'REFERRAL_REWARDED',
      data: { points, value, tier: arithmetic.tier, expiresAt },
    };
  }
  const campaign = source === 'CAMPAIGN' ? sourceRef : null;
  const { available } = book.account;
  return {
    kind: 'POINTS_CREDITED',
    data: { points, source, orderId, campaign, expiresAt, available, value },
  };
}

/**
 * Takes credited points back (R4.3): first what is left in their own lot, then what of that lot expired or
 * was forfeited unspent (it profited nobody), then the member's other open lots, first in first out; what
 * is still missing is owed. Held points are not touched. Of a voided lot nothing is taken twice (**Decided**): what was
 * unspent of it is gone, and what was spent is claimed in money (R8.1); then the turnover alone falls.
 */
export function reversePoints(
  book: Book,
  reversal: {
    lot: number | null;
    points: Points;
    turnover: bigint;
    orderId?: string;
    arithmetic?: Arithmetic;
  },
): void {
  const { turnover, orderId, arithmetic } = reversal;
  const isVoided = reversal.lot !== null && book.lot(reversal.lot).voidedAt !== null;
  if (isVoided && turnover === 0n) return;
  const points = isVoided ? 0 : reversal.points;
  const moves: Move[] = [];
  let left = points;
  const take = (lot: number, from: 'REMAINING' | 'EXPIRED' | 'FORFEITED', there: Points): void => {
    const share = Math.min(there, left);
    if (share > 0) moves.push({ lot, from, to: 'REVERSED', points: share });
    left -= share;
  };
  if (reversal.lot !== null) {
    const own = book.lot(reversal.lot);
    take(own.number, 'REMAINING', own.remaining);
    take(own.number, 'EXPIRED', own.expired);
    take(own.number, 'FORFEITED', own.forfeited);
  }
  for (const lot of book.spendable()) {
    if (lot.number !== reversal.lot) take(lot.number, 'REMAINING', lot.remaining);
  }
  book.post({
    kind: 'REVERSED',
    moves,
    owedChange: left,
    turnoverChange: -turnover,
    occurredAt: book.now,
    orderId,
    arithmetic,
  });
  if (points > 0)
    book.tell('points.reversed', { orderId: orderId ?? null, points, owed: book.account.owed });
}
