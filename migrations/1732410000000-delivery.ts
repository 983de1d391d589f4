import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What WEBHOOK_URL is called among the endpoints; what was told before this migration was told to it. */
const PLATFORM = 'platform';

const UP = [
  // To whom messages are told: every endpoint that a process named lately. A message is given to those that
  // are here when it is written, so an endpoint that is added starts from then.
  `create table webhook_endpoints (
    name text not null,
    types text[],
    seen_at timestamptz not null,
    constraint webhook_endpoints_pkey primary key (name)
  )`,

  // One row per message and endpoint, written with the message; what became of it, with every attempt in its log.
  `create table webhook_deliveries (
    shard smallint not null,
    account_id text not null,
    number bigint not null,
    endpoint text not null,
    state text not null default 'PENDING',
    round integer not null default 0,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    claimed_until timestamptz,
    settled_at timestamptz,
    last_error text,
    log jsonb not null default '[]',
    constraint webhook_deliveries_pkey primary key (shard, account_id, number, endpoint),
    constraint webhook_deliveries_message_fk foreign key (shard, account_id, number) references outbox (shard, account_id, number),
    constraint webhook_deliveries_state_known check (state in ('PENDING', 'DELIVERED', 'DEAD') and (state = 'PENDING') = (settled_at is null))
  ) with (fillfactor = 80)`,
  `create index webhook_deliveries_pending on webhook_deliveries (endpoint, shard, account_id, number) where state = 'PENDING'`,
  `create index webhook_deliveries_dead on webhook_deliveries (settled_at, shard, account_id, number, endpoint) where state = 'DEAD'`,

  `insert into webhook_endpoints (name, seen_at)
    select '${PLATFORM}', now() where exists (select from outbox where attempts > 0)`,
  `insert into webhook_deliveries (shard, account_id, number, endpoint, state, attempts, next_attempt_at, settled_at, last_error)
    select shard, account_id, number, name, state, attempts, next_attempt_at, settled_at, last_error
    from outbox cross join webhook_endpoints`,

  // The message itself is written once and never changed.
  'drop index outbox_pending',
  'drop index outbox_dead',
  'drop index outbox_delivered',
  `alter table outbox
    drop constraint outbox_state_known,
    drop column state,
    drop column attempts,
    drop column next_attempt_at,
    drop column claimed_until,
    drop column settled_at,
    drop column last_error,
    add column written_at timestamptz not null default now()`,
  'create index outbox_written on outbox (written_at)',

  // A member is written to in the order of the notifications: the oldest that waits comes first.
  `create index notifications_waiting on notifications (shard, account_id, number) where mail_state = 'PENDING'`,
];

const DOWN = [
  'drop index notifications_waiting',
  'drop index outbox_written',
  `alter table outbox
    drop column written_at,
    add column state text not null default 'PENDING',
    add column attempts integer not null default 0,
    add column next_attempt_at timestamptz not null default now(),
    add column claimed_until timestamptz,
    add column settled_at timestamptz,
    add column last_error text`,
  `update outbox o set state = d.state, attempts = d.attempts, next_attempt_at = d.next_attempt_at, settled_at = d.settled_at, last_error = d.last_error
    from webhook_deliveries d
    where (d.shard, d.account_id, d.number) = (o.shard, o.account_id, o.number) and d.endpoint = '${PLATFORM}'`,
  `alter table outbox
    add constraint outbox_state_known check (state in ('PENDING', 'DELIVERED', 'DEAD') and (state = 'PENDING') = (settled_at is null))`,
  `create index outbox_pending on outbox (shard, account_id, number) where state = 'PENDING'`,
  `create index outbox_dead on outbox (settled_at, shard, account_id, number) where state = 'DEAD'`,
  `create index outbox_delivered on outbox (settled_at) where state = 'DELIVERED'`,
  'drop table webhook_deliveries',
  'drop table webhook_endpoints',
];

/** Several webhook endpoints, each with its own standing of every message. */
export class Delivery1732410000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
