import fc from 'fast-check';
import { DAY_MS, MINUTE_MS } from '../../src/kernel/time';
import { type DeskStep, deskSteps } from './desk-steps';
import { type RuleStep, ruleSteps } from './rule-steps';

/**
 * Something that happens in a random story. Customers are named by their place among those known so far, orders and
 * redemptions by how long ago they were placed: the teller (teller.ts) turns that into ids.
 */
export type Step =
  | { kind: 'wait'; ms: number }
  | { kind: 'register'; customer: number; refer: boolean; sameEmail: boolean }
  | { kind: 'place'; customer: number; net: string; currency: string; complete: boolean }
  | { kind: 'paid' | 'delivered' | 'placed again'; order: number }
  | { kind: 'cancelled'; order: number; net: string | null }
  | { kind: 'amended'; order: number; net: string }
  | { kind: 'deleted'; customer: number }
  | RuleStep
  | Commanded;

/** A step with an idempotency key, now and then one that was used before. */
export type Commanded = { key: number } & (
  | {
      kind: 'redeem';
      order: number;
      stranger: boolean;
      points: number | null;
      holdMs: number | null;
    }
  | { kind: 'capture' | 'release'; number: number; points: number | null }
  | { kind: 'discount'; order: number }
  | { kind: 'transfer' | 'request'; customer: number; other: number; points: number | null }
  | { kind: 'decide' | 'review'; customer: number; yes: boolean }
  /** 0, 1: of the lots that something was redeemed or transferred of. */
  | { kind: 'void lot'; customer: number; lot: number }
  | { kind: 'void discount' | 'void referral'; customer: number }
  | { kind: 'settle' | 'waive'; customer: number }
  | { kind: 'leave'; customer: number; right: boolean }
  | { kind: 'terminate'; customer: number; goodCause: boolean }
  | { kind: 'suspend' | 'reinstate' | 'due'; customer: number }
  | DeskStep
);

const customer = fc.nat({ max: 5 });
/** 0: the newest order … ; -1: the next one, whose facts come before its placing. */
const order = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, -1);
const key = fc.nat({ max: 500 });
const net = fc
  .oneof(
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 1, max: 100_000 }),
    fc.constantFrom(1_999_999, 2_000_000, 2_000_001, 7_000_000),
  )
  .map((minor) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`);
const points = fc.option(fc.integer({ min: -1, max: 60 }), { freq: 2 });
const holdMs = fc.option(fc.constantFrom(MINUTE_MS, 30 * MINUTE_MS, 90 * DAY_MS, 1), { freq: 2 });
const seldom = fc.constantFrom(false, false, false, false, false, true);
const kind = <T extends string>(...kinds: T[]) => fc.constantFrom(...kinds);
const waits = [MINUTE_MS, MINUTE_MS, 31 * MINUTE_MS, DAY_MS, DAY_MS, 40 * DAY_MS, 366 * DAY_MS];

const often: fc.Arbitrary<Step>[] = [
  fc.record({
    kind: kind('place'),
    customer,
    net,
    currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'TRY'),
    complete: fc.boolean(),
  }),
  fc.record({ kind: kind('redeem'), order, stranger: seldom, points, holdMs, key }),
];

const sometimes: fc.Arbitrary<Step>[] = [
  fc.record({ kind: kind('capture', 'release'), number: fc.nat({ max: 2 }), points, key }),
  fc.record({ kind: kind('cancelled'), order, net: fc.option<string>(net, { freq: 2 }) }),
  fc.record({ kind: kind('amended'), order, net }),
  fc.record({ kind: kind('paid', 'delivered', 'placed again'), order }),
  fc.record({ kind: kind('wait'), ms: fc.constantFrom(...waits) }),
  fc.record({ kind: kind('transfer', 'request'), customer, other: customer, points, key }),
  fc.record({ kind: kind('register'), customer, refer: fc.boolean(), sameEmail: seldom }),
];

const seldomly: fc.Arbitrary<Step>[] = [
  fc.record({ kind: kind('discount'), order, key }),
  fc.record({ kind: kind('decide', 'review'), customer, yes: fc.boolean(), key }),
  fc.record({ kind: kind('suspend', 'reinstate', 'reinstate', 'due'), customer, key }),
  fc.record({ kind: kind('void lot'), customer, lot: fc.nat({ max: 3 }), key }),
  fc.record({ kind: kind('void lot'), customer, lot: fc.nat({ max: 3 }), key }),
  fc.record({ kind: kind('void discount', 'void discount', 'void referral'), customer, key }),
  fc.record({ kind: kind('settle', 'waive'), customer, key }),
  fc.record({ kind: kind('leave'), customer, right: fc.boolean(), key }),
  fc.record({ kind: kind('terminate'), customer, goodCause: seldom, key }),
  fc.record({ kind: kind('deleted'), customer }),
  ...deskSteps(customer, key),
];

const step = fc.oneof(
  ...often.map((arbitrary) => ({ weight: 48, arbitrary })),
  ...sometimes.map((arbitrary) => ({ weight: 20, arbitrary })),
  ...seldomly.map((arbitrary) => ({ weight: 4, arbitrary })),
  // What is published holds for every story after it.
  ...ruleSteps.map((arbitrary) => ({ weight: 1, arbitrary })),
);

/** Two customers are registered and have points and a link; then anything happens. */
export const story = fc
  .array(step, { minLength: 10, maxLength: 80, size: 'max' })
  .map((steps): Step[] => [
    { kind: 'register', customer: 0, refer: false, sameEmail: false },
    { kind: 'register', customer: 0, refer: false, sameEmail: false },
    { kind: 'place', customer: 0, net: '1200.00', currency: 'EUR', complete: true },
    { kind: 'place', customer: 1, net: '900.00', currency: 'EUR', complete: true },
    ...steps,
  ]);
