import { parseDecimal } from '../kernel/money';
import type { Outcome, SetAside, SetAsideReason, Situation } from '../ledger/command';
import { blankOrder, type Order, type WaitingFact } from '../ledger/order';
import { OrderCase } from './order-case';
import type { EventAnswer, EventOutcome, OrderEvent, ReceivedEvent } from './platform-event';

/** How many amendments and cancellations wait for one order's placing. */
const WAITING_MAX = 100;

type Effect = EventOutcome | SetAsideReason;

/** The one decision per order event (R3.7, R3.8, R4): what the fact changes on its order and its customer's account. */
export function decideOrderEvent(
  received: ReceivedEvent,
  event: OrderEvent,
  situation: Situation,
): Outcome<EventAnswer> {
  const order = situation.order ?? blankOrder(event.orderId);
  const setAside: SetAside[] = [];
  const effect =
    event.type === 'order.placed'
      ? place(order, event, situation, setAside)
      : order.placed
        ? record(order, event, situation)
        : wait(order, event, received, situation);
  return conclude(received, effect, setAside);
}

interface Change {
  readonly effect: Effect;
  readonly order: Order;
}

/** Applies a fact to a placed order. */
function record(
  order: Order,
  event: Exclude<OrderEvent, { type: 'order.placed' }>,
  situation: Situation,
): Change {
  const known = caseOf(order, situation);
  let effect: Effect = 'APPLIED';
  switch (event.type) {
    case 'order.cancelled':
      effect = known.cancel(event.net);
      break;
    case 'order.amended':
      effect = known.amend(event.net);
      break;
    case 'order.paid':
      if (order.paidAt !== null) return { effect: 'UNCHANGED', order };
      known.order = { ...order, paidAt: situation.now, reckonedPoints: event.xPoints };
      break;
    case 'order.delivered':
      if (order.deliveredAt !== null) return { effect: 'UNCHANGED', order };
      known.order = { ...order, deliveredAt: situation.now };
      break;
  }
  known.capturePaid();
  known.judge();
  return { effect, order: known.order };
}

/** Keeps a fact that came before the placing (R3.7). */
function wait(
  order: Order,
  event: Exclude<OrderEvent, { type: 'order.placed' }>,
  received: ReceivedEvent,
  situation: Situation,
): Change {
  switch (event.type) {
    case 'order.paid':
      if (order.paidAt !== null) return { effect: 'UNCHANGED', order };
      return {
        effect: 'WAITING',
        order: { ...order, paidAt: situation.now, reckonedPoints: event.xPoints },
      };
    case 'order.delivered':
      if (order.deliveredAt !== null) return { effect: 'UNCHANGED', order };
      return { effect: 'WAITING', order: { ...order, deliveredAt: situation.now } };
    default: {
      if (order.waiting.length >= WAITING_MAX) return { effect: 'TOO_MANY_FACTS', order };
      const fact: WaitingFact = {
        kind: event.type === 'order.amended' ? 'AMENDED' : 'CANCELLED',
        net: event.net,
        source: received.source,
        eventId: received.id,
        digest: received.digest,
      };
      return { effect: 'WAITING', order: { ...order, waiting: [...order.waiting, fact] } };
    }
  }
}

/** Places an order, then applies what waited for it, in order of arrival, before it is judged (R3.8). */
function place(
  order: Order,
  event: Extract<OrderEvent, { type: 'order.placed' }>,
  situation: Situation,
  setAside: SetAside[],
): Change {
  if (order.placed) return { effect: 'UNCHANGED', order };
  const { customerId, currency, tags } = event;
  const net = parseDecimal(event.net, currency);
  if (net === null || net < 0n)
    throw new Error('the net value of a placing was checked when it came in');
  const placed = {
    customerId,
    net,
    currency,
    at: event.placedAt ?? situation.now,
    number: situation.countOrder(customerId),
  };
  const known = caseOf({ ...order, placed, tags, waiting: [] }, situation);
  for (const fact of order.waiting) {
    const effect = fact.kind === 'AMENDED' ? known.amend(fact.net ?? '') : known.cancel(fact.net);
    if (isReason(effect)) {
      setAside.push({
        source: fact.source,
        eventId: fact.eventId,
        digest: fact.digest,
        type: fact.kind === 'AMENDED' ? 'order.amended' : 'order.cancelled',
        reason: effect,
        orderId: order.id,
        customerId,
        payload: { orderId: order.id, net: fact.net },
      });
    }
  }
  known.capturePaid();
  known.judge();
  const effect = situation.book(customerId) ? 'APPLIED' : 'WAITING';
  return { effect, order: known.order };
}

/** An order with its customer's account, as far as that is registered. */
export function caseOf(order: Order, situation: Situation): OrderCase {
  const book = order.placed ? situation.book(order.placed.customerId) : null;
  return new OrderCase(order, book, situation);
}

function conclude(
  received: ReceivedEvent,
  change: Change,
  setAside: readonly SetAside[],
): Outcome<EventAnswer> {
  const { effect, order } = change;
  if (!isReason(effect)) return { answer: { outcome: effect }, orders: [order], setAside };
  return {
    answer: { outcome: 'SET_ASIDE', reason: effect },
    orders: [order],
    setAside: [
      {
        source: received.source,
        eventId: received.id,
        digest: received.digest,
        type: received.type,
        reason: effect,
        orderId: order.id,
        customerId: order.placed?.customerId ?? null,
        payload: received.payload,
      },
    ],
  };
}

const OUTCOMES: readonly Effect[] = ['APPLIED', 'WAITING', 'UNCHANGED', 'DUPLICATE', 'SET_ASIDE'];

function isReason(effect: Effect): effect is SetAsideReason {
  return !OUTCOMES.includes(effect);
}
