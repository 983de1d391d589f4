import { Field, ID, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { Cost, For } from '../federation/directives';
import { Money, toMoney } from '../federation/money.graphql';
import { XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import { type LotSource } from '../ledger/lot';
import { XPointsLotSourceKind } from '../ledger/lot.graphql';
import type { Terms } from '../programs/terms';
import type { Answer } from './answer';
import type { Figure } from './figure';

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'A number of an answer, and the entries that it is made of: points = what all its `entries` count, plus `unbooked`, to the point.',
})
export class RewardsFigure {
  @Field(() => XPoints, {
    description:
      'How many. Below 0 where more was given back than taken: points that expired, and that a cancellation took over later (R4.3).',
  })
  points!: Points;

  @Cost(0)
  @Field(() => Money, {
    description:
      "What they pay, by the program's newest terms in force at the end of the period, or at `asOf` where that is earlier (R6.4).",
  })
  value!: Money;

  @Field(() => XPoints, {
    description:
      'What of `points` no entry shows: it is due and booked within seconds (R6.2), or it lies ahead. 0 in what the books said.',
  })
  unbooked!: Points;

  readonly figure!: Figure;
  readonly answer!: Answer;
}

@For('desk')
@ObjectType({ simpleResolvers: true, description: 'An entry that counts in a figure.' })
export class RewardsFigureEntry {
  @Field(() => XPoints, {
    description: 'What of the entry counts in the figure; below 0 where it takes from it. Never 0.',
  })
  points!: Points;

  @Field(() => ID, { description: 'Whose entry it is.' })
  customerId!: string;

  readonly sequence!: number;
}

export const RewardsFigureEntryConnection = connectionOf(
  'RewardsFigureEntry',
  () => RewardsFigureEntry,
  'entries behind a figure, oldest recorded first',
  'desk',
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'What of a figure is of lots from one source.',
})
export class RewardsSourceFigure {
  @Field(() => XPointsLotSourceKind, { description: 'What credited the lots.' })
  source!: LotSource;

  @Field(() => RewardsFigure, { description: 'How many points.' })
  figure!: RewardsFigure;
}

/** A figure of an answer; `terms` tell what points are worth. */
export function toFigure(
  answer: Answer,
  figure: Figure,
  { points, unbooked }: { readonly points: Points; readonly unbooked: Points },
  terms: Terms,
): RewardsFigure {
  return { points, value: worth(points, terms), unbooked, figure, answer };
}

/** What points pay. */
export function worth(points: Points, { pointValueMinor, currency }: Terms): Money {
  return toMoney(BigInt(points) * pointValueMinor, currency);
}
