import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, orNull, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';

/** Points that the desk gives or takes by hand; numbered with the account's objections and claims. */
@Entity('adjustments')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'adjustments_account_fk',
})
@Check('adjustments_points_some', 'points <> 0')
@Check(
  'adjustments_state_known',
  `state in ('REQUESTED', 'BOOKED', 'DECLINED') and (state = 'REQUESTED') = (decided_at is null) and (decided_at is null) = (decided_by is null) and (state = 'BOOKED') = (sequence is not null)`,
)
@Index('adjustments_requested', ['requestedAt', 'shard', 'accountId', 'number'], {
  where: `state = 'REQUESTED'`,
})
export class AdjustmentRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int4)
  number!: number;

  /** Below 0 where they are taken. */
  @Column(int8)
  points!: Points;

  @Column(text)
  reason!: string;

  /** Number of the objection it corrects. */
  @Column(orNull(int4))
  objection!: number | null;

  @Column(text)
  state!: 'REQUESTED' | 'BOOKED' | 'DECLINED';

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

  /** The entry that booked it. */
  @Column(orNull(int8))
  sequence!: number | null;
}
