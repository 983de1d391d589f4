import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { describedEnum } from '../federation/enums';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import {
  type Lot,
  type LotSource,
  type LotState,
  lotState,
  type PointState,
  spendable,
} from './lot';

export const XPointsLotState = describedEnum<LotState>(
  'XPointsLotState',
  'What a lot shows as. Once nothing is left or held, the state names what ended most of what it granted.',
  {
    OPEN: 'Points are left or held.',
    SPENT: 'Redeemed, or transferred to a colleague.',
    EXPIRED: 'Reached the end of its validity (R6.2).',
    REVERSED: 'Taken back, because an order was cancelled (R4.2), or to pay what was owed (R4.3).',
    FORFEITED: 'Gone with the membership (R2.9).',
    VOIDED: 'Voided by the desk for abuse (R8.1).',
  },
);

export const XPointsLotSourceKind = describedEnum<LotSource>(
  'XPointsLotSourceKind',
  'What credited a lot.',
  {
    ORDER: 'An order, once paid and delivered (R3.2).',
    REFERRAL: "A referred customer's first order (R5.3).",
    CAMPAIGN: 'A campaign (R1.5).',
    ADJUSTMENT: 'The rewards desk (R8.2).',
    TRANSFER: 'A transfer from a colleague (R7.1).',
  },
);

export const XPointsState = describedEnum<PointState | 'ISSUED'>(
  'XPointsState',
  'Where the points of a lot are. Every point of a lot is in exactly one of these, and was ISSUED before.',
  {
    ISSUED: 'Nowhere yet: the step that credits them starts here.',
    REMAINING: 'Left in the lot, spendable until it expires.',
    HELD: 'Held for an order (R6.7).',
    REDEEMED: 'Paid an order.',
    TRANSFERRED: "Moved to a colleague's account (R7.3).",
    EXPIRED: 'Gone with the end of the validity (R6.2, R6.8).',
    FORFEITED: 'Gone with the membership (R2.9).',
    REVERSED: 'Taken back (R4.3).',
    VOIDED: 'Taken away by the rewards desk for abuse (R8.1).',
  },
);

@ObjectType({ simpleResolvers: true, description: 'What credited a lot.' })
export class XPointsLotSource {
  @Field(() => XPointsLotSourceKind, { description: 'The kind of it.' })
  kind!: LotSource;

  @Field(() => ID, {
    description: "Which one: an order's id, a referred customer's id, a campaign's …, by `kind`.",
  })
  reference!: string;

  readonly program!: ProgramCode;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Where the points of a transferred lot came from (R7.3).',
})
export class XPointsLotOrigin {
  @Field(() => ID, { description: 'The member who gave them.' })
  customerId!: string;

  @Field(() => Int, { description: "The lot's number on the giver's account." })
  lotNumber!: number;
}

/** Argument of `XPointsLot.uses`. */
@ArgsType()
export class LotUsesArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 50,
    description: 'Steps at most, 1 to 100; BAD_USER_INPUT otherwise.',
  })
  first!: number | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Every credit is a lot (R6.1): points with a crediting and an expiry date of their own. Lots are spent first in, first out (R6.3). granted is what remains, is held and was used.',
})
export class XPointsLot {
  @Field(() => ID, { description: 'Opaque and stable.' })
  id!: string;

  @Field(() => Int, {
    description:
      '1, 2, 3 … per account in the order of crediting; decides between lots of one instant (R6.3).',
  })
  number!: number;

  @Field(() => XPointsLotState, { description: 'What it shows as at the instant of reading.' })
  state!: LotState;

  @Field(() => XPointsLotSource, { description: 'What credited it.' })
  source!: XPointsLotSource;

  @Field(() => XPoints, { description: 'Points credited; more than 0.' })
  granted!: Points;

  @Field(() => XPoints, {
    description:
      'Spendable; excludes held. 0 from `expiresAt` on, whether or not that is booked (R6.2).',
  })
  remaining!: Points;

  @Field(() => XPoints, {
    description:
      'Held for orders. A held point outlives the expiry of its lot while it is held (R6.8).',
  })
  held!: Points;

  @Field(() => DateTime, {
    description: 'When it was credited; the first key of the spending order.',
  })
  creditedAt!: Instant;

  @Field(() => DateTime, {
    description:
      "The first instant at which it is no longer usable: midnight in the program's zone after its last day (R6.2).",
  })
  expiresAt!: Instant;

  @Field(() => Int, { description: 'The version of the terms it was granted under (R1.4).' })
  termsVersion!: number;

  readonly customerId!: string;
  /** Provenance of a transfer; who may see it is decided where it is resolved. */
  readonly from!: Lot['origin'];
}

@ObjectType({
  simpleResolvers: true,
  description:
    'One step of points of a lot: who spent it, where they went, whether they came back.',
})
export class XPointsLotUse {
  @Field(() => XPointsState, { description: 'Where the points were.' })
  from!: PointState | 'ISSUED';

  @Field(() => XPointsState, { description: 'Where they went.' })
  to!: PointState;

  @Field(() => XPoints, { description: 'How many; more than 0.' })
  points!: Points;

  @Field(() => ID, {
    nullable: true,
    description: 'The redemption they were or are for; null elsewhere.',
  })
  redemptionId!: string | null;

  readonly customerId!: string;
  readonly sequence!: number;
}

/** Arguments of `Customer.lots`. */
@ArgsType()
export class LotsArgs extends PageArgs {
  @Field(() => XPointsLotState, {
    nullable: true,
    defaultValue: 'OPEN',
    description: 'Only lots that show as this; null for all of them.',
  })
  state!: LotState | null;
}

export const XPointsLotConnection = connectionOf(
  'XPointsLot',
  () => XPointsLot,
  'lots in spending order',
);

/** The public id of a lot: opaque, and enough to find its account. */
export function lotId(accountId: string, number: number): string {
  return Buffer.from(JSON.stringify(['lot', accountId, number]), 'utf8').toString('base64url');
}

/** The lot that a public id names; null where it is none of ours. */
export function parseLotId(id: string): { accountId: string; lot: number } | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
    if (!Array.isArray(parsed)) return null;
    const [, accountId, lot] = parsed as unknown[];
    // The column is a 4-byte integer.
    if (typeof accountId !== 'string' || typeof lot !== 'number' || lot !== (lot | 0)) return null;
    return lotId(accountId, lot) === id ? { accountId, lot } : null;
  } catch {
    return null;
  }
}

/** A lot of a member of `program` as the API shows it at `at`. */
export function toXPointsLot(
  customerId: string,
  lot: Lot,
  at: Instant,
  program: ProgramCode,
): XPointsLot {
  return {
    id: lotId(customerId, lot.number),
    number: lot.number,
    state: lotState(lot, at),
    source: { kind: lot.source, reference: lot.sourceRef, program },
    granted: lot.granted,
    remaining: spendable(lot, at),
    held: lot.held,
    creditedAt: lot.creditedAt,
    expiresAt: lot.expiresAt,
    termsVersion: lot.termsVersion,
    customerId,
    from: lot.origin,
  };
}
