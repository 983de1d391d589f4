import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import {
  bool,
  day,
  instant,
  int2,
  int8,
  json,
  orNull,
  startingWith,
  text,
} from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Allocation, EntryKind } from '../ledger/entry';
import type { LotSource, PointState } from '../ledger/lot';
import type { ProgramCode } from '../programs/terms';

/** The grains that are kept; weeks are added up from days, quarters and years from months. */
export type RollupGrain = 'HOUR' | 'DAY' | 'MONTH';

/** Points that moved from one state to another inside lots of one kind, in one period. */
@Entity('rollup_moves')
@Check('rollup_moves_grain_known', `grain in ('HOUR', 'DAY', 'MONTH')`)
export class RollupMoveRow {
  @PrimaryColumn(int2)
  generation!: number;

  @PrimaryColumn(text)
  program!: ProgramCode;

  @PrimaryColumn(text)
  grain!: RollupGrain;

  /** The start of the period of that grain, in the program's zone, in which it became true. */
  @PrimaryColumn(instant)
  occurred!: Instant;

  /** The start of the period in which it was written. */
  @PrimaryColumn(instant)
  recorded!: Instant;

  @PrimaryColumn(text)
  kind!: EntryKind;

  /** The lots'. */
  @PrimaryColumn(text)
  source!: LotSource;

  /** The code of the campaign that gave the lots; '' for all others. */
  @PrimaryColumn(text)
  campaign!: string;

  @PrimaryColumn(text)
  fromState!: Allocation['from'];

  @PrimaryColumn(text)
  toState!: PointState;

  /** The first day of the month, in the program's zone, in which the lots' last valid moment lies. */
  @PrimaryColumn(day)
  expires!: string;

  @Column(int8)
  points!: Points;

  /** Allocations. */
  @Column(int8)
  moves!: number;

  /** The least and the greatest transaction that wrote any of it. */
  @Column(int8)
  firstXact!: number;

  @Column(int8)
  lastXact!: number;
}

/** Entries of one kind between two tiers, in one period. */
@Entity('rollup_entries')
@Check('rollup_entries_grain_known', `grain in ('HOUR', 'DAY', 'MONTH')`)
export class RollupEntryRow {
  @PrimaryColumn(int2)
  generation!: number;

  @PrimaryColumn(text)
  program!: ProgramCode;

  @PrimaryColumn(text)
  grain!: RollupGrain;

  @PrimaryColumn(instant)
  occurred!: Instant;

  @PrimaryColumn(instant)
  recorded!: Instant;

  @PrimaryColumn(text)
  kind!: EntryKind;

  /** The tier that the account's entry before left; the lowest where there was none (R3.9). */
  @PrimaryColumn(text)
  tierBefore!: string;

  @PrimaryColumn(text)
  tierAfter!: string;

  @Column(int8)
  entries!: number;

  @Column(int8)
  availableChange!: Points;

  @Column(int8)
  heldChange!: Points;

  @Column(int8)
  owedChange!: Points;

  /** Minor units of the program's currency. */
  @Column(int8)
  turnoverChange!: number;

  /** Orders that were credited. */
  @Column(int8)
  orders!: number;

  /** … of them those that points had paid part of. */
  @Column(int8)
  ordersWithPoints!: number;

  @Column(int8)
  pointsOnOrders!: Points;

  /** How many of them are their accounts' first. */
  @Column(int8)
  firstEntries!: number;

  /** Bonuses of referrals, less what was taken back or voided of them. */
  @Column(int8)
  bonuses!: Points;

  @Column(int8)
  firstXact!: number;

  @Column(int8)
  lastXact!: number;
}

/** Points that can be spent, by when their lots expire: what all moves to and from there come to. */
@Entity('rollup_remaining')
export class RollupRemainingRow {
  @PrimaryColumn(int2)
  generation!: number;

  @PrimaryColumn(text)
  program!: ProgramCode;

  /** The first instant at which the lots are no longer usable (R6.2). */
  @PrimaryColumn(instant)
  expiresAt!: Instant;

  @PrimaryColumn(text)
  source!: LotSource;

  /** As of moves. */
  @PrimaryColumn(text)
  campaign!: string;

  /** 0 once all of them are gone. */
  @Column(int8)
  points!: Points;
}

/** A generation that is being made beside the one in use. */
export interface Building {
  readonly generation: number;
  /** Entries of transactions below it are walked over account by account, those above it follow in their order. */
  readonly watermark: number;
  /** As of the row; in text as PostgreSQL writes it, since it may be `-infinity`. */
  readonly since: string;
  readonly cluster: string;
  /** The last entry that was walked over; null before the first, and `walked` after the last. */
  readonly place: readonly [shard: number, accountId: string, sequence: number] | null;
  readonly walked: boolean;
}

/** How far the rollups are: one row, always. */
@Entity('rollup_progress')
@Check('rollup_progress_one_row', 'only_row')
@Check('rollup_progress_something', 'generation is not null or building is not null')
export class RollupProgressRow {
  @PrimaryColumn({ ...startingWith(bool, true), nullable: false })
  onlyRow!: boolean;

  /** The generation in use; null while the first one is made. */
  @Column(orNull(int2))
  generation!: number | null;

  /** Everything that transactions below it wrote is in the generation. */
  @Column(int8)
  watermark!: number;

  /**
   * Entries recorded before it are in the generation whatever their transaction: books that came from another cluster. Mostly
   * `-infinity`, which no Instant is: to be compared in SQL.
   */
  @Column(startingWith(instant, () => `'-infinity'`))
  since!: Instant;

  /** The cluster whose transactions the watermark counts (`system_identifier`). */
  @Column(text)
  cluster!: string;

  @Column(startingWith(instant, () => 'clock_timestamp()'))
  updatedAt!: Instant;

  @Column(orNull(json))
  building!: Building | null;
}
