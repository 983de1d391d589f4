import { ArgsType, Field, ID, ObjectType } from 'type-graphql';
import { Assumed } from '../federation/directives';
import { Money, MoneyInput, toMoney } from '../federation/money.graphql';
import { XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { CampaignKind } from '../programs/campaign';
import { CampaignKindEnum } from '../programs/campaign.graphql';
import { RewardsTier, toRewardsTier } from '../programs/program.graphql';
import type { Locale, Terms } from '../programs/terms';
import { toXPointsRedemption, XPointsRedemption } from '../redemption/redemption.graphql';
import type { Earned } from './earned';
import type { OrderView } from './order.loaders';
import type { Quote } from './quote';

@ObjectType({
  simpleResolvers: true,
  description: 'X-Points earned, redeemed, held and expected on one order.',
})
export class OrderXPoints {
  @Field(() => XPoints, {
    description:
      'Credited for it, by campaigns too, less what was taken back (R4.2, R1.5). 0 until it is paid and delivered (R3.2).',
  })
  earned!: Points;

  @Field(() => XPoints, { description: 'Paid on it, less what was restored (R4.4).' })
  redeemed!: Points;

  @Field(() => XPoints, { description: 'Held for it now.' })
  held!: Points;

  @Field(() => XPoints, {
    description:
      "What it will earn once paid and delivered, at the member's present turnover. An estimate; 0 once that is settled, and where it will earn nothing.",
  })
  expected!: Points;

  @Assumed(5)
  @Field(() => [XPointsRedemption], {
    description: 'Every redemption placed on it, oldest first, released and lapsed ones too.',
  })
  redemptions!: readonly XPointsRedemption[];
}

@ObjectType({
  simpleResolvers: true,
  description: 'What a campaign would give for an order on top of the terms (R1.5).',
})
export class XPointsQuoteCampaign {
  @Field(() => String, { description: 'The code of the campaign.' })
  code!: string;

  @Field(() => String, { description: "What members call it, in the reader's language." })
  name!: string;

  @Field(() => CampaignKindEnum, { description: 'What it does.' })
  kind!: CampaignKind;

  @Field(() => XPoints, { description: 'The points it would give; 0 for an exclusion.' })
  points!: Points;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What a net amount would earn a member now, and how much of it X-Points could pay. For display: nothing is promised or set aside.',
})
export class XPointsQuote {
  @Field(() => Money, {
    description:
      'The net amount asked about; of an order that was placed, what is left to pay of it.',
  })
  net!: Money;

  @Field(() => XPoints, {
    description:
      "What it would earn if it were paid in money and delivered now (R3.3, R3.4). 0 in another currency than the program's (R3.6), and while the membership earns nothing (R2.9).",
  })
  earns!: Points;

  @Assumed(5)
  @Field(() => [XPointsQuoteCampaign], {
    description:
      'The campaigns that match: what each gives is part of `earns`; an exclusion stands alone, and `earns` is 0 (R1.5).',
  })
  campaigns!: readonly XPointsQuoteCampaign[];

  @Field(() => RewardsTier, { description: 'The tier held now.' })
  tier!: RewardsTier;

  @Field(() => RewardsTier, { description: 'The tier held after that.' })
  tierAfter!: RewardsTier;

  @Field(() => XPoints, {
    description:
      'As many points as could pay of it: the smaller of `available` and what the amount is worth (R6.4). 0 in another currency, and while the membership cannot redeem.',
  })
  payable!: Points;

  @Field(() => Money, { description: "What `payable` pays, net, in the program's currency." })
  payableValue!: Money;

  @Field(() => Money, {
    description: 'What would be left to pay in money, net, in the currency asked about.',
  })
  remainder!: Money;

  @Field(() => XPoints, { description: 'What the member can spend now.' })
  available!: Points;
}

/** Argument of `Order.xPointsQuote`. */
@ArgsType()
export class OrderQuoteArgs {
  @Field(() => ID, { description: 'The member asking; a member may name only themself.' })
  customerId!: string;

  @Field(() => [String], {
    nullable: true,
    description:
      'The tags that the order will carry, at most 20 (BAD_USER_INPUT otherwise): campaigns may ask for one (R1.5). Of an order that was placed its own decide.',
  })
  tags?: string[] | null;
}

/** Arguments of `Query.xPointsQuote`. */
@ArgsType()
export class QuoteArgs extends OrderQuoteArgs {
  @Field(() => MoneyInput, {
    description: 'The net amount (without VAT), 0 or more; BAD_USER_INPUT otherwise.',
  })
  net!: MoneyInput;
}

/** A quote as the API shows it. */
export function toXPointsQuote(quote: Quote, terms: Terms, locale: Locale): XPointsQuote {
  const { net, remainder, excludedBy } = quote;
  const campaigns = quote.campaigns.map(({ campaign, points }) => ({ campaign, points }));
  if (excludedBy) campaigns.push({ campaign: excludedBy, points: 0 });
  return {
    net: toMoney(net.minor, net.currency),
    earns: quote.earns,
    campaigns: campaigns.map(({ campaign: { code, names, kind }, points }) => ({
      ...{ code, kind, points },
      name: names[locale],
    })),
    tier: toRewardsTier(terms, quote.tier),
    tierAfter: toRewardsTier(terms, quote.tierAfter),
    payable: quote.payable,
    payableValue: toMoney(quote.payableMinor, terms.currency),
    remainder: toMoney(remainder, net.currency),
    available: quote.available,
  };
}

/** What an order earned, redeemed, holds and will earn. */
export function toOrderXPoints(view: OrderView): OrderXPoints {
  const { order, customerId, terms, redemptions, expected } = view;
  const earned = order.judged?.earned;
  const sum = (part: 'held' | 'captured'): Points =>
    redemptions.reduce((total, redemption) => total + redemption[part], 0);
  return {
    earned: earned ? pointsOf(earned) : 0,
    redeemed: sum('captured'),
    held: sum('held'),
    expected,
    redemptions: redemptions.map((redemption) =>
      toXPointsRedemption(customerId, redemption, terms),
    ),
  };
}

/** What still stands of what an order earned, campaigns included. */
function pointsOf(earned: Earned): Points {
  return [earned, ...earned.campaigns].reduce((sum, it) => sum + it.credited - it.reversed, 0);
}
