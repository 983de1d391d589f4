import fc from 'fast-check';
import { DAY_MS, MINUTE_MS } from '../../src/kernel/time';
import { bookDue } from '../../src/ledger/book-due';
import type { Command } from '../../src/ledger/command';
import { isOpen } from '../../src/ledger/order';
import { reinstateMember, suspendMember } from '../../src/members/suspend';
import { eventCommand } from '../../src/orders/event-command';
import type { PlatformEvent } from '../../src/orders/platform-event';
import { captureRedemption, releaseRedemption } from '../../src/redemption/decide-hold';
import { redeem } from '../../src/redemption/redeem';
import { placed, registered } from '../ledger/stories';
import type { World } from './world';

/** Something that happens in a random story. Orders and redemptions are named by how long ago they were placed. */
export type Step =
  | { kind: 'wait'; ms: number }
  | { kind: 'register'; customer: string }
  | { kind: 'place'; customer: string; net: string; currency: string; complete: boolean }
  | { kind: 'paid' | 'delivered' | 'placed again'; order: number }
  | { kind: 'cancelled'; order: number; net: string | null }
  | { kind: 'amended'; order: number; net: string }
  | {
      kind: 'redeem';
      order: number;
      as: string | null;
      points: number | null;
      holdMs: number | null;
      key: number;
    }
  | {
      kind: 'capture' | 'release';
      customer: string;
      number: number;
      points: number | null;
      key: number;
    }
  | { kind: 'suspend' | 'reinstate' | 'due'; customer: string; key: number };

const customer = fc.constantFrom('ada', 'bo', 'cy');
/** 0: the newest order … ; -1: the next one, whose facts come before its placing. */
const order = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, -1);
const key = fc.integer({ min: 0, max: 500 });
const net = fc
  .oneof(
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 1, max: 100_000 }),
    fc.constantFrom(1_999_999, 2_000_000, 2_000_001, 7_000_000),
  )
  .map((minor) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`);
const points = fc.option(fc.integer({ min: -1, max: 60 }), { freq: 2 });
const holdMs = fc.option(fc.constantFrom(MINUTE_MS, 30 * MINUTE_MS, 90 * DAY_MS, 1), { freq: 2 });
const kind = <T extends string>(...kinds: T[]) => fc.constantFrom(...kinds);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind('place'),
      customer,
      net,
      currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'TRY'),
      complete: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('redeem'),
      order,
      as: fc.constantFrom(null, null, null, null, null, 'cy', 'bo'),
      points,
      holdMs,
      key,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: kind('capture', 'release'),
      customer,
      number: fc.constantFrom(0, 0, 1, 2),
      points,
      key,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind('cancelled'), order, net: fc.option(net, { freq: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('amended'), order, net }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('paid', 'delivered', 'placed again'), order }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('register'), customer }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind('suspend', 'reinstate', 'reinstate', 'reinstate', 'due', 'due'),
      customer,
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('wait'),
      ms: fc.constantFrom(
        MINUTE_MS,
        MINUTE_MS,
        31 * MINUTE_MS,
        DAY_MS,
        DAY_MS,
        100 * DAY_MS,
        366 * DAY_MS,
      ),
    }),
  },
);

/** Two of three customers are registered and one has points; then anything happens. */
export const story = fc
  .array(step, { minLength: 10, maxLength: 80, size: 'max' })
  .map((steps): Step[] => [
    { kind: 'register', customer: 'ada' },
    { kind: 'register', customer: 'bo' },
    { kind: 'place', customer: 'ada', net: '1200.00', currency: 'EUR', complete: true },
    { kind: 'place', customer: 'bo', net: '900.00', currency: 'EUR', complete: true },
    ...steps,
  ]);

/** Turns the steps of one story into commands; every id carries the story's number. */
export class Teller {
  private orders = 0;
  private events = 0;

  constructor(
    private readonly number: number,
    private readonly world: World,
  ) {}

  commands(step: Exclude<Step, { kind: 'wait' }>): Command<object>[] {
    switch (step.kind) {
      case 'register':
        return [this.event(registered(this.own(step.customer)))];
      case 'place': {
        this.orders += 1;
        const orderId = this.orderId(0);
        const { net, currency, complete } = step;
        const placing = this.event(placed(orderId, this.own(step.customer), net, { currency }));
        const rest = complete ? [this.fact('paid', orderId), this.fact('delivered', orderId)] : [];
        return [placing, ...rest];
      }
      case 'placed again':
        return [this.event(placed(this.orderId(step.order), this.own('bo'), '7.00'))];
      case 'paid':
      case 'delivered': {
        const fact = this.fact(step.kind, this.orderId(step.order));
        return [fact, fact];
      }
      case 'cancelled':
      case 'amended': {
        const orderId = this.orderId(step.order);
        const { net } = step;
        return [
          this.event(
            step.kind === 'amended'
              ? { type: 'order.amended', orderId, net: step.net }
              : { type: 'order.cancelled', orderId, net },
          ),
        ];
      }
      default:
        return [this.command(step)];
    }
  }

  private command(step: Extract<Step, { key: number }>): Command<object> {
    const idempotencyKey = `key-${step.key}`;
    const actor = 'test';
    if (step.kind === 'redeem') {
      const open = [...this.world.orders.values()].filter(isOpen);
      const orderId = open.at(-1 - Math.abs(step.order))?.id ?? this.orderId(step.order);
      const owner = this.world.orders.get(orderId)?.placed?.customerId;
      const customerId = step.as === null ? (owner ?? this.own('ada')) : this.own(step.as);
      const { points, holdMs } = step;
      return redeem({ customerId, orderId, points, holdMs, idempotencyKey, actor });
    }
    if (step.kind === 'capture' || step.kind === 'release') return this.decision(step);
    const customerId = this.own(step.customer);
    if (step.kind === 'suspend')
      return suspendMember({ customerId, idempotencyKey, actor, reason: 'test' });
    if (step.kind === 'reinstate') return reinstateMember({ customerId, idempotencyKey, actor });
    return bookDue(customerId);
  }

  /** A decision on one of the newest holds of anybody, or where there is none on any redemption. */
  private decision(step: Extract<Step, { number: number }>): Command<object> {
    const all = [...this.world.redemptions].flatMap(([customerId, own]) =>
      [...own.values()].map((redemption) => ({ customerId, ...redemption })),
    );
    const held = all.filter(({ state }) => state === 'HELD');
    const chosen = (held.length > 0 && step.number < 2 ? held : all).at(-1 - (step.number % 2));
    const customerId = chosen?.customerId ?? this.own(step.customer);
    const number = chosen?.number ?? 1;
    const same = { customerId, number, idempotencyKey: `key-${step.key}`, actor: 'test' };
    return step.kind === 'capture'
      ? captureRedemption({ ...same, points: step.points })
      : releaseRedemption(same);
  }

  private fact(fact: 'paid' | 'delivered', orderId: string): Command<object> {
    return this.event(
      fact === 'paid'
        ? { type: 'order.paid', orderId, xPoints: null }
        : { type: 'order.delivered', orderId },
    );
  }

  private event(event: PlatformEvent): Command<object> {
    this.events += 1;
    const digest = JSON.stringify(event);
    const id = this.own(`event-${this.events}`);
    return eventCommand({ source: 'test', id, type: event.type, digest, payload: {}, event });
  }

  private orderId(ago: number): string {
    return this.own(`o${Math.max(1, this.orders - ago)}`);
  }

  private own(id: string): string {
    return `${id}-${this.number}`;
  }
}
