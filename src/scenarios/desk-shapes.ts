import { z } from 'zod';
import { currency, day, decimal, flag, id, instant, object, oneOf, whole, words } from './leaves';

/** What scenarios tell of the rewards desk's work, of what answers it, and of what members are told. */

/** Somebody at the desk, by name: for what one person does not do alone. */
const by = words.optional();
const number = whole;

const tiers = z.array(
  object({ code: words, from: decimal, pointsPerUnit: whole, referralBonus: whole }),
  'a list of tiers',
);

/** What a version of the terms may change. */
const changes = object({
  tiers,
  rateBasis: oneOf(['BRACKETS', 'CURRENT_TIER']),
  lotValidityMonths: whole,
  discountValidityMonths: whole,
  firstOrderDiscountPercent: whole,
  noticeDays: whole,
  redemptionWindowMonths: whole,
  objectionMonths: whole,
  termsNoticeMonths: whole,
  expiryNoticeDays: z.array(whole, 'a list of days'),
}).partial();

function rows<S extends z.core.$ZodLooseShape>(what: string, shape: S) {
  return z.array(object(shape).partial(), `a list of ${what}`);
}

const balance = { available: whole, held: whole, owed: whole, turnover: decimal, tier: words };

/** What is asked of the program, by the command's name, beside what the given format has. */
export const DESK_COMMANDS = {
  tell: object({}),
  deliver: object({}),
  publishTerms: object({
    program: words,
    effectiveOn: day,
    changes,
    dryRun: flag.optional(),
    shows: object({
      version: whole,
      members: whole,
      changes: rows('changes', { field: words, before: words, after: words }),
    })
      .partial()
      .optional(),
  }),
  objectToTerms: object({ customerId: id, version: whole }),
  startCampaign: object({
    program: words,
    code: words,
    kind: oneOf(['MULTIPLIER', 'BONUS', 'EXCLUSION']),
    factor: decimal.optional(),
    bonus: whole.optional(),
    tiers: z.array(words, 'a list of tiers').optional(),
    minimum: decimal.optional(),
    tag: words.optional(),
    startsAt: instant.optional(),
    endsAt: instant,
    capPerOrder: whole.optional(),
    capPerMember: whole.optional(),
    withDiscount: flag.optional(),
  }),
  endCampaign: object({ program: words, code: words, endsAt: instant.optional() }),
  voidLots: object({ customerId: id, lots: z.array(words, 'a list of lots, each by its source') }),
  voidReferral: object({ customerId: id }),
  voidDiscount: object({ customerId: id }),
  settleClaim: object({ customerId: id, claim: whole }),
  waiveClaim: object({ customerId: id, claim: whole }),
  adjust: object({ customerId: id, points: whole, by }),
  decideAdjustment: object({ customerId: id, number, approve: flag, by }),
  objectToCredit: object({
    customerId: id,
    about: oneOf(['CREDIT', 'MISSING_CREDIT', 'DISCOUNT', 'MISSING_DISCOUNT']),
    credit: words.optional(),
    orderId: id.optional(),
  }),
  decideObjection: object({
    customerId: id,
    number,
    points: whole.optional(),
    note: words.optional(),
    by,
  }),
  quote: object({
    customerId: id,
    net: decimal,
    currency: currency.optional(),
    tags: z.array(words, 'a list of tags').optional(),
    shows: object({
      earns: whole,
      payable: whole,
      tier: words,
      tierAfter: words,
      campaigns: rows('campaigns', { code: words, kind: words, points: whole }),
    }).partial(),
  }),
  simulate: object({
    customerId: id,
    order: object({
      net: decimal,
      currency: currency.optional(),
      tags: z.array(words, 'a list of tags').optional(),
    }).optional(),
    redemption: object({ orderId: id, points: whole.optional() }).optional(),
    cancellation: object({
      orderId: id,
      net: decimal.optional(),
      currency: currency.optional(),
    }).optional(),
    shows: object({
      ...balance,
      entries: rows('entries', {
        kind: words,
        available: whole,
        held: whole,
        owed: whole,
      }),
    })
      .partial()
      .optional(),
  }),
};

/** What of a member's records can be looked at, oldest first. */
export const MEMBER_RECORDS = {
  termsVersion: whole.optional(),
  termsAhead: rows('versions', {
    version: whole,
    effectiveAt: instant,
    objectUntil: instant.nullable(),
    bindsAt: instant.nullable(),
    objectedAt: instant.nullable(),
  }).optional(),
  notifications: rows('notifications', {
    kind: words,
    delivered: instant.nullable(),
    points: whole.nullable(),
    source: words,
    campaign: words.nullable(),
    parts: words,
    version: whole,
    cause: words,
    decision: words,
  }).optional(),
  claims: rows('claims', {
    state: oneOf(['OPEN', 'SETTLED', 'WAIVED']),
    amount: decimal,
    points: whole,
    outstanding: decimal,
    decidedAmount: decimal.nullable(),
  }).optional(),
  objections: rows('objections', {
    number,
    about: words,
    state: oneOf(['OPEN', 'REJECTED', 'CORRECTED']),
    adjustment: whole.nullable(),
  }).optional(),
  adjustments: rows('adjustments', {
    number,
    points: whole,
    state: oneOf(['REQUESTED', 'BOOKED', 'DECLINED']),
    objection: whole.nullable(),
  }).optional(),
  history: rows('entries', {
    kind: words,
    available: whole,
    held: whole,
    owed: whole,
    termsVersion: whole,
    explanation: words.nullable(),
  }).optional(),
};

/** What of a program can be looked at; its versions and campaigns oldest first. */
export const PROGRAM = object({
  termsVersion: whole,
  versions: rows('versions', { version: whole, effectiveAt: instant }),
  campaigns: rows('campaigns', {
    code: words,
    kind: words,
    state: oneOf(['PLANNED', 'ACTIVE', 'OVER']),
    startsAt: instant,
    endsAt: instant,
  }),
}).partial();
