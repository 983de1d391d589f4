import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { approvalAbove } from '../adjustments/approval';
import { actorName } from '../auth/actor';
import { allows, authorize } from '../auth/permissions';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { Order } from '../federation/order';
import { toLimitRefusal } from '../federation/refusal.graphql';
import { invariant, RequestError } from '../kernel/errors';
import { shardOf } from '../kernel/ids';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { Command } from '../ledger/command';
import type { ObjectionAbout } from '../ledger/desk';
import type { RequestContext } from '../server/context';
import { decideObjection } from './decide-objection';
import { type ObjectionAnswer, type ObjectionSubject, objectToCredit } from './object';
import {
  DecideObjectionInput,
  ObjectionResult,
  ObjectionsArgs,
  ObjectToCreditInput,
  toXPointsObjection,
  XPointsObjection,
  XPointsObjectionConnection,
} from './objection.graphql';
import {
  type ObjectionPlace,
  type ObjectionRead,
  readObjection,
  readObjectionsAfter,
  readSubject,
} from './objection.reads';

const PAGE = 20;
const STATEMENT_MAX = 2000;
const NOTE_MAX = 500;
const OWN = new Cursors<readonly [number: number]>('memberObjections', ['int4']);
const ALL = new Cursors<ObjectionPlace>('objections', ['instant', 'int4', 'text', 'int4']);

/** Which field names what an objection is about. */
const NAMED_BY = {
  CREDIT: 'entrySequence',
  MISSING_CREDIT: 'orderId',
  DISCOUNT: 'discountCode',
  MISSING_DISCOUNT: 'orderId',
} as const satisfies Record<ObjectionAbout, keyof ObjectToCreditInput>;

