import { formatDecimal } from '../kernel/money';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { worth } from '../programs/pricing';
import type { Terms } from '../programs/terms';

/** What members are told of (R9.1). */
export const NOTIFICATION_KINDS = {
  POINTS_CREDITED: 'Points came into the account, by an order, a referral, a campaign or the desk.',
  POINTS_EXPIRING: 'Points expire in 30 or in 7 days.',
  POINTS_EXPIRED: 'Points reached the end of their validity.',
  DISCOUNT_ISSUED: 'A discount code for the first order was issued.',
  REFERRAL_REWARDED: 'The first order of a referred customer brought its bonus.',
  TRANSFER_DECIDED: 'The rewards desk approved or rejected a transfer.',
  OBJECTION_DECIDED: 'The rewards desk rejected an objection, or corrected what it was about.',
  TERMS_CHANGED: 'A new version of the terms was published; it can be objected to.',
  MEMBERSHIP_ENDING: 'The membership ends or has ended, and until when points can be redeemed.',
} as const;
export type NotificationKind = keyof typeof NOTIFICATION_KINDS;

/** An amount as the API writes it: an exact decimal such as "12.34", and its ISO 4217 currency. */
export interface NotifiedMoney {
  readonly amount: string;
  readonly currency: string;
}

/** A field of the terms, such as lotValidityMonths or tiers.GOLD.from, with its values as the terms are written; "none" for none. */
export interface NotifiedChange {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** The source of a lot. */
export type NotifiedSource = 'ORDER' | 'REFERRAL' | 'CAMPAIGN' | 'ADJUSTMENT' | 'TRANSFER';

/**
 * What each kind says, as it is stored. Instants are RFC 3339; an `expiresAt`, `endsAt` or `redeemUntil` is the first
 * instant at which it is over. `value` is what `points` pay; `available` is the balance afterwards.
 */
export interface NotificationDataByKind {
  readonly POINTS_CREDITED: {
    readonly points: number;
    readonly source: NotifiedSource;
    readonly orderId: string | null;
    /** Code of the campaign. */
    readonly campaign: string | null;
    /** Where points came with several dates (a transfer), the soonest. */
    readonly expiresAt: string;
    readonly available: number;
    readonly value: NotifiedMoney;
  };
  readonly POINTS_EXPIRING: {
    /** The sum of the parts. */
    readonly points: number;
    readonly value: NotifiedMoney;
    readonly parts: readonly {
      readonly points: number;
      readonly expiresAt: string;
      /** How many days ahead (R6.9). */
      readonly days: number;
    }[];
    readonly available: number;
  };
  readonly POINTS_EXPIRED: {
    readonly points: number;
    readonly value: NotifiedMoney;
    /** The first instant at which they were gone. */
    readonly expiredAt: string;
    readonly available: number;
  };
  readonly DISCOUNT_ISSUED: {
    readonly code: string;
    readonly percent: number;
    readonly expiresAt: string;
  };
  readonly REFERRAL_REWARDED: {
    readonly points: number;
    readonly value: NotifiedMoney;
    /** Code of the tier whose bonus it is. */
    readonly tier: string;
    readonly expiresAt: string;
  };
  readonly TRANSFER_DECIDED: {
    readonly transferId: string;
    readonly decision: 'APPROVED' | 'REJECTED';
    /** OUT: the reader is the giver. */
    readonly direction: 'OUT' | 'IN';
    /** Null where all points were asked for and none moved. */
    readonly points: number | null;
    readonly note: string | null;
  };
  readonly OBJECTION_DECIDED: {
    /** The member's objection number. */
    readonly objection: number;
    readonly decision: 'REJECTED' | 'CORRECTED';
    /** What the correction added (or, below 0, took); null where nothing was corrected. */
    readonly points: number | null;
    readonly note: string;
  };
  readonly TERMS_CHANGED: {
    readonly program: string;
    readonly version: number;
    /** The version's first instant. */
    readonly effectiveAt: string;
    /** How long the member may object, from delivery on (R2.6). */
    readonly objectionMonths: number;
    /** What differs from the version before, field by field. */
    readonly changes: readonly NotifiedChange[];
  };
  readonly MEMBERSHIP_ENDING: {
    readonly cause: MembershipEndCause;
    readonly endsAt: string;
    /** The end of the redemption window; null where there is none. */
    readonly redeemUntil: string | null;
    /** What is forfeited, or will be where it is not redeemed before. */
    readonly points: number;
    readonly value: NotifiedMoney;
  };
}

/** Why a membership ends: notice or good cause of the provider, the member's own wish or objection, the program's end. */
export type MembershipEndCause = 'NOTICE' | 'GOOD_CAUSE' | 'LEFT' | 'OBJECTED' | 'DISCONTINUED';

/** The data of one kind, or of any. */
export type NotificationData<K extends NotificationKind = NotificationKind> =
  NotificationDataByKind[K];

/** A kind with its data, discriminated by `kind`: what there is to say, before it is stored and numbered. */
export type NotificationContent = {
  [K in NotificationKind]: { readonly kind: K; readonly data: NotificationDataByKind[K] };
}[NotificationKind];

/** A notification as the ledger keeps it: numbered per account, and delivered once a channel took it (R9.1). */
export type Notification = NotificationContent & {
  /** 1, 2, 3 … per account. */
  readonly number: number;
  /** The entry it is about; null where it is about none. */
  readonly sequence: number | null;
  readonly createdAt: Instant;
  /** When the first channel took it, and which; null before. */
  readonly delivered: { readonly at: Instant; readonly channel: NotificationChannel } | null;
};

/** How a member was told: by e-mail, on the page that development keeps mails on, or through the platform. */
export type NotificationChannel = 'EMAIL' | 'PAGE' | 'WEBHOOK';

/** What points pay by the terms, as notifications write it. */
export function notifiedMoney(terms: Terms, points: Points): NotifiedMoney {
  return { amount: formatDecimal(worth(terms, points), terms.currency), currency: terms.currency };
}
