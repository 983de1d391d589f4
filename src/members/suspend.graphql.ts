import { Field, ID, InputType } from 'type-graphql';
import { For } from '../federation/directives';
import { IDEMPOTENCY_KEY } from '../federation/input';

@For('desk')
@InputType({ description: 'A member to suspend.' })
export class SuspendMemberInput {
  @Field(() => ID, { description: 'The member.' })
  customerId!: string;

  @Field(() => String, {
    description:
      'Why, for the record (R2.7): 1 to 500 characters, BAD_USER_INPUT otherwise. Shown to the desk only.',
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
