import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { SetAsideReason } from '../ledger/command';
import type { MemberProfile } from '../ledger/member';

/** A fact the platform reports. Well formed; whether it can be applied is decided here. */
export type PlatformEvent =
  | ({
      readonly type: 'customer.registered';
      readonly customerId: string;
      readonly program: string;
      /** Null: the moment the event is known. */
      readonly registeredAt: Instant | null;
      /** The code of the referral link it came through. */
      readonly referralCode: string | null;
    } & MemberProfile)
  | {
      readonly type: 'customer.updated';
      readonly customerId: string;
      /** Only what changed; null clears. */
      readonly changes: Partial<MemberProfile>;
    }
  | { readonly type: 'customer.deleted'; readonly customerId: string }
  | {
      readonly type: 'order.placed';
      readonly orderId: string;
      readonly customerId: string;
      /** Net value without VAT, a decimal that fits the currency, 0 or more. */
      readonly net: string;
      readonly currency: string;
      /** Null: the moment the event is known. */
      readonly placedAt: Instant | null;
      readonly tags: readonly string[];
    }
  /** `net`: the new whole. */
  | { readonly type: 'order.amended'; readonly orderId: string; readonly net: string }
  | {
      readonly type: 'order.paid';
      readonly orderId: string;
      /** The X-Points the platform reckoned with (R6.6); null where it does not say. */
      readonly xPoints: Points | null;
    }
  | { readonly type: 'order.delivered'; readonly orderId: string }
  /** `net`: what is cancelled now, more than 0; null for all of it. */
  | { readonly type: 'order.cancelled'; readonly orderId: string; readonly net: string | null };

export type CustomerEvent = Extract<PlatformEvent, { type: `customer.${string}` }>;
export type OrderEvent = Extract<PlatformEvent, { type: `order.${string}` }>;

/** An event as it came in, checked for form. */
export interface ReceivedEvent {
  readonly source: string;
  readonly id: string;
  readonly type: PlatformEvent['type'];
  /** Keyed hash of the canonical content: the same id with another one is set aside (R3.7). */
  readonly digest: string;
  /** What the inbox keeps of it: no phone, no payment fingerprint in clear. */
  readonly payload: object;
  readonly event: PlatformEvent;
}

/** What became of an event. */
export interface EventAnswer {
  readonly outcome: EventOutcome;
  /** With SET_ASIDE. */
  readonly reason?: SetAsideReason;
}

/**
 * APPLIED: it changed something. WAITING: kept until what it refers to is known. UNCHANGED: what it says was
 * known (a second placing, payment …). DUPLICATE: this very event came before. SET_ASIDE: listed for the desk.
 */
export type EventOutcome = 'APPLIED' | 'WAITING' | 'UNCHANGED' | 'DUPLICATE' | 'SET_ASIDE';
