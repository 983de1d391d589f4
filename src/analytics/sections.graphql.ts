import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { RewardsCampaign } from '../campaigns/campaign.graphql';
import { Assumed, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money } from '../federation/money.graphql';
import { DateTime, Decimal, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { RewardsTier } from '../programs/program.graphql';
import { RewardsFigure } from './figure.graphql';
import type { OrganizationOrder } from './top-organizations.reads';

@For('desk')
@ObjectType({ simpleResolvers: true, description: 'How many members hold a tier.' })
export class RewardsTierCount {
  @Field(() => RewardsTier, { description: 'The tier, as the terms at that instant have it.' })
  tier!: RewardsTier;

  @Field(() => Int, { description: 'How many hold it.' })
  members!: number;
}

@For('desk')
@ObjectType({ simpleResolvers: true, description: 'Members who went from one tier to another.' })
export class RewardsTierMovement {
  @Field(() => String, { description: 'Code of the tier they had.' })
  from!: string;

  @Field(() => String, { description: 'Code of the tier they have.' })
  to!: string;

  @Field(() => Int, { description: 'How often that happened; who went twice counts twice.' })
  members!: number;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'Who holds which tier, and who went up or down. A tier is that of turnover and terms at the last entry (R3.9): new terms move a member with the next entry. When members enrolled and left is always as it is known now.',
})
export class RewardsTierReport {
  @Field(() => DateTime, {
    description: 'The instant of `counts`: the end of the period, or `asOf` where that is earlier.',
  })
  at!: Instant;

  @Assumed(5)
  @Field(() => [RewardsTierCount], {
    description:
      'Members at `at`, every tier of the ladder, lowest first: enrolled by then, and their membership (with the time to redeem, R2.4) not over; suspended ones too. Who has no entry yet is in the lowest tier.',
  })
  counts!: RewardsTierCount[];

  @Assumed(5)
  @Field(() => [RewardsTierMovement], {
    description:
      "From one tier to another in the period, the most frequent first: with an order's turnover, or with what a cancellation took back of it. Members who have left since are in it.",
  })
  movements!: RewardsTierMovement[];
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'What came of referral links in the period, each step by the instant it happened at. Links, registrations and all that came of them count in the program of the referrer, whose link it is and whom the bonus goes to; discounts in the program of the referred customer, who gets them in its currency. The two are one for nearly every referral. What a referral came to is as it is known now, cut at `asOf`: the books keep no earlier state of it. Bonuses are from the entries, as every figure is.',
})
export class RewardsReferralFunnel {
  @Field(() => Int, {
    description:
      'Links that members got with their first completed order (R5.1). Those from before this was kept are in no period.',
  })
  links!: number;

  @Field(() => Int, { description: 'Customers who registered through a link (R5.2).' })
  registrations!: number;

  @Field(() => Int, {
    description:
      'Of `registrations` those that count for nothing: referred themselves or rejected by the desk (R5.5), or voided for abuse (R8.1).',
  })
  rejected!: number;

  @Field(() => Int, {
    description:
      'Of `registrations` those that were flagged for the desk, rejected ones included (R5.5).',
  })
  flagged!: number;

  @Field(() => Int, {
    description:
      'Referred customers whose order qualified in the period (R5.3) and was not cancelled in full since (R4.5), whether the referrer was rewarded or could not be any more.',
  })
  orders!: number;

  @Field(() => Int, { description: 'Of `orders` those whose referrer was rewarded.' })
  acquired!: number;

  @Field(() => RewardsFigure, {
    description:
      'Bonuses credited in the period, less what was taken back of bonuses in it, from whichever lots or as owed points (R4.5), and voided in their lots (R8.1).',
  })
  bonuses!: RewardsFigure;

  @Field(() => Money, {
    description:
      'What discount codes took off orders that were completed in the period and are not cancelled in full, as the orders are now (R5.2).',
  })
  discounts!: Money;

  @Field(() => Money, {
    nullable: true,
    description:
      'The value of `bonuses` and `discounts` together, by `acquired`, rounded half up to the minor unit; null where nobody was acquired.',
  })
  costPerAcquired!: Money | null;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'Which share of orders, and of their value, was paid with points: orders that were credited in the period (R3.2), whatever became of them, and completed ones of which points or the discount left nothing to credit. Points that paid on an order are those captured and not given back when it was credited.',
})
export class RewardsRedemptionShare {
  @Field(() => Int, { description: 'All of these orders.' })
  orders!: number;

  @Field(() => Int, { description: 'Those that points paid on, in part or in full.' })
  ordersWithPoints!: number;

