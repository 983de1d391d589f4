import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { For } from '../federation/directives';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused, LimitExceeded } from '../federation/refusal.graphql';
import { XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import { RewardsMembership } from './member.graphql';

@InputType({ description: 'A membership that its member ends.' })
export class LeaveRewardsInput {
  @Field(() => ID, { description: 'The member; a member may name only themself.' })
  customerId!: string;

  @Field(() => XPoints, {
    description:
      'The number of points to be forfeited, as the member was shown it (`membership.pointsToForfeit`); FORFEITURE_CHANGED where it is another by now.',
  })
  forfeits!: Points;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@InputType({ description: 'A version of the terms that a member objects to.' })
export class ObjectToTermsInput {
  @Field(() => ID, { description: 'The member; a member may name only themself.' })
  customerId!: string;

  @Field(() => Int, { description: 'The version (`membership.termsAhead`).' })
  version!: number;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: 'A membership that the provider ends.' })
export class TerminateMemberInput {
  @Field(() => ID, { description: 'The member.' })
  customerId!: string;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'True: at once, and the points are gone. False: with notice to the end of a month and a time to redeem (R2.4).',
  })
  goodCause!: boolean | null;

  @Field(() => String, {
    description:
      'Why, for the record and the member: 1 to 500 characters; BAD_USER_INPUT otherwise.',
  })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class RewardsMembershipSuccess {
  @Field(() => RewardsMembership, { description: 'The membership as it is now.' })
  membership!: RewardsMembership;

  @Field(() => XPoints, {
    description: 'How many points the command forfeited; 0 where the membership goes on.',
  })
  forfeited!: Points;

  readonly __typename!: 'RewardsMembershipSuccess';
  readonly customerId!: string;
}

export const RewardsMembershipResult = createUnionType({
  name: 'RewardsMembershipResult',
  description: 'What commands on a membership answer: success, or why not.',
  types: () => [RewardsMembershipSuccess, CommandRefused, LimitExceeded] as const,
  resolveType: (value) => value.__typename,
});
