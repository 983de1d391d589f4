import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Cost, For, Paged } from '../federation/directives';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import { type UndeliveredWebhook, UndeliveredWebhookConnection } from './undelivered.graphql';
import { readUndelivered, type UndeliveredPlace } from './undelivered.reads';

const PAGE = 20;
const CURSORS = new Cursors<UndeliveredPlace>('undelivered', [
  'timestamptz',
  'int4',
  'text',
  'int8',
]);

@Resolver()
export class UndeliveredResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => UndeliveredWebhookConnection, {
    description:
      'Messages to the platform that were given up after many attempts (R9.2), oldest first: the dead-letter list. For the desk.',
  })
  async undeliveredWebhooks(
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<UndeliveredWebhook>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const rows = await readUndelivered(app.database, CURSORS.decode(after), size + 1);
    return toConnection(
      pageOf(rows, size),
      after,
      (row) => CURSORS.encode([row.exactly, row.shard, row.customerId, row.number]),
      (row): UndeliveredWebhook => row,
    );
  }
}
