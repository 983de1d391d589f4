import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Entry } from '../ledger/entry';
import type { ProgramCode } from '../programs/terms';

/** An entry without its moves between lots: few ask for them, and reading them costs as much as the rest. */
export type BookedEntry = Omit<Entry, 'allocations'>;

/** One member's balance, as it is after an entry (or, in a snapshot, as it is now). Always whole, never a difference. */
export interface BalanceChange {
  readonly customerId: string;
  /** The entry's number; in a snapshot that of the account's last entry, 0 before the first. */
  readonly sequence: number;
  /** Null in a snapshot. */
  readonly entry: BookedEntry | null;
  readonly available: Points;
  readonly held: Points;
  readonly owed: Points;
  /** Minor units of the program's currency. */
  readonly turnover: bigint;
  readonly program: ProgramCode;
  /** When the balance was this: when the entry was recorded, or the instant of the snapshot. */
  readonly at: Instant;
  /** The account as it stood when the change was read; null where something was due on it that was not booked yet. */
  readonly present: PresentAccount | null;
}

/** What of a balance is not that of an entry, but the present one. */
export interface PresentAccount {
  readonly termsVersion: number;
  readonly lifetimeEarned: Points;
  readonly lifetimeRedeemed: Points;
  readonly lifetimeExpired: Points;
}
