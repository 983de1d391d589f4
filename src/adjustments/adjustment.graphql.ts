import { ArgsType, createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused, LimitExceeded } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Adjustment } from '../ledger/desk';

export const XPointsAdjustmentState = describedEnum<Adjustment['state']>(
  'XPointsAdjustmentState',
  'Where an adjustment stands.',
  {
    REQUESTED: 'It is above the limit, and waits for a second person.',
    BOOKED: 'The points were given or taken.',
    DECLINED: 'It was declined; nothing moved.',
  },
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'Points that the desk gives or takes by hand, with a reason on record. What is given is a lot of its own; what is taken comes out of the open lots, first in first out, and what is missing is owed (R4.3).',
})
export class XPointsAdjustment {
  @Field(() => Int, {
    description: "Its number among the member's adjustments, objections and claims.",
  })
  number!: number;

  @Field(() => XPoints, { description: 'How many; below 0 where they are taken.' })
  points!: Points;

  @Field(() => String, { description: 'Why, as the desk recorded it.' })
  reason!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The number of the objection that it corrects (R8.2); null for none.',
  })
  objection!: number | null;

  @Field(() => XPointsAdjustmentState, { description: 'Where it stands.' })
  state!: Adjustment['state'];

  @Field(() => DateTime, { description: 'When it was asked for.' })
  requestedAt!: Instant;

  @Field(() => String, { description: 'Who asked for it: "desk:" and a name.' })
  requestedBy!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was booked or declined; null while it waits.',
  })
  decidedAt!: Instant | null;

  @Field(() => String, { nullable: true, description: 'Who decided; null while it waits.' })
  decidedBy!: string | null;

  @Field(() => String, { nullable: true, description: 'What the second person said of it.' })
  note!: string | null;

  @Field(() => XPoints, {
    nullable: true,
    description: 'The sequence of the entry that booked it; null where none did.',
  })
  sequence!: number | null;

  readonly customerId!: string;
}

/** Arguments of `Query.xPointsAdjustments`. */
@ArgsType()
export class AdjustmentsArgs extends PageArgs {
  @Field(() => XPointsAdjustmentState, {
    nullable: true,
    defaultValue: 'REQUESTED',
    description: 'Only adjustments that stand there; null for all of them.',
  })
  state!: Adjustment['state'] | null;
}

export const XPointsAdjustmentConnection = connectionOf(
  'XPointsAdjustment',
  () => XPointsAdjustment,
  'adjustments, oldest first',
  'desk',
);

@For('desk')
@InputType({ description: 'Points to give or to take.' })
export class AdjustXPointsInput {
  @Field(() => ID, { description: 'The member.' })
  customerId!: string;

  @Field(() => XPoints, {
    description: 'How many, up to 1,000,000,000; below 0 to take them; never 0.',
  })
  points!: Points;

  @Field(() => String, {
    description:
      'Why, for the record: 1 to 500 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: "A second person's decision on an adjustment." })
export class DecideAdjustmentInput {
  @Field(() => ID, { description: 'The member.' })
  customerId!: string;

  @Field(() => Int, { description: 'The number of the adjustment.' })
  number!: number;

  @Field(() => Boolean, { description: 'True: it is booked. False: it is declined.' })
  approve!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'For the record: up to 500 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  note?: string | null;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class XPointsAdjustmentSuccess {
  @Field(() => XPointsAdjustment, { description: 'The adjustment as the command left it.' })
  adjustment!: XPointsAdjustment;

  readonly __typename!: 'XPointsAdjustmentSuccess';
}

export const XPointsAdjustmentResult = createUnionType({
  name: 'XPointsAdjustmentResult',
  description: 'What commands on adjustments answer: success, or why not.',
  types: () => [XPointsAdjustmentSuccess, CommandRefused, LimitExceeded] as const,
  resolveType: (value) => value.__typename,
});

/** An adjustment as the API shows it. */
export function toXPointsAdjustment(adjustment: Adjustment): XPointsAdjustment {
  const { accountId: customerId, decision, ...rest } = adjustment;
  return {
    ...rest,
    customerId,
    decidedAt: decision?.at ?? null,
    decidedBy: decision?.by ?? null,
    note: decision?.note ?? null,
  };
}
