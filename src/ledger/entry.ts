import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { PointState } from './lot';

/** Why a balance changed. */
export const ENTRY_KINDS = {
  CREDITED:
    'An order was paid and delivered (with 0 points: turnover alone changed), or a referral was rewarded.',
  REDEEMED: 'Points paid (part of) an order at once.',
  HELD: 'Points were set aside for an order; they can be captured or released.',
  CAPTURED: 'Held points paid their order; what was not needed came back.',
  RELEASED: 'A hold was given back.',
  LAPSED: 'A hold that nobody decided gave itself back.',
  RETURNED: 'An order costs less or was cancelled: what exceeds it came back.',
  REVERSED:
    'Credited points were taken back: their order was cancelled, or their referral does not count.',
  EXPIRED: 'A lot reached the end of its validity.',
  FORFEITED: 'The membership ended; the points are gone.',
  TRANSFERRED_OUT: 'Points moved to a colleague.',
  TRANSFERRED_IN: 'Points came from a colleague.',
  VOIDED: 'The rewards desk took points away for abuse.',
} as const;
export type EntryKind = keyof typeof ENTRY_KINDS;

/** One step of points inside one lot, from where they were to where they are now. */
export interface Allocation {
  /** 0, 1, 2 … within the entry. */
  readonly ordinal: number;
  readonly lot: number;
  /** The redemption the points were or are for. */
  readonly redemption: number | null;
  readonly from: PointState | 'ISSUED';
  readonly to: PointState;
  /** More than 0. */
  readonly points: Points;
}

/** One change of an account, written once and never changed (L1). */
export interface Entry {
  /** 1, 2, 3 … per account, without gaps (L2). */
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly availableChange: Points;
  readonly heldChange: Points;
  readonly owedChange: Points;
  /** Minor units of the program's currency. */
  readonly turnoverChange: bigint;
  readonly availableAfter: Points;
  readonly heldAfter: Points;
  readonly owedAfter: Points;
  readonly turnoverAfter: bigint;
  /** When it became true: for a lapse or an expiry its due instant. */
  readonly occurredAt: Instant;
  /** When it was written. */
  readonly recordedAt: Instant;
  readonly orderId: string | null;
  readonly redemption: number | null;
  readonly termsVersion: number;
  /** What asked for it: `event <source> <id>`, `<operation> <idempotency key>`, or `due`. */
  readonly cause: string;
  /** Who asked: `customer:<id>`, `service:<sub>`, `desk:<sub>`, `platform` or `system`. */
  readonly actor: string;
  /** The arithmetic that led to a credit or a reversal; null elsewhere. */
  readonly arithmetic: Arithmetic | null;
  readonly allocations: readonly Allocation[];
}

/** How the points of an entry came about; what `type` it is says what was computed. Amounts are minor units in text. */
export type Arithmetic =
  | OrderArithmetic
  | CampaignArithmetic
  | ReferralArithmetic
  | AdjustmentArithmetic
  | VoidArithmetic;

/** Points of an order by the terms, bracket by bracket (R3.3). */
export interface OrderArithmetic {
  readonly type: 'ORDER';
  readonly turnoverBefore: string;
  readonly base: string;
  readonly brackets: readonly {
    readonly tier: string;
    readonly base: string;
    readonly pointsPerUnit: number;
  }[];
  /** The sum of the brackets before it is rounded down once, as a decimal (R3.4). */
  readonly exact: string;
  /** Whole points, after rounding; 0 where a campaign excludes the order. */
  readonly points: Points;
  /** For a reversal: what had been credited before it. */
  readonly creditedBefore?: Points;
  /** Code of the campaign that excludes the order (R1.5). */
  readonly excludedBy?: string;
}

/** Points of a campaign for an order (R1.5). */
export interface CampaignArithmetic {
  readonly type: 'CAMPAIGN';
  readonly campaign: string;
  readonly kind: 'MULTIPLIER' | 'BONUS';
  /** MULTIPLIER: 150 for one and a half times the plain points. */
  readonly factorPercent: number | null;
  /** What the terms alone give for the order. */
  readonly plainPoints: Points;
  readonly base: string;
  /** Before rounding down, limits applied, as a decimal. */
  readonly exact: string;
  /** Whether a limit of the campaign made it less. */
  readonly isCapped: boolean;
  readonly points: Points;
  readonly creditedBefore?: Points;
}

/** The bonus of a referral: that of the tier the referrer held (R5.3). */
export interface ReferralArithmetic {
  readonly type: 'REFERRAL';
  readonly tier: string;
  readonly points: Points;
  readonly creditedBefore?: Points;
}

/** What the rewards desk set right (R8.2). */
export interface AdjustmentArithmetic {
  readonly type: 'ADJUSTMENT';
  /** The member's adjustment number, and the objection it answers. */
  readonly adjustment: number;
  readonly objection: number | null;
  /** Below 0 where points were taken. */
  readonly points: Points;
}

/** What was taken away for abuse (R8.1). */
export interface VoidArithmetic {
  readonly type: 'VOID';
  readonly points: Points;
}
