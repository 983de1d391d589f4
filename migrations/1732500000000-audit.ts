import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // Who did what with more rights than a customer has, and who was turned away. A table of its own beside the ledger's, so no
  // shard: what it names may be nobody's account.
  `create table audit_log (
    id uuid not null,
    step text not null,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    operation text not null,
    ids jsonb not null,
    customer_ids text[] not null,
    outcome text,
    times integer not null default 1,
    request_id text not null,
    constraint audit_log_pkey primary key (id, step),
    constraint audit_log_step_known check (step in ('ASKED', 'ANSWERED', 'DENIED') and (step = 'ASKED') = (outcome is null)),
    constraint audit_log_times_positive check (times > 0 and (step = 'DENIED' or times = 1))
  )`,
  `create index audit_log_at on audit_log (at, id) where step <> 'ANSWERED'`,
  `create index audit_log_actor on audit_log (actor, at, id) where step <> 'ANSWERED'`,
  `create index audit_log_customers on audit_log using gin (customer_ids)`,
  `create trigger audit_log_append_only before update or delete or truncate on audit_log
   for each statement execute function refuse_change()`,

  // The trace that a message belongs to, where its command was traced: whoever takes it can follow it back.
  'alter table outbox add column traceparent text',
];

const DOWN = ['alter table outbox drop column traceparent', 'drop table audit_log'];

/** What lets an auditor see who did what, and an operator follow a message back to its request. */
export class Audit1732500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
