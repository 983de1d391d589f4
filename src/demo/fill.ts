import type { Instant } from '../kernel/time';
import type { SubgraphClient } from '../scenarios/client';
import { type CallAnswer, callOf, registrationOf } from '../scenarios/commands';
import type { Happening, Year } from './year';

/** Nobody bothers at checkout for fewer points than this. */
const WORTH_IT = 300;

const AVAILABLE = `query Available($id: ID!) { rewardsMember(customerId: $id) { xPoints { available } } }`;

/** What happened in one month of the year. */
export interface Month {
  /** Such as 2026-03. */
  readonly name: string;
  customers: number;
  orders: number;
  redemptions: number;
  cancellations: number;
}

/**
 * Lets a year happen, in the order of its instants: `setClock` moves the test clock, events and
 * commands go over HTTP. `onMonth` is told of each month once it is over.
 */
export async function liveThrough(
  year: Year,
  client: SubgraphClient,
  setClock: (at: Instant) => Promise<void>,
  onMonth: (month: Month) => void,
  signal: AbortSignal,
): Promise<void> {
  const redemptions = new Map<string, string>();
  let now: Instant | null = null;
  let month = emptyMonth(year.happenings[0]?.at ?? 0);
  for (const [index, happening] of year.happenings.entries()) {
    signal.throwIfAborted();
    const next = emptyMonth(happening.at);
    if (next.name !== month.name) {
      onMonth(month);
      month = next;
    }
    if (happening.at !== now) await setClock(happening.at);
    now = happening.at;
    await (happening.kind === 'event'
      ? tell(client, happening, `demo-${index}`, month)
      : ask(client, happening, `demo-${index}`, redemptions, month));
  }
  onMonth(month);
}

function emptyMonth(at: Instant): Month {
  const name = new Date(at).toISOString().slice(0, 7);
  return { name, customers: 0, orders: 0, redemptions: 0, cancellations: 0 };
}

async function tell(
  client: SubgraphClient,
  { type, data }: Extract<Happening, { kind: 'event' }>,
  id: string,
  month: Month,
): Promise<void> {
  const said = type === 'customer.registered' ? await registrationOf(client, data) : data;
  const { outcome, message } = await client.sendEvent(type, said, id);
  if (outcome === 'REJECTED' || outcome === 'FAILED') {
    throw new Error(`The event ${type} of the demo was answered ${outcome}: ${message ?? ''}`);
  }
  if (type === 'customer.registered') month.customers += 1;
  if (type === 'order.placed') month.orders += 1;
  if (type === 'order.cancelled') month.cancellations += 1;
}

async function ask(
  client: SubgraphClient,
  happening: Exclude<Happening, { kind: 'event' }>,
  idempotencyKey: string,
  redemptions: Map<string, string>,
  month: Month,
): Promise<void> {
  const data = await commandData(client, happening, redemptions);
  if (!data) return;
  const idOf = (orderId: string) => redemptions.get(orderId) ?? '';
  const call = await callOf(happening.kind, data, { client, idOf });
  const input = { ...call.input, idempotencyKey };
  if (happening.kind === 'redeem' && happening.holdSeconds !== null) {
    Object.assign(input, { hold: { seconds: happening.holdSeconds } });
  }
  const { answer } = await client.query<CallAnswer>(call.sender, call.document, { input });
  if (happening.kind === 'startCampaign' && answer.code) {
    throw new Error(`The campaign of the demo was refused: ${answer.code}`);
  }
  // A refusal is part of a member's life: somebody else of the story was faster.
  if (happening.kind === 'redeem' && answer.redemption) {
    redemptions.set(happening.orderId, answer.redemption.id);
    month.redemptions += 1;
  }
}

async function commandData(
  client: SubgraphClient,
  happening: Exclude<Happening, { kind: 'event' }>,
  redemptions: ReadonlyMap<string, string>,
): Promise<object | null> {
  if (happening.kind === 'startCampaign') return happening.data;
  const { orderId } = happening;
  if (happening.kind === 'applyDiscount') return { customerId: happening.customerId, orderId };
  if (happening.kind !== 'redeem') return redemptions.has(orderId) ? { redemption: orderId } : null;
  const { customerId, share, upTo } = happening;
  const { rewardsMember } = await client.query<{
    rewardsMember: { xPoints: { available: number } | null } | null;
  }>('service', AVAILABLE, { id: customerId });
  const available = rewardsMember?.xPoints?.available ?? 0;
  const points = Math.min(Math.floor(available * share), upTo);
  return points < WORTH_IT ? null : { customerId, orderId, points };
}
