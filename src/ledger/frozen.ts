import { RequestError, refuse } from '../kernel/errors';
import type { Account } from './account';
import type { Book, Holding } from './book';
import type { Command, Outcome } from './command';

/** Without them a command concerns only whom it names, and its order's customer. */
export const NO_TIES = { referrals: new Map(), codeOwners: new Map() };

/**
 * What a command comes to of whose own accounts one is frozen; null where none is. A command is refused (ACCOUNT_FROZEN) before
 * anything else of it is judged. A fact is not lost: it is thrown back, so that the platform sends it again.
 */
export function refusalWhileFrozen(
  command: Command<object>,
  own: readonly string[],
  accounts: ReadonlyMap<string, Account>,
): Outcome<object> | null {
  if (!own.some((id) => isFrozen(accounts.get(id)))) return null;
  if (command.records) throw comeBack();
  return { answer: refuse('ACCOUNT_FROZEN') };
}

/** Throws a fact back that would change the frozen account of somebody else: of whoever referred its customer. */
export function sendBackWhileFrozen(
  books: ReadonlyMap<string, Book>,
  before: ReadonlyMap<string, Holding>,
): void {
  for (const [id, { account }] of books) {
    if (isFrozen(account) && account !== before.get(id)?.account) throw comeBack();
  }
}

function isFrozen(account: Account | undefined): boolean {
  return account !== undefined && account.frozenAt !== null;
}

function comeBack(): RequestError {
  return new RequestError(
    'UNAVAILABLE',
    'An account that this concerns stands still while its books are looked into. Send it again later.',
  );
}