  @Field(() => Int, {
    description:
      'Of `ordersWithPoints` those that points paid in full. They add no turnover and no entry tells of them: as they are now, by when they were judged.',
  })
  ordersPaidInFull!: number;

  @Field(() => Decimal, {
    nullable: true,
    description:
      '`ordersWithPoints` by `orders`, rounded half up: "0.250000". Null without orders.',
  })
  share!: string | null;

  @Field(() => Money, {
    description: 'Net turnover that the orders were credited for: without what points paid (R3.1).',
  })
  turnover!: Money;

  @Field(() => Money, { description: 'What points paid on the orders.' })
  paidWithPoints!: Money;

  @Field(() => RewardsFigure, {
    description:
      'Points behind `paidWithPoints`, by the entries that credited the orders; on orders paid in full, which have none, are the rest.',
  })
  pointsOnCredited!: RewardsFigure;

  @Field(() => Decimal, {
    nullable: true,
    description:
      '`paidWithPoints` by `turnover` and `paidWithPoints` together, rounded half up. Null where both are 0.',
  })
  shareOfValue!: string | null;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'What became of the points that a campaign gave (R1.5), by their own lots, in the period: points taken back for an order are taken from other lots where these are spent (R4.3). What was outstanding before it + issued + restored - redeemed - expired - reversed - forfeited - voided - transferredOut is `outstanding`.',
})
export class RewardsCampaignCost {
  @Field(() => RewardsCampaign, { description: 'The campaign.' })
  campaign!: RewardsCampaign;

  @Field(() => RewardsFigure, { description: 'Credited.' })
  issued!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Paid part of orders.' })
  redeemed!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Redeemed before and given back (R4.4).' })
  restored!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Reached the end of their validity (R6.2).' })
  expired!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Taken back (R4.2, R4.3).' })
  reversed!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Gone with memberships that ended (R2.9).' })
  forfeited!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Taken away for abuse (R8.1).' })
  voided!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description:
      'Given to colleagues (R7.3), where they are a transfer’s and no campaign’s any more.',
  })
  transferredOut!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description: 'What can still be spent, or is held, at the end of the period or `asOf`.',
  })
  outstanding!: RewardsFigure;

  @Field(() => Money, {
    description:
      'What the period added to the cost of the campaign: issued - reversed - voided - expired - forfeited, at the value of a point. Over its whole life that is what was redeemed or transferred, and what still can be.',
  })
  cost!: Money;
}

export const RewardsOrganizationRanking = describedEnum<OrganizationOrder>(
  'RewardsOrganizationRanking',
  'By which points organisations are ranked, most first; equal ones go by their ids.',
  {
    OUTSTANDING: 'Available and held.',
    EARNED: 'Credited since the beginning, less what was taken back.',
    REDEEMED: 'Paid with since the beginning, less what was given back.',
  },
);

/** Arguments of `RewardsAnalytics.topOrganizations`. */
@ArgsType()
export class TopOrganizationsArgs {
  @Field(() => RewardsOrganizationRanking, {
    nullable: true,
    defaultValue: 'OUTSTANDING',
    description: 'By which points.',
  })
  by!: OrganizationOrder | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 10,
    description: 'How many, 1 to 50; BAD_USER_INPUT otherwise.',
  })
  first!: number | null;
}

/** Argument of `RewardsAnalytics.campaigns`. */
@ArgsType()
export class CampaignCostsArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 20,
    description: 'How many, 1 to 100; BAD_USER_INPUT otherwise.',
  })
  first!: number | null;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'What the members of an organisation have in the program, whoever works there now, those whose membership has ended among them. A sum to look at: balances are never pooled (R2.2).',
})
export class RewardsOrganizationRank {
  @Field(() => ID, { description: "The organisation, by the platform's id." })
  organizationId!: string;

  @Field(() => Int, { description: 'How many members.' })
  members!: number;

  @Field(() => XPoints, { description: 'What they can spend.' })
  available!: Points;

  @Field(() => XPoints, { description: 'What is held for their orders (R6.7).' })
  held!: Points;

  @Field(() => XPoints, { description: 'What they owe (R4.3).' })
  owed!: Points;

  @Field(() => XPoints, { description: 'Credited since the beginning, less what was taken back.' })
  earned!: Points;

  @Field(() => XPoints, { description: 'Paid with since the beginning, less what was given back.' })
  redeemed!: Points;

  @Field(() => XPoints, { description: 'Expired since the beginning.' })
  expired!: Points;

  @Field(() => Money, { description: 'What `available` and `held` pay.' })
  value!: Money;
}
