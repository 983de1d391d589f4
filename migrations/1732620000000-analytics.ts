import type { MigrationInterface, QueryRunner } from 'typeorm';

const KEY = 'generation smallint not null, program text not null, grain text not null';
const TIMES = 'occurred timestamptz not null, recorded timestamptz not null';
const XACTS = 'first_xact bigint not null, last_xact bigint not null';
/** The same rows are changed every few seconds, and no index with them: room on their pages, and dead versions cleared early. */
const STORAGE =
  'fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000';

const UP = [
  // What was there before gets 0, without being written anew; from then on the database gives each entry its transaction.
  'alter table entries add column xact bigint not null default 0',
  `create function current_xact() returns bigint volatile language sql
   return pg_catalog.pg_current_xact_id()::text::bigint`,
  'alter table entries alter column xact set default current_xact()',
  'alter table referral_codes add column program text, add column issued_at timestamptz',

  `create table rollup_moves (
    ${KEY}, ${TIMES}, kind text not null, source text not null, campaign text not null,
    from_state text not null, to_state text not null, expires date not null,
    points bigint not null, moves bigint not null, ${XACTS},
    constraint rollup_moves_pkey primary key
      (generation, program, grain, occurred, recorded, kind, source, campaign, from_state, to_state, expires),
    constraint rollup_moves_grain_known check (grain in ('HOUR', 'DAY', 'MONTH'))
  ) with (${STORAGE})`,
  `create table rollup_entries (
    ${KEY}, ${TIMES}, kind text not null, tier_before text not null, tier_after text not null,
    entries bigint not null, available_change bigint not null, held_change bigint not null, owed_change bigint not null,
    turnover_change bigint not null, orders bigint not null, orders_with_points bigint not null,
    points_on_orders bigint not null, first_entries bigint not null, bonuses bigint not null, ${XACTS},
    constraint rollup_entries_pkey primary key (generation, program, grain, occurred, recorded, kind, tier_before, tier_after),
    constraint rollup_entries_grain_known check (grain in ('HOUR', 'DAY', 'MONTH'))
  ) with (${STORAGE})`,
  `create table rollup_remaining (
    generation smallint not null, program text not null, expires_at timestamptz not null, source text not null,
    campaign text not null, points bigint not null,
    constraint rollup_remaining_pkey primary key (generation, program, expires_at, source, campaign)
  ) with (${STORAGE})`,
  `create table rollup_progress (
    only_row boolean not null default true,
    generation smallint,
    watermark bigint not null,
    since timestamptz not null default '-infinity',
    cluster text not null,
    updated_at timestamptz not null default clock_timestamp(),
    building jsonb,
    constraint rollup_progress_pkey primary key (only_row),
    constraint rollup_progress_one_row check (only_row),
    constraint rollup_progress_something check (generation is not null or building is not null)
  )`,

  // Nobody writes entries until this commits (they were altered): what there is has 0, what comes is at or above the watermark.
  // Empty books are rolled up at once; others are walked over by the job.
  `insert into rollup_progress (generation, watermark, cluster, building)
   select case when not b.filled then 1 end, b.watermark, b.cluster, case when b.filled then jsonb_build_object(
       'generation', 1, 'watermark', b.watermark, 'since', '-infinity', 'cluster', b.cluster, 'place', null, 'walked', false) end
   from (select exists (select from entries) as filled, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as watermark,
       (select system_identifier::text from pg_control_system()) as cluster) b`,
];

const DOWN = [
  'drop table rollup_progress',
  'drop table rollup_remaining',
  'drop table rollup_entries',
  'drop table rollup_moves',
  'alter table referral_codes drop column issued_at, drop column program',
  'alter table entries drop column xact',
  'drop function current_xact',
];

/** Which transaction wrote an entry, and the rollups that are kept by it; and when a referral code was drawn. */
export class Analytics1732620000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
