import { shardOf } from '../kernel/ids';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { discountOn } from './discount';

/** The most tags an order carries. */
export const TAGS_MAX = 20;

/** A fact that came before its order was placed; it applies after the placing, in order of arrival (R3.8). */
export interface WaitingFact {
  readonly kind: 'AMENDED' | 'CANCELLED';
  /** AMENDED: the new whole. CANCELLED: what is cancelled; null for all. A decimal: its currency is not known yet. */
  readonly net: string | null;
  /** The event it came with, to name it where it has to be set aside. */
  readonly source: string;
  readonly eventId: string;
  readonly digest: string;
}

/** A campaign's lot for an order, and what is needed to take it back in proportion (R1.5). */
export interface CampaignCredit {
  readonly code: string;
  readonly lot: number;
  readonly credited: Points;
  readonly reversed: Points;
  /** What it gave before rounding, in hundredths of a point, in text. */
  readonly hundredths: string;
  /** What it is a share of, as it was when it was credited: the plain points, or the net turnover in minor units; in text. */
  readonly of: 'POINTS' | 'NET';
  readonly then: string;
  /** Whether it counts towards a limit per member. */
  readonly isCounted: boolean;
}

/** What is known of an order, as facts came in (R3.7). Amounts are minor units of `placed.currency`. */
export interface Order {
  readonly shard: number;
  readonly id: string;
  /** Null until the placing is known. */
  readonly placed: {
    readonly customerId: string;
    /** The whole net value: placed, or as amended last. */
    readonly net: bigint;
    readonly currency: string;
    readonly at: Instant;
    /** Arrival of the placing among the customer's. */
    readonly number: number;
  } | null;
  readonly tags: readonly string[];
  /** The discount on it (R5.2); it goes back to its owner with a full cancellation. */
  readonly discount: { readonly code: string; readonly percent: number } | null;
  readonly cancelled: bigint;
  /** When it was cancelled in full, which is final; else null. */
  readonly cancelledAt: Instant | null;
  /** When the payment and the delivery were known. */
  readonly paidAt: Instant | null;
  readonly deliveredAt: Instant | null;
  readonly waiting: readonly WaitingFact[];
  /** The X-Points that the platform reckoned with when it reported the payment; null where it did not say. */
  readonly reckonedPoints: Points | null;
  /** What was captured for it once it was paid; null before. */
  readonly capturedPoints: Points | null;
  /** Once paid, delivered and its customer known: judged, whatever it earned (R3.8). */
  readonly judged: {
    readonly at: Instant;
    /** R5.1: counts as a completed order. Falls with a full cancellation. */
    readonly completed: boolean;
    /** Null where it earned nothing and added no turnover (R3.6, R2.9). */
    readonly earned: {
      readonly startTurnover: bigint;
      /** The net turnover it stands for now (R3.1). */
      readonly base: bigint;
      readonly credited: Points;
      readonly reversed: Points;
      readonly termsVersion: number;
      /** The lot it credited; null where that was 0 points. */
      readonly lot: number | null;
      /** What campaigns gave for it on top (R1.5). */
      readonly campaigns: readonly CampaignCredit[];
      /** Code of the campaign that excludes it from earning (R1.5); null for nearly every order. */
      readonly excludedBy: string | null;
    } | null;
  } | null;
}

/** An order of which nothing is known yet but its id. */
export function blankOrder(id: string): Order {
  return {
    shard: shardOf(id),
    id,
    placed: null,
    discount: null,
    tags: [],
    cancelled: 0n,
    cancelledAt: null,
    paidAt: null,
    deliveredAt: null,
    waiting: [],
    reckonedPoints: null,
    capturedPoints: null,
    judged: null,
  };
}

/** The net value that is not cancelled. 0 before it is placed. */
export function netLeft(order: Order): bigint {
  return order.placed ? order.placed.net - order.cancelled : 0n;
}

/** What the order costs in net value: less what was cancelled, less the discount on the rest (R6.4, R5.2). */
export function cost(order: Order): bigint {
  const left = netLeft(order);
  return order.discount ? left - discountOn(left, order.discount.percent) : left;
}

/** Whether points can pay for it: placed, not fully paid, not cancelled in full (R6.4). */
export function isOpen(order: Order): boolean {
  return order.placed !== null && order.paidAt === null && order.cancelledAt === null;
}

/**
 * The net turnover an order that is not judged yet would stand for if it were judged now (R3.1), in minor
 * units: what it costs, less what points pay (`paidByPoints`: captured or held, in minor units). 0 where it
 * will earn nothing: cancelled, judged, in another currency, or placed before the enrolment (R3.6).
 */
export function expectedBase(
  order: Order,
  member: { readonly enrolledAt: Instant; readonly currency: string },
  paidByPoints: bigint,
): bigint {
  const { placed } = order;
  if (!placed || order.judged || order.cancelledAt !== null) return 0n;
  if (placed.currency !== member.currency || placed.at < member.enrolledAt) return 0n;
  const base = cost(order) - paidByPoints;
  return base > 0n ? base : 0n;
}
