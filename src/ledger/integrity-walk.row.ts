import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { instant, int4, int8, json, orNull, startingWith } from '../database/columns';
import type { Instant } from '../kernel/time';
import type { Breach, Place } from './integrity';

/** A walk over the whole ledger that checks the invariants, a slice at a time. */
@Entity('integrity_walks')
@Check('integrity_walks_finished', 'finished_at is null or place is null')
export class IntegrityWalkRow {
  @PrimaryColumn(int4)
  number!: number;

  @Column(instant)
  startedAt!: Instant;

  @Column(instant)
  continuedAt!: Instant;

  @Column(orNull(instant))
  finishedAt!: Instant | null;

  /** Where it goes on; null before its first slice, and once it is finished. */
  @Column(orNull(json))
  place!: Place | null;

  @Column(startingWith(int8, 0))
  accounts!: number;

  @Column(startingWith(int8, 0))
  orders!: number;

  @Column(startingWith(json, () => `'[]'`))
  breaches!: Breach[];
}
