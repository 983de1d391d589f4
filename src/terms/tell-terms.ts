import { formatInstant } from '../kernel/time';
import type { TermsAhead } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Command } from '../ledger/command';
import type { Terms } from '../programs/terms';
import { changesOf } from './changes';

/**
 * Tells a member of every published version they do not know of (R2.6); each binds them a month after that was
 * delivered, or at its date if that is later. Whose membership has ended is told nothing. Again it changes nothing.
 */
export function tellTerms(customerId: string): Command<{ readonly told: number }> {
  return {
    operation: 'tellTerms',
    actor: 'system',
    customers: [customerId],
    background: true,
    decide: (situation) => {
      const book = situation.book(customerId);
      if (!book) return { answer: { told: 0 } };
      const { program, termsKnown, stage } = book.account;
      const versions = situation.versions(program).map(({ terms }) => terms);
      const unknown = versions.filter(({ version }) => version > termsKnown);
      const newest = unknown.at(-1);
      if (!newest) return { answer: { told: 0 } };
      const ahead = stage === 'ENDED' ? [] : unknown.map((terms) => tell(book, terms, versions));
      const { termsAhead } = book.account;
      book.change({ termsKnown: newest.version, termsAhead: [...termsAhead, ...ahead] });
      return { answer: { told: ahead.length } };
    },
  };
}

function tell(book: Book, terms: Terms, versions: readonly Terms[]): TermsAhead {
  const { program, version, effectiveAt } = terms;
  const before = versions.findLast((other) => other.version < version);
  const notification = book.notify({
    kind: 'TERMS_CHANGED',
    data: {
      program,
      version,
      effectiveAt: formatInstant(effectiveAt),
      objectionMonths: book.terms.termsNoticeMonths,
      changes: before ? changesOf(before, terms) : [],
    },
  });
  return { version, effectiveAt, notification, objectUntil: null, bindsAt: null, objectedAt: null };
}
