import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { Instant } from '../kernel/time';
import { bool, instant, startingWith } from './columns';

/** The sandbox's test clock: one row, or none. Never read in production. */
@Entity('sandbox_clock')
@Check('sandbox_clock_one_row', 'only_row')
export class SandboxClockRow {
  @PrimaryColumn({ ...startingWith(bool, true), nullable: false })
  onlyRow!: boolean;

  @Column(instant)
  at!: Instant;
}
