import { parseInstant } from '../../src/kernel/time';
import type { NotificationContent } from '../../src/ledger/notification';
import { type RenderContext, renderNotification } from '../../src/notifications/render';
import type { Locale } from '../../src/programs/terms';
import { shippedTerms } from '../programs/documents';

const EU = shippedTerms('eu');

/** When every sample was written. */
export const CREATED_AT = parseInstant('2026-03-15T09:30:00Z') ?? Number.NaN;

const eur = (amount: string) => ({ amount, currency: 'EUR' });
/** The first instant of 16 March 2027 in Berlin: valid through the 15th. */
const EXPIRES_AT = '2027-03-15T23:00:00.000Z';

const credited = {
  points: 5943,
  source: 'ORDER',
  orderId: 'order-4711',
  campaign: null,
  expiresAt: EXPIRES_AT,
  available: 12_443,
  value: eur('59.43'),
} as const;
const changed = {
  program: 'EU',
  version: 2,
  effectiveAt: '2026-05-31T22:00:00.000Z',
  objectionMonths: 1,
  changes: [
    { field: 'lotValidityMonths', before: '12', after: '24' },
    { field: 'tiers.GOLD.from', before: '70000.00', after: '65000.00' },
    { field: 'tiers.GOLD.pointsPerUnit', before: '3', after: '4' },
  ],
} as const;
/** With the end of 30 April 2026 in Berlin, and of 31 July. */
const ending = {
  cause: 'NOTICE',
  endsAt: '2026-04-30T22:00:00.000Z',
  redeemUntil: '2026-07-31T22:00:00.000Z',
  points: 12_443,
  value: eur('124.43'),
} as const;
const ended = { ...ending, endsAt: '2026-03-15T09:30:00.000Z', redeemUntil: null } as const;
const transfer = {
  transferId: 'tr-0198',
  decision: 'APPROVED',
  direction: 'OUT',
  points: 2500,
  note: 'Ada left the company at the end of February.',
} as const;
const objection = {
  objection: 3,
  decision: 'CORRECTED',
  points: 450,
  note: 'The express surcharge was part of the net value.',
} as const;

