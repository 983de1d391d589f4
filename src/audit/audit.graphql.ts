import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { Assumed, For } from '../federation/directives';
import { DateTime } from '../federation/scalars';
import type { Instant } from '../kernel/time';

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'Something that was done with the rights of the desk or of a service, or that somebody was denied. Never changed, never deleted.',
})
export class RewardsAuditRecord {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  at!: Instant;

  @Field(() => String, {
    description: 'Who asked: `desk:dan`, `service:orders`, `customer:ada`, `anonymous`.',
  })
  actor!: string;

  @Field(() => String, {
    description:
      'What was asked for: a field of the schema; `events`, an export such as `accounting.csv`, or `request` where none was reached.',
  })
  operation!: string;

  @Assumed(20)
  @Field(() => [ID], { description: 'The customers it is about, at most 20.' })
  customerIds!: readonly string[];

  @Assumed(20)
  @Field(() => [String], {
    description:
      'Whatever the input named, as "field value": "orderId o1". Nothing else of it is kept.',
  })
  ids!: readonly string[];

  @Field(() => String, {
    nullable: true,
    description:
      'DONE, the code of the refusal, or UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT …; ABANDONED for an export whose client went away; null where the service ended before it was answered: the same mutation with the same key tells.',
  })
  outcome!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was answered; null where denied.',
  })
  answeredAt!: Instant | null;

  @Field(() => Int, {
    description: 'How often: denials of one kind within a minute are one record after the first.',
  })
  times!: number;

  @Field(() => String, { description: 'The id of the request (`x-request-id`).' })
  requestId!: string;
}

export const RewardsAuditRecordConnection = connectionOf(
  'RewardsAuditRecord',
  () => RewardsAuditRecord,
  'records of the audit log, latest first',
  'desk',
);

/** Arguments of `Query.rewardsAuditLog`. */
@ArgsType()
export class AuditLogArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description: 'Only what this actor asked for, named as `actor` names them.',
  })
  actor?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only what is about this customer.' })
  customerId?: string | null;
}
