import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { ProgramCode, Terms } from '../programs/terms';
import { toArithmetic, XPointsArithmetic } from './arithmetic.graphql';
import { type Allocation, type Arithmetic, ENTRY_KINDS, type Entry, type EntryKind } from './entry';
import type { PointState } from './lot';
import { lotId, XPointsState } from './lot.graphql';
import { redemptionId } from './redemption';

export const XPointsEntryKind = describedEnum<EntryKind>(
  'XPointsEntryKind',
  'Why a balance changed.',
  ENTRY_KINDS,
);

@ObjectType({ simpleResolvers: true, description: 'One step of points inside one lot.' })
export class XPointsLotMove {
  @Field(() => ID, { description: 'The lot.' })
  lotId!: string;

  @Field(() => Int, { description: "The lot's number on its account." })
  number!: number;

  @Field(() => XPointsState, {
    description: 'Where the points were; ISSUED where the entry credits them.',
  })
  from!: PointState | 'ISSUED';

  @Field(() => XPointsState, { description: 'Where they went.' })
  to!: PointState;

  @Field(() => XPoints, { description: 'How many; more than 0.' })
  points!: Points;
}

@ObjectType({
  simpleResolvers: true,
  description:
    "One change of a member's account, written once and never changed. A change of every balance, and the balances after it.",
})
export class XPointsEntry {
  @Field(() => XPoints, { description: '1, 2, 3 … per account, without gaps.' })
  sequence!: number;

  @Field(() => XPointsEntryKind, { description: 'Why the balance changed.' })
  kind!: EntryKind;

  @Field(() => XPoints, { description: 'Change of what can be spent; negative where it fell.' })
  availableChange!: Points;

  @Field(() => XPoints, { description: 'Change of what is held.' })
  heldChange!: Points;

  @Field(() => XPoints, { description: 'Change of what is owed.' })
  owedChange!: Points;

  @Field(() => Money, {
    description: 'Change of cumulative turnover; negative where it was taken back.',
  })
  turnoverChange!: Money;

  @Field(() => XPoints, { description: 'Spendable after it.' })
  availableAfter!: Points;

  @Field(() => XPoints, { description: 'Held after it.' })
  heldAfter!: Points;

  @Field(() => XPoints, { description: 'Owed after it.' })
  owedAfter!: Points;

  @Field(() => DateTime, {
    description: 'When it became true: for an expiry or a lapse its due instant.',
  })
  occurredAt!: Instant;

  @Field(() => DateTime, { description: 'When it was written; never before `occurredAt`.' })
  recordedAt!: Instant;

  @Field(() => ID, {
    nullable: true,
    description: 'The redemption it placed or decided; null elsewhere.',
  })
  redemptionId!: string | null;

  @Field(() => Int, { description: 'The version of the terms it was written under (R1.4).' })
  termsVersion!: number;

  @Field(() => XPointsArithmetic, {
    nullable: true,
    description:
      'How the points of a credit, a reversal, an adjustment or a voiding came about; null elsewhere.',
  })
  arithmetic!: XPointsArithmetic | null;

  readonly customerId!: string;
  readonly program!: ProgramCode;
  readonly orderId!: string | null;
  /** The arithmetic as it is stored. */
  readonly computed!: Arithmetic | null;
  /** Null where they are read when asked for. */
  readonly allocations!: readonly Allocation[] | null;
}

/** Arguments of `Customer.xPointsHistory`. */
@ArgsType()
export class HistoryArgs extends PageArgs {
  @Field(() => [XPointsEntryKind], {
    nullable: true,
    description:
      'Only entries of these kinds; all where it is left out or null, none where it is empty.',
  })
  kinds?: EntryKind[] | null;
}

export const XPointsEntryConnection = connectionOf(
  'XPointsEntry',
  () => XPointsEntry,
  'changes of a balance, newest first',
);

/** An entry as the API shows it; any version of its program's terms tells the currency. */
export function toXPointsEntry(
  customerId: string,
  entry: Omit<Entry, 'allocations'> & { readonly allocations?: readonly Allocation[] },
  { program, currency }: Pick<Terms, 'program' | 'currency'>,
): XPointsEntry {
  return {
    sequence: entry.sequence,
    kind: entry.kind,
    availableChange: entry.availableChange,
    heldChange: entry.heldChange,
    owedChange: entry.owedChange,
    turnoverChange: toMoney(entry.turnoverChange, currency),
    availableAfter: entry.availableAfter,
    heldAfter: entry.heldAfter,
    owedAfter: entry.owedAfter,
    occurredAt: entry.occurredAt,
    recordedAt: entry.recordedAt,
    redemptionId: entry.redemption === null ? null : redemptionId(customerId, entry.redemption),
    termsVersion: entry.termsVersion,
    arithmetic: entry.arithmetic && toArithmetic(entry.arithmetic, currency),
    customerId,
    program,
    orderId: entry.orderId,
    computed: entry.arithmetic,
    allocations: entry.allocations ?? null,
  };
}

/** An entry's steps inside lots. */
export function toLotMove(
  customerId: string,
  { lot, from, to, points }: Allocation,
): XPointsLotMove {
  return { lotId: lotId(customerId, lot), number: lot, from, to, points };
}
