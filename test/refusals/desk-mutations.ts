import { BEFORE, MAX, MEMBER, MEMBERSHIP, NO_MEMBER, type Refused, type Row } from './mutations';
import { NOW } from './world';

const NO_ADJUSTMENT: readonly Refused[] = [0, -0, 1_000_000_001, -1_000_000_001, MAX, -MAX].map(
  (points) => [{ points }, 'INVALID_POINTS'],
);
const TOO_LONG = 'x'.repeat(501);
/** Cy was told of version 2 on 15 June: the last instant to object to it, and the first after. */
const [LAST, OVER] = ['2025-07-15T21:59:59.999Z', '2025-07-15T22:00:00.000Z'];

const NAMES = { en: 'Spring', de: 'Frühling', tr: 'İlkbahar', pl: 'Wiosna', es: 'Primavera' };
function tier(code: string, from: string): object {
  return { code, from, pointsPerUnit: 1, referralBonus: 1, names: NAMES };
}

const publishTerms: Row = {
  allowed: ['desk'],
  input: () => ({ program: 'EU', effectiveOn: '2025-06-20', lotValidityMonths: 24 }),
  show: 'terms { version effectiveAt publishedAt } changes { field before after } members dryRun',
  unknown: { program: 'XX' },
  refused: () => [
    [{ program: 'XX' }, 'PROGRAM_NOT_FOUND'],
    [{ program: 'XX', dryRun: true }, 'PROGRAM_NOT_FOUND'],
    ...[
      // Not after the version before, over, or no day.
      ...['2025-06-16', '2025-06-15', '2024-08-01', '1970-01-01', '2025-02-30', '2025-6-20'],
      ...['2025-06-20T00:00:00Z', '20250620', 'tomorrow', '10000-01-01', ''],
    ].map((effectiveOn): Refused => [{ effectiveOn }, 'INVALID_TERMS']),
    ...['lotValidityMonths', 'objectionMonths', 'termsNoticeMonths'].flatMap((field) =>
      [0, -1, 121, 2 ** 31 - 1].map((months): Refused => [{ [field]: months }, 'INVALID_TERMS']),
    ),
    [{ firstOrderDiscountPercent: 101 }, 'INVALID_TERMS'],
    [{ noticeDays: 367 }, 'INVALID_TERMS'],
    [{ expiryNoticeDays: [0] }, 'INVALID_TERMS'],
    [{ expiryNoticeDays: [1, 2, 3, 4, 5, 6] }, 'INVALID_TERMS'],
    [{ contact: 'nobody' }, 'INVALID_TERMS'],
    [{ tiers: [] }, 'INVALID_TERMS'],
    [{ tiers: [tier('BRONZE', '1.00')] }, 'INVALID_TERMS'],
    [{ tiers: [tier('BRONZE', '0'), tier('BRONZE', '5.00')] }, 'INVALID_TERMS'],
    [{ tiers: [tier('BRONZE', '0.001')] }, 'INVALID_TERMS'],
    [{ lotValidityMonths: 0, dryRun: true }, 'INVALID_TERMS'],
  ],
  illText: { effectiveOn: 'INVALID_TERMS', contact: 'INVALID_TERMS' },
  other: () => ({ lotValidityMonths: 25 }),
  kept: { lotValidityMonths: 0 },
  again: 'INVALID_TERMS',
  late: [
    ['2025-06-19T22:00:00.000Z', {}, 'OK'],
    ['2025-06-19T22:00:00.001Z', {}, 'INVALID_TERMS'],
    [NOW, { effectiveOn: '2025-06-17' }, 'OK'],
    [NOW, { tiers: [tier('ONLY', '0')] }, 'OK'],
  ],
};

const objectToTerms: Row = {
  allowed: ['desk', 'cy'],
  input: () => ({ customerId: 'cy', version: 2 }),
  show: MEMBERSHIP,
  unknown: { customerId: 'zoe' },
  refused: () => [
    ...NO_MEMBER,
    [{ customerId: 'eve' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ customerId: 'ada' }, 'TERMS_NOT_OPEN'],
    ...[0, 1, 3, -1, 2 ** 31 - 1].map((version): Refused => [{ version }, 'TERMS_NOT_OPEN']),
  ],
  other: () => ({ version: 3 }),
  kept: { version: 3 },
  again: 'TERMS_NOT_OPEN',
  late: [
    [LAST, {}, 'OK'],
    [OVER, {}, 'TERMS_NOT_OPEN'],
  ],
};

