import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, noteInput, textInput } from '../federation/input';
import { toLimitRefusal } from '../federation/refusal.graphql';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { Command } from '../ledger/command';
import type { RequestContext } from '../server/context';
import { type AdjustmentAnswer, adjustPoints, decideAdjustment } from './adjust';
import {
  AdjustmentsArgs,
  AdjustXPointsInput,
  DecideAdjustmentInput,
  toXPointsAdjustment,
  XPointsAdjustment,
  XPointsAdjustmentConnection,
  XPointsAdjustmentResult,
} from './adjustment.graphql';
import { type AdjustmentPlace, placeOf, readAdjustmentsAfter } from './adjustment.reads';
import { approvalAbove } from './approval';

const PAGE = 20;
const TEXT_MAX = 500;
const CURSORS = new Cursors<AdjustmentPlace>('adjustments', ['instant', 'int4', 'text', 'int4']);

@Resolver()
export class AdjustmentCommands {
  @For('desk')
  @Cost(20)
  @Mutation(() => XPointsAdjustmentResult, {
    description:
      'Give points to a member or take them, with a reason on record. Above the limit of the program (ADJUSTMENT_APPROVAL_ABOVE) it waits for a second person. For the desk. Refused, in this order: INVALID_POINTS, NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (ended).',
  })
  async adjustXPoints(
    @Arg('input', () => AdjustXPointsInput, { description: 'Whose, how many and why.' })
    input: AdjustXPointsInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof XPointsAdjustmentResult> {
    const { app, actor, loaders } = context;
    const customerId = idInput('customerId', input.customerId);
    authorize(actor, 'adjust');
    const wish = {
      points: input.points,
      reason: textInput('reason', input.reason, TEXT_MAX),
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    };
    // The program of an account never changes.
    const member = await loaders.member('adjust', customerId, info);
    const limit = approvalAbove(app.config.adjustmentApprovalAbove, member?.account.program);
    return run(context, adjustPoints({ ...wish, customerId, approvalAbove: limit }));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => XPointsAdjustmentResult, {
    description:
      'Approve an adjustment that waits, and it is booked, or decline it: a second person does. For the desk. Refused, in this order: NOT_A_MEMBER, ADJUSTMENT_NOT_FOUND, ADJUSTMENT_NOT_REQUESTED (decided before, or it needed no approval), SAME_PERSON (whoever asked for it approves), MEMBERSHIP_NOT_ACTIVE (approving, ended).',
  })
  async decideAdjustment(
    @Arg('input', () => DecideAdjustmentInput, { description: 'Which adjustment, and how.' })
    input: DecideAdjustmentInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof XPointsAdjustmentResult> {
    const { actor } = context;
    authorize(actor, 'adjust');
    const decision = {
      customerId: idInput('customerId', input.customerId),
      number: input.number,
      approve: input.approve,
      note: noteInput('note', input.note, TEXT_MAX),
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    };
    return run(context, decideAdjustment(decision));
  }
}

async function run(
  { app, loaders }: RequestContext,
  command: Command<AdjustmentAnswer>,
): Promise<typeof XPointsAdjustmentResult> {
  const answer = await app.ledger.execute(command);
  loaders.clear();
  if ('refused' in answer) return toLimitRefusal(answer);
  const adjustment = toXPointsAdjustment(answer.adjustment);
  return { __typename: 'XPointsAdjustmentSuccess', adjustment };
}

@Resolver(() => XPointsAdjustment)
export class AdjustmentResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => XPointsAdjustmentConnection, {
    description:
      'Points that the desk gave, took or wants to, oldest first; preset to those that wait for a second person. For the desk.',
  })
  async xPointsAdjustments(
    @Args(() => AdjustmentsArgs) { first, after, state }: AdjustmentsArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<XPointsAdjustment>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const page = { state, after: CURSORS.decode(after), limit: size + 1 };
    const rows = await readAdjustmentsAfter(app.database, page);
    return toConnection(
      pageOf(rows, size),
      after,
      (adjustment) => CURSORS.encode(placeOf(adjustment)),
      toXPointsAdjustment,
    );
  }

  @FieldResolver(() => Customer, { description: 'Whose points.' })
  customer(
    @Root() { customerId }: XPointsAdjustment,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(customerId, info);
  }
}
