import { createUnionType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { Assumed, For } from '../federation/directives';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { Money, toMoney } from '../federation/money.graphql';
import { CommandRefused, InvalidInputRefused } from '../federation/refusal.graphql';
import { DateTime, Decimal, ProgramCode, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { RewardsRateBasis, RewardsTier, toRewardsTier } from '../programs/program.graphql';
import type { PublishedTerms, RateBasis } from '../programs/terms';

@ObjectType({
  simpleResolvers: true,
  description: 'One published version of the terms of a program; it never changes (R1.4).',
})
export class RewardsTerms {
  @Field(() => Int, { description: '1, 2, 3 … per program.' })
  version!: number;

  @Field(() => DateTime, {
    description:
      'Its first instant: it binds who enrols from then on, and members a month after they were told of it, if that is later (R2.6).',
  })
  effectiveAt!: Instant;

  @Field(() => DateTime, { description: 'When it was published.' })
  publishedAt!: Instant;

  @Field(() => Money, { description: 'What one X-Point pays of an order, net (R6.4).' })
  pointValue!: Money;

  @Assumed(5)
  @Field(() => [RewardsTier], { description: 'The ladder, lowest first; the first starts at 0.' })
  tiers!: readonly RewardsTier[];

  @Field(() => RewardsRateBasis, {
    description: 'How an order that crosses a threshold is priced (R3.3).',
  })
  rateBasis!: RateBasis;

  @Field(() => Int, { description: 'Months a lot is good for (R6.2).' })
  lotValidityMonths!: number;

  @Field(() => Int, { description: 'Months a referral discount is good for (R5.2).' })
  discountValidityMonths!: number;

  @Field(() => Int, {
    description: "Per cent off the net value of a referred customer's first order (R5.2).",
  })
  firstOrderDiscountPercent!: number;

  @Field(() => Int, {
    description:
      "At least so many days lie between the provider's notice and its month's end (R2.4).",
  })
  noticeDays!: number;

  @Field(() => Int, { description: 'Months to redeem after such an end (R2.4, R2.5).' })
  redemptionWindowMonths!: number;

  @Field(() => Int, { description: 'Months to object to a credit or a discount (R8.2).' })
  objectionMonths!: number;

  @Field(() => Int, {
    description: 'Months between being told of a new version and being bound by it (R2.6).',
  })
  termsNoticeMonths!: number;

  @Assumed(5)
  @Field(() => [Int], {
    description: 'How many days before points expire a member is told (R6.9).',
  })
  expiryNoticeDays!: readonly number[];

  @Field(() => String, { description: 'The e-mail address for questions about the program.' })
  contact!: string;
}

@ObjectType({ simpleResolvers: true, description: 'A field of the terms that a version changes.' })
export class RewardsTermsChange {
  @Field(() => String, {
    description: 'The field: "lotValidityMonths", "tiers.SILVER.pointsPerUnit".',
  })
  field!: string;

  @Field(() => String, {
    description: 'Its value in the version before; "none" where it had none.',
  })
  before!: string;

  @Field(() => String, { description: 'Its value in this version.' })
  after!: string;
}

const NAME = 'what members read in this language: 1 to 50 characters.';

@For('desk')
@InputType({ description: 'The names of a tier, one per language (R9.4).' })
export class TierNamesInput {
  @Field(() => String, { description: `English: ${NAME}` })
  en!: string;

  @Field(() => String, { description: `German: ${NAME}` })
  de!: string;

  @Field(() => String, { description: `Turkish: ${NAME}` })
  tr!: string;

  @Field(() => String, { description: `Polish: ${NAME}` })
  pl!: string;

  @Field(() => String, { description: `Spanish: ${NAME}` })
  es!: string;
}

@For('desk')
@InputType({ description: "One step of a new version's ladder." })
export class TierInput {
  @Field(() => String, { description: 'A code such as "SILVER".' })
  code!: string;

  @Field(() => Decimal, {
    description:
      "The cumulative net turnover it starts at, in the program's currency; 0 for the first.",
  })
  from!: string;

  @Field(() => Int, { description: 'X-Points for one whole unit of the currency, 0 to 1000.' })
  pointsPerUnit!: number;

  @Field(() => XPoints, { description: 'What a referrer of this tier is credited (R5.3).' })
  referralBonus!: Points;

  @Field(() => TierNamesInput, { description: 'What members call it.' })
  names!: TierNamesInput;
}

@For('desk')
@InputType({
  description:
    'The next version of the terms: what is left out is as in the newest one. Currency, zone, start and the value of a point never change.',
})
export class PublishTermsInput {
  @Field(() => ProgramCode, { description: 'The program.' })
  program!: string;

  @Field(() => String, {
    description:
      'The first day of the version, such as "2027-01-01", in the zone of the program; one that has not begun.',
  })
  effectiveOn!: string;

  @Field(() => [TierInput], {
    nullable: true,
    description: 'The whole ladder, lowest first: 1 to 20 tiers.',
  })
  tiers?: TierInput[] | null;

  @Field(() => RewardsRateBasis, { nullable: true, description: 'How orders are priced (R3.3).' })
  rateBasis?: RateBasis | null;

  @Field(() => Int, { nullable: true, description: 'Months a lot is good for, 1 to 120.' })
  lotValidityMonths?: number | null;

  @Field(() => Int, { nullable: true, description: 'Months a discount is good for, 1 to 120.' })
  discountValidityMonths?: number | null;

  @Field(() => Int, { nullable: true, description: 'Per cent off a first order, 0 to 100.' })
  firstOrderDiscountPercent?: number | null;

  @Field(() => Int, { nullable: true, description: "Days of the provider's notice, 0 to 366." })
  noticeDays?: number | null;

  @Field(() => Int, { nullable: true, description: 'Months to redeem after an end, 1 to 120.' })
  redemptionWindowMonths?: number | null;

  @Field(() => Int, { nullable: true, description: 'Months to object to a credit, 1 to 120.' })
  objectionMonths?: number | null;

  @Field(() => Int, { nullable: true, description: 'Months to object to new terms, 1 to 120.' })
  termsNoticeMonths?: number | null;

  @Field(() => [Int], {
    nullable: true,
    description: 'Days ahead of an expiry at which members are told, 1 to 366; at most 5.',
  })
  expiryNoticeDays?: number[] | null;

  @Field(() => String, { nullable: true, description: 'The e-mail address for questions.' })
  contact?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'True: show what would be published and how many members would be told; nothing is written.',
  })
  dryRun!: boolean | null;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'The version was published, now or the first time the key was used; or would be, in a dry run.',
})
export class PublishTermsSuccess {
  @Field(() => RewardsTerms, { description: 'The version.' })
  terms!: RewardsTerms;

