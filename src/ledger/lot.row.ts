import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bool, instant, int2, int4, int8, orNull, startingWith, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { AccountRow } from './account.row';
import type { LotSource } from './lot';

/** A credit of points, and where each of them is now (L3). */
@Entity('lots')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], { name: 'lots_account_fk' })
@Check('lots_source_known', `source in ('ORDER', 'REFERRAL', 'CAMPAIGN', 'ADJUSTMENT', 'TRANSFER')`)
@Check(
  'lots_l3_points_add_up',
  'granted > 0 and granted = remaining + held + redeemed + transferred + expired + forfeited + reversed',
)
@Check(
  'lots_l3_no_negative',
  'remaining >= 0 and held >= 0 and redeemed >= 0 and transferred >= 0 and expired >= 0 and forfeited >= 0 and reversed >= 0',
)
@Check('lots_open_flag', 'is_open = (remaining > 0 or held > 0)')
@Check(
  'lots_origin_whole',
  `(source = 'TRANSFER') = (origin_account is not null) and (origin_account is null) = (origin_lot is null)`,
)
@Check('lots_dates', 'expires_at > credited_at')
@Index('lots_open', ['shard', 'accountId'], { where: 'is_open' })
@Index('lots_origin', ['originAccount', 'originLot'], { where: 'origin_account is not null' })
export class LotRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int4)
  number!: number;

  @Column(text)
  source!: LotSource;

  @Column(text)
  sourceRef!: string;

  @Column(int4)
  termsVersion!: number;

  @Column(int8)
  granted!: Points;

  @Column(int8)
  remaining!: Points;

  @Column(startingWith(int8, 0))
  held!: Points;

  @Column(startingWith(int8, 0))
  redeemed!: Points;

  @Column(startingWith(int8, 0))
  expired!: Points;

  @Column(startingWith(int8, 0))
  forfeited!: Points;

  @Column(startingWith(int8, 0))
  reversed!: Points;

  @Column(bool)
  isOpen!: boolean;

  @Column(instant)
  creditedAt!: Instant;

  @Column(instant)
  expiresAt!: Instant;

  @Column(startingWith(int8, 0))
  transferred!: Points;

  @Column(orNull(text))
  originAccount!: string | null;

  @Column(orNull(int4))
  originLot!: number | null;
}
