import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { Assumed } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { DateTime, ProgramCode, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { type MembershipState, membershipState } from '../ledger/account';
import { RewardsMembershipState } from '../members/member.graphql';
import { worth } from '../programs/pricing';
import {
  RewardsProgram,
  RewardsTier,
  RewardsTierStatus,
  toRewardsProgram,
  toRewardsTier,
  toTierStatus,
} from '../programs/program.graphql';
import type { Terms, Tier } from '../programs/terms';
import type { OrganizationMember, ProgramTotals } from './organization';
import { MEMBER_SORTS, type MemberSort, SORT_DIRECTIONS, type SortDirection } from './ranking';

/** What "within 30 days" and "within 90 days" mean. */
const WITHIN =
  "counted in days of the program's zone up to the first day on which they are gone, as members are told of them (R6.9)";

export const RewardsOrganizationMemberSort = describedEnum<MemberSort>(
  'RewardsOrganizationMemberSort',
  'By what members are ranked. Equal ones go by their ids.',
  MEMBER_SORTS,
);

export const RewardsSortDirection = describedEnum<SortDirection>(
  'RewardsSortDirection',
  'Which end of a ranking comes first. One is the other in reverse.',
  SORT_DIRECTIONS,
);

@ObjectType({
  simpleResolvers: true,
  description:
    "A member as their organisation's dashboard shows them. Every figure is of `RewardsOrganization.asOf`: what has expired or lapsed by then is gone, whether or not it is booked (R6.2).",
})
export class RewardsOrganizationMember {
  @Field(() => ID, { description: "The platform's id of the account." })
  customerId!: string;

  @Field(() => RewardsProgram, {
    description: 'Their program, under the terms that bind them (R2.6).',
  })
  program!: RewardsProgram;

  @Field(() => XPoints, { description: 'Spendable now; 0 or more.' })
  available!: Points;

  @Field(() => XPoints, { description: 'Set aside for orders by holds (R6.7).' })
  held!: Points;

  @Field(() => XPoints, { description: 'Taken back after being spent (R4.3).' })
  owed!: Points;

  @Field(() => Money, { description: 'What `available` pays at checkout, net (R6.4).' })
  value!: Money;

  @Field(() => XPoints, {
    description: `Of \`available\`, what expires within 30 days, ${WITHIN}.`,
  })
  expiringIn30Days!: Points;

  @Field(() => XPoints, { description: 'The same within 90 days, those of 30 days among them.' })
  expiringIn90Days!: Points;

  @Field(() => RewardsTierStatus, { description: 'Where the member stands.' })
  tier!: RewardsTierStatus;

  @Field(() => RewardsMembershipState, { description: 'Where the membership stands (R2.8).' })
  state!: MembershipState;

  @Field(() => DateTime, {
    description: "The registration, or the program's start where that is later (R2.1).",
  })
  enrolledAt!: Instant;

  @Field(() => XPoints, {
    description:
      'Number of the last booked change of the account, as `XPointsBalance.sequence`: rises by one per change.',
  })
  sequence!: number;
}

/** Arguments of `RewardsOrganization.members`. */
@ArgsType()
export class OrganizationMembersArgs extends PageArgs {
  @Field(() => RewardsOrganizationMemberSort, {
    nullable: true,
    defaultValue: 'BALANCE',
    description: 'By what they are ranked.',
  })
  sort!: MemberSort | null;

  @Field(() => RewardsSortDirection, {
    nullable: true,
    defaultValue: 'DESCENDING',
    description: 'Which end comes first.',
  })
  direction!: SortDirection | null;

  @Field(() => ProgramCode, {
    nullable: true,
    description: 'Only members of this program; of all where it is left out or null.',
  })
  program?: string | null;
}

export const RewardsOrganizationMemberConnection = connectionOf(
  'RewardsOrganizationMember',
  () => RewardsOrganizationMember,
  'members of an organisation, as they are ranked',
);

@ObjectType({ simpleResolvers: true, description: 'How many members hold a tier.' })
export class RewardsOrganizationTier {
  @Field(() => RewardsTier, { description: 'The tier.' })
  tier!: RewardsTier;

  @Field(() => Int, { description: 'How many; may be 0.' })
  members!: number;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What the members of an organisation have together in one program. A sum to look at: each balance stays its member’s own (R2.2). Every figure is the sum over `members(program:)` of the same answer.',
})
export class RewardsOrganizationTotals {
  @Field(() => RewardsProgram, {
    description: 'The program, under the terms that bind who enrols now.',
  })
  program!: RewardsProgram;

