import type { MigrationInterface, QueryRunner } from 'typeorm';

const REVIEWED = `create index referrals_review on referrals (registered_at, shard, account_id) where cardinality(flags) > 0 or state`;

const UP = [
  // Whoever voids a lot, or looks whether what left one came in elsewhere, follows its points to their receivers.
  // A code that went with a rejected referral may come back with it; one that was voided for abuse may not.
  `alter table discount_codes
    add column voided_for_abuse boolean not null default false,
    add constraint discount_codes_voided_whole check (voided_at is not null or not voided_for_abuse)`,
  'drop index referrals_review',
  `${REVIEWED} in ('REJECTED', 'VOIDED')`,
  // What was left of a claim when it was settled or waived.
  `alter table claims
    add column decided_minor bigint,
    add constraint claims_decided_whole check ((state = 'OPEN') = (decided_minor is null) and decided_minor between 0 and amount_minor)`,
  `create table voidings (
    shard smallint not null,
    account_id text not null,
    number integer not null,
    kind text not null,
    referee_id text,
    discount_code text,
    lots jsonb not null default '[]',
    reason text not null,
    voided_by text not null,
    voided_at timestamptz not null,
    constraint voidings_pkey primary key (shard, account_id, number),
    constraint voidings_account_fk foreign key (shard, account_id) references accounts (shard, id),
    constraint voidings_kind_known check (kind in ('LOTS', 'REFERRAL', 'DISCOUNT') and (kind = 'REFERRAL') = (referee_id is not null) and (kind <> 'DISCOUNT' or discount_code is not null))
  )`,
];

const DOWN = [
  'drop table voidings',
  'alter table claims drop column decided_minor',
  'drop index referrals_review',
  `${REVIEWED} = 'REJECTED'`,
  'alter table discount_codes drop column voided_for_abuse',
];

/** What the rewards desk takes away for abuse (R8.1): who did, when and why, and what is claimed for it. */
export class Abuse1732413600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
