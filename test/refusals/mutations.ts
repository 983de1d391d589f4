import { claimId } from '../../src/abuse/claim';
import { lotId } from '../../src/ledger/lot.graphql';
import { redemptionId } from '../../src/ledger/redemption';
import { type ActorName, NOW, type World } from './world';

type Known = World['known'];
type Fields = Readonly<Record<string, unknown>>;

/** What is asked instead of a good input, and the code it is answered with. */
export type Refused = readonly [change: Fields, code: string];
/** The same at an instant of its own; OK where it is accepted, to show that the limit lies there. */
export type Late = readonly [at: string, change: Fields, code: string];

/** What one mutation has to refuse. A change that is undefined leaves the field out. */
export interface Row {
  readonly allowed: readonly [ActorName, ...ActorName[]];
  /** Accepted, but for the key, from whoever is allowed first. */
  readonly input: (known: Known) => Fields;
  /** What of a success is asked for. */
  readonly show: string;
  /** Ids that nobody has: whoever is not allowed learns nothing by them. */
  readonly unknown: Fields;
  readonly refused: (known: Known) => readonly Refused[];
  /** Text that is none is BAD_USER_INPUT, but in these fields. */
  readonly illText?: Readonly<Record<string, string>>;
  /** Fields in which blank text is none at all. */
  readonly blank?: readonly string[];
  /** Another input under the same key; absent where the key's account is all the input there is. */
  readonly other?: (known: Known) => Fields;
  /** Refused, and the refusal is kept under its key. */
  readonly kept?: Fields;
  /** Keys are each asker's own, not the member's. */
  readonly keysOfAsker?: true;
  /** What the same input under a new key is refused with, once it was accepted. */
  readonly again?: string;
  readonly late?: readonly Late[];
}

export const MAX = Number.MAX_SAFE_INTEGER;
export const MEMBERSHIP = 'membership { state } forfeited customer { id xPoints { sequence } }';
const REDEMPTION =
  'redemption { id state held captured } balance { sequence available held } order { id }';
const TRANSFER = 'transfer { id state points reason evidence from { id } to { id } note }';
/** Ada's lot, and bo's code, are of 15 June 2025: these are the last instant they are good, and the first after. */
const [LAST, OVER] = ['2026-06-15T21:59:59.999Z', '2026-06-15T22:00:00.000Z'];
/** Ada's hold is for an hour. */
const [HELD, LAPSED] = ['2025-06-15T10:59:59.999Z', '2025-06-15T11:00:00.000Z'];
/** Fay is a member from the first of July on. */
export const [BEFORE, MEMBER] = ['2025-06-30T23:59:59.999Z', '2025-07-01T00:00:00.000Z'];

export const NO_POINTS: readonly Refused[] = [0, -0, -1, -MAX].map((points) => [
  { points },
  'INVALID_POINTS',
]);
export const NO_MEMBER: readonly Refused[] = ['zoe', 'fay', 'ADA'].map((id) => [
  { customerId: id },
  'NOT_A_MEMBER',
]);

const redeemXPoints: Row = {
  allowed: ['desk', 'ada'],
  input: () => ({ customerId: 'ada', orderId: 'open', points: 10 }),
  show: REDEMPTION,
  unknown: { customerId: 'zoe', orderId: 'none' },
  refused: () => [
    ...NO_POINTS,
    ...[-(2 ** 31), -1, 0, 59, 7_776_001, 2 ** 31 - 1].map(
      (seconds): Refused => [{ hold: { seconds } }, 'INVALID_HOLD_TIME'],
    ),
    ...NO_MEMBER,
    [{ customerId: 'sue', orderId: 'sued' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ customerId: 'eve' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ orderId: 'none' }, 'ORDER_NOT_FOUND'],
    [{ orderId: 'first' }, 'ORDER_NOT_FOUND'],
    [{ orderId: 'a1' }, 'ORDER_NOT_OPEN'],
    [{ orderId: 'lira' }, 'CURRENCY_MISMATCH'],
    [{ orderId: 'dear', points: 31 }, 'EXCEEDS_ORDER_VALUE'],
    [{ points: MAX }, 'EXCEEDS_ORDER_VALUE'],
    [{ points: 81 }, 'INSUFFICIENT_X_POINTS'],
  ],
  other: () => ({ points: 11 }),
  kept: { points: 0 },
  late: [
    [LAST, {}, 'OK'],
    [OVER, {}, 'INSUFFICIENT_X_POINTS'],
    [NOW, { hold: { seconds: 60 } }, 'OK'],
    [NOW, { hold: { seconds: 7_776_000 } }, 'OK'],
    [NOW, { points: 80 }, 'OK'],
  ],
};

