import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, orNull, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Redemption, RedemptionState } from './redemption';

/**
 * Points that pay for an order (L6); numbered by the entry that placed it. That it is there the triggers `redemptions_l7_*` see to
 * when it is placed: a foreign key would keep the entry from the archive.
 */
@Entity('redemptions')
@Check(
  'redemptions_l6_points_add_up',
  'points > 0 and points = held + captured + released + restored and held >= 0 and captured >= 0 and released >= 0 and restored >= 0',
)
@Check(
  'redemptions_l6_state',
  `state in ('HELD', 'CAPTURED', 'RELEASED', 'LAPSED') and (state = 'HELD') = (held > 0) and (state = 'HELD') = (decided_at is null) and (state = 'CAPTURED' or state = 'HELD' or captured + restored = 0)`,
)
@Check('redemptions_hold_time', `state <> 'HELD' or held_until is not null`)
@Index('redemptions_paid_on_order', ['shard', 'orderId', 'captured'])
@Index('redemptions_held', ['shard', 'accountId'], { where: `state = 'HELD'` })
export class RedemptionRow implements Redemption {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int8)
  number!: number;

  @Column(text)
  orderId!: string;

  @Column(text)
  state!: RedemptionState;

  @Column(int8)
  points!: Points;

  @Column(int8)
  held!: Points;

  @Column(int8)
  captured!: Points;

  @Column(int8)
  released!: Points;

  @Column(int8)
  restored!: Points;

  @Column(instant)
  placedAt!: Instant;

  @Column(orNull(instant))
  heldUntil!: Instant | null;

  @Column(orNull(instant))
  decidedAt!: Instant | null;

  @Column({ ...int8, array: true })
  entries!: number[];

  @Column(int4)
  termsVersion!: number;
}
