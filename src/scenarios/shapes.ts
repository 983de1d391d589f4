import { z } from 'zod';
import type { MembershipState } from '../ledger/account';
import { DESK_COMMANDS, MEMBER_RECORDS, PROGRAM } from './desk-shapes';
import {
  currency,
  day,
  decimal,
  flag,
  id,
  instant,
  lots,
  object,
  oneOf,
  text,
  whole,
  wholeOr,
  words,
} from './leaves';

/** What a step of a scenario may hold; each message says what was expected. test/scenarios/README.md tells it in prose. */

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
    tags: z.array(words, 'a list of tags').optional(),
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
  ...DESK_COMMANDS,
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
    ...MEMBER_RECORDS,
  }),
  order: object({
    earned: whole.optional(),
    redeemed: whole.optional(),
    held: whole.optional(),
    discount: decimal.nullish(),
    expected: whole.optional(),
    lots: lots.optional(),
  }),
  referral: object({
    state: oneOf(['WAITING', 'REWARDED', 'LOST', 'REJECTED', 'VOIDED']).nullish(),
    bonus: whole.optional(),
    referrer: id.optional(),
  }),
  transfer: object({
    state: oneOf(['REQUESTED', 'APPROVED', 'REJECTED']).optional(),
    moved: whole.nullish(),
  }),
  program: PROGRAM,
};

export const outcome = text('"ok" or a refusal code such as NOT_A_MEMBER', (value) =>
  /^(ok|[A-Z][A-Z_]*)$/.test(value),
);

export type Shapes = Record<string, z.ZodType>;
type Named<S extends Shapes, N extends string, D extends string, More = unknown> = {
  [K in keyof S]: { readonly [n in N]: K } & { readonly [d in D]: z.infer<S[K]> } & More;
}[keyof S];

export type CommandName = keyof typeof COMMANDS;
/** The jobs: nobody asks for them but a scenario. */
type JobName = 'tell' | 'deliver';
/** Commands that are asked of the API. */
export type AskedName = Exclude<CommandName, JobName>;
export type DeskCommandName = Exclude<keyof typeof DESK_COMMANDS, JobName>;
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
export type Step = { readonly at: string | null } & (EventStep | CommandStep | CheckStep);
