import { Field, Int, ObjectType } from 'type-graphql';
import { Assumed } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { Decimal, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Arithmetic } from './entry';

export const XPointsArithmeticType = describedEnum<Arithmetic['type']>(
  'XPointsArithmeticType',
  'What was computed.',
  {
    ORDER: 'The points of an order by the terms, bracket by bracket (R3.3).',
    CAMPAIGN: 'What a campaign gives for an order on top (R1.5).',
    REFERRAL: 'The bonus of the tier that the referrer held (R5.3).',
    ADJUSTMENT: 'What the rewards desk set right (R8.2).',
    VOID: 'What the rewards desk took away for abuse (R8.1).',
  },
);

@ObjectType({
  simpleResolvers: true,
  description: 'The part of an order that one tier priced (R3.3).',
})
export class XPointsBracket {
  @Field(() => String, { description: 'The code of the tier.' })
  tier!: string;

  @Field(() => Money, { description: 'Net turnover inside this bracket.' })
  base!: Money;

  @Field(() => Int, { description: 'X-Points for one whole unit of the currency.' })
  pointsPerUnit!: number;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'How the points of an entry came about. Which fields say something depends on `type`; the others are null.',
})
export class XPointsArithmetic {
  @Field(() => XPointsArithmeticType, { description: 'What was computed.' })
  type!: Arithmetic['type'];

  @Field(() => Money, {
    nullable: true,
    description: 'ORDER: cumulative turnover the order started from.',
  })
  turnoverBefore!: Money | null;

  @Field(() => Money, {
    nullable: true,
    description:
      'ORDER and CAMPAIGN: net turnover of the order, less what was cancelled and what points paid (R3.1).',
  })
  base!: Money | null;

  @Assumed(5)
  @Field(() => [XPointsBracket], {
    description: 'ORDER: the brackets, lowest first; their bases add up to `base`. Else empty.',
  })
  brackets!: readonly XPointsBracket[];

  @Field(() => Decimal, {
    nullable: true,
    description: 'ORDER and CAMPAIGN: the points before they were rounded down once (R3.4).',
  })
  exact!: string | null;

  @Field(() => XPoints, {
    description: 'The points, rounded down; below 0 where an adjustment took them.',
  })
  points!: Points;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'In a reversal: what had been credited and not taken back before it; the difference to `points` was taken back (R4.2). Null elsewhere.',
  })
  creditedBefore!: Points | null;

  @Field(() => String, {
    nullable: true,
    description:
      'CAMPAIGN: the code of the campaign. ORDER: the code of the campaign that excludes the order from earning.',
  })
  campaign!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'CAMPAIGN: 150 makes one and a half times the plain points; null for a bonus.',
  })
  factorPercent!: number | null;

  @Field(() => XPoints, {
    nullable: true,
    description: 'CAMPAIGN: what the terms alone give for the order.',
  })
  plainPoints!: Points | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'CAMPAIGN: whether a limit of the campaign made it less.',
  })
  isCapped!: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'REFERRAL: the code of the tier whose bonus it is.',
  })
  tier!: string | null;

  @Field(() => Int, { nullable: true, description: "ADJUSTMENT: the member's adjustment number." })
  adjustment!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'ADJUSTMENT: the objection it answers; null where it answers none.',
  })
  objection!: number | null;
}

const NOTHING = {
  turnoverBefore: null,
  base: null,
  brackets: [],
  exact: null,
  creditedBefore: null,
  campaign: null,
  factorPercent: null,
  plainPoints: null,
  isCapped: null,
  tier: null,
  adjustment: null,
  objection: null,
};

/** An entry's arithmetic as the API shows it; `currency` is its program's. */
export function toArithmetic(arithmetic: Arithmetic, currency: string): XPointsArithmetic {
  const money = (minor: string): Money => toMoney(BigInt(minor), currency);
  switch (arithmetic.type) {
    case 'ORDER': {
      const { turnoverBefore, base, brackets, excludedBy = null, ...rest } = arithmetic;
      return {
        ...NOTHING,
        ...rest,
        turnoverBefore: money(turnoverBefore),
        base: money(base),
        brackets: brackets.map((bracket) => ({ ...bracket, base: money(bracket.base) })),
        campaign: excludedBy,
      };
    }
    case 'CAMPAIGN': {
      const { kind: _, base, ...rest } = arithmetic;
      return { ...NOTHING, ...rest, base: money(base) };
    }
    default:
      return { ...NOTHING, ...arithmetic };
  }
}
