import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, json, orNull, startingWith, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { AccountRow } from './account.row';
import type { Allocation, Arithmetic, EntryKind } from './entry';
import { LotRow } from './lot.row';

/** What an entry is made of, where it stands first and in the archive alike. */
export abstract class EntryColumns {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int8)
  sequence!: number;

  @Column(text)
  kind!: EntryKind;

  @Column(int8)
  availableChange!: Points;

  @Column(int8)
  heldChange!: Points;

  @Column(int8)
  owedChange!: Points;

  @Column(int8)
  turnoverChange!: number;

  @Column(int8)
  availableAfter!: Points;

  @Column(int8)
  heldAfter!: Points;

  @Column(int8)
  owedAfter!: Points;

  @Column(int8)
  turnoverAfter!: number;

  @Column(instant)
  occurredAt!: Instant;

  @Column(instant)
  recordedAt!: Instant;

  @Column(orNull(text))
  orderId!: string | null;

  @Column(orNull(int8))
  redemption!: number | null;

  @Column(int4)
  termsVersion!: number;

  @Column(text)
  cause!: string;

  @Column(text)
  actor!: string;

  @Column(orNull(json))
  arithmetic!: Arithmetic | null;

  /** The transaction that wrote it; the database knows. 0 for what was written before this was kept. */
  @Column(startingWith(int8, () => 'current_xact()'))
  xact!: number;
}

/** What an allocation is made of, in both places. */
export abstract class AllocationColumns {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int8)
  sequence!: number;

  @PrimaryColumn(int2)
  ordinal!: number;

  @Column(int4)
  lot!: number;

  @Column(orNull(int8))
  redemption!: number | null;

  @Column(text)
  fromState!: Allocation['from'];

  @Column(text)
  toState!: Allocation['to'];

  @Column(int8)
  points!: Points;
}

/** One change of an account, written once (L1), numbered without gaps (L2). */
@Entity('entries')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'entries_account_fk',
})
@Check('entries_l2_sequence', 'sequence > 0')
@Check(
  'entries_kind_known',
  `kind in ('CREDITED', 'REDEEMED', 'HELD', 'CAPTURED', 'RELEASED', 'LAPSED', 'RETURNED', 'REVERSED', 'EXPIRED', 'FORFEITED', 'TRANSFERRED_OUT', 'TRANSFERRED_IN', 'VOIDED')`,
)
@Check(
  'entries_l4_balance',
  'available_after >= 0 and held_after >= 0 and owed_after >= 0 and turnover_after >= 0',
)
@Check('entries_l5_owing_cannot_spend', 'owed_after = 0 or available_after = 0')
@Check('entries_recorded_later', 'occurred_at <= recorded_at')
@Index('entries_xact', ['xact'])
export class EntryRow extends EntryColumns {}

/** One step of an entry's points inside one lot, both of the same account (L7). */
@Entity('allocations')
@ForeignKey(
  () => EntryRow,
  ['shard', 'accountId', 'sequence'],
  ['shard', 'accountId', 'sequence'],
  { name: 'allocations_l7_own_entry' },
)
@ForeignKey(() => LotRow, ['shard', 'accountId', 'lot'], ['shard', 'accountId', 'number'], {
  name: 'allocations_l7_own_lot',
})
@Check('allocations_points_positive', 'points > 0')
@Check(
  'allocations_states_known',
  `from_state in ('ISSUED', 'REMAINING', 'HELD', 'REDEEMED', 'EXPIRED', 'FORFEITED') and to_state in ('REMAINING', 'HELD', 'REDEEMED', 'EXPIRED', 'FORFEITED', 'TRANSFERRED', 'REVERSED', 'VOIDED') and from_state <> to_state`,
)
@Index('allocations_lot', ['shard', 'accountId', 'lot'])
export class AllocationRow extends AllocationColumns {}
