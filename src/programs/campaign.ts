import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Locale, ProgramCode } from './terms';

/** What a campaign does to an order that matches (R1.5). */
export const CAMPAIGN_KINDS = {
  MULTIPLIER: 'The points the order earns by the terms, times a factor.',
  BONUS: 'A fixed number of points on top of what the order earns.',
  EXCLUSION: 'The order earns no points at all; its turnover counts.',
} as const;
export type CampaignKind = keyof typeof CAMPAIGN_KINDS;

/**
 * Points on top of what the terms give, or none at all, for orders of a time (R1.5). Written once; only its end may be
 * brought forward, never behind an instant that has passed.
 */
export interface Campaign {
  readonly program: ProgramCode;
  /** Names it in lots, entries and messages; unique in its program. */
  readonly code: string;
  readonly kind: CampaignKind;
  /** MULTIPLIER: 150 makes one and a half times the points. More than 100; null for the other kinds. */
  readonly factorPercent: number | null;
  /** BONUS: the points on top; null for the other kinds. */
  readonly bonus: Points | null;
  /** Codes of the tiers it is for, as held before the order; empty for every tier. */
  readonly tiers: readonly string[];
  /** The least net value, less what was cancelled, in minor units; 0 for any. */
  readonly minimum: bigint;
  /** A tag that the order must carry; null for any order. */
  readonly tag: string | null;
  /** Orders placed from `startsAt` on and before `endsAt`. */
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** The most points for one order, and for one member in all; null for no limit. */
  readonly capPerOrder: Points | null;
  readonly capPerMember: Points | null;
  /** Whether orders with a referral discount match as well. */
  readonly withDiscount: boolean;
  /** What members read. */
  readonly names: Readonly<Record<Locale, string>>;
}

/** What of an order campaigns look at. Amounts are minor units of the program's currency. */
export interface CampaignCase {
  /** What decides which campaigns there are (R1.5). */
  readonly placedAt: Instant;
  /** Code of the tier held before the order. */
  readonly tier: string;
  /** Net value less what was cancelled. */
  readonly net: bigint;
  readonly tags: readonly string[];
  readonly hasDiscount: boolean;
  /** What the terms give for it. */
  readonly plainPoints: Points;
  /** The net turnover it stands for. */
  readonly base: bigint;
}

/** What one campaign gives for one order. */
export interface Award {
  readonly campaign: Campaign;
  /** Before rounding, in hundredths of a point, limits applied: what is clawed back in proportion is a share of it. */
  readonly hundredths: bigint;
  /** Rounded down; more than 0. */
  readonly points: Points;
  /** Whether a limit made it less. */
  readonly isCapped: boolean;
}

/** What campaigns do to an order: excluded from earning, or what each gives on top. */
export interface Offer {
  readonly excludedBy: Campaign | null;
  readonly awards: readonly Award[];
}

/**
 * What the campaigns of a program do to an order (R1.5): exclusions first, then each multiplier on the plain points, then
 * fixed bonuses, each rounded down, none compounding. `given`: what a campaign gave the member before, for its limit.
 */
export function campaignOffer(
  campaigns: readonly Campaign[],
  order: CampaignCase,
  given: (code: string) => Points,
): Offer {
  const matching = campaigns.filter((campaign) => matches(campaign, order));
  const excludedBy = matching.find(({ kind }) => kind === 'EXCLUSION') ?? null;
  if (excludedBy || order.base <= 0n) return { excludedBy, awards: [] };
  const awards = [...matching]
    .sort((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind))
    .flatMap((campaign) => awardOf(campaign, order, given(campaign.code)) ?? []);
  return { excludedBy, awards };
}

const KIND_ORDER: readonly CampaignKind[] = ['EXCLUSION', 'MULTIPLIER', 'BONUS'];

function matches(campaign: Campaign, order: CampaignCase): boolean {
  const { startsAt, endsAt, tiers, minimum, tag, withDiscount } = campaign;
  return (
    startsAt <= order.placedAt &&
    order.placedAt < endsAt &&
    (tiers.length === 0 || tiers.includes(order.tier)) &&
    order.net >= minimum &&
    (tag === null || order.tags.includes(tag)) &&
    (withDiscount || !order.hasDiscount)
  );
}

function awardOf(campaign: Campaign, order: CampaignCase, given: Points): Award | null {
  const { kind, factorPercent, bonus, capPerOrder, capPerMember } = campaign;
  const full =
    kind === 'MULTIPLIER'
      ? BigInt(order.plainPoints) * BigInt((factorPercent ?? 100) - 100)
      : BigInt(bonus ?? 0) * 100n;
  const left = capPerMember === null ? null : Math.max(0, capPerMember - given);
  const hundredths = [capPerOrder, left].reduce((least, cap) => {
    const limit = cap === null ? least : BigInt(cap) * 100n;
    return limit < least ? limit : least;
  }, full);
  const points = Number(hundredths / 100n);
  return points > 0 ? { campaign, hundredths, points, isCapped: hundredths < full } : null;
}

/**
 * What is kept of an award once its order shrank (R1.5, R4.2): the same share as of what it was computed from, the plain
 * points for a multiplier and the net turnover for a bonus, rounded down. `then` is more than 0, `now` at most `then`.
 */
export function awardKept(hundredths: bigint, now: bigint, then: bigint): Points {
  return Number((hundredths * now) / (then * 100n));
}
