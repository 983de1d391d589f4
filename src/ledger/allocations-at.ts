/** SQL of an entry's key, each part a column or an expression. */
export interface EntryKey {
  readonly shard: string;
  readonly account: string;
  readonly sequence: string;
}

/**
 * SQL: a select of one entry's allocations (columns but the key's), archived or not, as far as they meet a condition,
 * looked up by its key: `offset 0` makes the planner do it for each entry by itself. That it takes no index for it by which it would read
 * all that the account ever had is due to the statistics of the tables: an account has one shard.
 */
export function allocationsAt(key: EntryKey, condition = 'true'): string {
  return lookUp('all_allocations', key, condition);
}

/** The same of entries that are not archived, such as those of holds that nobody has decided. */
export function liveAllocationsAt(key: EntryKey, condition = 'true'): string {
  return lookUp('allocations', key, condition);
}

/** The same as `allocationsAt`, without a look at the archive for what comes after the account's `archived` sequence. */
export function allocationsBeyond(archived: string, key: EntryKey, condition = 'true'): string {
  const old = lookUp('allocations_archive', key, `${key.sequence} <= ${archived} and ${condition}`);
  return `(${liveAllocationsAt(key, condition)}) union all (${old})`;
}

function lookUp(table: string, { shard, account, sequence }: EntryKey, condition: string): string {
  return `select ordinal, lot, redemption, from_state, to_state, points from ${table}
    where shard = ${shard} and account_id = ${account} and sequence = ${sequence} and ${condition} order by ordinal offset 0`;
}
