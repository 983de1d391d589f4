import { type Refusal, refuse } from '../kernel/errors';
import { endOfDayAfterMonths, type Instant } from '../kernel/time';
import { membershipState } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Command } from '../ledger/command';
import { notifyEnd, OBJECTED, tellStage } from '../ledger/end-membership';
import {
  type MembershipAnswer,
  type MembershipInput,
  membershipCommand,
  requireStage,
} from './membership-command';

/**
 * A member objects to a new version of the terms (R2.6): it never binds them, nor does a later one, and the membership
 * ends as their own termination at the date it would have bound. Until then the old version applies. An objection before
 * the notification was delivered proves that it was heard of: it counts as delivered then.
 * Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (ended), TERMS_NOT_OPEN (unknown, binding already, objected
 * to already, or published before the member enrolled), OBJECTION_TOO_LATE.
 */
export function objectToTerms(
  input: MembershipInput & { readonly version: number },
): Command<MembershipAnswer> {
  const { version } = input;
  return membershipCommand('objectToTerms', input, { version }, (book) => {
    const refusal = requireStage(book, ['ACTIVE', 'ENDING', 'REDEEM_ONLY']);
    return refusal ?? object(book, version);
  });
}

function object(book: Book, version: number): Refusal | null {
  const { termsAhead } = book.account;
  const ahead = termsAhead.find((it) => it.version === version);
  if (!ahead || ahead.notification === null || ahead.objectedAt !== null) {
    return refuse('TERMS_NOT_OPEN');
  }
  const { termsNoticeMonths, zone } = book.terms;
  const objectUntil = ahead.objectUntil ?? endOfDayAfterMonths(book.now, termsNoticeMonths, zone);
  if (objectUntil <= book.now) return refuse('OBJECTION_TOO_LATE');
  const wouldBind = Math.max(objectUntil, ahead.effectiveAt);
  book.change({
    termsAhead: termsAhead.map((it) =>
      it.version < version
        ? it
        : {
            ...it,
            objectUntil: it.version === version ? objectUntil : it.objectUntil,
            bindsAt: null,
            objectedAt: it.objectedAt ?? book.now,
          },
    ),
  });
  leaveAt(book, wouldBind);
  return null;
}

/** The membership ends at `at` without a time to redeem; an end that was to come before stays, and is cut short. */
function leaveAt(book: Book, at: Instant): void {
  const before = membershipState(book.account);
  const { stage, endsAt, redeemUntil, noticeAt, endReason } = book.account;
  if (redeemUntil !== null && redeemUntil <= at) return;
  book.change({
    stage: stage === 'ACTIVE' ? 'ENDING' : stage,
    noticeAt: noticeAt ?? book.now,
    endsAt: endsAt === null ? at : Math.min(endsAt, at),
    redeemUntil: at,
    endReason: endReason ?? OBJECTED,
  });
  tellStage(book, before, book.now);
  notifyEnd(book, { cause: 'OBJECTED', endsAt: at, redeemUntil: null });
}
