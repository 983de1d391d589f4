import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Cost, For, Paged } from '../federation/directives';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import { type SetAsideEvent, SetAsideEventConnection } from './set-aside.graphql';
import { readSetAside, type SetAsidePlace } from './set-aside.reads';

const PAGE = 20;
const CURSORS = new Cursors<SetAsidePlace>('setAside', [
  'timestamptz',
  'int4',
  'text',
  'text',
  'text',
]);

@Resolver()
export class SetAsideResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => SetAsideEventConnection, {
    description:
      'Events of the platform that could not be applied (R3.7, R3.8), oldest first. For the desk.',
  })
  async setAsideEvents(
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<SetAsideEvent>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const rows = await readSetAside(app.database, CURSORS.decode(after), size + 1);
    return toConnection(
      pageOf(rows, size),
      after,
      (row) => CURSORS.encode([row.exactly, row.shard, row.source, row.eventId, row.digest]),
      (row): SetAsideEvent => row,
    );
  }
}
