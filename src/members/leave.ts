import { refuse } from '../kernel/errors';
import type { Points } from '../kernel/points';
import type { Command } from '../ledger/command';
import { endMembership, pointsToForfeit } from '../ledger/end-membership';
import {
  type MembershipAnswer,
  type MembershipInput,
  membershipCommand,
  requireStage,
} from './membership-command';

/** What stands as the reason of a membership that its member ended. */
export const LEFT = 'The member left.';

/**
 * A member leaves (R2.3): holds are released, what is owed is paid, the rest is forfeited. `forfeits` is the number of points
 * the member was shown; where it is another by now nothing happens, so that nobody gives up more than they saw.
 * Refused, in this order (R7.4): NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (ended already), FORFEITURE_CHANGED.
 */
export function leaveRewards(
  input: MembershipInput & { readonly forfeits: Points },
): Command<MembershipAnswer> {
  const { forfeits } = input;
  return membershipCommand('leaveRewards', input, { forfeits }, (book) => {
    const refusal = requireStage(book, ['ACTIVE', 'ENDING', 'REDEEM_ONLY']);
    if (refusal) return refusal;
    const limit = pointsToForfeit(book, book.now);
    if (limit !== forfeits) return refuse('FORFEITURE_CHANGED', { limit });
    endMembership(book, { at: book.now, reason: LEFT, cause: 'LEFT' });
    return null;
  });
}
