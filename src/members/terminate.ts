import { type Instant, monthEndAfter, monthsLater } from '../kernel/time';
import { membershipState } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Command } from '../ledger/command';
import { bringToInstant } from '../ledger/due';
import { endMembership, notifyEnd, tellStage } from '../ledger/end-membership';
import type { ProgramEnding } from '../ledger/program-ending';
import {
  type MembershipAnswer,
  type MembershipInput,
  membershipCommand,
  requireStage,
} from './membership-command';

/**
 * The provider ends a membership (R2.4): with the notice of the member's terms (four weeks) to the end of a month and their
 * window (three months) to redeem after it, or for good cause at once, and the points are gone.
 * Refused, in this order (R7.4): NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (notice: also when it was given before; good cause: ended already).
 */
export function terminateMembership(
  input: MembershipInput & { readonly goodCause: boolean; readonly reason: string },
): Command<MembershipAnswer> {
  const { goodCause, reason } = input;
  return membershipCommand('terminateMembership', input, { goodCause, reason }, (book) => {
    const refusal = requireStage(
      book,
      goodCause ? ['ACTIVE', 'ENDING', 'REDEEM_ONLY'] : ['ACTIVE'],
    );
    if (refusal) return refusal;
    if (goodCause) {
      endMembership(book, { at: book.now, reason, cause: 'GOOD_CAUSE' });
      return null;
    }
    const { zone, noticeDays, redemptionWindowMonths } = book.terms;
    const endsAt = monthEndAfter(book.now, noticeDays, zone);
    giveNotice(book, {
      endsAt,
      redeemUntil: monthsLater(endsAt, redemptionWindowMonths, zone),
      reason,
      cause: 'NOTICE',
    });
    return null;
  });
}

/** One member of a program that is discontinued: notice, or the end at once (R2.5). What ends earlier anyway stays as it is. */
export function endWithProgram(book: Book, ending: ProgramEnding): void {
  const { endsAt, redeemUntil, goodCause, reason } = ending;
  const { stage } = book.account;
  if (stage === 'ENDED') return;
  if (goodCause) {
    endMembership(book, { at: book.now, reason, cause: 'DISCONTINUED' });
    return;
  }
  const ends = book.account.endsAt;
  if (stage === 'REDEEM_ONLY' || (ends !== null && ends <= endsAt)) return;
  giveNotice(book, { endsAt, redeemUntil, reason, cause: 'DISCONTINUED' });
  // Who registers after the end is in the window at once, or past it.
  bringToInstant(book, book.now);
}

/** A member of a program that is discontinued, as a command of its own; again it changes nothing. */
export function endForProgram(customerId: string, ending: ProgramEnding): Command<object> {
  return {
    operation: 'discontinueProgram',
    actor: ending.announcedBy,
    customers: [customerId],
    decide: (situation) => {
      const book = situation.book(customerId);
      if (book) endWithProgram(book, ending);
      return { answer: {} };
    },
  };
}

function giveNotice(
  book: Book,
  notice: {
    endsAt: Instant;
    redeemUntil: Instant;
    reason: string;
    cause: 'NOTICE' | 'DISCONTINUED';
  },
): void {
  const { endsAt, redeemUntil, reason, cause } = notice;
  const before = membershipState(book.account);
  book.change({ stage: 'ENDING', noticeAt: book.now, endsAt, redeemUntil, endReason: reason });
  tellStage(book, before, book.now);
  notifyEnd(book, { cause, endsAt, redeemUntil });
}
