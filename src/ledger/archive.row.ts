import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { instant, int4, int8, orNull, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AllocationColumns, EntryColumns } from './entry.row';

/**
 * Old entries of an account: those up to its `archived_sequence`, as they were written. They come from a table that checks and
 * keeps them (L1), so nothing is checked here again; the view `all_entries` has these and the others.
 */
@Entity('entries_archive')
@Index('entries_archive_xact', ['xact'])
export class ArchivedEntryRow extends EntryColumns {}

/** The allocations of archived entries; the view `all_allocations` has these and the others. */
@Entity('allocations_archive')
@Index('allocations_archive_lot', ['shard', 'accountId', 'lot'])
export class ArchivedAllocationRow extends AllocationColumns {}

/** An operator's run that archived what was recorded before an instant. */
@Entity('archive_runs')
@Check('archive_runs_counted', 'accounts >= 0 and entries >= accounts and allocations >= 0')
export class ArchiveRunRow {
  @PrimaryColumn(int4)
  number!: number;

  @Column(instant)
  before!: Instant;

  /** Null: of all programs. */
  @Column(orNull(text))
  program!: string | null;

  @Column(text)
  actor!: string;

  @Column(text)
  reason!: string;

  @Column(instant)
  startedAt!: Instant;

  /** Null while it runs, and of one that was killed. */
  @Column(orNull(instant))
  finishedAt!: Instant | null;

  /** Accounts that something of was archived, counted each time it was. */
  @Column(startingWith(int8, 0))
  accounts!: number;

  @Column(startingWith(int8, 0))
  entries!: number;

  @Column(startingWith(int8, 0))
  allocations!: number;
}
