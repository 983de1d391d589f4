import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { bool, instant, int2, int8, orNull, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';

/** A program that is discontinued (R2.5), and how far its members' memberships were ended. */
@Entity('program_endings')
@Check('program_endings_window', 'redeem_until >= ends_at')
export class ProgramEndingRow {
  @PrimaryColumn(text)
  program!: string;

  @Column(instant)
  endsAt!: Instant;

  @Column(instant)
  redeemUntil!: Instant;

  @Column(bool)
  goodCause!: boolean;

  @Column(text)
  reason!: string;

  @Column(instant)
  announcedAt!: Instant;

  @Column(text)
  announcedBy!: string;

  @Column(int8)
  members!: number;

  @Column(startingWith(int8, 0))
  done!: number;

  @Column(orNull(int2))
  cursorShard!: number | null;

  @Column(orNull(text))
  cursorId!: string | null;

  @Column(orNull(instant))
  finishedAt!: Instant | null;
}
