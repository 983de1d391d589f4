import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, json, orNull, startingWith, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';

/**
 * Money that a member is to pay back for voided points or a voided discount that were used already (R8.1); numbered with
 * the account's adjustments and objections.
 */
@Entity('claims')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'claims_account_fk',
})
@Check(
  'claims_of_one_thing',
  '(redemption is null) <> (discount_code is null) and (redemption is null) = (points = 0)',
)
@Check('claims_amounts', 'points >= 0 and amount_minor > 0')
@Check(
  'claims_state_known',
  `state in ('OPEN', 'SETTLED', 'WAIVED') and (state = 'OPEN') = (decided_at is null) and (decided_at is null) = (decided_by is null)`,
)
@Check(
  'claims_decided_whole',
  `(state = 'OPEN') = (decided_minor is null) and decided_minor between 0 and amount_minor`,
)
@Index('claims_state', ['state', 'openedAt', 'shard', 'accountId', 'number'])
export class ClaimRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int4)
  number!: number;

  /** Who redeemed: a colleague where the points had been transferred. */
  @Column(text)
  redeemerId!: string;

  /** The redeemer's redemption; null for a discount. */
  @Column(orNull(int8))
  redemption!: number | null;

  @Column(startingWith(json, () => `'[]'`))
  lots!: object[];

  @Column(text)
  orderId!: string;

  @Column(orNull(text))
  discountCode!: string | null;

  @Column(int8)
  points!: Points;

  @Column(int8)
  amountMinor!: number;

  @Column(text)
  currency!: string;

  @Column(text)
  reason!: string;

  @Column(text)
  state!: 'OPEN' | 'SETTLED' | 'WAIVED';

  @Column(text)
  openedBy!: string;

  @Column(instant)
  openedAt!: Instant;

  @Column(orNull(text))
  decidedBy!: string | null;

  @Column(orNull(instant))
  decidedAt!: Instant | null;

  @Column(orNull(text))
  note!: string | null;

  /** What was left of it when it was settled or waived. */
  @Column(orNull(int8))
  decidedMinor!: number | null;
}
