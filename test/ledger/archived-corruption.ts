import type { Corruption } from './corruption';

const SAFE = '9007199254740992';

/** What a superuser could do to books all of whose entries are archived that may be. */
export const ARCHIVED_CORRUPTIONS: readonly Corruption[] = [
  ...['entries', 'allocations'].map((table) => ({
    ...{ breaks: 'L1', what: `archived ${table} may be deleted`, of: null },
    sql: `alter table ${table}_archive disable trigger ${table}_archive_l1_append_only`,
  })),
  ...['entries', 'allocations'].map((table) => ({
    ...{ breaks: 'L1', what: `${table} may be deleted that are not archived`, of: null },
    sql: `drop trigger ${table}_l1_only_archived on ${table}`,
  })),
  {
    ...{ breaks: 'L2', what: 'an archived entry is gone', of: 'ada' },
    sql: `delete from entries_archive where account_id = 'ada' and sequence = 2`,
  },
  {
    ...{ breaks: 'L2', what: 'the last archived entry is gone', of: 'ada' },
    sql: `delete from entries_archive where account_id = 'ada' and sequence = (select archived_sequence from accounts where id = 'ada')`,
  },
  {
    ...{ breaks: 'L2', what: 'an entry stands in both places', of: 'ada' },
    sql: `insert into entries select * from entries_archive where account_id = 'ada' and sequence = 2`,
  },
  {
    ...{ breaks: 'L2', what: 'an entry came back from the archive', of: 'ada' },
    sql: `with gone as (delete from entries_archive where account_id = 'ada' and sequence = 2 returning *) insert into entries select * from gone`,
  },
  {
    ...{ breaks: 'L2', what: 'the account does not know how much is archived', of: 'ada' },
    sql: `update accounts set archived_sequence = archived_sequence - 1 where id = 'ada'`,
  },
  {
    ...{ breaks: 'L3', what: 'an archived allocation moved more', of: 'ada' },
    sql: `update allocations_archive set points = points + 1 where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L3', what: 'an allocation stands in both places', of: 'ada' },
    sql: `insert into allocations select * from allocations_archive where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L5', what: 'somebody owed and could spend', of: 'ada' },
    sql: `update entries_archive set owed_after = 3, available_after = 3 where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L6', what: 'archived points of a redemption are gone', of: 'ada' },
    sql: `delete from allocations_archive where account_id = 'ada' and to_state = 'REDEEMED'`,
  },
  {
    ...{ breaks: 'L6', what: 'a hold was archived that nobody has decided', of: 'ada' },
    sql: `update redemptions set state = 'HELD', held = captured, captured = 0, decided_at = null, held_until = now()
      where account_id = 'ada' and state = 'CAPTURED'`,
  },
  {
    ...{ breaks: 'L7', what: 'an archived balance was written over', of: 'ada' },
    sql: `update entries_archive set available_after = available_after + 1 where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L7', what: 'an archived entry says less than its allocations', of: 'ada' },
    sql: `update entries_archive set available_change = available_change - 1 where account_id = 'ada' and sequence = 1`,
  },
  {
    ...{ breaks: 'L7', what: 'an allocation was archived without its entry', of: 'ada' },
    sql: `insert into allocations_archive values ((select shard from accounts where id = 'ada'), 'ada', 1000, 0, 1, null, 'ISSUED', 'REMAINING', 1)`,
  },
  {
    ...{ breaks: 'L7', what: 'a redemption that no entry placed', of: 'ada' },
    sql: `update redemptions set number = 1000 where account_id = 'ada' and state = 'CAPTURED'`,
  },
  {
    ...{ breaks: 'L10', what: 'the last entry left more', of: 'eve' },
    sql: `update entries_archive set turnover_after = turnover_after + 1 where account_id = 'eve'`,
  },
  {
    ...{ breaks: 'L13', what: 'an archived amount nobody can read exactly', of: 'ada' },
    sql: `update entries_archive set turnover_after = ${SAFE} where account_id = 'ada' and sequence = 1`,
  },
];