const startCampaign: Row = {
  allowed: ['desk'],
  input: () => ({
    ...{ program: 'EU', code: 'SPRING', kind: 'MULTIPLIER', factor: '1.5', names: NAMES },
    ...{ endsAt: '2025-12-31T23:00:00Z', reason: 'Few orders.' },
  }),
  show: 'campaign { code kind state factor bonus startsAt endsAt conditions { tiers withDiscount } record { reason startedBy } }',
  unknown: { program: 'XX' },
  refused: () => [
    [{ program: 'XX' }, 'PROGRAM_NOT_FOUND'],
    ...['spring', 'S P', '1SPRING', 'S'.repeat(65)].map((code) => invalid({ code })),
    ...[undefined, '1', '1.00', '0', '-1.5', '1.005', '100.01', '1000'].map((factor) =>
      invalid({ factor }),
    ),
    invalid({ bonus: 5 }),
    invalid({ kind: 'BONUS', bonus: 5 }),
    ...[undefined, 0, -1, 1_000_000_001, MAX].map((bonus) =>
      invalid({ kind: 'BONUS', factor: undefined, bonus }),
    ),
    invalid({ kind: 'EXCLUSION' }),
    invalid({ kind: 'EXCLUSION', factor: undefined, capPerOrder: 5 }),
    invalid({ kind: 'EXCLUSION', factor: undefined, capPerMember: 5 }),
    ...[['PLATINUM'], ['gold'], ['GOLD', 'GOLD'], ['']].map((tiers) => invalid({ tiers })),
    ...['-0.01', '0.001', '99999999999999999'].map((minimum) => invalid({ minimum })),
    invalid({ tag: 'x'.repeat(101) }),
    invalid({ tag: ' cnc' }),
    invalid({ startsAt: '2025-06-15T09:59:59.999Z' }),
    invalid({ endsAt: NOW }),
    invalid({ startsAt: '2026-01-01T00:00:00Z' }),
    ...[0, -1, MAX].flatMap((cap) => [
      invalid({ capPerOrder: cap }),
      invalid({ capPerMember: cap }),
    ]),
    ...['', ' ', 'a\u0000b', 'x'.repeat(101)].map((de) => invalid({ names: { ...NAMES, de } })),
    [{ code: 'RUNNING' }, 'CAMPAIGN_CODE_TAKEN'],
    [{ code: 'ENDED' }, 'CAMPAIGN_CODE_TAKEN'],
    [{ reason: TOO_LONG }, 'BAD_USER_INPUT'],
  ],
  illText: { code: 'INVALID_CAMPAIGN', tag: 'INVALID_CAMPAIGN' },
  other: () => ({ factor: '2' }),
  kept: { factor: '1' },
  again: 'CAMPAIGN_CODE_TAKEN',
  late: [
    [NOW, { startsAt: NOW }, 'OK'],
    [NOW, { factor: '1.01', minimum: '0.00', tiers: [] }, 'OK'],
    [NOW, { factor: '100', tag: 'x'.repeat(100), tiers: ['GOLD', 'SILVER'] }, 'OK'],
    [NOW, { kind: 'EXCLUSION', factor: undefined }, 'OK'],
    [NOW, { program: 'TR', code: 'RUNNING' }, 'OK'],
  ],
};

function invalid(change: Readonly<Record<string, unknown>>): Refused {
  return [change, 'INVALID_CAMPAIGN'];
}

