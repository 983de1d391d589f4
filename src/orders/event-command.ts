import type { Command } from '../ledger/command';
import type { Order } from '../ledger/order';
import { decideCustomerEvent } from './customer-events';
import { decideOrderEvent } from './order-events';
import type { CustomerEvent, EventAnswer, OrderEvent, ReceivedEvent } from './platform-event';

/** The command of a platform event. The same event again changes nothing (R3.7). */
export function eventCommand(received: ReceivedEvent): Command<EventAnswer> {
  const { event, source, id, type, digest, payload } = received;
  const orderEvent = isOrderEvent(event) ? event : null;
  const customerId = 'customerId' in event ? event.customerId : null;
  return {
    operation: type,
    actor: 'platform',
    seen: {
      in: 'inbox',
      source,
      id,
      type,
      customerId: orderEvent ? null : customerId,
      digest,
      payload,
    },
    customers: customerId === null ? [] : [customerId],
    orderId: orderEvent?.orderId,
    records: true,
    // What is known of a member prices no order.
    profiles: orderEvent === null,
    referralCode:
      event.type === 'customer.registered' ? (event.referralCode ?? undefined) : undefined,
    emailHash: event.type === 'customer.registered' ? event.emailHash : null,
    waitingOrdersOf: event.type === 'customer.registered' ? event.customerId : undefined,
    onlyAdds: (order) => onlyAdds(event, order),
    decide: (situation) =>
      isOrderEvent(event)
        ? decideOrderEvent(received, event, situation)
        : decideCustomerEvent(received, event as CustomerEvent, situation),
  };
}

/** A cancellation or an amendment takes back, also one that waits for the placing. */
function onlyAdds({ type }: ReceivedEvent['event'], order: Order | undefined): boolean {
  if (type === 'order.placed') return order === undefined || order.waiting.length === 0;
  return type === 'order.paid' || type === 'order.delivered';
}

function isOrderEvent(event: ReceivedEvent['event']): event is OrderEvent {
  return 'orderId' in event;
}
