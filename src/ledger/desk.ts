import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';

/** What somebody decided, and what they said of it. */
export interface Decision {
  readonly at: Instant;
  readonly by: string;
  readonly note: string | null;
}

/** Points that the rewards desk gives or takes, with a reason; above a limit a second person approves it. */
export interface Adjustment {
  readonly accountId: string;
  /** Of the account's adjustments, objections, claims and voidings. */
  readonly number: number;
  /** Below 0 where points are taken. */
  readonly points: Points;
  readonly reason: string;
  /** The objection it answers (R8.2); null for none. */
  readonly objection: number | null;
  readonly state: 'REQUESTED' | 'BOOKED' | 'DECLINED';
  readonly requestedBy: string;
  readonly requestedAt: Instant;
  /** Who booked or declined it. */
  readonly decision: Decision | null;
  /** The entry that booked it. */
  readonly sequence: number | null;
}

/** What an objection is about (R8.2). */
export const OBJECTION_ABOUTS = {
  CREDIT: 'A credit that is wrong.',
  MISSING_CREDIT: 'A credit that is missing.',
  DISCOUNT: 'A discount that is wrong.',
  MISSING_DISCOUNT: 'A discount that is missing.',
} as const;
export type ObjectionAbout = keyof typeof OBJECTION_ABOUTS;

/** A member's objection to a credit or a discount, wrong or missing (R8.2). */
export interface Objection {
  readonly accountId: string;
  readonly number: number;
  readonly about: ObjectionAbout;
  /** The entry of the credit. */
  readonly sequence: number | null;
  readonly orderId: string | null;
  readonly discountCode: string | null;
  readonly statement: string;
  readonly state: 'OPEN' | 'REJECTED' | 'CORRECTED';
  readonly raisedBy: string;
  readonly raisedAt: Instant;
  readonly decision: Decision | null;
  /** The adjustment that corrects it. */
  readonly adjustment: number | null;
}

/** Money claimed back from a member whose points or discount were voided after they had paid (R8.1). */
export interface Claim {
  /** The member it is against. */
  readonly accountId: string;
  readonly number: number;
  /** Who redeemed: the member, or a colleague whom the points were transferred to. */
  readonly redeemerId: string;
  /** The redeemer's redemption; null for a discount. */
  readonly redemption: number | null;
  /** The redeemer's lots that it drew on and that were voided. */
  readonly lots: readonly { readonly lot: number; readonly points: Points }[];
  readonly orderId: string;
  /** The discount that was used; null for points. */
  readonly discountCode: string | null;
  /** 0 for a discount. */
  readonly points: Points;
  /** What they paid, in minor units of `currency`. */
  readonly minor: bigint;
  readonly currency: string;
  readonly reason: string;
  readonly state: 'OPEN' | 'SETTLED' | 'WAIVED';
  readonly openedBy: string;
  readonly openedAt: Instant;
  readonly decision: Decision | null;
  /** What was left of `minor` when it was settled or waived; null while it is open. */
  readonly decidedMinor: bigint | null;
}

/** What the rewards desk took away for abuse (R8.1): who, when and why. */
export interface Voiding {
  /** The member whose lots or code it was; of a referral the referrer. */
  readonly accountId: string;
  /** Of the account's adjustments, objections, claims and voidings. */
  readonly number: number;
  readonly kind: 'LOTS' | 'REFERRAL' | 'DISCOUNT';
  /** The referred customer of a referral; null elsewhere. */
  readonly refereeId: string | null;
  /** The code that was voided, of a referral the referred customer's; null where none was. */
  readonly discountCode: string | null;
  /** Every lot that was voided, also where points had been transferred to, with what was unspent of it. */
  readonly lots: readonly {
    readonly accountId: string;
    readonly lot: number;
    readonly points: Points;
  }[];
  readonly reason: string;
  readonly voidedBy: string;
  readonly voidedAt: Instant;
}
