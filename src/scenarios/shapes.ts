import { z } from 'zod';
import { isId } from '../kernel/ids';
import { parseInstant } from '../kernel/time';
import type { MembershipState } from '../ledger/account';

/** What a step of a scenario may hold; each message says what was expected. test/scenarios/README.md tells it in prose. */

function leaf<T>(
  schema: z.ZodType<T>,
  expected: string,
  holds: (value: T) => boolean = () => true,
) {
  return schema.refine(holds, expected);
}

function text(expected: string, holds: (value: string) => boolean) {
  return leaf(z.string(expected), expected, holds);
}

/** An object of exactly these fields; its message names them. */
export function object<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `one of ${Object.keys(shape).join(', ')}`
        : `an object with ${Object.keys(shape).join(', ')}`,
  });
}

function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, `one of ${values.join(', ')}`);
}

export const id = text('an id of 1 to 255 plain characters', isId);
export const words = text('text', (value) => value.trim() !== '');
const decimal = text('a decimal in a string such as "100.00"', (value) =>
  /^\d{1,17}(\.\d{1,6})?$/.test(value),
);
const currency = text('a currency code such as "EUR"', (value) => /^[A-Z]{3}$/.test(value));
export const instant = text(
  'an RFC 3339 instant such as "2025-01-10T10:00:00Z"',
  (value) => parseInstant(value) !== null,
);
const day = text('a day such as "2025-06-30"', (value) => /^\d{4}-\d\d-\d\d$/.test(value));
const flag = z.boolean('true or false');
const whole = leaf(z.number('a whole number'), 'a whole number', Number.isSafeInteger);

function wholeOr<W extends string>(word: W) {
  const expected = `a whole number or "${word}"`;
  return z.union([leaf(z.number(), expected, Number.isSafeInteger), z.literal(word)], expected);
}

const lots = z.array(
  object({
    source: words,
    granted: whole,
    remaining: whole,
    held: whole,
    expiresAt: instant,
  }).partial(),
  'a list of lots',
);

const discounts = z.array(
  object({
    state: oneOf(['AVAILABLE', 'USED', 'EXPIRED', 'VOIDED']),
    percent: whole,
    order: id.nullable(),
    expiresAt: instant,
  }).partial(),
  'a list of discount codes',
);

const membershipStates = [
  'ACTIVE',
  'SUSPENDED',
  'ENDING',
  'REDEEM_ONLY',
  'ENDED',
] as const satisfies readonly MembershipState[];

/** What the platform tells, by the event's name. */
export const EVENTS = {
  'customer.registered': object({
    customerId: id,
    program: words,
    organizationId: id.optional(),
    billingAccountId: id.optional(),
    email: words.optional(),
    locale: words.optional(),
    registeredAt: instant.optional(),
    referredBy: id.optional(),
  }),
  'customer.updated': object({
    customerId: id,
    organizationId: id.nullish(),
    billingAccountId: id.nullish(),
  }),
  'customer.deleted': object({ customerId: id }),
  'order.placed': object({
    orderId: id,
    customerId: id,
    net: decimal,
    currency,
    placedAt: instant.optional(),
  }),
  'order.amended': object({ orderId: id, net: decimal }),
  'order.paid': object({ orderId: id }),
  'order.delivered': object({ orderId: id }),
  'order.cancelled': object({ orderId: id, net: decimal.optional() }),
};

const wish = {
  from: id,
  to: id,
  points: wholeOr('all'),
  reason: oneOf(['LEFT_COMPANY', 'CHANGED_ROLE', 'OTHER']),
};

/** What is asked of the program, by the command's name. */
export const COMMANDS = {
  redeem: object({
    customerId: id,
    orderId: id,
    points: wholeOr('max'),
    hold: flag.optional(),
    as: words.optional(),
  }),
  capture: object({ redemption: words, points: whole.optional() }),
  release: object({ redemption: words }),
  transfer: object(wish),
  requestTransfer: object({
    by: id,
    ...wish,
    evidence: words.optional(),
    as: words.optional(),
  }),
  decideTransfer: object({ transfer: words, approve: flag, note: words.optional() }),
  applyDiscount: object({ customerId: id, orderId: id, codeOf: id.optional() }),
  leave: object({ customerId: id, forfeits: whole.optional() }),
  terminate: object({ customerId: id, goodCause: flag.optional() }),
  suspend: object({ customerId: id }),
  reinstate: object({ customerId: id }),
  reviewReferral: object({ customerId: id, accept: flag, note: words.optional() }),
  discontinue: object({ program: words, endsOn: day.optional(), goodCause: flag.optional() }),
};

/** What can be looked at, by whose it is. Only what is named is compared. */
export const CHECKS = {
  customer: object({
    available: whole.optional(),
    held: whole.optional(),
    owed: whole.optional(),
    turnover: decimal.optional(),
    tier: words.optional(),
    membership: oneOf(membershipStates).optional(),
    endsAt: instant.nullish(),
    redeemUntil: instant.nullish(),
    forfeits: whole.nullish(),
    referralLink: flag.optional(),
    lots: lots.optional(),
    discounts: discounts.optional(),
  }),
  order: object({
    earned: whole.optional(),
    redeemed: whole.optional(),
    held: whole.optional(),
    discount: decimal.nullish(),
  }),
  referral: object({
    state: oneOf(['WAITING', 'REWARDED', 'LOST', 'REJECTED']).nullish(),
    bonus: whole.optional(),
    referrer: id.optional(),
  }),
  transfer: object({
    state: oneOf(['REQUESTED', 'APPROVED', 'REJECTED']).optional(),
    moved: whole.nullish(),
  }),
};

export const outcome = text('"ok" or a refusal code such as NOT_A_MEMBER', (value) =>
  /^(ok|[A-Z][A-Z_]*)$/.test(value),
);

export type Shapes = Record<string, z.ZodType>;
type Named<S extends Shapes, N extends string, D extends string, More = unknown> = {
  [K in keyof S]: { readonly [n in N]: K } & { readonly [d in D]: z.infer<S[K]> } & More;
}[keyof S];

export type EventName = keyof typeof EVENTS;
export type CommandName = keyof typeof COMMANDS;
export type EventStep = Named<typeof EVENTS, 'event', 'data', { readonly kind: 'event' }>;
export type CommandStep = Named<
  typeof COMMANDS,
  'do',
  'data',
  { readonly kind: 'do'; readonly expect: string }
>;
/** What a command of one name is given. */
export type CommandData<C extends CommandName> = z.infer<(typeof COMMANDS)[C]>;
export type CheckStep = Named<
  typeof CHECKS,
  'check',
  'expect',
  { readonly kind: 'check'; readonly id: string }
>;
export type CustomerExpectation = z.infer<typeof CHECKS.customer>;
export type Step = { readonly at: string | null } & (EventStep | CommandStep | CheckStep);
