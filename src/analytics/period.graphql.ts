import { Field, ObjectType } from 'type-graphql';
import { Assumed, Cost, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money } from '../federation/money.graphql';
import { DateTime, Decimal, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { LotSource } from '../ledger/lot';
import type { Terms } from '../programs/terms';
import { sixPlaces } from './accounting-breakage';
import type { Answer, Period } from './answer';
import { expectedBreakage } from './breakage';
import { type Figure, type Measure, owedIn } from './figure';
import { RewardsFigure, RewardsSourceFigure, toFigure, worth } from './figure.graphql';
import { FLOWS, flowsOf } from './flows';
import type { SumRows } from './sums';

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'What happened to points in a period. What was outstanding before it + issued + transferredIn + restored - redeemed - expired - reversed - forfeited - voided - transferredOut is what is outstanding after it, always.',
})
export class RewardsFlows {
  @Field(() => RewardsFigure, {
    description:
      'Credited: for orders, referrals, by campaigns and the desk. What came by transfer is `transferredIn`.',
  })
  issued!: RewardsFigure;

  @Assumed(4)
  @Field(() => [RewardsSourceFigure], {
    description: '`issued` by what credited it, every source but transfers; they add up to it.',
  })
  issuedBySource!: RewardsSourceFigure[];

  @Field(() => RewardsFigure, {
    description: 'Paid part of orders, at once or out of a hold (R6.4).',
  })
  redeemed!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description:
      'Redeemed before and given back, because the order costs less or was cancelled (R4.4). What came back to a lot past its expiry counts here, and as expired.',
  })
  restored!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description:
      'Reached the end of their validity (R6.2), less what a cancellation took over later.',
  })
  expired!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description:
      'Taken back for cancelled orders (R4.2) and referrals that do not count (R4.5), by the desk, and to pay what was owed (R4.3).',
  })
  reversed!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Gone with memberships that ended (R2.9).' })
  forfeited!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Taken away for abuse (R8.1).' })
  voided!: RewardsFigure;

  @Field(() => RewardsFigure, { description: 'Given to colleagues (R7.3).' })
  transferredOut!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description: 'Received from colleagues; over the whole program as much as was given.',
  })
  transferredIn!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description:
      'Should have been taken back and was spent already: what members came to owe (R4.3).',
  })
  owedIncurred!: RewardsFigure;

  @Field(() => RewardsFigure, {
    description: 'Owed points that were paid with what came in (R4.3); `reversed` has them too.',
  })
  owedPaid!: RewardsFigure;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'Outstanding points whose last valid day lies in one month.',
})
export class RewardsLiabilityMonth {
  @Field(() => String, {
    description: 'The month of their last valid day in the program\'s zone: "2027-03".',
  })
  month!: string;

  @Field(() => XPoints, {
    description: 'How many. Held points stay in their month, which may be over (R6.8).',
  })
  points!: Points;

  @Cost(0)
  @Field(() => Money, { description: 'What they pay.' })
  value!: Money;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    "A program's liability at an instant: the points that were outstanding, and beside them what members owed.",
})
export class RewardsLiability {
  @Field(() => DateTime, {
    description: 'When: the end of the period, or `asOf` where that is earlier.',
  })
  at!: Instant;

  @Field(() => RewardsFigure, {
    description:
      'Neither spent nor gone: available and held. Its entries are all since the beginning.',
  })
  outstanding!: RewardsFigure;

  @Field(() => XPoints, { description: 'Of these what members could spend.' })
  available!: Points;

  @Field(() => XPoints, { description: 'Of these what was held for orders (R6.7).' })
  held!: Points;

  @Field(() => RewardsFigure, {
    description: 'What members owed the program (R4.3). It is not taken off `outstanding`.',
  })
  owed!: RewardsFigure;

  @Assumed(13)
  @Field(() => [RewardsLiabilityMonth], {
    description:
      '`outstanding` by the month of the last valid day, soonest first; months without points are left out.',
  })
  byExpiry!: RewardsLiabilityMonth[];
}

