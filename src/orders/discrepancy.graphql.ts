import { Field, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'An order reported as fully paid with other X-Points than were captured for it (R6.6): somebody paid too much or too little.',
})
export class OrderDiscrepancy {
  @Field(() => XPoints, { description: 'The X-Points the platform reckoned with.' })
  reckoned!: Points;

  @Field(() => XPoints, { description: 'The X-Points that were captured when it was paid.' })
  captured!: Points;

  @Field(() => DateTime, { description: 'When the payment was known.' })
  paidAt!: Instant;

  readonly orderId!: string;
  readonly customerId!: string;
}

export const OrderDiscrepancyConnection = connectionOf(
  'OrderDiscrepancy',
  () => OrderDiscrepancy,
  'discrepancies, oldest first',
  'desk',
);
