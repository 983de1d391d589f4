import { ArgsType, createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { Assumed, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import {
  type ReferralFlag as Flag,
  REFERRAL_FLAGS,
  type Referral,
  type ReferralState as State,
} from '../ledger/referral';
import { ReferralState } from './referral.graphql';

export const ReferralFlag = describedEnum<Flag>(
  'ReferralFlag',
  'Why a referral is looked at (R5.5). All but SAME_EMAIL still count.',
  REFERRAL_FLAGS,
);

@For('desk')
@ObjectType({ simpleResolvers: true, description: "The desk's decision on a referral." })
export class ReferralDecision {
  @Field(() => DateTime, { description: 'When it was made.' })
  at!: Instant;

  @Field(() => String, { description: 'Who made it.' })
  by!: string;

  @Field(() => String, { description: 'Why it was made.' })
  note!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'A referral that is flagged, rejected or voided, for the desk to look at (R5.5, R8.1).',
})
export class ReferralReview {
  @Field(() => ReferralState, { description: 'Where the referral stands.' })
  state!: State;

  @Assumed(3)
  @Field(() => [ReferralFlag], {
    description: 'Why it is looked at; none where only the desk rejected or voided it.',
  })
  flags!: readonly Flag[];

  @Field(() => DateTime, { description: 'When the referred customer registered.' })
  registeredAt!: Instant;

  @Field(() => XPoints, { description: 'Points credited for it and not taken back.' })
  bonus!: Points;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was rewarded, lost, rejected or voided; null while it waits.',
  })
  decidedAt!: Instant | null;

  @Field(() => ReferralDecision, {
    nullable: true,
    description: "The desk's last decision; null before the first.",
  })
  lastReview!: ReferralDecision | null;

  readonly refereeId!: string;
  readonly referrerId!: string;
  readonly orderId!: string | null;
}

/** Arguments of `Query.referralReviews`. */
@ArgsType()
export class ReferralReviewsArgs extends PageArgs {
  @Field(() => ReferralState, {
    nullable: true,
    description:
      'Only referrals that stand there; left out: all that are flagged, rejected or voided.',
  })
  state?: State | null;
}

export const ReferralReviewConnection = connectionOf(
  'ReferralReview',
  () => ReferralReview,
  'flagged, rejected and voided referrals, oldest first',
  'desk',
);

@For('desk')
@InputType({
  description: "The desk's decision on a referral; it may decide again, the other way.",
})
export class ReviewReferralInput {
  @Field(() => ID, { description: 'The referred customer.' })
  refereeId!: string;

  @Field(() => Boolean, {
    description:
      'True: it counts. False: it does not; a bonus is taken back, an unused discount voided.',
  })
  accept!: boolean;

  @Field(() => String, {
    description: 'Why, for the record: 1 to 500 characters; BAD_USER_INPUT otherwise.',
  })
  note!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class ReviewReferralSuccess {
  @Field(() => ReferralReview, { description: 'The referral as the decision left it.' })
  referral!: ReferralReview;

  readonly __typename!: 'ReviewReferralSuccess';
}

export const ReviewReferralResult = createUnionType({
  name: 'ReviewReferralResult',
  description: 'What reviewing a referral answers: success, or why not.',
  types: () => [ReviewReferralSuccess, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});

/** A referral as the desk sees it. */
export function toReferralReview(referral: Referral): ReferralReview {
  const { state, flags, registeredAt, bonus, reversed, decidedAt, review } = referral;
  const { refereeId, referrerId, orderId } = referral;
  return {
    state,
    flags,
    registeredAt,
    bonus: bonus - reversed,
    decidedAt,
    lastReview: review,
    refereeId,
    referrerId,
    orderId,
  };
}
