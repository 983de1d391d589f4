import { formatInstant, type Instant, startOfDay } from '../kernel/time';
import type { Book } from '../ledger/book';
import type { Command } from '../ledger/command';
import { isExpired, type Lot } from '../ledger/lot';
import { notifiedMoney } from '../ledger/notification';

/**
 * Tells a member of points that will expire (R6.9): 30 and 7 days ahead, as their terms say, counted in days of the
 * program's zone from the first day on which the points are gone. One notification a day, summed; again on the same day
 * it changes nothing. After an outage a lot is told of once, not for every day that was missed.
 */
export function tellExpiring(customerId: string): Command<{ readonly told: boolean }> {
  return {
    operation: 'tellExpiring',
    actor: 'system',
    customers: [customerId],
    background: true,
    decide: ({ now, book: bookOf }) => {
      const book = bookOf(customerId);
      if (!book) return { answer: { told: false } };
      const parts = book.account.stage === 'ENDED' ? [] : expiringParts(book, now);
      book.change({ expiryToldUntil: now });
      if (parts.length === 0) return { answer: { told: false } };
      const points = parts.reduce((sum, part) => sum + part.points, 0);
      const data = {
        points,
        value: notifiedMoney(book.terms, points),
        parts,
        available: book.account.available,
      };
      book.notify({ kind: 'POINTS_EXPIRING', data });
      return { answer: { told: true } };
    },
  };
}

interface Part {
  readonly points: number;
  readonly expiresAt: string;
  readonly days: number;
}

/** What is to be told of now, one part per expiry, soonest first. */
function expiringParts(book: Book, now: Instant): Part[] {
  const parts = new Map<Instant, Part>();
  for (const lot of book.spendable()) {
    const days = daysAhead(book, lot, now);
    if (days === null) continue;
    const { points = 0 } = parts.get(lot.expiresAt) ?? {};
    parts.set(lot.expiresAt, {
      points: points + lot.remaining,
      expiresAt: formatInstant(lot.expiresAt),
      days,
    });
  }
  return [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
}

/** The nearest notice of a lot that has come since the member was told last; null where none has. */
function daysAhead(book: Book, lot: Lot, now: Instant): number | null {
  const { expiryNoticeDays, zone } = book.terms;
  const since = Math.max(book.account.expiryToldUntil ?? 0, lot.creditedAt);
  if (isExpired(lot, now)) return null;
  const due = expiryNoticeDays.filter((days) => {
    const from = startOfDay(lot.expiresAt, zone, -days);
    return since < from && from <= now;
  });
  return due.length > 0 ? Math.min(...due) : null;
}
