import { Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { DateTime, XPoints } from '../federation/scalars';
import type { Instant } from '../kernel/time';

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'A message to the platform that was given up after many attempts (R9.2): the dead-letter list.',
})
export class UndeliveredWebhook {
  @Field(() => ID, { description: 'The account it is about.' })
  customerId!: string;

  @Field(() => XPoints, {
    description: "Its number among the account's messages: 1, 2, 3 … without gaps.",
  })
  number!: number;

  @Field(() => String, { description: 'What it tells: points.credited, redemption.held …' })
  type!: string;

  @Field(() => DateTime, { description: 'When what it tells happened.' })
  occurredAt!: Instant;

  @Field(() => Int, { description: 'How often its delivery was tried.' })
  attempts!: number;

  @Field(() => String, { nullable: true, description: 'What the last attempt failed with.' })
  lastError!: string | null;

  @Field(() => DateTime, { description: 'When it was given up.' })
  settledAt!: Instant;
}

export const UndeliveredWebhookConnection = connectionOf(
  'UndeliveredWebhook',
  () => UndeliveredWebhook,
  'undelivered messages, oldest first',
  'desk',
);