  @Assumed(10)
  @Field(() => [RewardsTermsChange], { description: 'What it changes.' })
  changes!: readonly RewardsTermsChange[];

  @Field(() => Int, {
    description:
      'How many accounts of the program are to be told: those whose membership has not ended.',
  })
  members!: number;

  @Field(() => Boolean, { description: 'Whether it was a dry run: nothing was written.' })
  dryRun!: boolean;

  readonly __typename!: 'PublishTermsSuccess';
}

export const PublishTermsResult = createUnionType({
  name: 'PublishTermsResult',
  description: 'What publishing terms answers: success, or why not.',
  types: () => [PublishTermsSuccess, InvalidInputRefused, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});

/** A published version as the API shows it. */
export function toRewardsTerms({ terms, publishedAt }: PublishedTerms): RewardsTerms {
  const { tiers, pointValueMinor, currency } = terms;
  return {
    version: terms.version,
    effectiveAt: terms.effectiveAt,
    publishedAt,
    pointValue: toMoney(pointValueMinor, currency),
    tiers: tiers.map((tier) => toRewardsTier(terms, tier)),
    rateBasis: terms.rateBasis,
    lotValidityMonths: terms.lotValidityMonths,
    discountValidityMonths: terms.discountValidityMonths,
    firstOrderDiscountPercent: terms.firstOrderDiscountPercent,
    noticeDays: terms.noticeDays,
    redemptionWindowMonths: terms.redemptionWindowMonths,
    objectionMonths: terms.objectionMonths,
    termsNoticeMonths: terms.termsNoticeMonths,
    expiryNoticeDays: terms.expiryNoticeDays,
    contact: terms.contact,
  };
}
