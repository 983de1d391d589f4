import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';

/**
 * A customer's account as its row has it. The row is the lock of everything below it (L9).
 * What is *pending* is not here: it is derived at read time from the orders that are not judged yet
 * (net cost less what points pay on them, `expectedBase` of order.ts), priced at the present turnover.
 */
export interface Account {
  readonly shard: number;
  /** The platform's customer id. */
  readonly id: string;
  /** Null for a stub: named by an order or a change, not registered yet. */
  readonly program: ProgramCode | null;
  readonly termsVersion: number | null;
  /** From this instant on a member (R2.1): registration, or the program's start where that is later. */
  readonly enrolledAt: Instant | null;
  /** How far the membership has come (R2.8), but for a suspension, which is a flag over it. */
  readonly stage: MembershipStage;
  /** When notice was given, and when ENDING and REDEEM_ONLY are over by it: first instants afterwards. */
  readonly noticeAt: Instant | null;
  readonly endsAt: Instant | null;
  readonly redeemUntil: Instant | null;
  readonly endedAt: Instant | null;
  /** Why it ends or ended, as recorded. */
  readonly endReason: string | null;
  readonly suspendedAt: Instant | null;
  readonly suspendedReason: string | null;
  /** The member's own referral code, once earned (R5.1). */
  readonly referralCode: string | null;
  readonly available: Points;
  readonly held: Points;
  readonly owed: Points;
  /** Cumulative net turnover inside the program, in minor units. */
  readonly turnover: bigint;
  /** Credited, less what was taken back. */
  readonly lifetimeEarned: Points;
  /** Captured, less what was restored. */
  readonly lifetimeRedeemed: Points;
  readonly lifetimeExpired: Points;
  /** Number of the last entry. */
  readonly sequence: number;
  readonly lastLot: number;
  /** Number of the last message to the platform. */
  readonly lastMessage: number;
  /** How many orders were placed: the tie-breaker of orders placed at one instant (R3.7). */
  readonly ordersPlaced: number;
  /** How many orders are completed now (R5.1). */
  readonly completedOrders: number;
  /** Since when an operator has stopped it, because its books are in doubt; nothing moves until they let it go. */
  readonly frozenAt: Instant | null;
  /** The next instant at which something falls due (expiry, lapse); null where nothing will. */
  readonly nextDueAt: Instant | null;
  readonly lastEntryAt: Instant | null;
}

/** An account that belongs to a registered customer. */
export interface RegisteredAccount extends Account {
  readonly program: ProgramCode;
  readonly termsVersion: number;
  readonly enrolledAt: Instant;
}

/** R2.8. A membership only ever moves to the right. */
export type MembershipStage = 'ACTIVE' | 'ENDING' | 'REDEEM_ONLY' | 'ENDED';
/** What a membership shows as: suspended, or its stage. */
export type MembershipState = MembershipStage | 'SUSPENDED';

/** Whether the account's customer is registered; before the program's start they are no member yet (R2.9). */
export function isRegistered(account: Account): account is RegisteredAccount {
  return account.program !== null;
}

/** Whether the customer is a member at `at` (R2.1, R2.9). */
export function isMember(account: Account, at: Instant): account is RegisteredAccount {
  return isRegistered(account) && account.enrolledAt <= at;
}

/** The state a membership shows as (R2.8). */
export function membershipState(account: RegisteredAccount): MembershipState {
  return account.suspendedAt !== null && account.stage !== 'ENDED' ? 'SUSPENDED' : account.stage;
}

/** Whether the member may redeem (R2.9). */
export function mayRedeem(account: RegisteredAccount): boolean {
  return ['ACTIVE', 'ENDING', 'REDEEM_ONLY'].includes(membershipState(account));
}

/** Whether the member may earn, refer, be rewarded, transfer and use a discount code (R2.9). */
export function mayEarn(account: RegisteredAccount): boolean {
  return ['ACTIVE', 'ENDING'].includes(membershipState(account));
}
