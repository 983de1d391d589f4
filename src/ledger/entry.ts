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

/** How points of an order were computed: bracket by bracket, all amounts minor units in text. */
export interface Arithmetic {
  readonly turnoverBefore: string;
  readonly base: string;
  readonly brackets: readonly {
    readonly tier: string;
    readonly base: string;
    readonly pointsPerUnit: number;
  }[];
  /** Whole points, after rounding the sum of the brackets down once (R3.4). */
  readonly points: Points;
  /** For a reversal: what had been credited before it. */
  readonly creditedBefore?: Points;
}
