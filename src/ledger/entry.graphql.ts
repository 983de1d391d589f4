import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { Assumed } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { type Allocation, type Arithmetic, ENTRY_KINDS, type Entry, type EntryKind } from './entry';
import type { PointState } from './lot';
import { lotId, XPointsState } from './lot.graphql';
import { redemptionId } from './redemption';

export const XPointsEntryKind = describedEnum<EntryKind>(
  'XPointsEntryKind',
  'Why a balance changed.',
  ENTRY_KINDS,
);

@ObjectType({
  simpleResolvers: true,
  description: 'The part of an order that one tier priced (R3.3).',
})
export class XPointsBracket {
  @Field(() => String, { description: 'The code of the tier.' })
  tier!: string;

  @Field(() => Money, { description: 'Net turnover inside this bracket.' })
  base!: Money;

  @Field(() => Int, { description: 'X-Points for one whole unit of the currency.' })
  pointsPerUnit!: number;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'How points of an order were computed: the exact sum over the brackets, rounded down once (R3.4).',
})
export class XPointsArithmetic {
  @Field(() => Money, { description: 'Cumulative turnover the order started from.' })
  turnoverBefore!: Money;

  @Field(() => Money, {
    description: 'Net turnover of the order: less what was cancelled and what points paid (R3.1).',
  })
  base!: Money;

  @Assumed(3)
  @Field(() => [XPointsBracket], {
    description: 'The brackets, lowest first; their bases add up to `base`.',
  })
  brackets!: readonly XPointsBracket[];

  @Field(() => XPoints, { description: 'What that earns.' })
  points!: Points;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'In a reversal: what had been credited for the order and not taken back before it; the difference to `points` was taken back (R4.2). Null elsewhere.',
  })
  creditedBefore!: Points | null;
}

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
    description: 'The arithmetic of a credit or a reversal; null elsewhere.',
  })
  arithmetic!: XPointsArithmetic | null;

  readonly customerId!: string;
  readonly orderId!: string | null;
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

/** An entry as the API shows it; `currency` is its program's. */
export function toXPointsEntry(
  customerId: string,
  entry: Omit<Entry, 'allocations'> & { readonly allocations?: readonly Allocation[] },
  currency: string,
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
    orderId: entry.orderId,
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

function toArithmetic(arithmetic: Arithmetic, currency: string): XPointsArithmetic {
  const money = (minor: string): Money => toMoney(BigInt(minor), currency);
  return {
    turnoverBefore: money(arithmetic.turnoverBefore),
    base: money(arithmetic.base),
    brackets: arithmetic.brackets.map(({ tier, base, pointsPerUnit }) => ({
      tier,
      base: money(base),
      pointsPerUnit,
    })),
    points: arithmetic.points,
    creditedBefore: arithmetic.creditedBefore ?? null,
  };
}
