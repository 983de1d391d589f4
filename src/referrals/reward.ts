import { isMember, mayEarn } from '../ledger/account';
import type { Book } from '../ledger/book';
import type { Situation } from '../ledger/command';
import { creditPoints, reversePoints } from '../ledger/credit-points';
import type { Referral } from '../ledger/referral';
import { tierAt } from '../programs/pricing';

/**
 * A referred customer's order was completed (R5.3): the referrer is credited the bonus of the tier they hold at
 * that moment, in their own program, once per referred customer. Who may not be rewarded then loses it for good.
 */
export function rewardReferrer(situation: Situation, refereeId: string, orderId: string): void {
  const referral = situation.referral(refereeId);
  if (!referral) return;
  if (referral.state === 'REJECTED' && referral.orderId === null) {
    situation.keepReferral({ ...referral, orderId });
  }
  if (referral.state === 'WAITING') creditBonus(situation, referral, orderId);
}

/** Credits the bonus of a referral, or loses it (R5.3). */
export function creditBonus(situation: Situation, referral: Referral, orderId: string): void {
  const book = situation.book(referral.referrerId);
  const decided = { ...referral, orderId, decidedAt: situation.now, reversed: 0 };
  if (!book || !isMember(book.account, situation.now) || !mayEarn(book.account)) {
    keep(situation, { ...decided, state: 'LOST', lot: null, bonus: 0 }, book);
    return;
  }
  const { code: tier, referralBonus: bonus } = tierAt(book.terms, book.account.turnover);
  const arithmetic = { type: 'REFERRAL' as const, tier, points: bonus };
  const lot =
    bonus === 0
      ? null
      : creditPoints(book, {
          source: 'REFERRAL',
          sourceRef: referral.refereeId,
          points: bonus,
          turnover: 0n,
          arithmetic,
        });
  const termsVersion = book.terms.version;
  keep(situation, { ...decided, state: 'REWARDED', lot, bonus, termsVersion }, book);
}

/**
 * A referred customer's order was cancelled in full: the bonus it brought is taken back as any credit is, and the
 * referral waits again for the next completed order (R4.5). What was lost stays lost (R5.3).
 */
export function takeBonusBack(situation: Situation, refereeId: string, orderId: string): void {
  const referral = situation.referral(refereeId);
  if (!referral || referral.orderId !== orderId) return;
  if (referral.state === 'REJECTED') situation.keepReferral({ ...referral, orderId: null });
  if (referral.state !== 'REWARDED') return;
  reverseBonus(situation, referral);
  const waiting = { ...referral, state: 'WAITING' as const, orderId: null, decidedAt: null };
  keep(
    situation,
    { ...waiting, lot: null, bonus: 0, reversed: 0, termsVersion: null },
    situation.book(referral.referrerId),
  );
}

/** Takes back what is left of a bonus (R4.3). */
export function reverseBonus(situation: Situation, referral: Referral): void {
  const book = situation.book(referral.referrerId);
  const points = referral.bonus - referral.reversed;
  if (!book || points === 0) return;
  const tier = rewardedTier(situation, book, referral);
  const arithmetic = { type: 'REFERRAL' as const, tier, points: 0, creditedBefore: points };
  reversePoints(book, { lot: referral.lot, points, turnover: 0n, arithmetic });
}

/** The tier that brought a bonus: the first of its terms that gives so much (two may give the same). */
function rewardedTier(situation: Situation, { account, terms }: Book, referral: Referral): string {
  const granted = situation
    .versions(account.program)
    .find(({ terms: { version } }) => version === referral.termsVersion)?.terms;
  const tier = (granted ?? terms).tiers.find((it) => it.referralBonus === referral.bonus);
  return (tier ?? tierAt(terms, account.turnover)).code;
}

/** Keeps a referral, and tells the platform where it stands: the referrer's page shows it (R9.2). */
export function keep(situation: Situation, referral: Referral, referrer: Book | null): void {
  situation.keepReferral(referral);
  referrer?.tell('referral.changed', {
    refereeId: referral.refereeId,
    state: referral.state,
    bonus: referral.bonus - referral.reversed,
  });
}
