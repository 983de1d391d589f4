import { ArgsType, createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { Assumed, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import { DELIVERY_FAILURES, type DeliveryFailure } from './outbox.store';

/** How a message stands at an endpoint. */
export type DeliveryState = 'PENDING' | 'DELIVERED' | 'DEAD';

export const WebhookDeliveryState = describedEnum<DeliveryState>(
  'WebhookDeliveryState',
  'How a message stands at an endpoint (R9.2).',
  {
    PENDING: 'It waits for its turn, or for its next attempt.',
    DELIVERED: 'The endpoint took it.',
    DEAD: 'It was given up after many attempts; the ones after it go on.',
  },
);

export const WebhookFailure = describedEnum<DeliveryFailure>(
  'WebhookFailure',
  'Why an attempt failed.',
  DELIVERY_FAILURES,
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'One attempt to tell an endpoint of a message: the delivery log.',
})
export class WebhookAttempt {
  @Field(() => Int, { description: 'How often the message had been replayed before.' })
  round!: number;

  @Field(() => Int, { description: 'Which attempt of the round it was: 1, 2, 3 …' })
  attempt!: number;

  @Field(() => DateTime, { description: 'When it began.' })
  at!: Instant;

  @Field(() => Int, { description: 'How long it took, in milliseconds.' })
  durationMs!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'The HTTP status it was answered with; null where no answer came.',
  })
  status!: number | null;

  @Field(() => WebhookFailure, {
    nullable: true,
    description: 'Why it failed; null where the message was taken.',
  })
  failure!: DeliveryFailure | null;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'What became of a message to the platform at one endpoint (R9.2).',
})
export class WebhookDelivery {
  @Field(() => String, { description: 'The name of the endpoint; WEBHOOK_URL is "platform".' })
  endpoint!: string;

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

  @Field(() => WebhookDeliveryState, { description: 'How it stands.' })
  state!: DeliveryState;

  @Field(() => Int, { description: 'How often it was tried since it was last replayed.' })
  attempts!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it is tried next, at the earliest; null where it is settled.',
  })
  nextAttemptAt!: Instant | null;

  @Field(() => String, { nullable: true, description: 'What the last attempt failed with.' })
  lastError!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was delivered or given up; null while it is pending.',
  })
  settledAt!: Instant | null;

  @Assumed(20)
  @Field(() => [WebhookAttempt], { description: 'Its latest attempts, oldest first, at most 20.' })
  log!: readonly WebhookAttempt[];
}

export const WebhookDeliveryConnection = connectionOf(
  'WebhookDelivery',
  () => WebhookDelivery,
  'messages at endpoints',
  'desk',
);

/** Arguments of `Query.undeliveredWebhooks`. */
@ArgsType()
export class UndeliveredArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: 'Only of this endpoint; null for all.' })
  endpoint!: string | null;
}

/** Arguments of `Query.webhookDeliveries`. */
@ArgsType()
export class DeliveriesArgs extends UndeliveredArgs {
  @Field(() => ID, { description: 'The account they are about.' })
  customerId!: string;
}

@For('desk')
@InputType({
  description:
    'Which messages an endpoint is told again: those of an account from a number on, or dead letters; BAD_USER_INPUT for both or neither.',
})
export class ReplayWebhooksInput {
  @Field(() => String, { description: 'The name of the endpoint.' })
  endpoint!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The account. May be left out for dead letters: those of all accounts.',
  })
  customerId?: string | null;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'Every kept message of the account from this number on, 1 or more (BAD_USER_INPUT otherwise), delivered or not, in order; those too that were written before the endpoint was added.',
  })
  fromNumber?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'True: dead letters only, the oldest first.',
  })
  deadLetters!: boolean | null;

  @Field(() => String, {
    description: 'Why, for the record: 1 to 500 characters; BAD_USER_INPUT otherwise.',
  })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The endpoint is being told again, now or since the first time the key was used.',
})
export class ReplayWebhooksSuccess {
  @Field(() => Int, { description: 'How many messages are pending again.' })
  replayed!: number;

  @Field(() => Boolean, {
    description:
      'Whether there are more than are replayed at once: ask again with a new key, for an account from a later number on.',
  })
  more!: boolean;

  readonly __typename!: 'ReplayWebhooksSuccess';
}

export const ReplayWebhooksResult = createUnionType({
  name: 'ReplayWebhooksResult',
  description: 'What replaying messages answers: success, or why not.',
  types: () => [ReplayWebhooksSuccess, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});
