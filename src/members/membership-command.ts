import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { isMember, type MembershipStage } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Command, Situation } from '../ledger/command';

export interface MembershipAnswer {
  readonly customerId: string;
  /** What was forfeited by it; 0 where nothing was. */
  readonly forfeited: Points;
}

export interface MembershipInput {
  readonly customerId: string;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * A command on one membership: refused with NOT_A_MEMBER where there is none, else as `change` says, which changes
 * the book and answers null, or refuses and changes nothing.
 */
export function membershipCommand(
  operation: string,
  input: MembershipInput,
  extra: Readonly<Record<string, unknown>>,
  change: (book: Book, situation: Situation) => Refusal | null,
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
    // The reason is somebody's words on a person; the history can be told without it.
    input: { ...extra, reason: undefined },
    customers: [customerId],
    decide: (situation) => {
      const book = situation.book(customerId);
      if (!book || !isMember(book.account, situation.now))
        return { answer: refuse('NOT_A_MEMBER') };
      const before = book.entries.length;
      const refusal = change(book, situation);
      if (refusal) return { answer: refusal };
      const forfeited = book.entries
        .slice(before)
        .filter(({ kind }) => kind === 'FORFEITED')
        .reduce((sum, entry) => sum - entry.availableChange, 0);
      return { answer: { customerId, forfeited } };
    },
  };
}

/** MEMBERSHIP_NOT_ACTIVE unless the membership is in one of the stages; a suspension does not matter. */
export function requireStage(book: Book, stages: readonly MembershipStage[]): Refusal | null {
  return stages.includes(book.account.stage) ? null : refuse('MEMBERSHIP_NOT_ACTIVE');
}
