import { invariant } from '../kernel/errors';
import { formatInstant, type Instant } from '../kernel/time';
import { tierAt } from '../programs/pricing';
import type { Book } from './book';

/** A version of the terms binds the member from `at` on (R2.6); older ones that are still ahead never will. */
export function bindTerms(book: Book, at: Instant): void {
  const { termsAhead, termsVersion, turnover } = book.account;
  const bound = termsAhead.findLast(({ bindsAt }) => bindsAt === at);
  invariant(bound !== undefined, 'terms bind at the instant they are due');
  const tierBefore = tierAt(book.terms, turnover).code;
  book.change({
    termsVersion: Math.max(termsVersion, bound.version),
    termsAhead: termsAhead.filter(({ version }) => version > bound.version),
  });
  book.tell('terms.bound', { version: bound.version, at: formatInstant(at) }, at);
  const tier = tierAt(book.terms, turnover).code;
  if (tier !== tierBefore) book.tell('tier.changed', { from: tierBefore, to: tier }, at);
}
