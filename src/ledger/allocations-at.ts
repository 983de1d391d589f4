/** SQL of an entry's key, each part a column or an expression. */
export interface EntryKey {
  readonly shard: string;
  readonly account: string;
  readonly sequence: string;
}

/**
 * SQL: a select of one entry's allocations (lot, from_state, to_state, points), as far as they meet a condition, looked up by its
 * key: `offset 0` makes the planner do it for each entry by itself. That it takes no index for it by which it would read all that the account
 * ever had is due to the statistics of the table: an account has one shard.
 */
export function allocationsAt({ shard, account, sequence }: EntryKey, condition = 'true'): string {
  return `select lot, from_state, to_state, points from allocations
    where shard = ${shard} and account_id = ${account} and sequence = ${sequence} and ${condition} order by ordinal offset 0`;
}