@Resolver()
export class ObjectionCommands {
  @For('storefront', 'mobile')
  @Cost(20)
  @Mutation(() => ObjectionResult, {
    description:
      'Object to a credit or a discount, wrong or missing (R8.2), within a month of being told of it; what the member was never told of has no deadline. For the member themself and the desk. Refused, in this order: NOT_A_MEMBER, CREDIT_NOT_FOUND, ORDER_NOT_FOUND or DISCOUNT_NOT_FOUND, OBJECTION_OPEN (about the same already), OBJECTION_TOO_LATE.',
  })
  async objectToCredit(
    @Arg('input', () => ObjectToCreditInput, { description: 'What is wrong or missing.' })
    input: ObjectToCreditInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof ObjectionResult> {
    const { app, actor } = context;
    const customerId = idInput('customerId', input.customerId);
    authorize(actor, 'objectToCredit', { customerId });
    const subject = subjectOf(input);
    const wish = {
      statement: textInput('statement', input.statement, STATEMENT_MAX),
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    };
    const read = await readSubject(app.database, customerId, subject);
    return run(context, objectToCredit({ ...wish, ...subject, ...read, customerId }));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => ObjectionResult, {
    description:
      'Reject an objection, or correct what it is about by an adjustment (R8.2); one above the limit of the program waits for a second person (`decideAdjustment`), and the objection stays open until then. The member is told. For the desk. Refused, in this order: INVALID_POINTS, NOT_A_MEMBER, OBJECTION_NOT_FOUND, OBJECTION_NOT_OPEN (decided, or its correction waits), MEMBERSHIP_NOT_ACTIVE (a correction, ended).',
  })
  async decideObjection(
    @Arg('input', () => DecideObjectionInput, { description: 'Which objection, and how.' })
    input: DecideObjectionInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof ObjectionResult> {
    const { app, actor, loaders } = context;
    const customerId = idInput('customerId', input.customerId);
    authorize(actor, 'decideObjection');
    const decision = {
      number: input.number,
      points: input.points ?? null,
      note: textInput('note', input.note, NOTE_MAX),
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(actor),
    };
    // The program of an account never changes.
    const member = await loaders.member('decideObjection', customerId, info);
    const limit = approvalAbove(app.config.adjustmentApprovalAbove, member?.account.program);
    return run(context, decideObjection({ ...decision, customerId, approvalAbove: limit }));
  }
}

/** What an input names; BAD_USER_INPUT where it names something else than `about` takes, or nothing. */
function subjectOf(input: ObjectToCreditInput): ObjectionSubject {
  const { about, entrySequence, orderId, discountCode } = input;
  const named = { entrySequence, orderId, discountCode };
  const right = NAMED_BY[about];
  for (const [field, value] of Object.entries(named)) {
    if ((value != null) === (field === right)) continue;
    throw new RequestError(
      'BAD_USER_INPUT',
      `An objection about ${about} names ${right} alone; ${field} is ${value == null ? 'missing' : 'left out'}.`,
    );
  }
  return {
    about,
    sequence: entrySequence ?? null,
    orderId: orderId == null ? null : idInput('orderId', orderId),
    discountCode: discountCode == null ? null : textInput('discountCode', discountCode, 64),
  };
}

async function run(
  context: RequestContext,
  command: Command<ObjectionAnswer>,
): Promise<typeof ObjectionResult> {
  const { app, loaders } = context;
  const answer = await app.ledger.execute(command);
  loaders.clear();
  if ('refused' in answer) return toLimitRefusal(answer);
  const { accountId, number } = answer.objection;
  const read = await readObjection(app.database, accountId, number);
  invariant(read !== null, 'an objection stays');
  return { __typename: 'ObjectionSuccess', objection: await shown(context, read) };
}

async function shown(
  { app, actor }: RequestContext,
  read: ObjectionRead,
): Promise<XPointsObjection> {
  const terms = await app.programs.published(read.program, read.termsVersion);
  return toXPointsObjection(read, terms, allows(actor, 'decideObjection'));
}

@Resolver(() => XPointsObjection)
export class ObjectionResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => XPointsObjectionConnection, {
    description:
      'Objections of all members, oldest first; preset to those that are open. For the desk.',
  })
  async xPointsObjections(
    @Args(() => ObjectionsArgs) { first, after, state }: ObjectionsArgs,
    @Ctx() context: RequestContext,
  ): Promise<Connection<Promise<XPointsObjection>>> {
    const { app, actor } = context;
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const page = { state, after: ALL.decode(after), limit: size + 1 };
    const rows = await readObjectionsAfter(app.database, page);
    return toConnection(
      pageOf(rows, size),
      after,
      ({ objection: { raisedAt, accountId, number } }) =>
        ALL.encode([raisedAt, shardOf(accountId), accountId, number]),
      (read) => shown(context, read),
    );
  }

  @FieldResolver(() => Customer, { description: 'Who objects.' })
  customer(
    @Root() { customerId }: XPointsObjection,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(customerId, info);
  }

  @FieldResolver(() => Order, {
    nullable: true,
    description: 'MISSING_CREDIT and MISSING_DISCOUNT: the order; else null.',
  })
  async order(
    @Root() { orderId }: XPointsObjection,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order | null> {
    return orderId === null ? null : loaders.order(orderId, info);
  }
}

@Resolver(() => Customer)
export class MemberObjectionsResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Paged()
  @FieldResolver(() => XPointsObjectionConnection, {
    nullable: true,
    description: "The member's objections to credits and discounts, latest first (R8.2).",
  })
  async xPointsObjections(
    @Root() { id, view }: Customer,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() context: RequestContext,
  ): Promise<Connection<Promise<XPointsObjection>> | null> {
    if (!view) return null;
    const before = OWN.decode(after)?.[0] ?? null;
    const page = await context.loaders.objections.page(id, before, pageSize(first, PAGE));
    return toConnection(
      page,
      after,
      ({ objection: { number } }) => OWN.encode([number]),
      (read) => shown(context, read),
    );
  }
}