const HOLD: Pick<Row, 'allowed' | 'show' | 'unknown' | 'illText'> = {
  allowed: ['service', 'desk'],
  show: REDEMPTION,
  unknown: { redemptionId: 'none' },
  illText: { redemptionId: 'REDEMPTION_NOT_FOUND' },
};
const noHolds = ({ hold, decided }: Known): Refused[] => [
  ...[
    'none',
    redemptionId('zoe', 1),
    redemptionId('ada', 1),
    redemptionId('ada', MAX),
    redemptionId('ada', -1),
    redemptionId('ada', 2 ** 53),
    redemptionId('ada', 1.5),
    `${hold}=`,
    `${hold}A`,
  ].map((id): Refused => [{ redemptionId: id }, 'REDEMPTION_NOT_FOUND']),
  [{ redemptionId: decided }, 'REDEMPTION_NOT_HELD'],
];

const captureRedemption: Row = {
  ...HOLD,
  input: ({ hold }) => ({ redemptionId: hold, points: 5 }),
  refused: (known) => [
    ...NO_POINTS,
    [{ redemptionId: 'none', points: 0 }, 'INVALID_POINTS'],
    ...noHolds(known),
    [{ points: 21 }, 'EXCEEDS_HOLD'],
    [{ points: MAX }, 'EXCEEDS_HOLD'],
  ],
  other: () => ({ points: 6 }),
  kept: { points: 21 },
  again: 'REDEMPTION_NOT_HELD',
  late: [
    [HELD, {}, 'OK'],
    [LAPSED, {}, 'REDEMPTION_NOT_HELD'],
    [NOW, { points: 20 }, 'OK'],
  ],
};

const releaseRedemption: Row = {
  ...HOLD,
  input: ({ hold }) => ({ redemptionId: hold }),
  refused: noHolds,
  other: ({ decided }) => ({ redemptionId: decided }),
  kept: { redemptionId: redemptionId('ada', MAX) },
  again: 'REDEMPTION_NOT_HELD',
  late: [
    [HELD, {}, 'OK'],
    [LAPSED, {}, 'REDEMPTION_NOT_HELD'],
  ],
};

