import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int8, orNull, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { TransferReason, TransferState } from '../ledger/transfer';

/** Points that move, or are to move, from one member to a colleague (R7). */
@Entity('transfers')
@Check('transfers_reason_known', `reason in ('LEFT_COMPANY', 'CHANGED_ROLE', 'OTHER')`)
@Check('transfers_points_positive', 'points > 0 and moved > 0')
@Check(
  'transfers_state_known',
  `state in ('REQUESTED', 'APPROVED', 'REJECTED') and (state = 'REQUESTED') = (decided_at is null) and (decided_at is null) = (decided_by is null) and (state = 'APPROVED') = (moved is not null)`,
)
@Index('transfers_state', ['state', 'requestedAt', 'shard', 'id'])
@Index('transfers_from', ['fromId', 'requestedAt'])
@Index('transfers_to', ['toId', 'requestedAt'])
export class TransferRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  id!: string;

  @Column(text)
  fromId!: string;

  @Column(text)
  toId!: string;

  @Column(orNull(int8))
  points!: Points | null;

  @Column(text)
  reason!: TransferReason;

  @Column(orNull(text))
  evidence!: string | null;

  @Column(text)
  state!: TransferState;

  @Column(text)
  requestedBy!: string;

  @Column(instant)
  requestedAt!: Instant;

  @Column(orNull(text))
  decidedBy!: string | null;

  @Column(orNull(instant))
  decidedAt!: Instant | null;

  @Column(orNull(text))
  note!: string | null;

  @Column(orNull(int8))
  moved!: Points | null;
}
