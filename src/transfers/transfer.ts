import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import type { Points } from '../kernel/points';
import type { Command, Outcome, Situation } from '../ledger/command';
import type { Transfer, TransferReason } from '../ledger/transfer';
import { movePoints, refusalForMember, refusalOf } from './move-points';

export interface TransferAnswer {
  readonly transfer: Transfer;
}

interface Wish {
  /** The new transfer's id: unguessable, drawn by the caller; a repetition is answered with the first one's. */
  readonly id: string;
  readonly fromId: string;
  readonly toId: string;
  /** Null: all that can be spent. */
  readonly points: Points | null;
  readonly reason: TransferReason;
  readonly evidence: string | null;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * Giver or receiver asks for a transfer (R7.2); the desk decides. Refused as R7.4 says, and about an account outside the
 * asker's own organisation always DIFFERENT_ORGANIZATION.
 */
export function requestTransfer(
  input: Wish & { readonly askerId: string },
): Command<TransferAnswer> {
  const { askerId } = input;
  return command('requestXPointsTransfer', askerId, input, (situation) => {
    const refusal = refusalForMember(situation, input, askerId);
    return refusal ?? transferOf(input, situation.now);
  });
}

/** The desk moves points directly (R7.2). Refused as R7.4 says. */
export function transferPoints(input: Wish): Command<TransferAnswer> {
  return command('transferXPoints', input.fromId, input, (situation) => {
    const refusal = refusalOf(situation, input);
    return refusal ?? approve(situation, transferOf(input, situation.now), input.actor, null);
  });
}

export interface DecisionInput {
  readonly transferId: string;
  /** Whose points it is about: read from the request before. */
  readonly fromId: string;
  readonly toId: string;
  readonly approve: boolean;
  readonly note: string | null;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/**
 * The desk approves a request, and the points move, or rejects it (R7.2). Refused with TRANSFER_NOT_FOUND, then
 * TRANSFER_NOT_REQUESTED (decided before); an approval also as R7.4 says, and the request then stays open.
 */
export function decideTransfer(input: DecisionInput): Command<TransferAnswer> {
  const { transferId, fromId, toId, note, actor, idempotencyKey } = input;
  const decide = (situation: Situation): Transfer | Refusal => {
    const transfer = situation.transfer(transferId);
    if (!transfer) return refuse('TRANSFER_NOT_FOUND');
    if (transfer.state !== 'REQUESTED') return refuse('TRANSFER_NOT_REQUESTED');
    if (!input.approve) {
      const rejected = { ...transfer, decidedBy: actor, decidedAt: situation.now, note };
      return told(situation, { ...rejected, state: 'REJECTED' });
    }
    return refusalOf(situation, transfer) ?? approve(situation, transfer, actor, note);
  };
  return {
    operation: 'decideXPointsTransfer',
    actor,
    seen: {
      in: 'answers',
      account: fromId,
      key: idempotencyKey,
      fingerprint: fingerprint({ transferId, approve: input.approve, note }),
    },
    input: { transferId, approve: input.approve },
    customers: [fromId, toId],
    profiles: true,
    transferId,
    decide: (situation) => kept(situation, decide(situation)),
  };
}

function command(
  operation: string,
  account: string,
  input: Wish,
  decide: (situation: Situation) => Transfer | Refusal,
): Command<TransferAnswer> {
  const { fromId, toId, points, reason, evidence, idempotencyKey, actor } = input;
  return {
    operation,
    actor,
    seen: {
      in: 'answers',
      account,
      key: idempotencyKey,
      fingerprint: fingerprint({ fromId, toId, points, reason, evidence }),
    },
    input: { id: input.id, fromId, toId, points, reason },
    customers: [fromId, toId],
    profiles: true,
    decide: (situation) => kept(situation, decide(situation)),
  };
}

function kept(situation: Situation, result: Transfer | Refusal): Outcome<TransferAnswer> {
  if ('refused' in result) return { answer: result };
  situation.keepTransfer(result);
  return { answer: { transfer: result } };
}

function approve(
  situation: Situation,
  transfer: Transfer,
  actor: string,
  note: string | null,
): Transfer {
  const moved = movePoints(situation, transfer);
  const decidedAt = situation.now;
  const decided = { ...transfer, decidedBy: actor, decidedAt, note, moved };
  return told(situation, { ...decided, state: 'APPROVED' });
}

/** Tells the members (R9.1): both of points that moved, and of a rejection whoever had asked. */
function told(situation: Situation, transfer: Transfer): Transfer {
  const { id: transferId, fromId, toId, state, note } = transfer;
  if (state === 'REQUESTED') return transfer;
  const points = transfer.moved ?? transfer.points;
  const sides = [
    { id: fromId, direction: 'OUT' as const },
    { id: toId, direction: 'IN' as const },
  ];
  for (const { id, direction } of sides) {
    if (state === 'REJECTED' && transfer.requestedBy !== `customer:${id}`) continue;
    const data = { transferId, decision: state, direction, points, note };
    situation.book(id)?.notify({ kind: 'TRANSFER_DECIDED', data });
  }
  return transfer;
}

function transferOf(wish: Wish, at: number): Transfer {
  const { id, fromId, toId, points, reason, evidence, actor } = wish;
  return {
    id,
    fromId,
    toId,
    points,
    reason,
    evidence,
    state: 'REQUESTED',
    requestedBy: actor,
    requestedAt: at,
    decidedBy: null,
    decidedAt: null,
    note: null,
    moved: null,
  };
}
