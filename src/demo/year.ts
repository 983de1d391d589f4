import { DAY_MS, formatInstant, type Instant, MINUTE_MS } from '../kernel/time';
import { Chance } from './chance';
import { COMPANIES, type Company } from './people';

/** Something that happens in the year, in the order of `at`. */
export type Happening = { readonly at: Instant } & (
  | { readonly kind: 'event'; readonly type: string; readonly data: object }
  | {
      readonly kind: 'redeem';
      readonly customerId: string;
      readonly orderId: string;
      /** How much of what can be spent then is put in: more than 0, at most 1. */
      readonly share: number;
      /** The most that is put in: less than what the order costs, in points. */
      readonly upTo: number;
      /** How long the points are held; null where they pay at once. */
      readonly holdSeconds: number | null;
    }
  | { readonly kind: 'capture' | 'release'; readonly orderId: string }
  | { readonly kind: 'applyDiscount'; readonly customerId: string; readonly orderId: string }
  | { readonly kind: 'startCampaign'; readonly data: object }
);

/** A customer of the demo. */
export interface DemoCustomer {
  readonly id: string;
  readonly name: string;
  readonly company: Company;
}

/** Everybody and everything of a demo: sorted by time. */
export interface Year {
  readonly customers: readonly DemoCustomer[];
  readonly happenings: readonly Happening[];
}

const HOUR_MS = 60 * MINUTE_MS;
/** How many of a company were customers from the start. They refer the others. */
const FIRST = 4;
/** A campaign of three weeks, this long before the end: orders of that time carry its tag. */
const CAMPAIGN_DAYS = { from: 150, to: 129 };

/**
 * Makes up a year: the same seed gives the same people, orders and amounts. Every id ends with `run`,
 * so that years stand beside each other in one database.
 */
export function makeYear(seed: string, run: string, from: Instant, until: Instant): Year {
  const chance = new Chance(seed);
  const customers: DemoCustomer[] = [];
  const happenings: Happening[] = [campaign(run, until)];
  for (const company of COMPANIES) {
    for (const [index, name] of company.people.entries()) {
      const customer = { id: `${slug(name, '-')}-${run}`, name, company };
      customers.push(customer);
      // Some were customers from the start; the others came along in the course of the year.
      const registeredAt = workingHour(
        chance,
        from + (index < FIRST ? chance.between(0, 20) : chance.between(0, 250)) * DAY_MS,
      );
      const orders = ordersOf(chance, customer, run, registeredAt, until);
      happenings.push(registration(customer, index, run, registeredAt), ...orders);
      if (orders[0] && index >= FIRST) happenings.push(discounted(customer, run, orders[0].at));
      if (chance.happens(0.08)) happenings.push(farewell(customer, chance, registeredAt, until));
    }
  }
  return {
    customers,
    happenings: happenings.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at),
  };
}

function registration(
  { id, name, company }: DemoCustomer,
  index: number,
  run: string,
  at: Instant,
): Happening {
  return event(at, 'customer.registered', {
    customerId: id,
    program: company.program,
    organizationId: `${company.id}-${run}`,
    billingAccountId: `${company.id}-billing-${1 + (index % company.billingAccounts)}-${run}`,
    email: `${slug(name, '.')}@${company.host}`,
    locale: company.locale,
    registeredAt: formatInstant(at),
    ...(index < FIRST ? {} : { referredBy: `${slug(company.people[index % FIRST]!, '-')}-${run}` }),
  });
}

/** Half as many points again for whoever orders meanwhile. */
function campaign(run: string, until: Instant): Happening {
  const startsAt = until - CAMPAIGN_DAYS.from * DAY_MS;
  const data = {
    ...{
      program: 'EU',
      code: `ANNIVERSARY-${run.toUpperCase()}`,
      kind: 'MULTIPLIER',
      factor: '1.5',
    },
    ...{ tag: campaignTag(run), startsAt: formatInstant(startsAt) },
    endsAt: formatInstant(until - CAMPAIGN_DAYS.to * DAY_MS),
  };
  return { kind: 'startCampaign', at: startsAt - DAY_MS, data };
}

function campaignTag(run: string): string {
  return `anniversary-${run}`;
}

/** Somebody deletes their account, some time in the second half of what is left. */
function farewell(
  { id: customerId }: DemoCustomer,
  chance: Chance,
  from: Instant,
  until: Instant,
): Happening {
  const at = from + chance.between(0.5, 1) * (until - from);
  return event(at, 'customer.deleted', { customerId });
}

/** Who was referred takes the discount off the first order, before points pay any of it. */
function discounted(customer: DemoCustomer, run: string, placedAt: Instant): Happening {
  const orderId = orderIdOf(customer, 1, run);
  const at = placedAt + 20.5 * MINUTE_MS;
  return { kind: 'applyDiscount', at, customerId: customer.id, orderId };
}

function orderIdOf({ name }: DemoCustomer, number: number, run: string): string {
  return `${slug(name, '-')}-${number}-${run}`;
}

