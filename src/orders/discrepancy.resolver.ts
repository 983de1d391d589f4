import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { Order } from '../federation/order';
import { shardOf } from '../kernel/ids';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import { type DiscrepancyPlace, readDiscrepancies } from '../ledger/ledger.reads';
import type { RequestContext } from '../server/context';
import { OrderDiscrepancy, OrderDiscrepancyConnection } from './discrepancy.graphql';

const PAGE = 20;
const CURSORS = new Cursors<DiscrepancyPlace>('discrepancies', ['instant', 'int4', 'text']);

@Resolver(() => OrderDiscrepancy)
export class DiscrepancyResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => OrderDiscrepancyConnection, {
    description:
      'Orders that were reported as paid with other X-Points than were captured (R6.6), oldest payment first. For the desk.',
  })
  async orderDiscrepancies(
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<OrderDiscrepancy>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const rows = await readDiscrepancies(app.database, CURSORS.decode(after), size + 1);
    return toConnection(
      pageOf(rows, size),
      after,
      ({ paidAt, orderId }) => CURSORS.encode([paidAt, shardOf(orderId), orderId]),
      (row) => row,
    );
  }

  @FieldResolver(() => Order, { description: 'The order.' })
  order(
    @Root() { orderId }: OrderDiscrepancy,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order> {
    return loaders.order(orderId, info);
  }

  @FieldResolver(() => Customer, { description: 'The customer who placed it.' })
  customer(
    @Root() { customerId }: OrderDiscrepancy,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.customer(customerId, info);
  }
}
