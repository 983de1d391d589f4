import type { Instant } from '../kernel/time';
import { noticeOfTerms } from '../ledger/bind-terms';
import type { Book } from '../ledger/book';
import type { Command } from '../ledger/command';
import type { NotificationChannel } from '../ledger/notification';

export interface DeliveryInput {
  readonly customerId: string;
  /** The notification's number on the customer's account. */
  readonly number: number;
  readonly channel: NotificationChannel;
}

/**
 * A channel took a notification (R9.1). The first one counts: periods that start with being told start then, that of new
 * terms here (R2.6). Again, or for a notification that there is not, it changes nothing.
 */
export function recordDelivery(input: DeliveryInput): Command<{ readonly recorded: boolean }> {
  const { customerId, number, channel } = input;
  return {
    operation: 'recordDelivery',
    actor: 'system',
    customers: [customerId],
    notifications: [{ accountId: customerId, number }],
    decide: (situation) => {
      const notification = situation.notification(customerId, number);
      if (!notification || notification.delivered) return { answer: { recorded: false } };
      const delivered = { at: situation.now, channel };
      situation.keepDelivery(customerId, { ...notification, delivered });
      const book = situation.book(customerId);
      if (book && notification.kind === 'TERMS_CHANGED') startNotice(book, number, situation.now);
      return { answer: { recorded: true } };
    },
  };
}

/** From being told on, a member has the month of the terms that bind them to object; then, and not before its date, the version binds (R2.6). */
function startNotice(book: Book, notification: number, at: Instant): void {
  const { terms, account } = book;
  book.change({
    termsAhead: account.termsAhead.map((ahead) => {
      if (ahead.notification !== notification || ahead.objectUntil !== null) return ahead;
      const { objectUntil, bindsAt } = noticeOfTerms(terms, at, ahead.effectiveAt);
      return { ...ahead, objectUntil, bindsAt: ahead.objectedAt === null ? bindsAt : null };
    }),
  });
}