function ordersOf(
  chance: Chance,
  customer: DemoCustomer,
  run: string,
  from: Instant,
  until: Instant,
): Happening[] {
  const happenings: Happening[] = [];
  // Some order every third week, some a few times a year.
  const everyDays = chance.between(18, 66);
  const weight = chance.spread();
  // Many forget what they have.
  const usesPoints = chance.happens(0.6);
  for (let number = 1, at = from; ; number += 1) {
    at = workingHour(chance, at + chance.between(0.3, 1.7) * everyDays * DAY_MS);
    if (at > until) return happenings;
    const net = customer.company.usual * Math.min(weight, 4) * chance.spread();
    const cents = Math.max(2_500, Math.round(net * 20) * 5);
    const order = {
      id: orderIdOf(customer, number, run),
      customer,
      cents,
      placedAt: at,
      usesPoints,
      tags: isCampaign(at, until) ? [campaignTag(run)] : [],
    };
    happenings.push(...lifeOf(chance, order));
  }
}

interface DemoOrder {
  readonly id: string;
  readonly customer: DemoCustomer;
  readonly cents: number;
  readonly placedAt: Instant;
  readonly usesPoints: boolean;
  readonly tags: readonly string[];
}

function isCampaign(at: Instant, until: Instant): boolean {
  const days = (until - at) / DAY_MS;
  return days <= CAMPAIGN_DAYS.from && days > CAMPAIGN_DAYS.to;
}

/** One order: placed, perhaps re-quoted, paid with points in part, paid, delivered, perhaps cancelled. */
function lifeOf(chance: Chance, order: DemoOrder): Happening[] {
  const { id: orderId, customer, placedAt } = order;
  const life: Happening[] = [
    event(placedAt, 'order.placed', {
      orderId,
      customerId: customer.id,
      net: money(order.cents),
      currency: customer.company.program === 'EU' ? 'EUR' : 'TRY',
      placedAt: formatInstant(placedAt),
      tags: order.tags,
    }),
  ];
  if (chance.happens(0.06)) {
    return [
      ...life,
      event(placedAt + chance.between(2, 40) * HOUR_MS, 'order.cancelled', { orderId }),
    ];
  }
  let { cents } = order;
  if (chance.happens(0.12)) {
    cents = Math.max(2_500, Math.round((cents * chance.between(0.75, 1.3)) / 5) * 5);
    const at = placedAt + chance.between(1, 20) * MINUTE_MS;
    life.push(event(at, 'order.amended', { orderId, net: money(cents) }));
  }
  const paidAt = placedAt + payment(chance);
  if (order.usesPoints && chance.happens(0.45))
    life.push(...checkout(chance, order, cents, paidAt));
  const deliveredAt = placedAt + chance.between(6, 24) * DAY_MS;
  life.push(event(paidAt, 'order.paid', { orderId }));
  life.push(event(deliveredAt, 'order.delivered', { orderId }));
  return [
    ...life,
    ...cancellation(chance, orderId, cents, placedAt, Math.max(paidAt, deliveredAt)),
  ];
}

/** By card within the hour, on invoice within the month, or late. */
function payment(chance: Chance): number {
  const how = chance.next();
  if (how < 0.5) return chance.between(25, 60) * MINUTE_MS;
  return (how < 0.9 ? chance.between(8, 30) : chance.between(45, 80)) * DAY_MS;
}

function checkout(chance: Chance, order: DemoOrder, cents: number, paidAt: Instant): Happening[] {
  const { id: orderId, customer, placedAt } = order;
  const at = placedAt + 21 * MINUTE_MS;
  const share = chance.happens(0.4) ? 1 : chance.between(0.2, 0.8);
  const upTo = Math.floor(cents * chance.between(0.4, 1));
  const redeem = { kind: 'redeem', at, customerId: customer.id, orderId, share, upTo } as const;
  const how = chance.next();
  if (how < 0.45) return [{ ...redeem, holdSeconds: null }];
  if (how < 0.6) {
    return [
      { ...redeem, holdSeconds: 1_800 },
      { kind: 'capture', at: at + MINUTE_MS, orderId },
    ];
  }
  if (how < 0.7) {
    return [
      { ...redeem, holdSeconds: 1_800 },
      { kind: 'release', at: at + 2 * MINUTE_MS, orderId },
    ];
  }
  // Held until the invoice is paid; or too short a time for that, so that it lapses.
  const holdDays = how < 0.88 ? (paidAt - at) / DAY_MS + 7 : 0.05;
  return [{ ...redeem, holdSeconds: Math.round(Math.min(89, holdDays) * 24 * 3_600) }];
}

function cancellation(
  chance: Chance,
  orderId: string,
  cents: number,
  placedAt: Instant,
  settledAt: Instant,
): Happening[] {
  const how = chance.next();
  const part = { orderId, net: money(Math.round((cents * chance.between(0.05, 0.5)) / 5) * 5) };
  if (how < 0.05) return [event(placedAt + 5 * DAY_MS, 'order.cancelled', part)];
  const later = settledAt + chance.between(3, 45) * DAY_MS;
  if (how < 0.09) return [event(later, 'order.cancelled', part)];
  return how < 0.12 ? [event(later, 'order.cancelled', { orderId })] : [];
}

function event(at: Instant, type: string, data: object): Happening {
  return { kind: 'event', at: Math.round(at), type, data };
}

/** The same day between eight and five in UTC, or the Monday after. */
function workingHour(chance: Chance, at: number): Instant {
  const midnight = Math.floor(at / DAY_MS) * DAY_MS;
  const weekday = new Date(midnight).getUTCDay();
  const rest = weekday === 6 ? 2 : weekday === 0 ? 1 : 0;
  return Math.round(midnight + rest * DAY_MS + chance.between(8, 17) * HOUR_MS);
}

function money(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function slug(name: string, between: string): string {
  return name.toLowerCase().replaceAll(' ', between);
}
