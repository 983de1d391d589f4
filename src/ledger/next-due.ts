import type { Instant } from '../kernel/time';
import type { Account } from './account';
import type { Holding } from './book';

/**
 * The earliest instant at which a lot expires, a hold lapses, a membership goes a stage on or new terms bind; null
 * where nothing will.
 */
export function nextDueAt(book: Holding): Instant | null {
  let due: Instant | null = nextStageAt(book.account);
  const binds = nextTermsAt(book.account);
  // Of lots that were not read nothing changed: what the account's row says of them holds.
  if (book.isPartial) due = book.account.nextDueAt;
  if (binds !== null && (due === null || binds < due)) due = binds;
  for (const lot of book.lots.values()) {
    if (lot.remaining > 0 && (due === null || lot.expiresAt < due)) due = lot.expiresAt;
  }
  for (const { heldUntil, state } of book.redemptions.values()) {
    if (state === 'HELD' && heldUntil !== null && (due === null || heldUntil < due))
      due = heldUntil;
  }
  return due;
}

/** When the membership goes a stage on by itself (R2.8). */
export function nextStageAt({ stage, endsAt, redeemUntil }: Account): Instant | null {
  if (stage === 'ENDING') return endsAt;
  return stage === 'REDEEM_ONLY' ? redeemUntil : null;
}

/** When the next version of the terms binds the member (R2.6). */
export function nextTermsAt({ stage, termsAhead }: Account): Instant | null {
  if (stage === 'ENDED') return null;
  let next: Instant | null = null;
  for (const { bindsAt } of termsAhead) {
    if (bindsAt !== null && (next === null || bindsAt < next)) next = bindsAt;
  }
  return next;
}
