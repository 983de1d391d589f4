import type { App } from '../app';
import { Gathered } from '../database/gathered';
import { type BalanceRead, balanceReader, type ReadBalances } from '../ledger/balance.reads';
import type { AccountParts } from '../ledger/ledger.reads';
import { type MemberView, readMembers } from '../members/member.loaders';
import { type OrderView, readOrderViews } from '../orders/order.loaders';
import type { Programs } from '../programs/programs';
import type { Terms } from '../programs/terms';

/** A member's balance with the terms that bind them. */
export interface TermedBalance {
  readonly read: BalanceRead;
  readonly terms: Terms;
}

/**
 * The reads of a process that all requests share, by key. They know nothing of who asks: `Loaders` judges that, of each
 * request by itself.
 */
export class SharedReads {
  readonly orders: Gathered<OrderView>;
  private readonly someOfBalances: Gathered<TermedBalance>;
  private readonly wholeBalances: Gathered<TermedBalance>;
  private readonly membersByParts = new Map<string, Gathered<MemberView>>();

  constructor(private readonly app: App) {
    const { database, clock, programs } = app;
    const balances = (whole: boolean) => {
      const read = balanceReader(database, clock, whole);
      return new Gathered((ids) => termedBalances(programs, read, ids));
    };
    this.someOfBalances = balances(false);
    this.wholeBalances = balances(true);
    this.orders = new Gathered(inOrder((ids) => readOrderViews(app, ids)));
  }

  /** Members as their rows have them, whole or without what is asked for less often. */
  balances(whole: boolean): Gathered<TermedBalance> {
    return whole ? this.wholeBalances : this.someOfBalances;
  }

  /** Members as they stand, with what else is asked for. */
  members(parts: AccountParts): Gathered<MemberView> {
    const key = `${parts.pending} ${parts.book}`;
    let gathered = this.membersByParts.get(key);
    if (!gathered) {
      gathered = new Gathered(inOrder((ids) => readMembers(this.app, ids, parts)));
      this.membersByParts.set(key, gathered);
    }
    return gathered;
  }
}

async function termedBalances(
  programs: Programs,
  readBalances: ReadBalances,
  ids: readonly string[],
): Promise<(TermedBalance | undefined)[]> {
  const balances: (TermedBalance | undefined)[] = [];
  for (const read of await readBalances(ids)) {
    if (!read) {
      balances.push(undefined);
      continue;
    }
    const { program, termsVersion } = read;
    const terms =
      programs.find(program, termsVersion) ?? (await programs.published(program, termsVersion));
    balances.push({ read, terms });
  }
  return balances;
}

/** For a read that names what it found: of each of `ids` in their order, every one asked for once. */
function inOrder<T>(read: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>) {
  return async (ids: readonly string[]): Promise<(T | undefined)[]> => {
    const found = await read([...new Set(ids)]);
    return ids.map((id) => found.get(id));
  };
}
