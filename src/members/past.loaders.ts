import DataLoader from 'dataloader';
import type { Instant } from '../kernel/time';
import { isMember, mayEarn, type RegisteredAccount } from '../ledger/account';
import { standingAt } from '../ledger/at-instant';
import { boundVersion } from '../ledger/bind-terms';
import { type PastRead, readPast, readTermsTold, type TermsTold } from '../ledger/past.reads';
import { type MemberReads, type MemberView, pendingOf } from './member.loaders';

/**
 * The members of `ids` as they stood at `at`, by id, as it is known now; whoever was none by then is missing. What had fallen due
 * by then has happened, booked or not (R6.2). `pending` is estimated from the orders in progress then, as they and the
 * campaigns are known now. One statement, and another one where new terms bound a member about that time.
 */
export async function readPastMembers(
  { database, programs }: Pick<MemberReads, 'database' | 'programs'>,
  ids: readonly string[],
  at: Instant,
  parts: { readonly pending: boolean },
): Promise<Map<string, MemberView>> {
  const reads = await readPast(database, ids, at, parts);
  const standings = new Map<string, Standing>();
  for (const [id, read] of reads) {
    const { account, left, book } = read;
    if (!isMember(account, at)) continue;
    await programs.published(account.program, account.termsKnown);
    const termsOf = (version: number) => programs.terms(account.program, version);
    const standing = standingAt({ ...account, ...left }, book, termsOf, at);
    const first = programs.bindingAt(account.program, account.enrolledAt)?.version ?? 1;
    const to = Math.min(standing.account.termsVersion, read.nextTermsVersion ?? Infinity);
    standings.set(id, { read, ...standing, from: Math.min(read.termsVersion ?? first, to), to });
  }
  const unclear = [...standings].filter(([, { from, to }]) => from < to).map(([id]) => id);
  const told = unclear.length > 0 ? await readTermsTold(database, unclear) : new Map();
  return new Map(
    [...standings].map(([id, it]) => [id, viewOf(programs, it, told.get(id) ?? [], at)]),
  );
}

interface PastKey {
  readonly id: string;
  readonly at: Instant;
  readonly pending: boolean;
}

/** Members at past instants, null where they were none: one read for all who are asked for at the same one. */
export function pastMembers(
  app: Pick<MemberReads, 'database' | 'programs'>,
): DataLoader<PastKey, MemberView | null, string> {
  return new DataLoader(
    async (keys) => {
      const instants = [...new Set(keys.map(({ at }) => at))];
      const reads = instants.map(async (at) => {
        const same = keys.filter((key) => key.at === at);
        const ids = [...new Set(same.map(({ id }) => id))];
        const parts = { pending: same.some(({ pending }) => pending) };
        return [at, await readPastMembers(app, ids, at, parts)] as const;
      });
      const views = new Map(await Promise.all(reads));
      return keys.map(({ id, at }) => views.get(at)?.get(id) ?? null);
    },
    { cacheKeyFn: ({ id, at, pending }) => `${at} ${Number(pending)} ${id}` },
  );
}

/** An account as it stood, and the versions of the terms one of which bound it. */
interface Standing {
  readonly read: PastRead;
  readonly account: RegisteredAccount;
  readonly lots: NonNullable<MemberView['lots']>;
  readonly from: number;
  readonly to: number;
}

function viewOf(
  programs: MemberReads['programs'],
  { read, account: standing, lots, from, to }: Standing,
  told: readonly TermsTold[],
  at: Instant,
): MemberView {
  const versions = programs.versions(standing.program);
  const termsVersion = boundVersion(versions, { from, to }, told, at);
  const account = { ...standing, termsVersion };
  const terms = programs.terms(account.program, termsVersion);
  const campaigns = programs.campaigns(account.program);
  const pending = mightEarn(account, at)
    ? pendingOf(account, read.pendingOrders, terms, campaigns)
    : 0;
  return { account, at, terms, pending, lots };
}

/** Whether the member could earn at `at`, as far as the row tells: of an earlier suspension it keeps nothing. */
function mightEarn(account: RegisteredAccount, at: Instant): boolean {
  const { suspendedAt, endedAt, endsAt } = account;
  const isOver = [endedAt, endsAt].some((over) => over !== null && over <= at);
  const isSuspended = suspendedAt !== null && suspendedAt <= at;
  return (
    !isOver &&
    mayEarn({ ...account, stage: 'ACTIVE', suspendedAt: isSuspended ? suspendedAt : null })
  );
}
