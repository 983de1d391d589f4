import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { type Campaign, type CampaignCase, campaignOffer, type Offer } from '../programs/campaign';
import { price, tierAt } from '../programs/pricing';
import type { Terms } from '../programs/terms';
import { netLeft, type Order } from './order';

/** What an order is priced by: where the member stands, and what campaigns there are. */
export interface PricedAt {
  readonly terms: Terms;
  /** Cumulative turnover before it, in minor units. */
  readonly turnover: bigint;
  readonly campaigns: readonly Campaign[];
  /** What campaigns with a limit per member gave them, by code. */
  readonly campaignPoints: Readonly<Record<string, Points>>;
}

/** What an order would be to the campaigns, besides what it is priced at. Amounts are minor units. */
export interface OrderFacts {
  readonly placedAt: Instant;
  /** Net value less what was cancelled. */
  readonly net: bigint;
  readonly tags: readonly string[];
  readonly hasDiscount: boolean;
}

/** What an order earns: by the terms, and by campaigns on top (R3.3, R1.5). */
export interface Earning {
  /** By the terms alone; what is credited of it is 0 where a campaign excludes the order. */
  readonly plain: ReturnType<typeof price>;
  readonly offer: Offer;
  /** All that is credited. */
  readonly points: Points;
}

/** What an order with these facts that stands for `base` earns: the one reckoning of credits, quotes and estimates. */
export function earningOf(facts: OrderFacts, base: bigint, at: PricedAt): Earning {
  const plain = price(at.terms, at.turnover, base);
  const order: CampaignCase = {
    ...facts,
    tier: tierAt(at.terms, at.turnover).code,
    plainPoints: plain.points,
    base,
  };
  const offer = campaignOffer(at.campaigns, order, (code) => at.campaignPoints[code] ?? 0);
  const own = offer.excludedBy ? 0 : plain.points;
  const points = offer.awards.reduce((sum, award) => sum + award.points, own);
  return { plain, offer, points };
}

/** What campaigns look at of a placed order. */
export function factsOf(order: Order): OrderFacts {
  if (!order.placed) throw new Error('only a placed order earns');
  return {
    placedAt: order.placed.at,
    net: netLeft(order),
    tags: order.tags,
    hasDiscount: order.discount !== null,
  };
}

/**
 * What orders in progress will earn if they are judged one after the other, by placing time, at the member's present
 * turnover (what is pending). An estimate.
 */
export function pendingPoints(
  orders: readonly { readonly order: Order; readonly base: bigint }[],
  at: PricedAt,
): Points {
  let { turnover } = at;
  let sum = 0;
  const inOrder = [...orders].sort(
    (a, b) =>
      a.order.placed!.at - b.order.placed!.at || a.order.placed!.number - b.order.placed!.number,
  );
  for (const { order, base } of inOrder) {
    if (base <= 0n) continue;
    sum += earningOf(factsOf(order), base, { ...at, turnover }).points;
    turnover += base;
  }
  return sum;
}
