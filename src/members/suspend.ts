import { refuse } from '../kernel/errors';
import { membershipState } from '../ledger/account';
import type { Command } from '../ledger/command';
import { tellStage } from '../ledger/end-membership';
import {
  type MembershipAnswer,
  type MembershipInput,
  membershipCommand,
  requireStage,
} from './membership-command';

/**
 * Suspends a member with a recorded reason (R2.7): nothing is earned, redeemed or transferred while it
 * lasts; lots go on expiring, a notice and a window run on, and a hold placed before can still be captured or
 * released (R2.8, R2.9). Refused, in this order (R7.4): NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (ended, or suspended already).
 */
export function suspendMember(
  input: MembershipInput & { readonly reason: string },
): Command<MembershipAnswer> {
  const { reason } = input;
  return membershipCommand('suspendMember', input, { reason }, (book) => {
    const before = membershipState(book.account);
    if (before === 'SUSPENDED') return refuse('MEMBERSHIP_NOT_ACTIVE');
    const refusal = requireStage(book, ['ACTIVE', 'ENDING', 'REDEEM_ONLY']);
    if (refusal) return refusal;
    book.change({ suspendedAt: book.now, suspendedReason: reason });
    tellStage(book, before, book.now);
    return null;
  });
}

/**
 * Ends a suspension; nothing is made up for (R2.7).
 * Refused, in this order (R7.4): NOT_A_MEMBER, MEMBERSHIP_NOT_SUSPENDED.
 */
export function reinstateMember(input: MembershipInput): Command<MembershipAnswer> {
  return membershipCommand('reinstateMember', input, {}, (book) => {
    const before = membershipState(book.account);
    if (before !== 'SUSPENDED') return refuse('MEMBERSHIP_NOT_SUSPENDED');
    book.change({ suspendedAt: null, suspendedReason: null });
    tellStage(book, before, book.now);
    return null;
  });
}
