import { createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { For } from '../federation/directives';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused } from '../federation/refusal.graphql';
import { RewardsMembership } from './member.graphql';

@For('desk')
@InputType({ description: 'A member to suspend.' })
export class SuspendMemberInput {
  @Field(() => ID, { description: 'The member.' })
  customerId!: string;

  @Field(() => String, {
    description: 'Why, for the record (R2.7): 1 to 500 characters. Shown to the desk only.',
  })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: 'A suspended member to reinstate.' })
export class ReinstateMemberInput {
  @Field(() => ID, { description: 'The member.' })
  customerId!: string;

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

  readonly __typename!: 'RewardsMembershipSuccess';
  readonly customerId!: string;
}

export const RewardsMembershipResult = createUnionType({
  name: 'RewardsMembershipResult',
  description: 'What commands on a membership answer: success, or why not.',
  types: () => [RewardsMembershipSuccess, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});
