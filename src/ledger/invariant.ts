/** What a query of breaches walks over: accounts with what hangs on them, or orders. */
export type Track = 'accounts' | 'orders';

/** SQL that a row belongs to the slice which is looked at, by the two columns of its key. */
export type Within = (shard: string, id: string) => string;

/** One statement that must hold of the books, and queries whose rows break it. */
export interface Invariant {
  /** Its number in README.md: L2, L3 … */
  readonly number: string;
  readonly statement: string;
  /**
   * Select the accounts (shard, account_id) that break it, once per row that does, among the rows of a slice. Each row is
   * judged by what hangs on its own keys, so that all slices together find what one look at everything finds.
   */
  readonly breaches: readonly {
    readonly track: Track;
    readonly query: (within: Within) => string;
  }[];
}

/** The greatest amount that every reader of JSON holds exactly. */
export const SAFE = '9007199254740991';
/** A lot names the account its points came from, and not that one's shard: the index is asked for each. */
export const EVERY_SHARD = 'array(select generate_series(0, 255))::smallint[]';

/** Points of a lot or a redemption in a state, by the allocations alone. */
export function inState(state: string): string {
  return `coalesce(sum(case when al.to_state = '${state}' then al.points when al.from_state = '${state}' then -al.points end), 0)`;
}

/** A query over what hangs on accounts. */
export function ofAccounts(query: (within: Within) => string): Invariant['breaches'][number] {
  return { track: 'accounts', query };
}

/** A query over orders. */
export function ofOrders(query: (within: Within) => string): Invariant['breaches'][number] {
  return { track: 'orders', query };
}
