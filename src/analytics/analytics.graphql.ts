import { ArgsType, Field, ObjectType } from 'type-graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { DateTime, ProgramCode } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import type { Answer } from './answer';
import type { AnswerBasis } from './question';
import type { Grain } from './sums';

export const RewardsAnalyticsBucket = describedEnum<Grain>(
  'RewardsAnalyticsBucket',
  "How long a bucket is, by the calendar and the clock of the program's zone.",
  {
    HOUR: 'A full hour of the clock.',
    DAY: 'From midnight to midnight.',
    WEEK: 'Seven days from Monday on.',
    MONTH: 'A calendar month.',
    QUARTER: 'Three months, from January, April, July or October on.',
    YEAR: 'A calendar year.',
  },
);

export const RewardsAnalyticsBasis = describedEnum<AnswerBasis>(
  'RewardsAnalyticsBasis',
  'Which entries an answer is made of.',
  {
    KNOWN:
      'All that is known now, by when it became true; what is due and not booked yet included (R6.2).',
    RECORDED: 'What the books had recorded by `asOf`, by when it became true.',
    PROJECTED:
      'What is known now, and what will be until `asOf` where nobody earns, spends or decides anything: lots expire, holds lapse, memberships end that are to end.',
  },
);

/** Arguments of `Query.rewardsAnalytics`. */
@ArgsType()
export class AnalyticsArgs {
  @Field(() => ProgramCode, {
    description: 'Which program; BAD_USER_INPUT where there is none like that.',
  })
  program!: string;

  @Field(() => DateTime, {
    description:
      'The first instant of the period, of the years 2000 to 2199; BAD_USER_INPUT otherwise. Where it is no start of a bucket, the first bucket is shorter.',
  })
  from!: Instant;

  @Field(() => DateTime, {
    description:
      'The first instant after the period, later than `from` and of the same years; BAD_USER_INPUT otherwise.',
  })
  to!: Instant;

  @For('desk')
  @Field(() => RewardsAnalyticsBucket, {
    nullable: true,
    defaultValue: 'MONTH',
    description: 'How long the buckets are; BAD_USER_INPUT where there would be more than 1,000.',
  })
  by!: Grain | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Past: what the books said then. Future: what will be left if nobody spends. Of the years 2000 to 2199, BAD_USER_INPUT otherwise. Now where it is left out.',
  })
  asOf?: Instant | null;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'A bucket of an answer. What happens outside of the period that was asked for is not in it.',
})
export class RewardsAnalyticsPeriod {
  @Field(() => DateTime, { description: 'Its first instant.' })
  start!: Instant;

  @Field(() => DateTime, { description: 'The first instant after it.' })
  end!: Instant;

  readonly answer!: Answer;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    "A program's points in a period: exact, to the current second, and of one moment: the buckets add up to the total.",
})
export class RewardsAnalytics {
  @Field(() => ProgramCode, { description: 'Which program.' })
  program!: string;

  @Field(() => DateTime, { description: 'The first instant of the period.' })
  from!: Instant;

  @Field(() => DateTime, { description: 'The first instant after it.' })
  to!: Instant;

  @Field(() => RewardsAnalyticsBucket, { description: 'How long the buckets are.' })
  by!: Grain;

  @Field(() => DateTime, {
    description: 'The instant the answer speaks of; nothing later is in it.',
  })
  asOf!: Instant;

  @Field(() => RewardsAnalyticsBasis, { description: 'Which entries it is made of.' })
  basis!: AnswerBasis;

  readonly answer!: Answer;
}