const endCampaign: Row = {
  allowed: ['desk'],
  input: () => ({ program: 'EU', code: 'RUNNING', endsAt: '2025-07-01T00:00:00Z' }),
  show: 'campaign { code state startsAt endsAt record { endedBy endedAt } }',
  unknown: { program: 'XX', code: 'NONE' },
  refused: () => [
    [{ program: 'XX' }, 'PROGRAM_NOT_FOUND'],
    [{ program: 'TR' }, 'CAMPAIGN_NOT_FOUND'],
    ...['NONE', 'running', "' or ''='"].map((code): Refused => [{ code }, 'CAMPAIGN_NOT_FOUND']),
    [{ code: 'ENDED' }, 'CAMPAIGN_OVER'],
    [{ code: 'ENDED', endsAt: undefined }, 'CAMPAIGN_OVER'],
    [{ endsAt: '2025-12-31T23:00:00Z' }, 'CAMPAIGN_OVER'],
    [{ endsAt: '2025-06-15T09:59:59.999Z' }, 'INVALID_CAMPAIGN'],
  ],
  other: () => ({ endsAt: '2025-07-02T00:00:00Z' }),
  kept: { code: 'NONE' },
  again: 'CAMPAIGN_OVER',
  late: [
    [NOW, { endsAt: undefined }, 'OK'],
    ['2025-12-31T22:59:59.999Z', { endsAt: undefined }, 'OK'],
    ['2025-12-31T23:00:00.000Z', { endsAt: undefined }, 'CAMPAIGN_OVER'],
  ],
};

const ADJUSTMENT =
  'adjustment { number points reason objection state requestedBy decidedBy note sequence customer { id } }';

const adjustXPoints: Row = {
  allowed: ['desk'],
  input: () => ({ customerId: 'hal', points: 7, reason: 'Goodwill.' }),
  show: ADJUSTMENT,
  unknown: { customerId: 'zoe' },
  refused: () => [
    ...NO_ADJUSTMENT,
    [{ customerId: 'zoe', points: 0 }, 'INVALID_POINTS'],
    ...NO_MEMBER,
    [{ customerId: 'eve' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ reason: TOO_LONG }, 'BAD_USER_INPUT'],
  ],
  other: () => ({ points: 8 }),
  kept: { points: 0 },
  late: [
    [BEFORE, { customerId: 'fay' }, 'NOT_A_MEMBER'],
    [MEMBER, { customerId: 'fay' }, 'OK'],
    [NOW, { customerId: 'sue' }, 'OK'],
    [NOW, { points: -1_000_000_000 }, 'OK'],
    [NOW, { points: 1_000_000_000, reason: 'x'.repeat(500) }, 'OK'],
  ],
};

const decideAdjustment: Row = {
  allowed: ['desk'],
  input: () => ({ customerId: 'hal', number: 1, approve: true, note: 'Seen.' }),
  show: ADJUSTMENT,
  unknown: { customerId: 'zoe', number: 99 },
  refused: () => [
    ...NO_MEMBER,
    // 4 is an objection of his, 1 nobody else's.
    ...[0, -1, 4, 99, 2 ** 31 - 1].map((number): Refused => [{ number }, 'ADJUSTMENT_NOT_FOUND']),
    [{ customerId: 'ada' }, 'ADJUSTMENT_NOT_FOUND'],
    [{ number: 2 }, 'ADJUSTMENT_NOT_REQUESTED'],
    [{ number: 2, approve: false }, 'ADJUSTMENT_NOT_REQUESTED'],
    [{ number: 3 }, 'SAME_PERSON'],
    [{ number: 7 }, 'SAME_PERSON'],
    [{ note: TOO_LONG }, 'BAD_USER_INPUT'],
  ],
  blank: ['note'],
  other: () => ({ approve: false }),
  kept: { number: 99 },
  again: 'ADJUSTMENT_NOT_REQUESTED',
  late: [
    [NOW, { number: 3, approve: false, note: undefined }, 'OK'],
    [NOW, { approve: false, note: 'x'.repeat(500) }, 'OK'],
  ],
};

const OBJECTION =
  'objection { number about state statement raisedBy toldAt objectUntil decidedBy note adjustment customer { id } order { id } }';