  @Field(() => Int, {
    description: 'Members, those whose membership has ended among them; 1 or more.',
  })
  members!: number;

  @Field(() => XPoints, { description: 'What they can spend.' })
  available!: Points;

  @Field(() => XPoints, { description: 'What is set aside for their orders by holds.' })
  held!: Points;

  @Field(() => XPoints, { description: 'What they owe (R4.3).' })
  owed!: Points;

  @Field(() => Money, { description: 'What `available` pays, net, each under their own terms.' })
  value!: Money;

  @Field(() => XPoints, {
    description: `Of \`available\`, what expires within 30 days, ${WITHIN}.`,
  })
  expiringIn30Days!: Points;

  @Field(() => XPoints, { description: 'The same within 90 days, those of 30 days among them.' })
  expiringIn90Days!: Points;

  @Assumed(5)
  @Field(() => [RewardsOrganizationTier], {
    description: 'How many of them hold which tier, lowest first; they add up to `members`.',
  })
  tiers!: readonly RewardsOrganizationTier[];
}

@ObjectType({
  simpleResolvers: true,
  description:
    "An organisation as the rewards of its members make it: whoever works there now, as the platform's events say. Who changes organisation takes their whole history along; the former organisation sees nothing of it any more, and what concerns a former colleague (a transfer, a referral) shows the present member's side alone.",
})
export class RewardsOrganization {
  @Field(() => ID, { description: "The platform's id of the organisation." })
  id!: string;

  @Field(() => DateTime, { description: 'The instant that the figures of members are of.' })
  asOf!: Instant;

  @Assumed(5)
  @Field(() => [RewardsOrganizationTotals], {
    description: 'What the members have together, one row per program that has any, by code.',
  })
  totals!: readonly RewardsOrganizationTotals[];

  readonly read!: readonly OrganizationMember[];
}

/** A member as a dashboard shows them. */
export function toOrganizationMember(member: OrganizationMember): RewardsOrganizationMember {
  const { account, terms, expiring } = member;
  return {
    customerId: account.id,
    program: toRewardsProgram(terms),
    available: account.available,
    held: account.held,
    owed: account.owed,
    value: toMoney(worth(terms, account.available), terms.currency),
    expiringIn30Days: expiring.in30Days,
    expiringIn90Days: expiring.in90Days,
    tier: toTierStatus(terms, account.turnover),
    state: membershipState(account),
    enrolledAt: account.enrolledAt,
    sequence: account.sequence,
  };
}

/** Totals of a program; `terms` are those that bind who enrols now. */
export function toOrganizationTotals(
  totals: ProgramTotals,
  terms: Terms,
): RewardsOrganizationTotals {
  return {
    program: toRewardsProgram(terms),
    members: totals.members,
    available: totals.available,
    held: totals.held,
    owed: totals.owed,
    value: toMoney(totals.valueMinor, terms.currency),
    expiringIn30Days: totals.expiring.in30Days,
    expiringIn90Days: totals.expiring.in90Days,
    tiers: tiersOf(totals, terms),
  };
}

/** The ladder of `terms`, then what is held under other versions and is no step of it. */
function tiersOf({ tiers }: ProgramTotals, terms: Terms): RewardsOrganizationTier[] {
  const others = [...tiers.values()].filter(
    ({ tier }) => !terms.tiers.some(({ code }) => code === tier.code),
  );
  const shown = (tier: Tier, of: Terms, members: number) => ({
    tier: toRewardsTier(of, tier),
    members,
  });
  return [
    ...terms.tiers.map((tier) => shown(tier, terms, tiers.get(tier.code)?.members ?? 0)),
    ...others.map(({ tier, terms: of, members }) => shown(tier, of, members)),
  ];
}
