import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, orNull, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';

/** What a member says of a credit or a discount, wrong or missing (R8.2); numbered with the account's adjustments and claims. */
@Entity('objections')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'objections_account_fk',
})
@Check(
  'objections_about_known',
  `about in ('CREDIT', 'MISSING_CREDIT', 'DISCOUNT', 'MISSING_DISCOUNT')`,
)
@Check(
  'objections_state_known',
  `state in ('OPEN', 'REJECTED', 'CORRECTED') and (state = 'OPEN') = (decided_at is null) and (decided_at is null) = (decided_by is null) and (state = 'CORRECTED') = (adjustment is not null)`,
)
@Index('objections_state', ['state', 'raisedAt', 'shard', 'accountId', 'number'])
export class ObjectionRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int4)
  number!: number;

  @Column(text)
  about!: 'CREDIT' | 'MISSING_CREDIT' | 'DISCOUNT' | 'MISSING_DISCOUNT';

  /** The entry of the credit it is about. */
  @Column(orNull(int8))
  sequence!: number | null;

  @Column(orNull(text))
  orderId!: string | null;

  @Column(orNull(text))
  discountCode!: string | null;

  @Column(text)
  statement!: string;

  @Column(text)
  state!: 'OPEN' | 'REJECTED' | 'CORRECTED';

  @Column(text)
  raisedBy!: string;

  @Column(instant)
  raisedAt!: Instant;

  @Column(orNull(text))
  decidedBy!: string | null;

  @Column(orNull(instant))
  decidedAt!: Instant | null;

  @Column(orNull(text))
  note!: string | null;

  /** Number of the adjustment that corrected it. */
  @Column(orNull(int4))
  adjustment!: number | null;
}
