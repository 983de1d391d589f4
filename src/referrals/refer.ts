import { endOfDayAfterMonths, formatInstant } from '../kernel/time';
import { isMember, mayEarn } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Situation } from '../ledger/command';
import type { Member } from '../ledger/member';
import { BURST_FROM, type Referral, type ReferralFlag } from '../ledger/referral';
import { keep } from './reward';

/**
 * Somebody registered through a link (R5.1, R5.2, R5.5). Where its owner may not refer now, or nobody owns the code,
 * there is no referral. Under the referrer's own e-mail it is rejected; otherwise a discount code is issued, and
 * what looks odd is flagged for the desk and still counts; that both are colleagues is not even odd (R5.4).
 */
export function refer(situation: Situation, referee: Member, code: string): void {
  const referrerId = situation.ownerOf(code);
  if (referrerId === null || referrerId === referee.accountId) return;
  const referrer = situation.book(referrerId);
  const own = situation.book(referee.accountId);
  if (!own || !referrer || !isMember(referrer.account, situation.now)) return;
  if (!mayEarn(referrer.account)) return;
  const flags = flagsOf(situation, referee, situation.member(referrerId));
  const isRejected = flags.includes('SAME_EMAIL');
  const referral: Referral = {
    refereeId: referee.accountId,
    referrerId,
    code,
    state: isRejected ? 'REJECTED' : 'WAITING',
    flags,
    registeredAt: situation.now,
    orderId: null,
    lot: null,
    bonus: 0,
    reversed: 0,
    termsVersion: null,
    decidedAt: isRejected ? situation.now : null,
    review: null,
  };
  keep(situation, referral, referrer);
  if (!isRejected) issueDiscount(situation, own);
}

/** A code for the first order (R5.2), valid to the end of the day so many months on, as a lot is (R6.2). */
export function issueDiscount(situation: Situation, book: Book): void {
  const { firstOrderDiscountPercent: percent, discountValidityMonths, zone, version } = book.terms;
  if (percent === 0) return;
  const code = situation.newCode();
  const expiresAt = endOfDayAfterMonths(situation.now, discountValidityMonths, zone);
  situation.keepDiscount({
    accountId: book.account.id,
    code,
    percent,
    termsVersion: version,
    issuedAt: situation.now,
    expiresAt,
    orderId: null,
    appliedAt: null,
    voidedAt: null,
    isVoidedForAbuse: false,
  });
  const data = { code, percent, expiresAt: formatInstant(expiresAt) };
  book.tell('discount.issued', data);
  book.notify({ kind: 'DISCOUNT_ISSUED', data });
}

function flagsOf(situation: Situation, referee: Member, referrer: Member): ReferralFlag[] {
  const { recent, registeredBefore } = situation.signals(referee.accountId);
  const same = (a: string | null, b: string | null) => a !== null && a === b;
  const found: [ReferralFlag, boolean][] = [
    ['SAME_EMAIL', same(referee.emailHash, referrer.emailHash)],
    ['SAME_PHONE', same(referee.phoneHash, referrer.phoneHash)],
    ['SAME_PAYMENT', same(referee.paymentHash, referrer.paymentHash)],
    ['BURST', recent + 1 >= BURST_FROM],
    ['REGISTERED_BEFORE', registeredBefore],
  ];
  return found.filter(([, isFound]) => isFound).map(([flag]) => flag);
}
