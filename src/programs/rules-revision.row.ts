import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { bool, int8, startingWith } from '../database/columns';

/** One number that rises with every published version of terms and every change of a campaign: one row, always. */
@Entity('rules_revision')
@Check('rules_revision_one_row', 'only_row')
export class RulesRevisionRow {
  @PrimaryColumn({ ...startingWith(bool, true), nullable: false })
  onlyRow!: boolean;

  @Column(startingWith(int8, 0))
  revision!: number;
}
