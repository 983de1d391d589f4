import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';

/**
 * A customer's account as its row has it, nothing of it pooled with a colleague's (R2.2). The row is the lock of everything
 * below it (L9).
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
  /** Newer versions that will bind the member, ascending (R2.6). */
  readonly termsAhead: readonly TermsAhead[];
  /** The newest version that binds the member or is ahead; null for a stub. */
  readonly termsKnown: number | null;
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
  /** Number of the last notification to the member (R9.1). */
  readonly lastNotification: number;
  /** Number of the last adjustment, objection or claim. */
  readonly lastCase: number;
  /** What campaigns with a limit per member gave, less what was taken back, by code (R1.5). */
  readonly campaignPoints: Readonly<Record<string, Points>>;
  /** Until which expiry the member was told ahead last: the day it was done (R6.9). */
  readonly expiryToldUntil: Instant | null;
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

/** A published version of the terms that does not bind the member yet (R2.6). */
export interface TermsAhead {
  readonly version: number;
  readonly effectiveAt: Instant;
  /** The notification that told of it; null for who enrolled after its publication. */
  readonly notification: number | null;
  /** Until when the member may object, as the first instant afterwards; null until it is delivered, and for who enrolled later. */
  readonly objectUntil: Instant | null;
  /** From when it binds; null while nobody can say: not delivered, or objected to. */
  readonly bindsAt: Instant | null;
  readonly objectedAt: Instant | null;
}

/** An account that belongs to a registered customer. */
export interface RegisteredAccount extends Account {
  readonly program: ProgramCode;
  readonly termsKnown: number;
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
export function membershipState(
  account: Pick<RegisteredAccount, 'stage' | 'suspendedAt'>,
): MembershipState {
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
