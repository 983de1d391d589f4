import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput } from '../federation/input';
import { toPlainRefusal } from '../federation/refusal.graphql';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import { knownLanguage, letterOf } from './letter';
import { type MailPlace, readUndeliveredMails, type StoredNotification } from './mail.reads';
import {
  ReadInArgs,
  ResendNotificationInput,
  ResendNotificationResult,
  RewardsNotification,
  RewardsNotificationConnection,
  toRewardsNotification,
  type UndeliveredMail,
  UndeliveredMailConnection,
} from './notification.graphql';
import type { RenderedNotification } from './render';
import { resendNotification } from './resend';

const PAGE = 20;
const NOTIFICATIONS = new Cursors<readonly [number: number]>('notifications', ['int8']);
const UNDELIVERED = new Cursors<MailPlace>('undeliveredMails', ['instant', 'int4', 'text', 'int8']);

@Resolver(() => Customer)
export class NotificationsResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Paged()
  @FieldResolver(() => RewardsNotificationConnection, {
    nullable: true,
    description: 'What the member was told, latest first (R9.1).',
  })
  async rewardsNotifications(
    @Root() { id, view }: Customer,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<RewardsNotification> | null> {
    if (!view) return null;
    const before = NOTIFICATIONS.decode(after)?.[0] ?? null;
    const page = await loaders.notifications.page(id, before, pageSize(first, PAGE));
    return toConnection<StoredNotification, RewardsNotification>(
      page,
      after,
      ({ number }) => NOTIFICATIONS.encode([number]),
      toRewardsNotification,
    );
  }
}

@Resolver(() => RewardsNotification)
export class NotificationResolver {
  @FieldResolver(() => String, { description: 'Its heading, the subject of the mail.' })
  async title(
    @Root() { stored }: RewardsNotification,
    @Args(() => ReadInArgs) { locale }: ReadInArgs,
    @Ctx() context: RequestContext,
  ): Promise<string> {
    return (await read(stored, locale, context)).subject;
  }

  @FieldResolver(() => String, { description: 'What it says, as plain text: that of the mail.' })
  async text(
    @Root() { stored }: RewardsNotification,
    @Args(() => ReadInArgs) { locale }: ReadInArgs,
    @Ctx() context: RequestContext,
  ): Promise<string> {
    return (await read(stored, locale, context)).text;
  }
}

@Resolver()
export class MailDeskResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => UndeliveredMailConnection, {
    description:
      'Mails to members that were given up (R9.1), oldest first: refused for good, or after many attempts. For the desk.',
  })
  async undeliveredMails(
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<UndeliveredMail>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const rows = await readUndeliveredMails(app.database, UNDELIVERED.decode(after), size + 1);
    return toConnection(
      pageOf(rows, size),
      after,
      (row) => UNDELIVERED.encode([row.createdAt, row.shard, row.customerId, row.number]),
      (row): UndeliveredMail => row,
    );
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => ResendNotificationResult, {
    description:
      'Send a mail again that was given up (R9.1). For the desk. Refused, in this order: NOTIFICATION_NOT_FOUND, NOTIFICATION_NOT_GIVEN_UP.',
  })
  async resendNotification(
    @Arg('input', () => ResendNotificationInput, { description: 'Which one.' })
    input: ResendNotificationInput,
    @Ctx() { app, actor, loaders }: RequestContext,
  ): Promise<typeof ResendNotificationResult> {
    authorize(actor, 'resendNotification');
    const answer = await resendNotification(app, {
      customerId: idInput('customerId', input.customerId),
      number: input.number,
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    });
    loaders.clear();
    if ('refused' in answer) return toPlainRefusal(answer);
    const { customerId, number } = answer;
    return { __typename: 'ResendNotificationSuccess', customerId, number };
  }
}

function read(
  stored: StoredNotification,
  locale: string | null | undefined,
  context: RequestContext,
): Promise<RenderedNotification> {
  return letterOf(context.app.programs, stored, knownLanguage(locale) ?? context.locale);
}
