import type { RewardsCampaign } from '../campaigns/campaign.graphql';
import { toMoney } from '../federation/money.graphql';
import { formatShare } from '../kernel/money';
import type { Points } from '../kernel/points';
import { worth as minorOf } from '../programs/pricing';
import { toRewardsTier } from '../programs/program.graphql';
import type { Terms, Tier } from '../programs/terms';
import type { Answer, Period } from './answer';
import { type CampaignCost, costOf } from './campaign-cost';
import { type RewardsFigure, toFigure, worth } from './figure.graphql';
import { FLOWS } from './flows';
import { figureOf } from './period.graphql';
import type { RedemptionShare } from './redemption-share';
import { costPerAcquired, type ReferralCounts } from './referral-funnel';
import type {
  RewardsCampaignCost,
  RewardsRedemptionShare,
  RewardsReferralFunnel,
  RewardsTierReport,
} from './sections.graphql';
import { type TierCounts, tierMovements } from './tier-report';

/** Members by tier as the terms at the end of the period have them, and those of tiers that older `versions` had. */
export function toTierReport(
  { at, sums }: Period,
  counts: TierCounts,
  terms: Terms,
  versions: readonly Terms[],
): RewardsTierReport {
  const ladder = terms.tiers.map((tier) => ({ terms, tier }));
  const known = new Set(terms.tiers.map(({ code }) => code));
  const older = [...counts.keys()].flatMap((code) => (known.has(code) ? [] : find(versions, code)));
  return {
    at,
    counts: [...older, ...ladder]
      .sort((a, b) => Number(a.tier.from - b.tier.from))
      .map(({ terms: of, tier }) => ({
        tier: toRewardsTier(of, tier),
        members: counts.get(tier.code) ?? 0,
      })),
    movements: tierMovements(sums.entries),
  };
}

function find(versions: readonly Terms[], code: string): { terms: Terms; tier: Tier }[] {
  const terms = versions.findLast(({ tiers }) => tiers.some((tier) => tier.code === code));
  const tier = terms?.tiers.find((it) => it.code === code);
  return terms && tier ? [{ terms, tier }] : [];
}

/** What came of referral links in a period, and what it cost. */
export function toReferralFunnel(
  answer: Answer,
  period: Period,
  counts: ReferralCounts,
  terms: Terms,
): RewardsReferralFunnel {
  const { discountMinor, ...numbers } = counts;
  const bonuses = saidFigure(answer, 'bonuses', period, terms);
  const cost = costPerAcquired(bonuses.points, counts, terms.pointValueMinor);
  return {
    ...numbers,
    bonuses,
    discounts: toMoney(discountMinor, terms.currency),
    costPerAcquired: cost === null ? null : toMoney(cost, terms.currency),
  };
}

/** Which share of the orders of a period was paid with points. */
export function toRedemptionShare(
  answer: Answer,
  period: Period,
  share: RedemptionShare,
  terms: Terms,
): RewardsRedemptionShare {
  const { orders, ordersWithPoints, ordersPaidInFull, turnover } = share;
  const paid = minorOf(terms, share.pointsOnCredited + share.pointsInFull);
  return {
    ...{ orders, ordersWithPoints, ordersPaidInFull },
    share: orders === 0 ? null : formatShare(BigInt(ordersWithPoints), BigInt(orders)),
    turnover: toMoney(turnover, terms.currency),
    paidWithPoints: toMoney(paid, terms.currency),
    pointsOnCredited: saidFigure(answer, 'pointsOnOrders', period, terms),
    shareOfValue: turnover + paid === 0n ? null : formatShare(paid, turnover + paid),
  };
}

/** What became of a campaign's points in a period; `still`: what of that no entry shows. */
export function toCampaignCost(
  answer: Answer,
  period: Period,
  of: { campaign: RewardsCampaign; cost: CampaignCost; still: CampaignCost | undefined },
  terms: Terms,
): RewardsCampaignCost {
  const { campaign, cost, still } = of;
  const figure = (measure: (typeof FLOWS)[number] | 'outstanding'): RewardsFigure => {
    const isStock = measure === 'outstanding';
    const named = { ...figureOf(answer, measure, period), campaign: cost.code };
    const points = isStock ? cost.outstanding : cost.flows[measure];
    const unbooked = (isStock ? still?.outstanding : still?.flows[measure]) ?? 0;
    return toFigure(
      answer,
      isStock ? { ...named, from: null } : named,
      { points, unbooked },
      terms,
    );
  };
  return {
    campaign,
    issued: figure('issued'),
    redeemed: figure('redeemed'),
    restored: figure('restored'),
    expired: figure('expired'),
    reversed: figure('reversed'),
    forfeited: figure('forfeited'),
    voided: figure('voided'),
    transferredOut: figure('transferredOut'),
    outstanding: figure('outstanding'),
    cost: worth(costOf(cost.flows), terms),
  };
}

/** A figure that the entries of a period say by themselves; nothing that is not booked adds to it. */
function saidFigure(
  answer: Answer,
  measure: 'bonuses' | 'pointsOnOrders',
  period: Period,
  terms: Terms,
): RewardsFigure {
  const points: Points = period.sums.entries.reduce((sum, row) => sum + row[measure], 0);
  return toFigure(answer, figureOf(answer, measure, period), { points, unbooked: 0 }, terms);
}
