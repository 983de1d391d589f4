import { invariant } from '../kernel/errors';
import { endOfDayAfterMonths, formatInstant, type Instant } from '../kernel/time';
import { tierAt } from '../programs/pricing';
import type { PublishedTerms, Terms } from '../programs/terms';
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

/**
 * Until when a member may object to terms that they were told of at `toldAt`, under the `terms` that bound them: a month;
 * and from when the new ones bind where they do not: then, and not before their date (R2.6).
 */
export function noticeOfTerms(
  terms: Terms,
  toldAt: Instant,
  effectiveAt: Instant,
): { readonly objectUntil: Instant; readonly bindsAt: Instant } {
  const objectUntil = endOfDayAfterMonths(toldAt, terms.termsNoticeMonths, terms.zone);
  return { objectUntil, bindsAt: Math.max(objectUntil, effectiveAt) };
}

/**
 * The version that bound a member at `at`: `from` or a newer one, of which `to` is the newest that has bound them. A
 * version they were told of binds by its notice (undelivered, never), another one from its date (R2.6).
 */
export function boundVersion(
  versions: readonly PublishedTerms[],
  { from, to }: { readonly from: number; readonly to: number },
  told: readonly { readonly version: number; readonly deliveredAt: Instant | null }[],
  at: Instant,
): number {
  const bound = [{ version: from, at: Number.NEGATIVE_INFINITY }];
  const termsThen = (then: Instant): Terms | undefined => {
    const version = bound.findLast((it) => it.at <= then)?.version;
    return versions.find(({ terms }) => terms.version === version)?.terms;
  };
  for (const { terms } of versions) {
    if (terms.version <= from || terms.version > to) continue;
    const telling = told.find(({ version }) => version === terms.version);
    const toldAt = telling?.deliveredAt;
    if (telling && toldAt == null) continue;
    const notice = toldAt == null ? undefined : termsThen(toldAt);
    const bindsAt =
      notice && toldAt != null
        ? noticeOfTerms(notice, toldAt, terms.effectiveAt).bindsAt
        : terms.effectiveAt;
    bound.push({ version: terms.version, at: bindsAt });
  }
  return Math.max(from, ...bound.filter((it) => it.at <= at).map(({ version }) => version));
}
