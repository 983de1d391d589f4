import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused, InsufficientXPoints, LimitExceeded } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import {
  HOLD_DEFAULT_MS,
  type Redemption,
  type RedemptionState,
  redemptionId,
} from '../ledger/redemption';
import type { Terms } from '../programs/terms';
import type { RedemptionAnswer } from './redeem';

export const XPointsRedemptionState = describedEnum<RedemptionState>(
  'XPointsRedemptionState',
  'HELD, then exactly one of the others (R6.7).',
  {
    HELD: 'The points are set aside, not spendable, and nobody has decided yet.',
    CAPTURED: 'The points paid their order, in part or whole; the rest came back.',
    RELEASED: 'The hold was given back.',
    LAPSED: 'The time was up before anybody decided; the hold gave itself back.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description:
    'X-Points that pay (part of) an order. points = held + captured + released + restored, always.',
})
export class XPointsRedemption {
  @Field(() => ID, { description: 'Opaque and stable; what capture and release take.' })
  id!: string;

  @Field(() => XPointsRedemptionState, {
    description: 'Where it stands at the instant of reading.',
  })
  state!: RedemptionState;

  @Field(() => XPoints, { description: 'Points taken when it was placed; 1 or more.' })
  points!: Points;

  @Field(() => XPoints, { description: 'Still held.' })
  held!: Points;

  @Field(() => XPoints, { description: 'Paid the order, less what was restored.' })
  captured!: Points;

  @Field(() => XPoints, {
    description: 'Came back without having paid: released, lapsed, not captured.',
  })
  released!: Points;

  @Field(() => XPoints, {
    description: 'Paid the order and came back, because it was cancelled or costs less (R4.4).',
  })
  restored!: Points;

  @Field(() => DateTime, { description: 'When it was placed.' })
  placedAt!: Instant;

  @Field(() => DateTime, {
    nullable: true,
    description: 'The instant at which the hold lapses or would have; null where it paid at once.',
  })
  heldUntil!: Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was captured, released or lapsed; null while held.',
  })
  decidedAt!: Instant | null;

  readonly customerId!: string;
  readonly orderId!: string;
  /** The member's terms, where they were read with it. */
  readonly terms!: Terms | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'The balances of an account right after a command.',
})
export class XPointsBalanceAfter {
  @Field(() => XPoints, { description: 'Number of the last change; where a subscription resumes.' })
  sequence!: number;

  @Field(() => XPoints, { description: 'Spendable.' })
  available!: Points;

  @Field(() => XPoints, { description: 'Held for orders.' })
  held!: Points;

  @Field(() => XPoints, { description: 'Owed to the program.' })
  owed!: Points;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'The command was carried out. A repetition with the same key gets the redemption and the balance of the first time.',
})
export class RedeemXPointsSuccess {
  @Field(() => XPointsRedemption, { description: 'The redemption as it was after the command.' })
  redemption!: XPointsRedemption;

  @Field(() => XPointsBalanceAfter, {
    description:
      "The member's balances right after the command. What they are now is `customer.xPoints`.",
  })
  balance!: XPointsBalanceAfter;

  readonly __typename!: 'RedeemXPointsSuccess';
  readonly customerId!: string;
}

export const RedeemXPointsResult = createUnionType({
  name: 'RedeemXPointsResult',
  description:
    'What redeeming, capturing and releasing answer: success, or why not. Expected refusals are data, never a GraphQL error.',
  types: () => [RedeemXPointsSuccess, CommandRefused, InsufficientXPoints, LimitExceeded] as const,
  resolveType: (value) => value.__typename,
});

@InputType({ description: 'How long the points are held before somebody decides (R6.7).' })
export class RedemptionHoldInput {
  @Field(() => Int, {
    nullable: true,
    defaultValue: HOLD_DEFAULT_MS / 1000,
    description:
      'Seconds, 60 to 7,776,000 (90 days); INVALID_HOLD_TIME otherwise. 30 minutes where none is named.',
  })
  seconds!: number | null;
}

@InputType({ description: 'What is to be paid with X-Points.' })
export class RedeemXPointsInput {
  @Field(() => ID, { description: 'The member who pays; a member may name only themself.' })
  customerId!: string;

  @Field(() => ID, { description: "An open order of the member's own (R6.4)." })
  orderId!: string;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'How many, 1 or more; left out: as many as possible, the smaller of what is left to pay and what is available (R6.4).',
  })
  points?: Points | null;

  @Field(() => RedemptionHoldInput, {
    nullable: true,
    description: 'Hold the points, to capture or release them later; left out: pay at once (R6.7).',
  })
  hold?: RedemptionHoldInput | null;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@InputType({ description: 'A hold to capture.' })
export class CaptureRedemptionInput {
  @Field(() => ID, { description: 'The redemption, as `redeemXPoints` gave it.' })
  redemptionId!: string;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'How many of the held points, 1 or more; the rest is released. Left out: all of them.',
  })
  points?: Points | null;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@InputType({ description: 'A hold to give back.' })
export class ReleaseRedemptionInput {
  @Field(() => ID, { description: 'The redemption, as `redeemXPoints` gave it.' })
  redemptionId!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

/** A redemption of a customer as the API shows it; `terms` are the member's, where they are at hand. */
export function toXPointsRedemption(
  customerId: string,
  redemption: Redemption,
  terms: Terms | null,
): XPointsRedemption {
  const { number, orderId, state, points, held, captured, released, restored } = redemption;
  return {
    id: redemptionId(customerId, number),
    state,
    points,
    held,
    captured,
    released,
    restored,
    placedAt: redemption.placedAt,
    heldUntil: redemption.heldUntil,
    decidedAt: redemption.decidedAt,
    customerId,
    orderId,
    terms,
  };
}

/** What a redemption command answered. */
export function toRedeemSuccess(answer: RedemptionAnswer): RedeemXPointsSuccess {
  const { customerId, redemption, sequence, available, held, owed } = answer;
  return {
    __typename: 'RedeemXPointsSuccess',
    redemption: toXPointsRedemption(customerId, redemption, null),
    balance: { sequence, available, held, owed },
    customerId,
  };
}
