import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import type { App } from '../app';
import { authorize } from '../auth/permissions';
import { Assumed, Cost, For } from '../federation/directives';
import { mentioned, type Asked as Operation } from '../federation/selection';
import type { Instant } from '../kernel/time';
import type { Terms } from '../programs/terms';
import type { RequestContext } from '../server/context';
import { AnalyticsArgs, RewardsAnalytics, RewardsAnalyticsPeriod } from './analytics.graphql';
import { Answer } from './answer';
import {
  RewardsBreakage,
  RewardsFlows,
  RewardsLiability,
  toBreakage,
  toFlows,
  toLiability,
} from './period.graphql';
import { type Asked, askedAt, knownNow } from './question';
import { readSums, type SumParts } from './sums.reads';

/** Fields that sums of steps between states answer. */
const OF_MOVES = [
  ...['issued', 'issuedBySource', 'redeemed', 'restored', 'expired', 'reversed', 'forfeited'],
  ...['voided', 'transferredOut', 'transferredIn', 'outstanding', 'available', 'held', 'byExpiry'],
  ...['realised', 'expected', 'expectedValue', 'rate', 'campaigns'],
];
/** Fields that sums of entries answer. */
const OF_ENTRIES = ['owed', 'owedIncurred', 'owedPaid', 'tiers', 'referrals', 'redemptionShare'];

@Resolver()
export class AnalyticsQuery {
  @For('desk')
  @Cost(50)
  @Query(() => RewardsAnalytics, {
    description:
      "What became of a program's points in a period, by buckets of the program's zone: exact to the point and up to the current second, and explained down to one entry (`RewardsFigure.entries`). For analysts and the desk.",
  })
  async rewardsAnalytics(
    @Args(() => AnalyticsArgs) { program, from, to, by, asOf }: AnalyticsArgs,
    @Ctx() { app, actor, loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<RewardsAnalytics> {
    authorize(actor, 'readAnalytics');
    const wish = { program, from, to, by: by ?? 'MONTH', asOf: asOf ?? null };
    return toAnalytics(app, askedAt(app.programs, wish, await loaders.now()), info);
  }
}

@Resolver(() => RewardsAnalytics)
export class AnalyticsResolver {
  @FieldResolver(() => RewardsAnalytics, {
    nullable: true,
    description:
      'The same question with all that is known now of what was true by `asOf`: what was booked late is in it. Null unless `asOf` is past.',
  })
  knownNow(
    @Root() { answer }: RewardsAnalytics,
    @Ctx() { app }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): RewardsAnalytics | null {
    const asked = knownNow(answer.asked);
    return asked && toAnalytics(app, asked, info);
  }

  @FieldResolver(() => RewardsFlows, { description: 'What happened in the period as a whole.' })
  async total(
    @Root() { answer }: RewardsAnalytics,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsFlows> {
    const whole = await answer.whole();
    return toFlows(answer, whole, termsAt(app, answer, whole.at));
  }

  @Assumed(60)
  @FieldResolver(() => [RewardsAnalyticsPeriod], {
    description: 'The buckets of the period, ascending, without gaps; at most 1,000.',
  })
  buckets(@Root() { answer }: RewardsAnalytics): RewardsAnalyticsPeriod[] {
    const { starts, question } = answer.asked;
    return starts.map((start, i) => ({ start, end: starts[i + 1] ?? question.to, answer }));
  }

  @FieldResolver(() => RewardsLiability, {
    description:
      'What was outstanding and owed at the end of the period, or at `asOf` where that is earlier.',
  })
  async liability(
    @Root() { answer }: RewardsAnalytics,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsLiability> {
    const whole = await answer.whole();
    return toLiability(answer, whole, termsAt(app, answer, whole.at));
  }

  @FieldResolver(() => RewardsBreakage, {
    description:
      'Points that were never spent in the period, and those expected not to be after it.',
  })
  async breakage(
    @Root() { answer }: RewardsAnalytics,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsBreakage> {
    const whole = await answer.whole();
    return toBreakage(answer, whole, termsAt(app, answer, whole.at));
  }
}

@Resolver(() => RewardsAnalyticsPeriod)
export class AnalyticsPeriodResolver {
  @FieldResolver(() => RewardsFlows, { description: 'What happened in it.' })
  async flows(
    @Root() { answer, start }: RewardsAnalyticsPeriod,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsFlows> {
    const period = await answer.period(start);
    return toFlows(answer, period, termsAt(app, answer, period.at));
  }

  @FieldResolver(() => RewardsLiability, {
    description: 'What was outstanding and owed at its end, or at `asOf` where that is earlier.',
  })
  async liability(
    @Root() { answer, start }: RewardsAnalyticsPeriod,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsLiability> {
    const period = await answer.period(start);
    return toLiability(answer, period, termsAt(app, answer, period.at));
  }

  @FieldResolver(() => RewardsBreakage, {
    description: 'Points that were never spent in it, and those expected not to be after it.',
  })
  async breakage(
    @Root() { answer, start }: RewardsAnalyticsPeriod,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsBreakage> {
    const period = await answer.period(start);
    return toBreakage(answer, period, termsAt(app, answer, period.at));
  }
}

function toAnalytics(app: App, asked: Asked, operation: Operation): RewardsAnalytics {
  const parts = { ...partsOf(operation), ahead: asked.basis === 'PROJECTED' };
  const { program, from, to, by } = asked.question;
  const answer = new Answer(asked, () => readSums(app, asked.question, parts));
  return { program, from, to, by, asOf: asked.asOf, basis: asked.basis, answer };
}

/** What of the sums an operation asks for, wherever it mentions it. */
function partsOf(operation: Operation): SumParts {
  const fields = mentioned(operation);
  return {
    moves: OF_MOVES.some((name) => fields.has(name)),
    entries: OF_ENTRIES.some((name) => fields.has(name)),
  };
}

/** The program's newest terms in force at an instant; its first ones before that. */
export function termsAt({ programs }: App, { asked }: Answer, at: Instant): Terms {
  return programs.inForceAt(asked.question.program, at);
}
