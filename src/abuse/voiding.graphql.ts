import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { Assumed, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Voiding } from '../ledger/desk';
import { CompensationClaim } from './claim.graphql';

const REASON =
  'Why, for the record: 1 to 500 characters without control characters; BAD_USER_INPUT otherwise.';

export const RewardsVoidingKind = describedEnum<Voiding['kind']>(
  'RewardsVoidingKind',
  'What was voided for abuse (R8.1).',
  {
    LOTS: 'Lots of a member.',
    REFERRAL: 'A referral, with its bonus and the discount code that came with it.',
    DISCOUNT: 'A discount code.',
  },
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'A lot that was voided, and what was unspent of it.',
})
export class VoidedXPointsLot {
  @Field(() => ID, { description: 'Whose lot: the member’s own, or one it was transferred to.' })
  customerId!: string;

  @Field(() => Int, { description: 'Its number on that account.' })
  lotNumber!: number;

  @Field(() => XPoints, { description: 'Points that disappeared, held ones included.' })
  points!: Points;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'That the rewards desk took something away for abuse: who, when and why (R8.1).',
})
export class RewardsVoiding {
  @Field(() => RewardsVoidingKind, { description: 'What was voided.' })
  kind!: Voiding['kind'];

  @Assumed(10)
  @Field(() => [VoidedXPointsLot], {
    description: 'Every lot that was voided with it, also where points had been transferred to.',
  })
  lots!: readonly VoidedXPointsLot[];

  @Field(() => XPoints, { description: 'The points that disappeared: the sum of its lots.' })
  points!: Points;

  @Field(() => ID, {
    nullable: true,
    description: 'The referred customer of a referral; null elsewhere.',
  })
  refereeId!: string | null;

  @Field(() => String, { nullable: true, description: 'The code that was voided; null for none.' })
  discountCode!: string | null;

  @Field(() => String, { description: 'Why it was voided.' })
  reason!: string;

  @Field(() => String, { description: 'Who voided it.' })
  by!: string;

  @Field(() => DateTime, { description: 'When it was voided.' })
  at!: Instant;
}

export const RewardsVoidingConnection = connectionOf(
  'RewardsVoiding',
  () => RewardsVoiding,
  'voidings, newest first',
  'desk',
);

@For('desk')
@InputType({ description: 'Lots to void for abuse.' })
export class VoidXPointsLotsInput {
  @Field(() => ID, { description: 'Whose lots.' })
  customerId!: string;

  @Field(() => [ID], {
    description:
      'Which ones, 1 to 100 (BAD_USER_INPUT otherwise): each by its id or its number. All of them are voided, or none.',
  })
  lots!: string[];

  @Field(() => String, { description: REASON })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: 'A referral to void for abuse.' })
export class VoidReferralInput {
  @Field(() => ID, { description: 'The referred customer.' })
  refereeId!: string;

  @Field(() => String, { description: REASON })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: 'A discount code to void for abuse.' })
export class VoidDiscountInput {
  @Field(() => ID, { description: 'Whose code.' })
  customerId!: string;

  @Field(() => String, {
    description:
      'The code, 1 to 64 characters (BAD_USER_INPUT otherwise); capitals and small letters are the same.',
  })
  code!: string;

  @Field(() => String, { description: REASON })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class VoidForAbuseSuccess {
  @Field(() => RewardsVoiding, { description: 'What was voided.' })
  voiding!: RewardsVoiding;

  @Assumed(10)
  @Field(() => [CompensationClaim], {
    description:
      'The claims it opened, as they are now: one for each redemption that had drawn on a lot, and one for a discount that a paid order had.',
  })
  claims!: readonly CompensationClaim[];

  readonly __typename!: 'VoidForAbuseSuccess';
}

export const VoidForAbuseResult = createUnionType({
  name: 'VoidForAbuseResult',
  description: 'What voiding for abuse answers: success, or why not.',
  types: () => [VoidForAbuseSuccess, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});

/** A voiding as the desk sees it. */
export function toRewardsVoiding(voiding: Voiding): RewardsVoiding {
  const { kind, refereeId, discountCode, reason, voidedBy, voidedAt } = voiding;
  const lots = voiding.lots.map(({ accountId, lot, points }) => ({
    ...{ customerId: accountId, lotNumber: lot, points },
  }));
  const points = lots.reduce((sum, lot) => sum + lot.points, 0);
  return { kind, lots, points, refereeId, discountCode, reason, by: voidedBy, at: voidedAt };
}