const objectToCredit: Row = {
  allowed: ['desk', 'ada'],
  input: () => ({
    ...{ customerId: 'ada', about: 'CREDIT', entrySequence: 1, statement: 'It was more.' },
  }),
  show: OBJECTION,
  unknown: { customerId: 'zoe', entrySequence: 99 },
  refused: ({ code }) => [
    ...NO_MEMBER,
    // 2 holds points.
    ...[0, -1, 2, 99, MAX].map((entrySequence): Refused => [{ entrySequence }, 'CREDIT_NOT_FOUND']),
    [{ customerId: 'cy' }, 'CREDIT_NOT_FOUND'],
    [about('MISSING_CREDIT', { orderId: 'none' }), 'ORDER_NOT_FOUND'],
    [about('MISSING_CREDIT', { orderId: 'first' }), 'ORDER_NOT_FOUND'],
    [about('MISSING_DISCOUNT', { orderId: 'first' }), 'ORDER_NOT_FOUND'],
    [about('DISCOUNT', { discountCode: 'NONE' }), 'DISCOUNT_NOT_FOUND'],
    [about('DISCOUNT', { discountCode: code }), 'DISCOUNT_NOT_FOUND'],
    [{ customerId: 'hal', entrySequence: 2 }, 'OBJECTION_OPEN'],
    [{ entrySequence: undefined }, 'BAD_USER_INPUT'],
    [{ orderId: 'a1' }, 'BAD_USER_INPUT'],
    [{ discountCode: 'A' }, 'BAD_USER_INPUT'],
    [{ about: 'DISCOUNT' }, 'BAD_USER_INPUT'],
    [about('MISSING_CREDIT', { discountCode: 'A' }), 'BAD_USER_INPUT'],
    [about('MISSING_DISCOUNT', {}), 'BAD_USER_INPUT'],
    [{ statement: 'x'.repeat(2001) }, 'BAD_USER_INPUT'],
  ],
  other: () => ({ statement: 'It was less.' }),
  kept: { entrySequence: 99 },
  again: 'OBJECTION_OPEN',
  late: [
    [LAST, { customerId: 'hal' }, 'OK'],
    [OVER, { customerId: 'hal' }, 'OBJECTION_TOO_LATE'],
    // She was never told.
    [OVER, {}, 'OK'],
    [NOW, about('MISSING_CREDIT', { orderId: 'open' }), 'OK'],
    [NOW, { statement: 'x'.repeat(2000) }, 'OK'],
  ],
};

function about(what: string, names: Readonly<Record<string, unknown>>) {
  return { about: what, entrySequence: undefined, ...names };
}

const decideObjection: Row = {
  allowed: ['desk'],
  input: () => ({ customerId: 'hal', number: 4, points: 7, note: 'It was.' }),
  show: OBJECTION,
  unknown: { customerId: 'zoe', number: 99 },
  refused: () => [
    ...NO_ADJUSTMENT,
    [{ customerId: 'zoe', points: 0 }, 'INVALID_POINTS'],
    ...NO_MEMBER,
    // 1 is an adjustment of his.
    ...[0, -1, 1, 99, 2 ** 31 - 1].map((number): Refused => [{ number }, 'OBJECTION_NOT_FOUND']),
    [{ customerId: 'ada' }, 'OBJECTION_NOT_FOUND'],
    [{ number: 5 }, 'OBJECTION_NOT_OPEN'],
    [{ number: 6 }, 'OBJECTION_NOT_OPEN'],
    [{ number: 6, points: undefined }, 'OBJECTION_NOT_OPEN'],
    [{ note: TOO_LONG }, 'BAD_USER_INPUT'],
  ],
  other: () => ({ points: 8 }),
  kept: { number: 99 },
  again: 'OBJECTION_NOT_OPEN',
  late: [
    [NOW, { points: undefined }, 'OK'],
    [NOW, { points: -7 }, 'OK'],
    [NOW, { points: 10_001, note: 'x'.repeat(500) }, 'OK'],
  ],
};

/** Of what the desk publishes, runs, adjusts and answers. */
export const DESK_ROWS: Readonly<Record<string, Row>> = {
  publishTerms,
  objectToTerms,
  startCampaign,
  endCampaign,
  adjustXPoints,
  decideAdjustment,
  objectToCredit,
  decideObjection,
};
