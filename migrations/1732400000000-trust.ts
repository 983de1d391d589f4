import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // An account whose books are in doubt stands still until somebody has looked (L1–L19). The application's role
  // may read these columns and change none of them.
  `alter table accounts
    add column frozen_at timestamptz,
    add column frozen_reason text,
    add column frozen_by text,
    add constraint accounts_frozen_whole check ((frozen_at is null) = (frozen_reason is null) and (frozen_at is null) = (frozen_by is null))`,
  `create index accounts_frozen on accounts (shard, id) where frozen_at is not null`,

  // What an operator did to an account past the door: frozen, unfrozen, its numbers written anew.
  `create table interventions (
    shard smallint not null,
    account_id text not null,
    number integer not null,
    kind text not null,
    at timestamptz not null,
    actor text not null,
    reason text not null,
    details jsonb,
    constraint interventions_pkey primary key (shard, account_id, number),
    constraint interventions_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint interventions_numbered check (number > 0),
    constraint interventions_kind_known check (kind in ('FREEZE', 'UNFREEZE', 'REBUILD'))
  )`,
  `create trigger interventions_append_only before update or delete or truncate on interventions
   for each statement execute function refuse_change()`,

  // Walks over the whole ledger that check the invariants, a slice at a time: how far each is, and what it found.
  `create table integrity_walks (
    number integer not null,
    started_at timestamptz not null,
    continued_at timestamptz not null,
    finished_at timestamptz,
    place jsonb,
    accounts bigint not null default 0,
    orders bigint not null default 0,
    breaches jsonb not null default '[]',
    constraint integrity_walks_pkey primary key (number),
    constraint integrity_walks_finished check (finished_at is null or place is null)
  )`,

  // A customer's orders, and the lots that points of a lot went to: what the invariants compare, account by account.
  `create index orders_customer on orders (customer_shard, customer_id)`,
  `create index lots_origin on lots (origin_account, origin_lot) where origin_account is not null`,
];

const DOWN = [
  'drop index lots_origin',
  'drop index orders_customer',
  'drop table integrity_walks',
  'drop table interventions',
  'alter table accounts drop column frozen_at, drop column frozen_reason, drop column frozen_by',
];

/** What lets an operator trust the books, and stop an account where they cannot. */
export class Trust1732400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
