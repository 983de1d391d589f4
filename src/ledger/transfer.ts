import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';

export const TRANSFER_REASONS = {
  LEFT_COMPANY: 'The giver left the company.',
  CHANGED_ROLE: 'The giver changed role.',
  OTHER: 'Another reason; the evidence says which.',
} as const;
export type TransferReason = keyof typeof TRANSFER_REASONS;

/** REQUESTED by giver or receiver, then APPROVED (and moved) or REJECTED by the desk; the desk's own are APPROVED at once. */
export type TransferState = 'REQUESTED' | 'APPROVED' | 'REJECTED';

/** Points that move, or are to move, inside one organisation (R7). Every step is on record. */
export interface Transfer {
  readonly id: string;
  readonly fromId: string;
  readonly toId: string;
  /** Null: all that can be spent when it is decided. */
  readonly points: Points | null;
  readonly reason: TransferReason;
  readonly evidence: string | null;
  readonly state: TransferState;
  readonly requestedBy: string;
  readonly requestedAt: Instant;
  readonly decidedBy: string | null;
  readonly decidedAt: Instant | null;
  readonly note: string | null;
  /** How many points moved; with APPROVED. */
  readonly moved: Points | null;
}
