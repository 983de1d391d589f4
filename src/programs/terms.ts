import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';

/** A program's code, such as EU: data, not code, so a new program needs no new type. */
export type ProgramCode = string;

/** Languages that member-facing texts exist in (R9.4). */
export const LOCALES = ['en', 'de', 'tr', 'pl', 'es'] as const;
export type Locale = (typeof LOCALES)[number];

/** One step of a program's ladder. It starts at its threshold (R1.3). */
export interface Tier {
  /** BRONZE, SILVER, GOLD in the shipped programs. */
  readonly code: string;
  /** Cumulative net turnover from which the tier holds, in minor units. */
  readonly from: bigint;
  /** Points for one whole unit of the currency. */
  readonly pointsPerUnit: number;
  /** What a referrer of this tier is credited per referred customer (R5.3). */
  readonly referralBonus: Points;
  readonly names: Readonly<Record<Locale, string>>;
}

/** How an order that crosses thresholds is priced (R3.3). */
export type RateBasis = 'BRACKETS' | 'CURRENT_TIER';

/** A figure as the public documents print it, and where. Kept because they contradict each other (R1.2). */
export interface PrintedFigure {
  readonly figure: string;
  readonly value: string;
  readonly source: string;
}

/** A version of the terms, and since when it is published. */
export interface PublishedTerms {
  readonly terms: Terms;
  readonly publishedAt: Instant;
}

/** One immutable version of a program's terms (R1.4). Amounts are minor units of `currency`. */
export interface Terms {
  readonly program: ProgramCode;
  readonly version: number;
  readonly effectiveAt: Instant;
  /** The program's first instant: midnight of its start date in its zone. */
  readonly startsAt: Instant;
  readonly currency: string;
  readonly zone: string;
  readonly rateBasis: RateBasis;
  /** Ascending; the first starts at 0. */
  readonly tiers: readonly Tier[];
  /** What one point pays, net. */
  readonly pointValueMinor: bigint;
  readonly lotValidityMonths: number;
  readonly discountValidityMonths: number;
  readonly firstOrderDiscountPercent: number;
  /** At least so many days lie between the provider's notice and the month's end it takes effect with (R2.4). */
  readonly noticeDays: number;
  /** How long points can be redeemed after such an end (R2.4, R2.5). */
  readonly redemptionWindowMonths: number;
  /** How long a member may object to a credit or a discount once they were told of it (R8.2). */
  readonly objectionMonths: number;
  /** How long after they were told of it a new version binds a member who does not object (R2.6). */
  readonly termsNoticeMonths: number;
  /** How many days before points expire a member is told, the longest first (R6.9). */
  readonly expiryNoticeDays: readonly number[];
  readonly contact: string;
  readonly printedFigures: readonly PrintedFigure[];
}
