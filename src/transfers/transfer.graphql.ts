import { ArgsType, createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused, InsufficientXPoints, LimitExceeded } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import {
  TRANSFER_REASONS,
  type Transfer,
  type TransferReason,
  type TransferState,
} from '../ledger/transfer';

export const XPointsTransferReason = describedEnum<TransferReason>(
  'XPointsTransferReason',
  'Why points are to move (R7.2).',
  TRANSFER_REASONS,
);

export const XPointsTransferState = describedEnum<TransferState>(
  'XPointsTransferState',
  'Where a transfer stands (R7.2).',
  {
    REQUESTED: 'Giver or receiver asked for it; the desk has not decided.',
    APPROVED: 'The points moved.',
    REJECTED: 'The desk decided against it; nothing moved.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description:
    'Points that move, or are to move, inside one organisation with one billing account (R7). They keep their crediting and expiry dates (R7.3). For its two members and the desk.',
})
export class XPointsTransfer {
  @Field(() => ID, { description: 'Opaque and stable; what deciding takes.' })
  id!: string;

  @Field(() => XPoints, {
    nullable: true,
    description: 'How many were asked for; null for all that can be spent when it is decided.',
  })
  points!: Points | null;

  @Field(() => XPointsTransferReason, { description: 'Why they are to move.' })
  reason!: TransferReason;

  @Field(() => String, {
    nullable: true,
    description: 'What supports it. For the desk and whoever asked; null for anybody else.',
  })
  evidence!: string | null;

  @Field(() => XPointsTransferState, { description: 'Where it stands.' })
  state!: TransferState;

  @Field(() => DateTime, { description: 'When it was asked for, or made by the desk.' })
  requestedAt!: Instant;

  @Field(() => String, {
    description:
      'Who asked: "customer:" and an id, or "desk"; for the desk with the name of who it was.',
  })
  requestedBy!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it was decided; null until then.' })
  decidedAt!: Instant | null;

  @Field(() => String, {
    nullable: true,
    description: 'Who decided: "desk"; for the desk with the name of who it was. Null until then.',
  })
  decidedBy!: string | null;

  @Field(() => String, { nullable: true, description: "The desk's note on its decision." })
  note!: string | null;

  @Field(() => XPoints, { nullable: true, description: 'How many moved; null where none did.' })
  moved!: Points | null;

  readonly fromId!: string;
  readonly toId!: string;
}

/** Arguments of `Query.transferRequests`. */
@ArgsType()
export class TransfersArgs extends PageArgs {
  @Field(() => XPointsTransferState, {
    nullable: true,
    defaultValue: 'REQUESTED',
    description: 'Only transfers that stand there; null for all of them.',
  })
  state!: TransferState | null;
}

export const XPointsTransferConnection = connectionOf(
  'XPointsTransfer',
  () => XPointsTransfer,
  'transfers, oldest first',
);

@InputType({ description: 'Points to ask the desk to move.' })
export class RequestXPointsTransferInput {
  @Field(() => ID, { description: 'Whose points.' })
  fromId!: string;

  @Field(() => ID, { description: 'Who gets them.' })
  toId!: string;

  @Field(() => XPoints, {
    nullable: true,
    description: 'How many, 1 or more; left out: all that the giver can spend when they move.',
  })
  points?: Points | null;

  @Field(() => XPointsTransferReason, { description: 'Why they are to move.' })
  reason!: TransferReason;

  @Field(() => String, {
    nullable: true,
    description:
      'What supports it, for the desk: up to 2000 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  evidence?: string | null;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: 'Points that the desk moves directly.' })
export class TransferXPointsInput extends RequestXPointsTransferInput {}

@For('desk')
@InputType({ description: "The desk's decision on a request." })
export class DecideXPointsTransferInput {
  @Field(() => ID, { description: 'The transfer.' })
  transferId!: string;

  @Field(() => Boolean, { description: 'True: the points move. False: they stay.' })
  approve!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'Why, for both members: up to 500 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  note?: string | null;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class XPointsTransferSuccess {
  @Field(() => XPointsTransfer, { description: 'The transfer as the command left it.' })
  transfer!: XPointsTransfer;

  readonly __typename!: 'XPointsTransferSuccess';
}

export const XPointsTransferResult = createUnionType({
  name: 'XPointsTransferResult',
  description: 'What commands on transfers answer: success, or why not.',
  types: () =>
    [XPointsTransferSuccess, CommandRefused, InsufficientXPoints, LimitExceeded] as const,
  resolveType: (value) => value.__typename,
});

/** Who reads a transfer. */
export interface TransferReader {
  readonly isDesk: boolean;
  /** Whether they may see what this customer brought forward. */
  readonly seesEvidenceOf: (customerId: string) => boolean;
}

/** A transfer as `reader` sees it: who of the desk it was, and the evidence of others, is the desk's alone. */
export function toXPointsTransfer(transfer: Transfer, reader: TransferReader): XPointsTransfer {
  const { requestedBy, decidedBy } = transfer;
  const askerId = /^customer:(.*)$/s.exec(requestedBy)?.[1];
  const seesEvidence = askerId === undefined ? reader.isDesk : reader.seesEvidenceOf(askerId);
  const shown = (name: string) => (reader.isDesk || name.startsWith('customer:') ? name : 'desk');
  return {
    ...transfer,
    evidence: seesEvidence ? transfer.evidence : null,
    requestedBy: shown(requestedBy),
    decidedBy: decidedBy === null ? null : shown(decidedBy),
  };
}
