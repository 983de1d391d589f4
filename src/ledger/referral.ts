import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';

/** WAITING for a completed order; then REWARDED, or LOST for good (R5.3). REJECTED: never counts (R5.5). VOIDED: for abuse, for good (R8.1). */
export type ReferralState = 'WAITING' | 'REWARDED' | 'LOST' | 'REJECTED' | 'VOIDED';

/** Why a referral is looked at by the desk (R5.5). */
export const REFERRAL_FLAGS = {
  SAME_EMAIL: "The e-mail, normalised, is the referrer's: rejected.",
  SAME_PHONE: 'The same phone as the referrer.',
  SAME_PAYMENT: 'The same payment fingerprint as the referrer.',
  BURST: 'One of many registrations by this referrer in a short time.',
  REGISTERED_BEFORE: 'A customer with this e-mail had registered before.',
} as const;
export type ReferralFlag = keyof typeof REFERRAL_FLAGS;

/** That one customer referred another. One per referred customer, whatever becomes of it. */
export interface Referral {
  /** The referred customer. */
  readonly refereeId: string;
  readonly referrerId: string;
  /** The code of the link it came through. */
  readonly code: string;
  readonly state: ReferralState;
  readonly flags: readonly ReferralFlag[];
  readonly registeredAt: Instant;
  /** The order that qualified; while REJECTED the one that would have. */
  readonly orderId: string | null;
  /** The referrer's lot of the bonus, and how much of it was taken back. */
  readonly lot: number | null;
  readonly bonus: Points;
  readonly reversed: Points;
  /** The terms the bonus was granted under (R1.4); null while there is none. */
  readonly termsVersion: number | null;
  /** When it was rewarded, lost or rejected last. */
  readonly decidedAt: Instant | null;
  /** The desk's last decision on it. */
  readonly review: {
    readonly at: Instant;
    readonly by: string;
    readonly note: string;
  } | null;
}

/** What is compared when somebody registers through a link. */
export interface ReferralSignals {
  /** Registrations through the referrer's links in the last 24 hours, this one not counted. */
  readonly recent: number;
  /** Whether a customer with the same normalised e-mail had registered before. */
  readonly registeredBefore: boolean;
}

/** From the how-manieth registration within 24 hours on a referrer's are flagged as a burst. */
export const BURST_FROM = 5;
