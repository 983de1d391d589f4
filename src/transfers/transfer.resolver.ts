import { randomUUID } from 'node:crypto';
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { allows, authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, noteInput } from '../federation/input';
import { toRefusal } from '../federation/refusal.graphql';
import { refuse } from '../kernel/errors';
import { isId, shardOf } from '../kernel/ids';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { Command } from '../ledger/command';
import type { RequestContext } from '../server/context';
import { decideTransfer, requestTransfer, type TransferAnswer, transferPoints } from './transfer';
import {
  DecideXPointsTransferInput,
  RequestXPointsTransferInput,
  type TransferReader,
  TransfersArgs,
  TransferXPointsInput,
  toXPointsTransfer,
  XPointsTransfer,
  XPointsTransferConnection,
  XPointsTransferResult,
} from './transfer.graphql';
import { readTransfer, readTransfersAfter, type TransferPlace } from './transfer.reads';

const PAGE = 20;
const EVIDENCE_MAX = 2000;
const NOTE_MAX = 500;
const CURSORS = new Cursors<TransferPlace>('transfers', ['instant', 'int4', 'text']);

@Resolver()
export class TransferCommands {
  @For('storefront', 'mobile')
  @Cost(20)
  @Mutation(() => XPointsTransferResult, {
    description:
      'Ask the desk to move points to or from a colleague (R7.2). For the giver and the receiver; FORBIDDEN for anybody else. Refused, in this order: INVALID_POINTS, NOT_A_MEMBER, SAME_ACCOUNT, MEMBERSHIP_NOT_ACTIVE, DIFFERENT_PROGRAM, DIFFERENT_ORGANIZATION, DIFFERENT_BILLING_ACCOUNT, INSUFFICIENT_X_POINTS (the giver learns it; about a request of the receiver the desk does). About an account outside their own organisation a member always gets DIFFERENT_ORGANIZATION, whether or not it exists.',
  })
  async requestXPointsTransfer(
    @Arg('input', () => RequestXPointsTransferInput, { description: 'Whose points, to whom, why.' })
    input: RequestXPointsTransferInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof XPointsTransferResult> {
    const { actor } = context;
    const askerId = actor.customerId === input.toId ? input.toId : input.fromId;
    authorize(actor, 'requestTransfer', { customerId: askerId });
    return run(context, requestTransfer({ ...wishOf(context, input), askerId }));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => XPointsTransferResult, {
    description:
      'Move points between two members directly (R7.2), oldest first; each keeps its dates (R7.3). For the desk. Refused, in this order: INVALID_POINTS, NOT_A_MEMBER, SAME_ACCOUNT, MEMBERSHIP_NOT_ACTIVE, DIFFERENT_PROGRAM, DIFFERENT_ORGANIZATION, DIFFERENT_BILLING_ACCOUNT (also where either has none), INSUFFICIENT_X_POINTS.',
  })
  async transferXPoints(
    @Arg('input', () => TransferXPointsInput, { description: 'Whose points, to whom, why.' })
    input: TransferXPointsInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof XPointsTransferResult> {
    authorize(context.actor, 'transfer');
    return run(context, transferPoints(wishOf(context, input)));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => XPointsTransferResult, {
    description:
      'Approve a request, and the points move, or reject it (R7.2). For the desk. Refused, in this order: TRANSFER_NOT_FOUND, TRANSFER_NOT_REQUESTED (decided before); an approval then as `transferXPoints`, and the request stays open.',
  })
  async decideXPointsTransfer(
    @Arg('input', () => DecideXPointsTransferInput, { description: 'Which request, and how.' })
    input: DecideXPointsTransferInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof XPointsTransferResult> {
    const { app, actor } = context;
    authorize(actor, 'transfer');
    const { transferId, approve } = input;
    const decision = {
      transferId,
      approve,
      note: noteInput('note', input.note, NOTE_MAX),
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    };
    const transfer = isId(transferId) ? await readTransfer(app.database, transferId) : null;
    if (!transfer) return toRefusal(refuse('TRANSFER_NOT_FOUND'));
    const { fromId, toId } = transfer;
    return run(context, decideTransfer({ ...decision, fromId, toId }));
  }
}

@Resolver(() => XPointsTransfer)
export class TransferResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Paged()
  @Query(() => XPointsTransferConnection, {
    description:
      'Transfers, oldest first: for the desk all of them, for a member those that they give or receive. UNAUTHENTICATED without a token, FORBIDDEN for anybody else.',
  })
  async transferRequests(
    @Args(() => TransfersArgs) { first, after, state }: TransfersArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<XPointsTransfer>> {
    authorize(actor, 'readTransfers');
    const { customerId } = actor;
    const size = pageSize(first, PAGE);
    const page = { state, customerId, after: CURSORS.decode(after), limit: size + 1 };
    const rows = await readTransfersAfter(app.database, page);
    const reader = readerOf(actor);
    return toConnection(
      pageOf(rows, size),
      after,
      ({ requestedAt, id }) => CURSORS.encode([requestedAt, shardOf(id), id]),
      (transfer) => toXPointsTransfer(transfer, reader),
    );
  }

  @FieldResolver(() => Customer, {
    description:
      'Whose points. What rewards know of them is null for whoever may not read it; the id is there.',
  })
  from(
    @Root() { fromId }: XPointsTransfer,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(fromId, info);
  }

  @FieldResolver(() => Customer, {
    description:
      'Who gets them. What rewards know of them is null for whoever may not read it; the id is there.',
  })
  to(
    @Root() { toId }: XPointsTransfer,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(toId, info);
  }
}

/** What an input asks for. The id is drawn anew each time: a repetition is answered with the first one's. */
function wishOf({ actor }: RequestContext, input: RequestXPointsTransferInput) {
  return {
    id: randomUUID(),
    fromId: idInput('fromId', input.fromId),
    toId: idInput('toId', input.toId),
    points: input.points ?? null,
    reason: input.reason,
    evidence: noteInput('evidence', input.evidence, EVIDENCE_MAX),
    idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
    actor: actorName(actor),
  };
}

async function run(
  { app, actor, loaders }: RequestContext,
  command: Command<TransferAnswer>,
): Promise<typeof XPointsTransferResult> {
  const answer = await app.ledger.execute(command);
  loaders.clear();
  if ('refused' in answer) return toRefusal(answer);
  const transfer = toXPointsTransfer(answer.transfer, readerOf(actor));
  return { __typename: 'XPointsTransferSuccess', transfer };
}

function readerOf(actor: RequestContext['actor']): TransferReader {
  return {
    isDesk: allows(actor, 'transfer'),
    seesEvidenceOf: (customerId) => allows(actor, 'readEvidence', { customerId }),
  };
}
