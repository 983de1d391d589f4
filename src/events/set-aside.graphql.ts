import { Field, ID, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { DateTime } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import { type SetAsideReason as Reason, SET_ASIDE_REASONS } from '../ledger/command';

export const SetAsideReason = describedEnum<Reason>(
  'SetAsideReason',
  'Why an event was understood and not applied.',
  SET_ASIDE_REASONS,
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'An event of the platform that was understood and could not be applied, for the desk. The same event with the same content is listed once.',
})
export class SetAsideEvent {
  @Field(() => String, { description: 'The source of the event (CloudEvents).' })
  source!: string;

  @Field(() => ID, { description: "The event's id within its source." })
  eventId!: string;

  @Field(() => String, { description: 'The type of the event: order.amended …' })
  type!: string;

  @Field(() => SetAsideReason, { description: 'Why it was not applied.' })
  reason!: Reason;

  @Field(() => ID, {
    nullable: true,
    description: 'The order it is about; null where it is about none.',
  })
  orderId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The customer it is about; null where it is not known.',
  })
  customerId!: string | null;

  @Field(() => DateTime, { description: 'When it came in.' })
  receivedAt!: Instant;
}

export const SetAsideEventConnection = connectionOf(
  'SetAsideEvent',
  () => SetAsideEvent,
  'events set aside, oldest first',
  'desk',
);
