import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, json, orNull, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';

/** A message to the platform, numbered per account, written once with what it tells. */
@Entity('outbox')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'outbox_account_fk',
})
@Index('outbox_written', ['writtenAt'])
export class OutboxRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int8)
  number!: number;

  @Column(text)
  type!: string;

  /** The account's sequence that it tells of. */
  @Column(int8)
  sequence!: number;

  @Column(instant)
  occurredAt!: Instant;

  @Column(json)
  data!: object;

  /** By the database's own clock, in the sandbox too. */
  @Column(startingWith(instant, () => 'now()'))
  writtenAt!: Instant;

  /** The trace that it belongs to (W3C `traceparent`); null where its command was not traced. */
  @Column(orNull(text))
  traceparent!: string | null;
}

/** Somebody whom messages are told to, by the name the configuration gives. */
@Entity('webhook_endpoints')
export class WebhookEndpointRow {
  @PrimaryColumn(text)
  name!: string;

  /** Types of messages, or beginnings of them such as `redemption.*`; null: all. */
  @Column({ ...orNull(text), array: true })
  types!: string[] | null;

  /** When a process last named it. */
  @Column(instant)
  seenAt!: Instant;
}

/** What became of a message at an endpoint. */
@Entity('webhook_deliveries')
@ForeignKey(() => OutboxRow, ['shard', 'accountId', 'number'], ['shard', 'accountId', 'number'], {
  name: 'webhook_deliveries_message_fk',
})
@Check(
  'webhook_deliveries_state_known',
  `state in ('PENDING', 'DELIVERED', 'DEAD') and (state = 'PENDING') = (settled_at is null)`,
)
@Index('webhook_deliveries_pending', ['endpoint', 'shard', 'accountId', 'number'], {
  where: `state = 'PENDING'`,
})
@Index('webhook_deliveries_dead', ['settledAt', 'shard', 'accountId', 'number', 'endpoint'], {
  where: `state = 'DEAD'`,
})
export class WebhookDeliveryRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int8)
  number!: number;

  @PrimaryColumn(text)
  endpoint!: string;

  @Column(startingWith(text, 'PENDING'))
  state!: 'PENDING' | 'DELIVERED' | 'DEAD';

  /** How often it was replayed: what was under way before a replay settles nothing after it. */
  @Column(startingWith(int4, 0))
  round!: number;

  /** In this round. */
  @Column(startingWith(int4, 0))
  attempts!: number;

  @Column(startingWith(instant, () => 'now()'))
  nextAttemptAt!: Instant;

  /** Until then it belongs to the process that is sending it. */
  @Column(orNull(instant))
  claimedUntil!: Instant | null;

  /** When it was delivered or given up; null while pending. */
  @Column(orNull(instant))
  settledAt!: Instant | null;

  @Column(orNull(text))
  lastError!: string | null;

  /** The latest attempts, oldest first. */
  @Column(startingWith(json, () => `'[]'`))
  log!: object[];
}
