import type { Instant } from '../kernel/time';

/** Something the platform is told (R9.2). Its number and sequence are given by the book. */
export interface Message {
  readonly number: number;
  readonly sequence: number;
  readonly type: MessageType;
  readonly occurredAt: Instant;
  readonly data: Readonly<Record<string, unknown>>;
}
export type MessageType =
  | 'redemption.held'
  | 'redemption.captured'
  | 'redemption.released'
  | 'redemption.lapsed'
  | 'redemption.restored'
  | 'points.credited'
  | 'points.reversed'
  | 'points.expired'
  | 'points.forfeited'
  | 'points.transferred'
  | 'discount.issued'
  | 'discount.applied'
  | 'discount.returned'
  | 'discount.voided'
  | 'referral.changed'
  | 'tier.changed'
  | 'membership.changed'
  | 'order.discrepancy'
  | 'points.voided'
  | 'terms.bound'
  | 'claim.opened'
  | 'claim.settled'
  | 'claim.waived'
  | 'member.notified';
