import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, json, orNull, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';

/** A message to the platform, numbered per account, written with what it tells. */
@Entity('outbox')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'outbox_account_fk',
})
@Check(
  'outbox_state_known',
  `state in ('PENDING', 'DELIVERED', 'DEAD') and (state = 'PENDING') = (settled_at is null)`,
)
@Index('outbox_pending', ['shard', 'accountId', 'number'], { where: `state = 'PENDING'` })
@Index('outbox_dead', ['settledAt', 'shard', 'accountId', 'number'], { where: `state = 'DEAD'` })
@Index('outbox_delivered', ['settledAt'], { where: `state = 'DELIVERED'` })
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

  @Column(startingWith(text, 'PENDING'))
  state!: 'PENDING' | 'DELIVERED' | 'DEAD';

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

  /** The trace that it belongs to (W3C `traceparent`); null where its command was not traced. */
  @Column(orNull(text))
  traceparent!: string | null;
}
