import { z } from 'zod';
import type { MessageType } from '../ledger/message';
import { NOTIFICATION_KINDS, type NotificationKind } from '../ledger/notification';

const id = z.string().min(1).describe('An id of the platform’s, or one that we gave.');
const points = z.int().describe('Whole X-Points.');
const count = z.int().min(0).describe('Whole X-Points, 0 or more.');
const instant = z.iso.datetime().describe('RFC 3339, in UTC, to the millisecond.');
const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const money = z.strictObject({ amount: decimal, currency: z.string().length(3) });
const percent = z.int().min(1).max(100);
const tier = z.string().describe('The code of a tier of the program.');
const source = z.enum(['ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT', 'TRANSFER']);
const membership = z.enum(['ACTIVE', 'SUSPENDED', 'ENDING', 'REDEEM_ONLY', 'ENDED']);

const redemption = z.strictObject({
  redemptionId: id,
  orderId: id,
  points: count.describe('How many were moved now.'),
  held: count,
  captured: count,
  heldUntil: instant.nullable(),
});

const claim = z.strictObject({
  claimId: id,
  redeemerId: id,
  redemptionId: id.nullable(),
  orderId: id.nullable(),
  discountCode: z.string().nullable(),
  points: count,
  amount: money,
});

const onePart = z.strictObject({ points: count, expiresAt: instant, days: z.int() });
const change = z.strictObject({ field: z.string(), before: z.string(), after: z.string() });

/** What a notification says, by kind; `NotificationDataByKind` in ledger/notification.ts explains the fields. */
const NOTIFIED = {
  POINTS_CREDITED: z.strictObject({
    points: count,
    source,
    orderId: id.nullable(),
    campaign: z.string().nullable(),
    expiresAt: instant,
    available: count,
    value: money,
  }),
  POINTS_EXPIRING: z.strictObject({
    points: count,
    value: money,
    parts: z.array(onePart),
    available: count,
  }),
  POINTS_EXPIRED: z.strictObject({
    points: count,
    value: money,
    expiredAt: instant,
    available: count,
  }),
  DISCOUNT_ISSUED: z.strictObject({ code: z.string(), percent, expiresAt: instant }),
  REFERRAL_REWARDED: z.strictObject({ points: count, value: money, tier, expiresAt: instant }),
  TRANSFER_DECIDED: z.strictObject({
    transferId: id,
    decision: z.enum(['APPROVED', 'REJECTED']),
    direction: z.enum(['OUT', 'IN']),
    points: count.nullable(),
    note: z.string().nullable(),
  }),
  OBJECTION_DECIDED: z.strictObject({
    objection: z.int(),
    decision: z.enum(['REJECTED', 'CORRECTED']),
    points: points.nullable(),
    note: z.string(),
  }),
  TERMS_CHANGED: z.strictObject({
    program: z.string(),
    version: z.int(),
    effectiveAt: instant,
    objectionMonths: z.int(),
    changes: z.array(change),
  }),
  MEMBERSHIP_ENDING: z.strictObject({
    cause: z.enum(['NOTICE', 'GOOD_CAUSE', 'LEFT', 'OBJECTED', 'DISCONTINUED']),
    endsAt: instant,
    redeemUntil: instant.nullable(),
    points: count,
    value: money,
  }),
} satisfies Record<NotificationKind, z.ZodType>;

const notified = z.union(
  (Object.keys(NOTIFICATION_KINDS) as NotificationKind[]).map((kind) =>
    z
      .strictObject({ notification: z.int().min(1), kind: z.literal(kind), data: NOTIFIED[kind] })
      .describe(NOTIFICATION_KINDS[kind]),
  ),
);

/** What each type of message tells (R9.2), the account's `sequence` apart, which all carry. */
export const MESSAGE_SCHEMAS = {
  'redemption.held': redemption,
  'redemption.captured': redemption,
  'redemption.released': redemption,
  'redemption.lapsed': redemption,
  'redemption.restored': redemption,
  'points.credited': z.strictObject({
    source,
    reference: z.string().nullable(),
    orderId: id.nullable(),
    points: count,
    expiresAt: instant,
  }),
  'points.reversed': z.strictObject({ orderId: id.nullable(), points: count, owed: count }),
  'points.expired': z.strictObject({ points: count }),
  'points.forfeited': z.strictObject({ points: count }),
  'points.transferred': z.union([
    z.strictObject({ toId: id, points }),
    z.strictObject({ fromId: id, points }),
  ]),
  'points.voided': z.strictObject({
    points: count,
    lots: z.array(z.strictObject({ lot: z.int(), points: count })),
  }),
  'discount.issued': z.strictObject({
    code: z.string(),
    percent,
    expiresAt: instant.optional().describe('Left out where a code that was voided is valid again.'),
  }),
  'discount.applied': z.strictObject({
    orderId: id,
    code: z.string(),
    percent,
    discount: decimal,
  }),
  'discount.returned': z.strictObject({ orderId: id, code: z.string() }),
  'discount.voided': z.strictObject({ code: z.string(), orderId: id.nullable().optional() }),
  'referral.changed': z.strictObject({
    refereeId: id,
    state: z.enum(['WAITING', 'REWARDED', 'LOST', 'REJECTED', 'VOIDED']),
    bonus: count,
  }),
  'tier.changed': z.strictObject({ from: tier, to: tier }),
  'membership.changed': z.strictObject({
    from: membership,
    to: membership,
    at: instant,
    endsAt: instant.nullable(),
    redeemUntil: instant.nullable(),
  }),
  'order.discrepancy': z.strictObject({ orderId: id, reckoned: count, captured: count }),
  'terms.bound': z.strictObject({ version: z.int(), at: instant }),
  'claim.opened': claim,
  'claim.settled': claim,
  'claim.waived': claim,
  'member.notified': notified,
} satisfies Record<MessageType, z.ZodType>;
