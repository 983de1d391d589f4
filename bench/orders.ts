import { shardOf } from '../src/kernel/ids';
import { customerId } from './customers';

/** What the platform tells of an order until its points are credited. */
export const STEPS = ['order.placed', 'order.paid', 'order.delivered'] as const;
export type Step = (typeof STEPS)[number];

/** The n-th order of a run: of some customer, worth 10 to 100 euros. The same on every side. */
export interface BenchOrder {
  readonly n: number;
  readonly orderId: string;
  readonly customer: number;
  readonly netMinor: number;
}

export function benchOrder(n: number, accounts: number): BenchOrder {
  // A prime on, and on: every customer once before any has a second.
  const customer = 1 + ((n * 7_919) % accounts);
  return { n, orderId: `o-${n}`, customer, netMinor: 1_000 + ((n * 379) % 9_000) };
}

/** Where the platform's events come from. */
export const SOURCE = 'shop';

export function eventId({ orderId }: BenchOrder, step: Step): string {
  return `${orderId}-${step.slice('order.'.length)}`;
}

/** An event as the platform sends it. */
export function cloudEvent(order: BenchOrder, step: Step): object {
  const { orderId, customer, netMinor } = order;
  const net = (netMinor / 100).toFixed(2);
  const placing = { orderId, customerId: customerId(customer), net, currency: 'EUR' };
  return {
    ...{ specversion: '1.0', id: eventId(order, step), source: SOURCE, type: step },
    ...{ time: new Date().toISOString(), datacontenttype: 'application/json' },
    data: step === 'order.placed' ? placing : { orderId },
  };
}

/** A row of the benchmark's own table, from which the peer takes what it would otherwise be told with each call. */
export function orderRow(order: BenchOrder): object {
  const { n, orderId, customer, netMinor } = order;
  const id = customerId(customer);
  const event_ids = STEPS.map((step) => eventId(order, step));
  return {
    ...{ n, id: orderId, shard: shardOf(orderId), net_minor: netMinor },
    ...{ customer_id: id, customer_shard: shardOf(id) },
    ...{ event_ids, event_shards: event_ids.map(shardOf) },
  };
}
