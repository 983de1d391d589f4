import { ArgsType, createUnionType, Field, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { Assumed, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { CommandRefused, InvalidInputRefused } from '../federation/refusal.graphql';
import { DateTime, Decimal, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Campaign, CampaignKind } from '../programs/campaign';
import { CampaignKindEnum } from '../programs/campaign.graphql';

export type CampaignState = 'PLANNED' | 'ACTIVE' | 'OVER';
export const RewardsCampaignState = describedEnum<CampaignState>(
  'RewardsCampaignState',
  'Where a campaign stands: which orders match it goes by the instant they are placed at (R1.5).',
  {
    PLANNED: 'Orders match once it begins.',
    ACTIVE: 'Orders placed now match.',
    OVER: 'No order placed from now on matches; those placed before do.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description: 'Which orders match a campaign (R1.5): those that meet all of it.',
})
export class RewardsCampaignConditions {
  @Assumed(5)
  @Field(() => [String], {
    description: 'Codes of the tiers it is for, as held before the order; empty for every tier.',
  })
  tiers!: readonly string[];

  @Field(() => Money, {
    description:
      'The least net value, less what was cancelled by the time the order is credited; 0 for any.',
  })
  minimum!: Money;

  @Field(() => String, {
    nullable: true,
    description: 'A tag that the order carries; null for any order.',
  })
  tag!: string | null;

  @Field(() => Boolean, { description: 'Whether orders with a referral discount match as well.' })
  withDiscount!: boolean;
}

@For('desk')
@ObjectType({ simpleResolvers: true, description: 'Who started a campaign and why, for the desk.' })
export class RewardsCampaignRecord {
  @Field(() => String, { description: 'Why it was started.' })
  reason!: string;

  @Field(() => String, { description: 'Who started it: "desk:" and a name.' })
  startedBy!: string;

  @Field(() => DateTime, { description: 'When they did.' })
  startedAt!: Instant;

  @Field(() => String, {
    nullable: true,
    description: 'Who ended it before its time; null where nobody did.',
  })
  endedBy!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When they did; null where nobody did.' })
  endedAt!: Instant | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Points on top of what the terms give, or none at all, for orders of a time (R1.5). What it gives is a lot of its own. Written once; only its end may be brought forward.',
})
export class RewardsCampaign {
  @Field(() => String, { description: 'Unique in its program: "SPRING-2027".' })
  code!: string;

  @Field(() => CampaignKindEnum, { description: 'What it does.' })
  kind!: CampaignKind;

  @Field(() => RewardsCampaignState, { description: 'Where it stands now.' })
  state!: CampaignState;

  @Field(() => Decimal, {
    nullable: true,
    description:
      'MULTIPLIER: "1.5" makes one and a half times the points that the terms give; else null.',
  })
  factor!: string | null;

  @Field(() => XPoints, {
    nullable: true,
    description: 'BONUS: the points on top for each order; else null.',
  })
  bonus!: Points | null;

  @Field(() => RewardsCampaignConditions, { description: 'Which orders match.' })
  conditions!: RewardsCampaignConditions;

  @Field(() => DateTime, { description: 'Orders placed from then on match.' })
  startsAt!: Instant;

  @Field(() => DateTime, { description: 'The first instant at which no order matches any more.' })
  endsAt!: Instant;

  @Field(() => XPoints, {
    nullable: true,
    description: 'The most points it gives for one order; null for no limit.',
  })
  capPerOrder!: Points | null;

  @Field(() => XPoints, {
    nullable: true,
    description: 'The most points it gives one member in all; null for no limit.',
  })
  capPerMember!: Points | null;

  readonly campaign!: Campaign;
}

/** Arguments of `RewardsProgram.campaigns`. */
@ArgsType()
export class CampaignsArgs extends PageArgs {
  @Field(() => RewardsCampaignState, {
    nullable: true,
    defaultValue: 'ACTIVE',
    description: 'Only campaigns that stand there; null for all of them.',
  })
  state!: CampaignState | null;
}

export const RewardsCampaignConnection = connectionOf(
  'RewardsCampaign',
  () => RewardsCampaign,
  'campaigns, by their beginning',
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class RewardsCampaignSuccess {
  @Field(() => RewardsCampaign, { description: 'The campaign as it is now.' })
  campaign!: RewardsCampaign;

  readonly __typename!: 'RewardsCampaignSuccess';
}

export const RewardsCampaignResult = createUnionType({
  name: 'RewardsCampaignResult',
  description: 'What commands on campaigns answer: success, or why not.',
  types: () => [RewardsCampaignSuccess, InvalidInputRefused, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});

/** Where a campaign stands at an instant. One that was called off before it began is over. */
export function campaignState({ startsAt, endsAt }: Campaign, at: Instant): CampaignState {
  if (endsAt <= Math.max(at, startsAt)) return 'OVER';
  return at < startsAt ? 'PLANNED' : 'ACTIVE';
}

/** A campaign as the API shows it at `at`; `currency` is its program's. */
export function toRewardsCampaign(
  campaign: Campaign,
  at: Instant,
  currency: string,
): RewardsCampaign {
  const { code, kind, factorPercent, bonus, tiers, minimum, tag, withDiscount } = campaign;
  const { startsAt, endsAt, capPerOrder, capPerMember } = campaign;
  return {
    ...{ code, kind, bonus, startsAt, endsAt, capPerOrder, capPerMember, campaign },
    state: campaignState(campaign, at),
    factor: factorPercent === null ? null : String(factorPercent / 100),
    conditions: { tiers, minimum: toMoney(minimum, currency), tag, withDiscount },
  };
}
