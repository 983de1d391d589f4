import type { App } from '../app';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { isMember, mayEarn, type RegisteredAccount } from '../ledger/account';
import { standingAt } from '../ledger/at-instant';
import { pendingPoints } from '../ledger/expected';
import {
  type AccountParts,
  type AccountRead,
  type PendingOrder,
  readAccounts,
} from '../ledger/ledger.reads';
import type { Lot } from '../ledger/lot';
import { expectedBase } from '../ledger/order';
import type { Campaign } from '../programs/campaign';
import { worth } from '../programs/pricing';
import type { Programs } from '../programs/programs';
import type { Terms } from '../programs/terms';

/** What of the app members are read with. */
export type MemberReads = Pick<App, 'database' | 'clock' | 'programs'>;

/** A member as they stand at the instant of reading, booked or not. */
export interface MemberView {
  readonly account: RegisteredAccount;
  readonly at: Instant;
  readonly terms: Terms;
  /** What orders in progress will earn, an estimate; 0 where it was not asked for. */
  readonly pending: Points;
  /** The open lots by number, where they were read; those an unbooked expiry emptied are among them. */
  readonly lots: ReadonlyMap<number, Lot> | null;
}

/**
 * The members of `ids` by id; whoever is none at the instant of reading is missing: unknown, not registered,
 * or not enrolled yet (R2.9). One statement, and another one for accounts that something fell due on.
 */
export async function readMembers(
  { database, clock, programs }: MemberReads,
  ids: readonly string[],
  parts: AccountParts,
): Promise<Map<string, MemberView>> {
  const reads = await readAccounts(database, clock, ids, parts);
  const due = parts.book ? [] : [...reads.values()].filter(isDue).map(({ account }) => account.id);
  if (due.length > 0) {
    const again = await readAccounts(database, clock, due, { ...parts, book: true });
    for (const [id, read] of again) reads.set(id, read);
  }
  const views = new Map<string, MemberView>();
  for (const [id, { account, ...read }] of reads) {
    if (!isMember(account, read.now)) continue;
    // The newest first: with it every version that may bind the member meanwhile is known.
    await programs.published(account.program, account.termsKnown);
    views.set(id, viewOf(account, read, programs));
  }
  return views;
}

function isDue({ account, now }: AccountRead): boolean {
  return account.nextDueAt !== null && account.nextDueAt <= now;
}

function viewOf(
  stored: RegisteredAccount,
  { now: at, book, pendingOrders }: Omit<AccountRead, 'account'>,
  programs: Programs,
): MemberView {
  const termsOf = (version: number) => programs.terms(stored.program, version);
  const standing = book ? standingAt(stored, book, termsOf, at) : { account: stored, lots: null };
  const { account } = standing;
  const terms = termsOf(account.termsVersion);
  const campaigns = programs.campaigns(account.program);
  const pending = mayEarn(account) ? pendingOf(account, pendingOrders, terms, campaigns) : 0;
  return { ...standing, at, terms, pending };
}

/** What orders in progress will earn an account that may earn, at its turnover: an estimate. */
export function pendingOf(
  { enrolledAt, turnover, campaignPoints }: RegisteredAccount,
  pendingOrders: readonly PendingOrder[],
  terms: Terms,
  campaigns: readonly Campaign[],
): Points {
  const member = { enrolledAt, currency: terms.currency };
  const orders = pendingOrders.map(({ order, paidPoints }) => ({
    order,
    base: expectedBase(order, member, worth(terms, paidPoints)),
  }));
  return pendingPoints(orders, { terms, turnover, campaignPoints, campaigns });
}
