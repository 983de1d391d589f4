import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { toPlainRefusal } from '../federation/refusal.graphql';
import { RequestError } from '../kernel/errors';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import {
  DeliveriesArgs,
  ReplayWebhooksInput,
  ReplayWebhooksResult,
  UndeliveredArgs,
  type WebhookDelivery,
  WebhookDeliveryConnection,
} from './delivery.graphql';
import {
  type DeliveryPlace,
  readDeliveries,
  readUndelivered,
  type UndeliveredPlace,
} from './delivery.reads';
import { type ReplayInput, replay } from './replay';

const PAGE = 20;
const REASON_MAX = 500;
const UNDELIVERED = new Cursors<UndeliveredPlace>('undelivered', [
  ...(['timestamptz', 'int4', 'text', 'int8', 'text'] as const),
]);
const DELIVERIES = new Cursors<DeliveryPlace>('deliveries', ['int8', 'text']);

@Resolver()
export class DeliveryResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => WebhookDeliveryConnection, {
    description:
      'Messages to the platform that were given up after many attempts (R9.2), oldest first: the dead-letter list. For the desk.',
  })
  async undeliveredWebhooks(
    @Args(() => UndeliveredArgs) { first, after, endpoint }: UndeliveredArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<WebhookDelivery>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const name = nameInput(endpoint);
    const rows = await readUndelivered(app.database, name, UNDELIVERED.decode(after), size + 1);
    return toConnection(
      pageOf(rows, size),
      after,
      (row) =>
        UNDELIVERED.encode([row.exactly, row.shard, row.customerId, row.number, row.endpoint]),
      (row): WebhookDelivery => row,
    );
  }

  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => WebhookDeliveryConnection, {
    description:
      'What the platform was told of an account, endpoint by endpoint, with every attempt (R9.2), latest message first: the delivery log. Kept for 30 days. For the desk.',
  })
  async webhookDeliveries(
    @Args(() => DeliveriesArgs) { first, after, endpoint, customerId }: DeliveriesArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<WebhookDelivery>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const id = idInput('customerId', customerId);
    const before = DELIVERIES.decode(after);
    const rows = await readDeliveries(app.database, id, nameInput(endpoint), before, size + 1);
    return toConnection(
      pageOf(rows, size),
      after,
      (row) => DELIVERIES.encode([row.number, row.endpoint]),
      (row): WebhookDelivery => row,
    );
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => ReplayWebhooksResult, {
    description:
      'Tell an endpoint messages again (R9.2): those of an account from a number on, or dead letters; in order, up to 10,000 at once. For the desk. Refused, in this order: ENDPOINT_NOT_FOUND, NOTHING_TO_REPLAY.',
  })
  async replayWebhooks(
    @Arg('input', () => ReplayWebhooksInput, { description: 'Which messages, to whom, and why.' })
    input: ReplayWebhooksInput,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<typeof ReplayWebhooksResult> {
    authorize(actor, 'replayWebhooks');
    const answer = await replay(app, { ...wishOf(input), actor: actorName(actor) });
    if ('refused' in answer) return toPlainRefusal(answer);
    const { replayed, more } = answer;
    return { __typename: 'ReplayWebhooksSuccess', replayed, more };
  }
}

function wishOf(input: ReplayWebhooksInput): Omit<ReplayInput, 'actor'> {
  const customerId = input.customerId ?? null;
  const fromNumber = input.fromNumber ?? null;
  const isOne = (input.deadLetters ?? false) === (fromNumber === null);
  if (!isOne || (fromNumber !== null && (customerId === null || fromNumber < 1))) {
    throw new RequestError(
      'BAD_USER_INPUT',
      'Name a customerId and a fromNumber of 1 or more, or deadLetters: true without a fromNumber.',
    );
  }
  return {
    endpoint: idInput('endpoint', input.endpoint),
    customerId: customerId === null ? null : idInput('customerId', customerId),
    fromNumber,
    reason: textInput('reason', input.reason, REASON_MAX),
    idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
  };
}

function nameInput(endpoint: string | null | undefined): string | null {
  return typeof endpoint === 'string' ? idInput('endpoint', endpoint) : null;
}
