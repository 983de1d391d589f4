import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bool, instant, int2, int4, int8, orNull, startingWith, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';
import type { ReferralFlag, ReferralState } from '../ledger/referral';

/** That one customer referred another: one row per referred customer, under that customer's lock (R5.3). */
@Entity('referrals')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'referrals_account_fk',
})
@Check('referrals_not_oneself', 'referrer_id <> account_id')
@Check('referrals_state_known', `state in ('WAITING', 'REWARDED', 'LOST', 'REJECTED', 'VOIDED')`)
@Check(
  'referrals_l17_rewarded_whole',
  `(state <> 'REWARDED' or order_id is not null) and (bonus = 0 or lot is not null) and bonus >= 0 and reversed between 0 and bonus`,
)
@Index('referrals_referrer', ['referrerShard', 'referrerId', 'registeredAt'])
@Index('referrals_registered', ['registeredAt'])
@Index('referrals_decided', ['decidedAt'], { where: `state in ('REWARDED', 'LOST')` })
@Index('referrals_review', ['registeredAt', 'shard', 'accountId'], {
  where: `cardinality(flags) > 0 or state in ('REJECTED', 'VOIDED')`,
})
export class ReferralRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @Column(int2)
  referrerShard!: number;

  @Column(text)
  referrerId!: string;

  @Column(text)
  code!: string;

  @Column(text)
  state!: ReferralState;

  @Column({ ...text, array: true, default: () => `'{}'` })
  flags!: ReferralFlag[];

  @Column(instant)
  registeredAt!: Instant;

  @Column(orNull(text))
  orderId!: string | null;

  @Column(orNull(int4))
  lot!: number | null;

  @Column(startingWith(int8, 0))
  bonus!: Points;

  @Column(startingWith(int8, 0))
  reversed!: Points;

  @Column(orNull(instant))
  decidedAt!: Instant | null;

  @Column(orNull(instant))
  reviewedAt!: Instant | null;

  @Column(orNull(text))
  reviewNote!: string | null;

  @Column(orNull(text))
  reviewer!: string | null;

  @Column(orNull(int4))
  termsVersion!: number | null;
}

/** A referred customer's discount on the first order (R5.2). */
@Entity('discount_codes')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'discount_codes_account_fk',
})
@Check('discount_codes_percent', 'percent between 1 and 100')
@Check('discount_codes_dates', 'expires_at > issued_at')
@Check('discount_codes_voided_whole', 'voided_at is not null or not voided_for_abuse')
@Check('discount_codes_l18_used_whole', '(order_id is null) = (applied_at is null)')
@Index('discount_codes_l18_once', ['shard', 'accountId', 'orderId'], {
  unique: true,
  where: 'order_id is not null',
})
export class DiscountCodeRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(text)
  code!: string;

  @Column(int2)
  percent!: number;

  @Column(int4)
  termsVersion!: number;

  @Column(instant)
  issuedAt!: Instant;

  @Column(instant)
  expiresAt!: Instant;

  @Column(orNull(text))
  orderId!: string | null;

  @Column(orNull(instant))
  appliedAt!: Instant | null;

  @Column(orNull(instant))
  voidedAt!: Instant | null;

  /** For abuse, and so for good (R8.1); not with a referral that was rejected. */
  @Column(startingWith(bool, false))
  voidedForAbuse!: boolean;
}