/** Every variant that members can be sent, by a name of its own. */
export const SAMPLES: Readonly<Record<string, NotificationContent>> = {
  'credited, order': { kind: 'POINTS_CREDITED', data: credited },
  'credited, one point': {
    kind: 'POINTS_CREDITED',
    data: { ...credited, points: 1, available: 1, value: eur('0.01') },
  },
  'credited, order unknown': { kind: 'POINTS_CREDITED', data: { ...credited, orderId: null } },
  'credited, partly settling': { kind: 'POINTS_CREDITED', data: { ...credited, available: 900 } },
  'credited, referral': {
    kind: 'POINTS_CREDITED',
    data: { ...credited, source: 'REFERRAL', orderId: null },
  },
  'credited, campaign': {
    kind: 'POINTS_CREDITED',
    data: { ...credited, source: 'CAMPAIGN', orderId: null, campaign: 'SPRING26' },
  },
  'credited, campaign and order': {
    kind: 'POINTS_CREDITED',
    data: { ...credited, source: 'CAMPAIGN', campaign: 'SPRING26' },
  },
  'credited, adjustment': {
    kind: 'POINTS_CREDITED',
    data: { ...credited, source: 'ADJUSTMENT', orderId: null },
  },
  'credited, transfer': {
    kind: 'POINTS_CREDITED',
    data: { ...credited, source: 'TRANSFER', orderId: null },
  },
  'expiring, one day': {
    kind: 'POINTS_EXPIRING',
    data: {
      points: 1500,
      value: eur('15.00'),
      parts: [{ points: 1500, expiresAt: '2026-03-21T23:00:00.000Z', days: 7 }],
      available: 12_443,
    },
  },
  'expiring, two days': {
    kind: 'POINTS_EXPIRING',
    data: {
      points: 3500,
      value: eur('35.00'),
      parts: [
        { points: 1500, expiresAt: '2026-03-21T23:00:00.000Z', days: 7 },
        { points: 2000, expiresAt: '2026-04-13T22:00:00.000Z', days: 30 },
      ],
      available: 12_443,
    },
  },
  expired: {
    kind: 'POINTS_EXPIRED',
    data: {
      points: 1500,
      value: eur('15.00'),
      expiredAt: '2026-03-14T23:00:00.000Z',
      available: 10_943,
    },
  },
  discount: {
    kind: 'DISCOUNT_ISSUED',
    data: { code: 'WELCOME-7K2M9QXT', percent: 10, expiresAt: EXPIRES_AT },
  },
  'referral rewarded': {
    kind: 'REFERRAL_REWARDED',
    data: { points: 7000, value: eur('70.00'), tier: 'SILVER', expiresAt: EXPIRES_AT },
  },
  'transfer approved, giver': { kind: 'TRANSFER_DECIDED', data: transfer },
  'transfer approved, receiver': {
    kind: 'TRANSFER_DECIDED',
    data: { ...transfer, direction: 'IN', note: null },
  },
  'transfer rejected, giver': {
    kind: 'TRANSFER_DECIDED',
    data: { ...transfer, decision: 'REJECTED', points: null },
  },
  'transfer rejected, receiver': {
    kind: 'TRANSFER_DECIDED',
    data: { ...transfer, decision: 'REJECTED', direction: 'IN' },
  },
  'objection rejected': {
    kind: 'OBJECTION_DECIDED',
    data: { ...objection, decision: 'REJECTED', points: null },
  },
  'objection, credited': { kind: 'OBJECTION_DECIDED', data: objection },
  'objection, deducted': { kind: 'OBJECTION_DECIDED', data: { ...objection, points: -450 } },
  'objection, corrected': { kind: 'OBJECTION_DECIDED', data: { ...objection, points: null } },
  'new terms': { kind: 'TERMS_CHANGED', data: changed },
  'new terms, nothing named': { kind: 'TERMS_CHANGED', data: { ...changed, changes: [] } },
  'ending, notice': { kind: 'MEMBERSHIP_ENDING', data: ending },
  'ended, good cause': { kind: 'MEMBERSHIP_ENDING', data: { ...ended, cause: 'GOOD_CAUSE' } },
  'ended, left': { kind: 'MEMBERSHIP_ENDING', data: { ...ended, cause: 'LEFT' } },
  'ended, left with nothing': {
    kind: 'MEMBERSHIP_ENDING',
    data: { ...ended, cause: 'LEFT', points: 0, value: eur('0.00') },
  },
  'ending, objected': {
    kind: 'MEMBERSHIP_ENDING',
    data: { ...ending, cause: 'OBJECTED', redeemUntil: null },
  },
  'ended, objected': { kind: 'MEMBERSHIP_ENDING', data: { ...ended, cause: 'OBJECTED' } },
  'ending, discontinued': { kind: 'MEMBERSHIP_ENDING', data: { ...ending, cause: 'DISCONTINUED' } },
  'ended, discontinued with a window': {
    kind: 'MEMBERSHIP_ENDING',
    data: { ...ending, cause: 'DISCONTINUED', endsAt: '2026-02-28T23:00:00.000Z' },
  },
  'ended, discontinued at once': {
    kind: 'MEMBERSHIP_ENDING',
    data: { ...ended, cause: 'DISCONTINUED', redeemUntil: ended.endsAt },
  },
};

/** A notification as a mail, with plain spaces. */
export function rendered(
  content: NotificationContent,
  locale: Locale,
  context: Partial<RenderContext> = {},
) {
  const mail = renderNotification(
    { ...content, createdAt: CREATED_AT },
    { locale, program: EU, ...context },
  );
  const plain = (text: string) => text.replace(/[^\S\n]/g, ' ');
  return { subject: plain(mail.subject), text: plain(mail.text), html: plain(mail.html) };
}

/** A sample by its name. */
export function sample(name: string): NotificationContent {
  const found = SAMPLES[name];
  if (!found) throw new Error(`no sample is called ${name}`);
  return found;
}
