import type { MigrationInterface, QueryRunner } from 'typeorm';

const ENTRY_COLUMNS = `shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
  available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, order_id, redemption, terms_version,
  cause, actor, arithmetic, xact`;
const ALLOCATION_COLUMNS =
  'shard, account_id, sequence, ordinal, lot, redemption, from_state, to_state, points';
const APPENDED = `autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 10000,
  autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 1000`;

const UP = [
  // As the tables they are filled from, column by column; those have checked what comes, and it is never changed.
  `create table entries_archive (
    shard smallint not null,
    account_id text not null,
    sequence bigint not null,
    kind text not null,
    available_change bigint not null,
    held_change bigint not null,
    owed_change bigint not null,
    turnover_change bigint not null,
    available_after bigint not null,
    held_after bigint not null,
    owed_after bigint not null,
    turnover_after bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    order_id text,
    redemption bigint,
    terms_version integer not null,
    cause text not null,
    actor text not null,
    arithmetic jsonb,
    xact bigint not null default current_xact(),
    constraint entries_archive_pkey primary key (shard, account_id, sequence)
  ) with (${APPENDED})`,
  'create index entries_archive_xact on entries_archive (xact)',
  `create table allocations_archive (
    shard smallint not null,
    account_id text not null,
    sequence bigint not null,
    ordinal smallint not null,
    lot integer not null,
    redemption bigint,
    from_state text not null,
    to_state text not null,
    points bigint not null,
    constraint allocations_archive_pkey primary key (shard, account_id, sequence, ordinal)
  ) with (${APPENDED})`,
  'create index allocations_archive_lot on allocations_archive (shard, account_id, lot)',
  'create statistics allocations_archive_account_in_shard (dependencies) on shard, account_id from allocations_archive',
  `create table archive_runs (
    number integer not null,
    before timestamptz not null,
    program text,
    actor text not null,
    reason text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    accounts bigint not null default 0,
    entries bigint not null default 0,
    allocations bigint not null default 0,
    constraint archive_runs_pkey primary key (number),
    constraint archive_runs_counted check (accounts >= 0 and entries >= accounts and allocations >= 0)
  )`,
  `create view all_entries as select ${ENTRY_COLUMNS} from entries
   union all select ${ENTRY_COLUMNS} from entries_archive`,
  `create view all_allocations as select ${ALLOCATION_COLUMNS} from allocations
   union all select ${ALLOCATION_COLUMNS} from allocations_archive`,
  ...['entries_archive', 'allocations_archive'].map(
    (
      table,
    ) => `create trigger ${table}_l1_append_only before update or delete or truncate on ${table}
     for each statement execute function refuse_change()`,
  ),

  // L1 without a way around it: what is deleted must stand in the archive by then, bit by bit.
  `create function refuse_loss() returns trigger language plpgsql as $$
   declare lost bigint;
   begin
     execute format('select count(*) from gone g where not exists (select from %I.%I a
       where a.shard = g.shard and a.account_id = g.account_id and a.sequence = g.sequence and (a) *= (g))',
       tg_table_schema, tg_table_name || '_archive') into lost;
     if lost > 0 then
       raise exception '% is append-only: % rows that are not archived as they are would be lost', tg_table_name, lost using errcode = '23001';
     end if;
     return null;
   end $$`,

  'alter table accounts add column archived_sequence bigint not null default 0',

  // A foreign key would keep the entry that placed a redemption where it is, for good: it is asked for once, when it is placed.
  `create function refuse_without_entry() returns trigger language plpgsql as $$
   begin
     perform from entries where shard = new.shard and account_id = new.account_id and sequence = new.number;
     if not found then
       raise exception 'Redemption % of % is placed by no entry', new.number, new.account_id
         using errcode = '23503', table = 'redemptions', constraint = 'redemptions_l7_own_entry';
     end if;
     return null;
   end $$`,
  'alter table redemptions drop constraint redemptions_l7_own_entry',
  `create trigger redemptions_l7_own_entry after insert or update of shard, account_id, number on redemptions
   for each row execute function refuse_without_entry()`,

  ...['entries', 'allocations'].flatMap((table) => [
    `create or replace trigger ${table}_l1_append_only before update or truncate on ${table}
     for each statement execute function refuse_change()`,
    `create trigger ${table}_l1_only_archived after delete on ${table} referencing old table as gone
     for each statement execute function refuse_loss()`,
  ]),
];

const DOWN = [
  'drop view all_entries, all_allocations',
  'alter table accounts drop column archived_sequence',
  `insert into entries (${ENTRY_COLUMNS}) select ${ENTRY_COLUMNS} from entries_archive`,
  `insert into allocations (${ALLOCATION_COLUMNS}) select ${ALLOCATION_COLUMNS} from allocations_archive`,
  'drop trigger redemptions_l7_own_entry on redemptions',
  'drop function refuse_without_entry',
  `alter table redemptions add constraint redemptions_l7_own_entry
   foreign key (shard, account_id, number) references entries (shard, account_id, sequence)`,
  ...['allocations', 'entries'].flatMap((table) => [
    `drop trigger ${table}_l1_only_archived on ${table}`,
    `create or replace trigger ${table}_l1_append_only before update or delete or truncate on ${table}
     for each statement execute function refuse_change()`,
    `drop table ${table}_archive`,
  ]),
  'drop function refuse_loss',
  'drop table archive_runs',
];

/** Where old entries and their allocations go, and what sees to it that none is lost on the way. */
export class Archive1732640000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
