import type { Points } from '../kernel/points';
import type { Book } from '../ledger/book';
import { creditPoints, reversePoints } from '../ledger/credit-points';
import type { CampaignArithmetic, OrderArithmetic } from '../ledger/entry';
import type { CampaignCredit, Order } from '../ledger/order';
import { type Award, awardKept } from '../programs/campaign';
import { type Price, price } from '../programs/pricing';
import type { Terms } from '../programs/terms';

/** What an order earned and what of it still stands (R3.2, R4.2). */
export type Earned = NonNullable<NonNullable<Order['judged']>['earned']>;

/** How the terms price an order, for its entry; one that a campaign excludes earns nothing of it (R1.5). */
export function orderArithmetic(
  turnoverBefore: bigint,
  base: bigint,
  pricing: Price,
  excludedBy: string | null,
): OrderArithmetic {
  return {
    type: 'ORDER',
    turnoverBefore: turnoverBefore.toString(),
    base: base.toString(),
    brackets: pricing.brackets.map((bracket) => ({ ...bracket, base: bracket.base.toString() })),
    exact: pricing.exact,
    points: excludedBy === null ? pricing.points : 0,
    ...(excludedBy === null ? {} : { excludedBy }),
  };
}

/** Credits what a campaign gives for an order as a lot of its own, traceable to the campaign (R1.5). */
export function creditAward(
  book: Book,
  orderId: string,
  award: Award,
  plain: { readonly points: Points; readonly base: string },
): CampaignCredit {
  const { campaign, hundredths, points, isCapped } = award;
  const { code, kind, factorPercent, capPerMember } = campaign;
  if (kind === 'EXCLUSION') throw new Error('an exclusion gives nothing');
  const arithmetic: CampaignArithmetic = {
    ...{ type: 'CAMPAIGN', campaign: code, kind, factorPercent, isCapped, points },
    plainPoints: plain.points,
    base: plain.base,
    exact: inHundredths(hundredths),
  };
  const lot = creditPoints(book, {
    ...{ source: 'CAMPAIGN', sourceRef: code, orderId, points, turnover: 0n, arithmetic },
  });
  if (lot === null) throw new Error('a campaign gives at least one point, or nothing');
  const isCounted = capPerMember !== null;
  if (isCounted) count(book, code, points);
  const of = kind === 'MULTIPLIER' ? ('POINTS' as const) : ('NET' as const);
  const then = of === 'POINTS' ? String(plain.points) : plain.base;
  return {
    ...{ code, lot, credited: points, reversed: 0, of, then, isCounted },
    hundredths: hundredths.toString(),
  };
}

/**
 * Takes back what an order earned beyond what it stands for now (R4.2): at the same starting turnover under the same
 * terms; then of each campaign's lot, in proportion (R1.5).
 */
export function reverseEarned(
  book: Book,
  orderId: string,
  earned: Earned,
  now: { readonly base: bigint; readonly terms: Terms },
): Earned {
  const base = now.base < earned.base ? now.base : earned.base;
  const pricing = price(now.terms, earned.startTurnover, base);
  const creditedBefore = earned.credited - earned.reversed;
  const plain = orderArithmetic(earned.startTurnover, base, pricing, earned.excludedBy);
  const points = Math.max(0, creditedBefore - plain.points);
  const turnover = earned.base - base;
  if (points > 0 || turnover > 0n) {
    const arithmetic = { ...plain, creditedBefore };
    reversePoints(book, { lot: earned.lot, points, turnover, orderId, arithmetic });
  }
  const campaigns = earned.campaigns.map((credit) => reverseAward(book, orderId, credit, plain));
  return { ...earned, base, reversed: earned.reversed + points, campaigns };
}

function reverseAward(
  book: Book,
  orderId: string,
  credit: CampaignCredit,
  plain: OrderArithmetic,
): CampaignCredit {
  const then = BigInt(credit.then);
  const now = BigInt(credit.of === 'POINTS' ? plain.points : plain.base);
  const kept = awardKept(BigInt(credit.hundredths), now < then ? now : then, then);
  const creditedBefore = credit.credited - credit.reversed;
  const points = Math.max(0, creditedBefore - kept);
  if (points === 0) return credit;
  const arithmetic: CampaignArithmetic = {
    type: 'CAMPAIGN',
    campaign: credit.code,
    kind: credit.of === 'POINTS' ? 'MULTIPLIER' : 'BONUS',
    factorPercent: null,
    isCapped: false,
    plainPoints: plain.points,
    base: plain.base,
    exact: String(kept),
    points: kept,
    creditedBefore,
  };
  reversePoints(book, { lot: credit.lot, points, turnover: 0n, orderId, arithmetic });
  if (credit.isCounted) count(book, credit.code, -points);
  return { ...credit, reversed: credit.reversed + points };
}

/** What a campaign with a limit per member gave them so far. */
function count(book: Book, code: string, points: Points): void {
  const { campaignPoints } = book.account;
  book.change({
    campaignPoints: { ...campaignPoints, [code]: (campaignPoints[code] ?? 0) + points },
  });
}

function inHundredths(hundredths: bigint): string {
  const [whole, part] = [hundredths / 100n, hundredths % 100n];
  return `${whole}.${part.toString().padStart(2, '0')}`;
}