const suspendMember: Row = {
  allowed: ['desk'],
  input: () => ({ customerId: 'ada', reason: 'Looks odd.' }),
  show: MEMBERSHIP,
  unknown: { customerId: 'zoe' },
  refused: () => [
    ...NO_MEMBER,
    [{ customerId: 'sue' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ customerId: 'eve' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ reason: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  other: () => ({ reason: 'Looks very odd.' }),
  again: 'MEMBERSHIP_NOT_ACTIVE',
  late: [
    [BEFORE, { customerId: 'fay' }, 'NOT_A_MEMBER'],
    [MEMBER, { customerId: 'fay' }, 'OK'],
    [NOW, { reason: 'x'.repeat(500) }, 'OK'],
  ],
};

const reinstateMember: Row = {
  allowed: ['desk'],
  input: () => ({ customerId: 'sue' }),
  show: MEMBERSHIP,
  unknown: { customerId: 'zoe' },
  refused: () => [
    ...NO_MEMBER,
    [{ customerId: 'ada' }, 'MEMBERSHIP_NOT_SUSPENDED'],
    [{ customerId: 'eve' }, 'MEMBERSHIP_NOT_SUSPENDED'],
  ],
  again: 'MEMBERSHIP_NOT_SUSPENDED',
};

const leaveRewards: Row = {
  allowed: ['ada', 'desk'],
  input: () => ({ customerId: 'ada', forfeits: 100 }),
  show: MEMBERSHIP,
  unknown: { customerId: 'zoe' },
  refused: () =>
    [99, 101, 80, 0, -1, -100, MAX, -MAX].map((forfeits) => [{ forfeits }, 'FORFEITURE_CHANGED']),
  other: () => ({ forfeits: 99 }),
  kept: { forfeits: 99 },
  again: 'MEMBERSHIP_NOT_ACTIVE',
  late: [
    [LAST, {}, 'OK'],
    [OVER, {}, 'FORFEITURE_CHANGED'],
  ],
};

const terminateMember: Row = {
  allowed: ['desk'],
  input: () => ({ customerId: 'ada', reason: 'It did not work out.' }),
  show: MEMBERSHIP,
  unknown: { customerId: 'zoe' },
  refused: () => [
    ...NO_MEMBER,
    [{ customerId: 'fay', goodCause: true }, 'NOT_A_MEMBER'],
    [{ customerId: 'eve' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ customerId: 'eve', goodCause: true }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ reason: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  other: () => ({ goodCause: true }),
  again: 'MEMBERSHIP_NOT_ACTIVE',
  late: [
    [BEFORE, { customerId: 'fay' }, 'NOT_A_MEMBER'],
    [MEMBER, { customerId: 'fay' }, 'OK'],
  ],
};

const applyDiscountCode: Row = {
  allowed: ['desk', 'bo'],
  input: ({ code }) => ({ customerId: 'bo', orderId: 'first', code }),
  show: 'amount { amount currency } discountCode { code state } order { id }',
  unknown: { customerId: 'zoe', orderId: 'none', code: 'NONE' },
  refused: ({ code }) => [
    ...NO_MEMBER,
    [{ customerId: 'sue', orderId: 'sued' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ customerId: 'eve' }, 'MEMBERSHIP_NOT_ACTIVE'],
    [{ orderId: 'none' }, 'ORDER_NOT_FOUND'],
    [{ orderId: 'open' }, 'ORDER_NOT_FOUND'],
    [{ customerId: 'ada', orderId: 'a1' }, 'ORDER_NOT_OPEN'],
    [{ orderId: 'liras' }, 'CURRENCY_MISMATCH'],
    [{ code: 'NONE' }, 'DISCOUNT_NOT_FOUND'],
    [{ code: `${code}A` }, 'DISCOUNT_NOT_FOUND'],
    [{ code: "' or ''='" }, 'DISCOUNT_NOT_FOUND'],
    [{ code: 'X'.repeat(64) }, 'DISCOUNT_NOT_FOUND'],
    [{ code: 'X'.repeat(65) }, 'BAD_USER_INPUT'],
    [{ customerId: 'ada', orderId: 'open' }, 'DISCOUNT_NOT_FOUND'],
  ],
  other: () => ({ code: 'NONE' }),
  kept: { code: 'NONE' },
  again: 'DISCOUNT_ALREADY_USED',
  late: [
    [LAST, {}, 'OK'],
    [OVER, {}, 'DISCOUNT_EXPIRED'],
  ],
};

const WISH: Pick<Row, 'input' | 'show' | 'unknown' | 'blank' | 'other' | 'kept' | 'late'> = {
  input: () => ({ fromId: 'ada', toId: 'bo', points: 5, reason: 'OTHER', evidence: 'Mail.' }),
  show: TRANSFER,
  unknown: { fromId: 'zoe', toId: 'yan' },
  blank: ['evidence'],
  other: () => ({ points: 6 }),
  kept: { points: 81 },
  late: [
    [LAST, {}, 'OK'],
    [OVER, {}, 'INSUFFICIENT_X_POINTS'],
    [BEFORE, { toId: 'fay' }, 'NOT_A_MEMBER'],
    [MEMBER, { toId: 'fay' }, 'OK'],
    [NOW, { evidence: 'x'.repeat(2000) }, 'OK'],
    [NOW, { points: 80 }, 'OK'],
  ],
};
const WISHES_REFUSED: readonly Refused[] = [
  ...NO_POINTS,
  [{ toId: 'fay' }, 'NOT_A_MEMBER'],
  [{ toId: 'ada' }, 'SAME_ACCOUNT'],
  [{ toId: 'sue' }, 'MEMBERSHIP_NOT_ACTIVE'],
  [{ toId: 'eve' }, 'MEMBERSHIP_NOT_ACTIVE'],
  [{ toId: 'tom' }, 'DIFFERENT_PROGRAM'],
  [{ toId: 'cy' }, 'DIFFERENT_ORGANIZATION'],
  [{ toId: 'di' }, 'DIFFERENT_BILLING_ACCOUNT'],
  [{ points: 81 }, 'INSUFFICIENT_X_POINTS'],
  [{ points: MAX }, 'INSUFFICIENT_X_POINTS'],
  [{ evidence: 'x'.repeat(2001) }, 'BAD_USER_INPUT'],
];

const requestXPointsTransfer: Row = {
  ...WISH,
  allowed: ['ada', 'bo'],
  keysOfAsker: true,
  // Whoever names an id that is none is neither giver nor receiver.
  illText: { fromId: 'FORBIDDEN' },
  refused: () => [
    ...WISHES_REFUSED,
    [{ toId: 'zoe' }, 'DIFFERENT_ORGANIZATION'],
    [{ toId: 'zoe', points: MAX }, 'DIFFERENT_ORGANIZATION'],
    [{ fromId: 'cy', toId: 'ada' }, 'DIFFERENT_ORGANIZATION'],
    [{ fromId: 'zoe', toId: 'ada' }, 'DIFFERENT_ORGANIZATION'],
    [{ fromId: 'cy', toId: 'bo' }, 'FORBIDDEN'],
    [{ fromId: 'bo', toId: 'zoe' }, 'FORBIDDEN'],
  ],
};

const transferXPoints: Row = {
  ...WISH,
  allowed: ['desk'],
  refused: () => [
    ...WISHES_REFUSED,
    [{ toId: 'zoe' }, 'NOT_A_MEMBER'],
    [{ fromId: 'zoe' }, 'NOT_A_MEMBER'],
    [{ fromId: 'zoe', toId: 'zoe' }, 'NOT_A_MEMBER'],
    [{ fromId: 'cy', toId: 'bo' }, 'DIFFERENT_ORGANIZATION'],
    [{ fromId: 'bo', toId: 'ada' }, 'INSUFFICIENT_X_POINTS'],
    [{ fromId: 'bo', toId: 'ada', points: undefined }, 'INSUFFICIENT_X_POINTS'],
  ],
};

const decideXPointsTransfer: Row = {
  allowed: ['desk'],
  input: ({ transfer }) => ({ transferId: transfer, approve: true, note: 'Seen.' }),
  show: TRANSFER,
  unknown: { transferId: 'none' },
  refused: ({ transfer, rejected }) => [
    ...['none', '00000000-0000-4000-8000-000000000000', transfer.toUpperCase(), "' or ''='"].map(
      (transferId): Refused => [{ transferId }, 'TRANSFER_NOT_FOUND'],
    ),
    [{ transferId: rejected }, 'TRANSFER_NOT_REQUESTED'],
    [{ transferId: rejected, approve: false }, 'TRANSFER_NOT_REQUESTED'],
    [{ note: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  illText: { transferId: 'TRANSFER_NOT_FOUND' },
  blank: ['note'],
  other: () => ({ approve: false }),
  again: 'TRANSFER_NOT_REQUESTED',
  late: [
    [LAST, {}, 'OK'],
    [OVER, {}, 'INSUFFICIENT_X_POINTS'],
    [OVER, { approve: false }, 'OK'],
  ],
};

const discontinueProgram: Row = {
  allowed: ['desk'],
  input: () => ({ program: 'EU', endsOn: '2025-12-31', reason: 'It did not work out.' }),
  show: 'ending { endsAt redeemUntil members done finishedAt }',
  unknown: { program: 'XX' },
  refused: () => [
    [{ program: 'XX' }, 'PROGRAM_NOT_FOUND'],
    ...[
      ...['2025-06-14', '0000-01-01', '0001-01-01', '1970-01-01', '2025-02-30', '2025-13-01'],
      ...['2025-2-3', '2025-12-31T00:00:00Z', '20251231', 'tomorrow', '10000-01-01'],
      ...['+010000-01-01', '9999-12-31', '9999-10-01', '-271821-04-20', '', '   ', ' 2025-12-31'],
    ].map((endsOn): Refused => [{ endsOn }, 'INVALID_END_DATE']),
    [{ goodCause: true }, 'BAD_USER_INPUT'],
    [{ endsOn: undefined }, 'INVALID_END_DATE'],
    [{ endsOn: null }, 'INVALID_END_DATE'],
    [{ reason: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  illText: { endsOn: 'INVALID_END_DATE' },
  other: () => ({ reason: 'It did work out.' }),
  late: [
    ['2025-06-15T21:59:59.999Z', { endsOn: '2025-06-15' }, 'OK'],
    ['2025-06-15T22:00:00.000Z', { endsOn: '2025-06-15' }, 'INVALID_END_DATE'],
    [NOW, { endsOn: '9999-09-30' }, 'OK'],
  ],
};

const reviewReferral: Row = {
  allowed: ['desk'],
  input: () => ({ refereeId: 'bo', accept: false, note: 'The same person.' }),
  show: 'referral { state bonus lastReview { note } referee { id } referrer { id } }',
  unknown: { refereeId: 'zoe' },
  refused: () => [
    ...['zoe', 'ada', 'cy', 'fay'].map(
      (refereeId): Refused => [{ refereeId }, 'REFERRAL_NOT_FOUND'],
    ),
    [{ refereeId: 'ron' }, 'REFERRAL_NOT_REVIEWABLE'],
    [{ note: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  other: () => ({ accept: true }),
  again: 'REFERRAL_NOT_REVIEWABLE',
};

const replayWebhooks: Row = {
  allowed: ['desk'],
  input: () => ({
    ...{ endpoint: 'platform', customerId: 'ada', fromNumber: 1 },
    reason: 'They lost it.',
  }),
  show: 'replayed more',
  unknown: { endpoint: 'nobody', customerId: 'zoe' },
  refused: () => [
    ...[0, -1, -MAX].map((fromNumber): Refused => [{ fromNumber }, 'BAD_USER_INPUT']),
    [{ deadLetters: true }, 'BAD_USER_INPUT'],
    [{ fromNumber: undefined }, 'BAD_USER_INPUT'],
    [{ customerId: undefined }, 'BAD_USER_INPUT'],
    [{ reason: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
    [{ endpoint: 'nobody' }, 'ENDPOINT_NOT_FOUND'],
    [{ endpoint: 'Platform' }, 'ENDPOINT_NOT_FOUND'],
    [{ fromNumber: MAX }, 'NOTHING_TO_REPLAY'],
    [{ customerId: 'zoe' }, 'NOTHING_TO_REPLAY'],
    [{ fromNumber: undefined, deadLetters: true }, 'NOTHING_TO_REPLAY'],
    [{ customerId: undefined, fromNumber: undefined, deadLetters: true }, 'NOTHING_TO_REPLAY'],
  ],
  other: () => ({ fromNumber: 2 }),
  kept: { fromNumber: MAX },
  late: [[NOW, { reason: 'x'.repeat(500) }, 'OK']],
};

const resendNotification: Row = {
  allowed: ['desk'],
  input: () => ({ customerId: 'ada', number: 1 }),
  show: 'customerId number',
  unknown: { customerId: 'zoe' },
  refused: () => [
    ...[0, -1, -MAX, MAX].map((number): Refused => [{ number }, 'NOTIFICATION_NOT_FOUND']),
    [{ customerId: 'zoe' }, 'NOTIFICATION_NOT_FOUND'],
    [{ customerId: 'ADA' }, 'NOTIFICATION_NOT_FOUND'],
    [{ customerId: 'bo' }, 'NOTIFICATION_NOT_GIVEN_UP'],
  ],
  other: () => ({ number: 2 }),
  kept: { number: MAX },
  again: 'NOTIFICATION_NOT_GIVEN_UP',
};

const VOIDED =
  'voiding { kind points reason by at lots { customerId lotNumber points } } claims { id state }';
const VOIDING: Pick<Row, 'allowed' | 'show' | 'other' | 'again'> = {
  allowed: ['desk'],
  show: VOIDED,
  other: () => ({ reason: 'Other abuse.' }),
  again: 'ALREADY_VOIDED',
};

const voidXPointsLots: Row = {
  ...VOIDING,
  input: () => ({ customerId: 'ada', lots: ['1'], reason: 'Abuse.' }),
  unknown: { customerId: 'zoe', lots: ['9'] },
  refused: () => [
    ...NO_MEMBER,
    ...[['2'], ['1', '2'], ['0'], ['-1'], [''], ['a\u0000b'], [`${MAX}`], [lotId('bo', 1)]].map(
      (lots): Refused => [{ lots }, 'LOT_NOT_FOUND'],
    ),
    [{ customerId: 'eve' }, 'LOT_NOT_FOUND'],
    [{ customerId: 'gus' }, 'ALREADY_VOIDED'],
    [{ lots: [] }, 'BAD_USER_INPUT'],
    [{ lots: Array(101).fill('1') }, 'LIST_TOO_LONG'],
    [{ reason: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  kept: { lots: ['2'] },
  late: [
    [OVER, {}, 'OK'],
    [NOW, { lots: [lotId('ada', 1)] }, 'OK'],
    [BEFORE, { customerId: 'fay' }, 'NOT_A_MEMBER'],
    [MEMBER, { customerId: 'fay' }, 'LOT_NOT_FOUND'],
  ],
};

const voidReferral: Row = {
  ...VOIDING,
  input: () => ({ refereeId: 'bo', reason: 'Abuse.' }),
  unknown: { refereeId: 'zoe' },
  refused: () => [
    ...['zoe', 'ada', 'cy', 'fay'].map(
      (refereeId): Refused => [{ refereeId }, 'REFERRAL_NOT_FOUND'],
    ),
    [{ reason: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  late: [[NOW, { refereeId: 'ron' }, 'OK']],
};

const voidDiscount: Row = {
  ...VOIDING,
  input: ({ code }) => ({ customerId: 'bo', code, reason: 'Abuse.' }),
  unknown: { customerId: 'zoe', code: 'NONE' },
  refused: ({ code }) => [
    ...NO_MEMBER,
    ...['NONE', `${code}A`, "' or ''='"].map(
      (other): Refused => [{ code: other }, 'DISCOUNT_NOT_FOUND'],
    ),
    [{ customerId: 'ada' }, 'DISCOUNT_NOT_FOUND'],
    [{ code: 'X'.repeat(65) }, 'BAD_USER_INPUT'],
    [{ reason: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  kept: { code: 'NONE' },
  late: [[OVER, {}, 'OK']],
};

const settleClaim: Row = {
  allowed: ['desk'],
  input: ({ claim }) => ({ claimId: claim, note: 'Paid.' }),
  show: 'claim { id state decidedAmount { amount } decidedBy decidedAt note }',
  unknown: { claimId: 'none' },
  refused: ({ claim, waived }) => [
    ...['none', `${claim}=`, `${claim}A`, claimId('gus', 99), claimId('zoe', 1)].map(
      (id): Refused => [{ claimId: id }, 'CLAIM_NOT_FOUND'],
    ),
    [{ claimId: waived }, 'CLAIM_NOT_OPEN'],
    [{ note: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ],
  illText: { claimId: 'CLAIM_NOT_FOUND' },
  other: () => ({ note: 'Paid in part.' }),
  again: 'CLAIM_NOT_OPEN',
};

/** By mutation: every one of the schema has a row here or in desk-mutations.ts. */
export const ROWS: Readonly<Record<string, Row>> = {
  redeemXPoints,
  captureRedemption,
  releaseRedemption,
  suspendMember,
  reinstateMember,
  leaveRewards,
  terminateMember,
  applyDiscountCode,
  requestXPointsTransfer,
  transferXPoints,
  decideXPointsTransfer,
  discontinueProgram,
  reviewReferral,
  voidXPointsLots,
  voidReferral,
  voidDiscount,
  settleClaim,
  waiveClaim: settleClaim,
  replayWebhooks,
  resendNotification,
};
