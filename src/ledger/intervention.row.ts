import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, json, orNull, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AccountRow } from './account.row';

/** Something an operator did to an account past the door. Never changed. */
@Entity('interventions')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'interventions_account_fk',
})
@Check('interventions_numbered', 'number > 0')
@Check('interventions_kind_known', `kind in ('FREEZE', 'UNFREEZE', 'REBUILD')`)
export class InterventionRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  /** 1, 2, 3 … per account. */
  @PrimaryColumn(int4)
  number!: number;

  @Column(text)
  kind!: 'FREEZE' | 'UNFREEZE' | 'REBUILD';

  @Column(instant)
  at!: Instant;

  @Column(text)
  actor!: string;

  @Column(text)
  reason!: string;

  /** What a rebuild changed. */
  @Column(orNull(json))
  details!: object | null;
}
