import type { Instant } from '../kernel/time';
import type { Terms } from '../programs/terms';
import type { RegisteredAccount } from './account';
import { Book } from './book';
import { bringToInstant } from './due';
import type { StoredBook } from './ledger.reads';
import { compareSpendOrder, type Lot } from './lot';
import { nextStageAt } from './next-due';
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
  termsOf: (version: number) => Terms,
  at: Instant,
): Standing {
  const book = bookUntil(account, stored, termsOf, at);
  const { sequence, lastEntryAt } = account;
  return { account: { ...book.account, sequence, lastEntryAt }, lots: book.lots };
}

/** A book of the account on which everything that falls due until `at` has happened; its entries are what that comes to. */
export function bookUntil(
  account: RegisteredAccount,
  stored: StoredBook,
  termsOf: (version: number) => Terms,
  at: Instant,
): Book {
  const lots = new Map(stored.lots.map((lot) => [lot.number, lot]));
  const redemptions = new Map(
    stored.holds.map((hold) => [hold.number, { ...hold, slices: inSpendOrder(hold.slices, lots) }]),
  );
  const holding = { account, lots, redemptions, capturedBesides: new Map() };
  const book = new Book(holding, termsOf, at, 'read', 'system');
  bringToInstant(book, at);
  return book;
}

/**
 * A redemption at `at`: an undecided hold whose time is up has lapsed (R6.8), and one whose membership was over
 * before that, at `overAt` (null: it does not end), was released with it (R2.9).
 */
export function redemptionAt(
  redemption: Redemption,
  at: Instant,
  overAt: Instant | null,
): Redemption {
  const { state, held, heldUntil, released } = redemption;
  if (state !== 'HELD' || heldUntil === null) return redemption;
  const isReleased = overAt !== null && overAt < heldUntil;
  const decidedAt = isReleased ? overAt : heldUntil;
  if (decidedAt > at) return redemption;
  return {
    ...redemption,
    state: isReleased ? 'RELEASED' : 'LAPSED',
    held: 0,
    released: released + held,
    decidedAt,
  };
}

/** An account whose membership has gone on to the stage it is in at `at`, booked or not (R2.8); nothing else is brought there. */
export function withStageAt(account: RegisteredAccount, at: Instant): RegisteredAccount {
  const due = nextStageAt(account);
  if (due === null || due > at) return account;
  const isOver = account.stage === 'REDEEM_ONLY' || due === account.redeemUntil;
  return withStageAt({ ...account, stage: isOver ? 'ENDED' : 'REDEEM_ONLY' }, at);
}

function inSpendOrder<S extends { readonly lot: number }>(
  slices: readonly S[],
  lots: ReadonlyMap<number, Lot>,
): S[] {
  return [...slices].sort((a, b) => compareSpendOrder(lots.get(a.lot)!, lots.get(b.lot)!));
}
