import type { Instant } from '../kernel/time';
import type { Terms } from '../programs/terms';
import type { RegisteredAccount } from './account';
import { Book } from './book';
import { bringToInstant } from './due';
import type { StoredBook } from './ledger.reads';
import { compareSpendOrder, type Lot } from './lot';
import type { Redemption } from './redemption';

/** An account as it stands at an instant, booked or not. */
export interface Standing {
  readonly account: RegisteredAccount;
  /** Its open lots, and those that were open until something fell due. */
  readonly lots: ReadonlyMap<number, Lot>;
}

/**
 * The account at `at`: what fell due until then has happened (R6.2, R6.7), though it is not booked; its
 * sequence stays that of the last booked entry.
 */
export function standingAt(
  account: RegisteredAccount,
  stored: StoredBook,
  terms: Terms,
  at: Instant,
): Standing {
  const lots = new Map(stored.lots.map((lot) => [lot.number, lot]));
  const redemptions = new Map(
    stored.holds.map((hold) => [hold.number, { ...hold, slices: inSpendOrder(hold.slices, lots) }]),
  );
  const book = new Book({ account, lots, redemptions }, terms, at, 'read', 'system');
  bringToInstant(book, at);
  const { sequence, lastEntryAt } = account;
  return { account: { ...book.account, sequence, lastEntryAt }, lots: book.lots };
}

/** A redemption at `at`: an undecided hold whose time is up has lapsed (R6.8). */
export function redemptionAt(redemption: Redemption, at: Instant): Redemption {
  const { state, held, heldUntil, released } = redemption;
  if (state !== 'HELD' || heldUntil === null || heldUntil > at) return redemption;
  return {
    ...redemption,
    state: 'LAPSED',
    held: 0,
    released: released + held,
    decidedAt: heldUntil,
  };
}

function inSpendOrder<S extends { readonly lot: number }>(
  slices: readonly S[],
  lots: ReadonlyMap<number, Lot>,
): S[] {
  return [...slices].sort((a, b) => compareSpendOrder(lots.get(a.lot)!, lots.get(b.lot)!));
}