export const RewardsBreakageMethod = describedEnum<'COHORT_12_MONTHS'>(
  'RewardsBreakageMethod',
  'How it is estimated which points are never spent.',
  {
    COHORT_12_MONTHS:
      'Of the lots whose last valid day lies in the twelve months before the month of the instant: points that expired or were forfeited, over points credited less reversed and voided ones (what was transferred counts once), as far as known at the instant.',
  },
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'Points that are never spent: those that are gone, and those that will be.',
})
export class RewardsBreakage {
  @Field(() => RewardsFigure, { description: 'Expired and forfeited in the period.' })
  realised!: RewardsFigure;

  @Field(() => XPoints, {
    description:
      'Of what is outstanding at the end of the period, outstanding x `rate`, rounded down; 0 without a rate.',
  })
  expected!: Points;

  @Cost(0)
  @Field(() => Money, { description: 'What these points pay.' })
  expectedValue!: Money;

  @Field(() => Decimal, {
    nullable: true,
    description:
      'The share that is never spent, "0.125000", rounded half up. Null as long as no lot has run its course.',
  })
  rate!: string | null;

  @Field(() => RewardsBreakageMethod, { description: 'How the rate comes about.' })
  method!: 'COHORT_12_MONTHS';
}

/** Sources of what is issued; what came by transfer is a flow of its own. */
const SOURCES: readonly LotSource[] = ['ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT'];

/** What happened in a period of an answer; `terms` tell what points are worth. */
export function toFlows(answer: Answer, period: Period, terms: Terms): RewardsFlows {
  const all = { ...flowsOf(period.sums.moves), ...owedIn(period.sums.entries) };
  const unbooked = { ...flowsOf(period.unbooked.moves), ...owedIn(period.unbooked.entries) };
  const figure = (name: Exclude<keyof typeof all, 'owed'>): RewardsFigure =>
    toFigure(
      answer,
      figureOf(answer, name, period),
      { points: all[name], unbooked: unbooked[name] },
      terms,
    );
  const names = [...FLOWS, 'owedIncurred', 'owedPaid'] as const;
  const figures = Object.fromEntries(names.map((name) => [name, figure(name)])) as Record<
    (typeof names)[number],
    RewardsFigure
  >;
  const issuedBySource = SOURCES.map((source) => {
    const [points, still] = [period.sums, period.unbooked].map((sums) => issuedBy(source, sums));
    const named = { ...figureOf(answer, 'issued', period), source };
    return {
      source,
      figure: toFigure(answer, named, { points: points!, unbooked: still! }, terms),
    };
  });
  return { ...figures, issuedBySource };
}

/** How things stood at the end of a period. */
export function toLiability(answer: Answer, period: Period, terms: Terms): RewardsLiability {
  const { at, standing, unbookedStanding: unbooked } = period;
  const stock = (measure: Measure, points: Points, still: Points): RewardsFigure =>
    toFigure(
      answer,
      { ...figureOf(answer, measure, period), from: null },
      { points, unbooked: still },
      terms,
    );
  const { available, held } = standing;
  return {
    at,
    outstanding: stock('outstanding', available + held, unbooked.available + unbooked.held),
    available,
    held,
    owed: stock('owed', standing.owed, unbooked.owed),
    byExpiry: standing.byExpiry.map((row) => ({ ...row, value: worth(row.points, terms) })),
  };
}

/** What was never spent in a period, and what of what is outstanding after it is expected not to be. */
export function toBreakage(answer: Answer, period: Period, terms: Terms): RewardsBreakage {
  const { standing, cohort } = period;
  const broken = ({ moves }: SumRows): Points => {
    const { expired, forfeited } = flowsOf(moves);
    return expired + forfeited;
  };
  const expected = expectedBreakage(standing.available + standing.held, cohort);
  return {
    realised: toFigure(
      answer,
      figureOf(answer, 'breakage', period),
      { points: broken(period.sums), unbooked: broken(period.unbooked) },
      terms,
    ),
    expected,
    expectedValue: worth(expected, terms),
    rate: cohort && sixPlaces(cohort),
    method: 'COHORT_12_MONTHS',
  };
}

/** A figure of a period of an answer, of lots of all kinds. */
export function figureOf({ asked }: Answer, measure: Measure, { start, end }: Period): Figure {
  const { program, basis, asOf } = asked.question;
  return { program, basis, asOf, measure, source: null, campaign: null, from: start, to: end };
}

function issuedBy(source: LotSource, { moves }: SumRows): Points {
  return flowsOf(moves.filter((move) => move.source === source)).issued;
}
