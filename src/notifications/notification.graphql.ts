import { ArgsType, createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import {
  type NotificationChannel as Channel,
  NOTIFICATION_KINDS,
  type NotificationKind,
} from '../ledger/notification';
import type { StoredNotification } from './mail.reads';

export const RewardsNotificationKind = describedEnum<NotificationKind>(
  'RewardsNotificationKind',
  'What a member is told of (R9.1).',
  NOTIFICATION_KINDS,
);

export const RewardsNotificationChannel = describedEnum<Channel>(
  'RewardsNotificationChannel',
  'How a member was told.',
  {
    EMAIL: 'The mail server took the mail.',
    PAGE: 'The page that development keeps mails on.',
    WEBHOOK: 'The platform took the webhook; the member has no e-mail address.',
  },
);

/** Arguments of fields that read in the reader's language. */
@ArgsType()
export class ReadInArgs {
  @Field(() => String, {
    nullable: true,
    description:
      'A BCP 47 language tag such as "de" or "pl-PL"; one of en, de, tr, pl, es is known (R9.4). Where it is left out or unknown, the reader\'s Accept-Language decides, then English.',
  })
  locale?: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Something a member was told, or is being told (R9.1).',
})
export class RewardsNotification {
  @Field(() => XPoints, {
    description: "Its number among the member's notifications: 1, 2, 3 … without gaps.",
  })
  number!: number;

  @Field(() => RewardsNotificationKind, { description: 'What it is about.' })
  kind!: NotificationKind;

  @Field(() => DateTime, { description: 'When there was something to tell.' })
  createdAt!: Instant;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the first channel took it: periods that start with being told start then (R2.6, R8.2). Null until then.',
  })
  deliveredAt!: Instant | null;

  @Field(() => RewardsNotificationChannel, {
    nullable: true,
    description: 'The channel that took it first; null until one did.',
  })
  channel!: Channel | null;

  readonly stored!: StoredNotification;
}

export const RewardsNotificationConnection = connectionOf(
  'RewardsNotification',
  () => RewardsNotification,
  "a member's notifications, latest first",
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'A mail to a member that was given up: the dead-letter list of mails.',
})
export class UndeliveredMail {
  @Field(() => ID, { description: 'The account of the member.' })
  customerId!: string;

  @Field(() => XPoints, { description: "The notification's number on the account." })
  number!: number;

  @Field(() => RewardsNotificationKind, { description: 'What it is about.' })
  kind!: NotificationKind;

  @Field(() => DateTime, { description: 'When there was something to tell.' })
  createdAt!: Instant;

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number;

  @Field(() => String, {
    nullable: true,
    description: 'What the last attempt failed with; it repeats no address.',
  })
  lastError!: string | null;
}

export const UndeliveredMailConnection = connectionOf(
  'UndeliveredMail',
  () => UndeliveredMail,
  'mails given up, oldest first',
  'desk',
);

@For('desk')
@InputType({ description: 'A mail that was given up, to send again.' })
export class ResendNotificationInput {
  @Field(() => ID, { description: 'The account of the member.' })
  customerId!: string;

  @Field(() => XPoints, { description: "The notification's number on the account." })
  number!: number;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The mail is being sent again, now or since the first time the key was used.',
})
export class ResendNotificationSuccess {
  @Field(() => ID, { description: 'The account of the member.' })
  customerId!: string;

  @Field(() => XPoints, { description: "The notification's number on the account." })
  number!: number;

  readonly __typename!: 'ResendNotificationSuccess';
}

export const ResendNotificationResult = createUnionType({
  name: 'ResendNotificationResult',
  description: 'What sending a mail again answers: success, or why not.',
  types: () => [ResendNotificationSuccess, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});

/** A stored notification as the API shows it. */
export function toRewardsNotification(stored: StoredNotification): RewardsNotification {
  const { number, kind, createdAt, deliveredAt, channel } = stored;
  return { number, kind, createdAt, deliveredAt, channel, stored };
}
