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
    this.orders = new Gathered((ids) => readOrderViews(app, ids));
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
      gathered = new Gathered((ids) => readMembers(this.app, ids, parts));
      this.membersByParts.set(key, gathered);
    }
    return gathered;
  }
}

async function termedBalances(
  programs: Programs,
  readBalances: ReadBalances,
  ids: readonly string[],
): Promise<Map<string, TermedBalance>> {
  const balances = new Map<string, TermedBalance>();
  for (const read of await readBalances(ids)) {
    const { id, program, termsVersion } = read.account;
    const terms =
      programs.find(program, termsVersion) ?? (await programs.published(program, termsVersion));
    balances.set(id, { read, terms });
  }
  return balances;
}
