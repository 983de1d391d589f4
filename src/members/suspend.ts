import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import { formatInstant } from '../kernel/time';
import { isMember, membershipState } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Command } from '../ledger/command';

export interface MembershipAnswer {
  readonly customerId: string;
}

interface MembershipInput {
  readonly customerId: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * Suspends a member with a recorded reason (R2.7): nothing is earned, redeemed or transferred while it
 * lasts; lots go on expiring, and a hold placed before can still be captured or released (R2.9).
 * Refused, in this order (R7.4): NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (also when suspended already).
 */
export function suspendMember(
  input: MembershipInput & { readonly reason: string },
): Command<MembershipAnswer> {
  const { reason } = input;
  return membershipCommand('suspendMember', input, { reason }, (book) => {
    if (membershipState(book.account) !== 'ACTIVE') return refuse('MEMBERSHIP_NOT_ACTIVE');
    book.change({ suspendedAt: book.now, suspendedReason: reason });
    return null;
  });
}

/**
 * Ends a suspension; nothing is made up for (R2.7).
 * Refused, in this order (R7.4): NOT_A_MEMBER, MEMBERSHIP_NOT_SUSPENDED.
 */
export function reinstateMember(input: MembershipInput): Command<MembershipAnswer> {
  return membershipCommand('reinstateMember', input, {}, (book) => {
    if (membershipState(book.account) !== 'SUSPENDED') return refuse('MEMBERSHIP_NOT_SUSPENDED');
    book.change({ suspendedAt: null, suspendedReason: null });
    return null;
  });
}

function membershipCommand(
  operation: string,
  input: MembershipInput,
  extra: object,
  change: (book: Book) => Refusal | null,
): Command<MembershipAnswer> {
  const { customerId, idempotencyKey, actor } = input;
  return {
    operation,
    actor,
    seen: {
      in: 'answers',
      account: customerId,
      key: idempotencyKey,
      fingerprint: fingerprint(extra),
    },
    customers: [customerId],
    decide: (situation) => {
      const book = situation.book(customerId);
      if (!book || !isMember(book.account, situation.now))
        return { answer: refuse('NOT_A_MEMBER') };
      const before = membershipState(book.account);
      const refusal = change(book);
      if (refusal) return { answer: refusal };
      book.tell('membership.changed', {
        from: before,
        to: membershipState(book.account),
        at: formatInstant(book.now),
      });
      return { answer: { customerId } };
    },
  };
}
