import { isMember } from '../ledger/account';
import { standingAt } from '../ledger/at-instant';
import { readAccounts } from '../ledger/ledger.reads';
import type { BalanceChange } from './balance-change';
import type { BalanceFeedParts } from './balance-feed';
import { type Place, readPlaces } from './balance-feed.store';

/** Pages as `readPlaces` reads them; a snapshot of an account that something fell due on is one in which it has happened. */
export async function readBrought(
  parts: BalanceFeedParts,
  places: readonly Place[],
  pageSize: number,
): Promise<BalanceChange[][]> {
  const pages = await readPlaces(parts.database, parts.clock, places, pageSize);
  const due = pages.flat().filter(({ entry, present }) => entry === null && present === null);
  if (due.length === 0) return pages;
  const ids = [...new Set(due.map(({ customerId }) => customerId))];
  const brought = await readDueSnapshots(parts, ids);
  return pages.map((page) =>
    page.map((change) => (change.entry === null && brought.get(change.customerId)) || change),
  );
}

/**
 * Snapshots of members on whose accounts something fell due that is not booked yet, by customer: it has
 * happened in the balance (R6.2), the sequence is that of the last booked entry.
 */
async function readDueSnapshots(
  { database, programs, clock }: BalanceFeedParts,
  customerIds: readonly string[],
): Promise<Map<string, BalanceChange>> {
  const snapshots = new Map<string, BalanceChange>();
  const reads = await readAccounts(database, clock, customerIds, { pending: false, book: true });
  for (const [customerId, { account, book, now }] of reads) {
    if (!book || !isMember(account, now)) continue;
    const { program, termsKnown } = account;
    await programs.published(program, termsKnown);
    const termsOf = (version: number) => programs.terms(program, version);
    const standing = standingAt(account, book, termsOf, now).account;
    const { sequence, available, held, owed, turnover } = standing;
    const { termsVersion, lifetimeEarned, lifetimeRedeemed, lifetimeExpired } = standing;
    snapshots.set(customerId, {
      ...{ customerId, sequence, entry: null, program, at: now },
      ...{ available, held, owed, turnover },
      present: { termsVersion, lifetimeEarned, lifetimeRedeemed, lifetimeExpired },
    });
  }
  return snapshots;
}
