import { ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import { Assumed, CachedBelow } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { CurrencyCode, DateTime, ProgramCode, XPoints } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import { nextTier, tierAt } from './pricing';
import type { RateBasis, Terms, Tier } from './terms';

@CachedBelow()
@ObjectType({
  simpleResolvers: true,
  description: "One step of a program's ladder. It starts at its threshold (R1.3).",
})
export class RewardsTier {
  @Field(() => String, {
    description:
      'BRONZE, SILVER or GOLD in the shipped programs. A program brings its own ladder, so this is no enum.',
  })
  code!: string;

  @Field(() => Int, {
    description: 'X-Points for one whole unit of the currency (1 EUR, 1 TRY) of net turnover.',
  })
  pointsPerUnit!: number;

  @Field(() => XPoints, {
    description: 'What a referrer of this tier is credited for each referred customer (R5.3).',
  })
  referralBonus!: number;

  @Field(() => Money, {
    description: 'The cumulative net turnover from which the tier holds; the tier starts at it.',
  })
  from!: Money;

  readonly names!: Tier['names'];
}

/** Argument of `RewardsTier.name`. */
@ArgsType()
export class TierNameArgs {
  @Field(() => String, {
    nullable: true,
    description:
      'A BCP 47 language tag such as "de" or "pl-PL"; one of en, de, tr, pl, es is known (R9.4). Where it is left out or unknown, the reader\'s Accept-Language decides, then English.',
  })
  locale?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The next step up, and how far it is.' })
export class NextRewardsTier {
  @Field(() => RewardsTier, { description: 'The step.' })
  tier!: RewardsTier;

  @Field(() => Money, { description: 'Net turnover still missing to its threshold; more than 0.' })
  missing!: Money;

  @Field(() => Float, {
    description:
      'How much of the way from the present threshold to the next is done: 0 to less than 1.',
  })
  progress!: number;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Where a member stands. A function of cumulative turnover alone: time never lowers it, nor does expiry (R3.9).',
})
export class RewardsTierStatus {
  @Field(() => RewardsTier, { description: 'The tier held now.' })
  tier!: RewardsTier;

  @Field(() => Money, {
    description:
      'Cumulative net turnover inside the program, in its currency: what orders that were paid and delivered stand for, less what was taken back.',
  })
  turnover!: Money;

  @Field(() => NextRewardsTier, { nullable: true, description: 'Null on the highest tier.' })
  next!: NextRewardsTier | null;
}

export const RewardsRateBasis = describedEnum<RateBasis>(
  'RewardsRateBasis',
  'How an order that crosses a threshold is priced (R3.3).',
  {
    BRACKETS: 'Below the threshold at the lower rate, above it at the higher one.',
    CURRENT_TIER: 'All of it at the rate of the tier held before the order.',
  },
);

@CachedBelow()
@ObjectType({
  simpleResolvers: true,
  description:
    'A rewards program (R1.1) under one version of its terms. Published terms never change (R1.4).',
})
export class RewardsProgram {
  @Field(() => ProgramCode, { description: 'The code of the program: EU, TR.' })
  code!: string;

  @Field(() => CurrencyCode, {
    description: 'The currency of its turnover and of what points pay.',
  })
  currency!: string;

  @Field(() => String, {
    description: 'The IANA time zone whose days and months the program counts: "Europe/Berlin".',
  })
  timeZone!: string;

  @Field(() => DateTime, {
    description:
      'Its first instant. Orders placed and accounts enrolled before it earn nothing (R3.6).',
  })
  startsAt!: Instant;

  @Field(() => Int, { description: 'The version of the terms these values are of; 1, 2, 3 …' })
  termsVersion!: number;

  @Field(() => Money, { description: 'What one X-Point pays of an order, net (R6.4).' })
  pointValue!: Money;

  @Assumed(5)
  @Field(() => [RewardsTier], { description: 'The ladder, lowest first; the first starts at 0.' })
  tiers!: readonly RewardsTier[];

  @Field(() => Int, {
    description:
      "Months a lot is good for, to the end of the day of the same number in the program's zone (R6.2).",
  })
  lotValidityMonths!: number;

  @Field(() => Int, {
    description: "Months a referral discount is good for, counted as a lot's (R5.2).",
  })
  discountValidityMonths!: number;

  @Field(() => Int, {
    description: "Per cent off the net value of a referred customer's first order (R5.2).",
  })
  firstOrderDiscountPercent!: number;

  @Field(() => RewardsRateBasis, {
    description: 'How an order that crosses a threshold is priced.',
  })
  rateBasis!: RateBasis;

  @Field(() => String, { description: 'The e-mail address for questions about the program.' })
  contact!: string;
}

const tiers = new WeakMap<Tier, RewardsTier>();
const programs = new WeakMap<Terms, RewardsProgram>();

/** A tier of `terms` as the API shows it; the same object each time. */
export function toRewardsTier(terms: Terms, tier: Tier): RewardsTier {
  let shown = tiers.get(tier);
  if (!shown) {
    const { code, pointsPerUnit, referralBonus, names } = tier;
    shown = { code, pointsPerUnit, referralBonus, names, from: toMoney(tier.from, terms.currency) };
    tiers.set(tier, shown);
  }
  return shown;
}

/** Where `turnover` (minor units) stands on the ladder of `terms`. */
export function toTierStatus(terms: Terms, turnover: bigint): RewardsTierStatus {
  return new TierStatus(terms, turnover);
}

/** Each part is made when it is asked for. */
class TierStatus implements RewardsTierStatus {
  private readonly held: Tier;

  constructor(
    private readonly terms: Terms,
    private readonly reached: bigint,
  ) {
    this.held = tierAt(terms, reached);
  }

  get tier(): RewardsTier {
    return toRewardsTier(this.terms, this.held);
  }

  get turnover(): Money {
    return toMoney(this.reached, this.terms.currency);
  }

  get next(): NextRewardsTier | null {
    const { terms, held, reached } = this;
    const next = nextTier(terms, reached);
    if (!next) return null;
    return {
      tier: toRewardsTier(terms, next),
      missing: toMoney(next.from - reached, terms.currency),
      progress: Number(reached - held.from) / Number(next.from - held.from),
    };
  }
}

/** A program as its terms have it; the same object each time. */
export function toRewardsProgram(terms: Terms): RewardsProgram {
  let shown = programs.get(terms);
  if (!shown) {
    shown = {
      code: terms.program,
      currency: terms.currency,
      timeZone: terms.zone,
      startsAt: terms.startsAt,
      termsVersion: terms.version,
      pointValue: toMoney(terms.pointValueMinor, terms.currency),
      tiers: terms.tiers.map((tier) => toRewardsTier(terms, tier)),
      lotValidityMonths: terms.lotValidityMonths,
      discountValidityMonths: terms.discountValidityMonths,
      firstOrderDiscountPercent: terms.firstOrderDiscountPercent,
      rateBasis: terms.rateBasis,
      contact: terms.contact,
    };
    programs.set(terms, shown);
  }
  return shown;
}
