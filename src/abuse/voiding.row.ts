import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, json, orNull, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';

/** What the desk took away for abuse, and why (R8.1); numbered with the account's adjustments, objections and claims. */
@Entity('voidings')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'voidings_account_fk',
})
@Check(
  'voidings_kind_known',
  `kind in ('LOTS', 'REFERRAL', 'DISCOUNT') and (kind = 'REFERRAL') = (referee_id is not null) and (kind <> 'DISCOUNT' or discount_code is not null)`,
)
export class VoidingRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int4)
  number!: number;

  @Column(text)
  kind!: 'LOTS' | 'REFERRAL' | 'DISCOUNT';

  /** The referred customer of a referral. */
  @Column(orNull(text))
  refereeId!: string | null;

  @Column(orNull(text))
  discountCode!: string | null;

  /** Lots with the points that went, of this account and of those they were transferred to. */
  @Column(startingWith(json, () => `'[]'`))
  lots!: object[];

  @Column(text)
  reason!: string;

  @Column(text)
  voidedBy!: string;

  @Column(instant)
  voidedAt!: Instant;
}
