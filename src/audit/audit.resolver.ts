import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Cost, For, Paged } from '../federation/directives';
import { idInput } from '../federation/input';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import {
  AuditLogArgs,
  type RewardsAuditRecord,
  RewardsAuditRecordConnection,
} from './audit.graphql';
import { type AuditPlace, type AuditRead, readAuditLog } from './audit.store';

const PAGE = 20;
const CURSORS = new Cursors<AuditPlace>('audit', ['timestamptz', 'uuid']);

@Resolver()
export class AuditResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => RewardsAuditRecordConnection, {
    description:
      'What was done with the rights of the desk and of services, and what anybody was denied, latest first. For the desk.',
  })
  async rewardsAuditLog(
    @Args(() => AuditLogArgs) { first, after, actor: by, customerId }: AuditLogArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<RewardsAuditRecord>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const rows = await readAuditLog(app.database, {
      after: CURSORS.decode(after),
      limit: size + 1,
      actor: by === null || by === undefined ? null : idInput('actor', by),
      customerId:
        customerId === null || customerId === undefined ? null : idInput('customerId', customerId),
    });
    return toConnection(
      pageOf(rows, size),
      after,
      (row) => CURSORS.encode([row.exactly, row.id]),
      toRecord,
    );
  }
}

function toRecord({ ids, ...row }: AuditRead): RewardsAuditRecord {
  return { ...row, ids: Object.entries(ids).map(([name, id]) => `${name} ${id}`) };
}
