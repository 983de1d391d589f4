import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { allows, authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { Money, toMoney } from '../federation/money.graphql';
import { Order } from '../federation/order';
import { toPlainRefusal } from '../federation/refusal.graphql';
import { refuse } from '../kernel/errors';
import { shardOf } from '../kernel/ids';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { Claim } from '../ledger/desk';
import type { RequestContext } from '../server/context';
import { type ClaimPlace, readClaimsAfter } from './abuse.reads';
import { parseClaimId } from './claim';
import {
  ClaimsArgs,
  CompensationClaim,
  CompensationClaimConnection,
  CompensationClaimResult,
  MemberClaimsArgs,
  SettleClaimInput,
  toCompensationClaim,
  WaiveClaimInput,
} from './claim.graphql';
import { settleClaim, waiveClaim } from './decide-claim';

const PAGE = 20;
const NOTE_MAX = 500;
const ALL = new Cursors<ClaimPlace>('compensationClaims', ['instant', 'int4', 'text', 'int4']);
const OWN = new Cursors<readonly [number: number]>('claims', ['int4']);

@Resolver()
export class ClaimCommands {
  @For('desk')
  @Cost(20)
  @Mutation(() => CompensationClaimResult, {
    description:
      'Record that a compensation claim was paid: by what was left of it at that moment (R8.1). For the desk. Refused, in this order: CLAIM_NOT_FOUND, CLAIM_NOT_OPEN (settled or waived before).',
  })
  settleClaim(
    @Arg('input', () => SettleClaimInput, { description: 'Which claim, and how it was paid.' })
    input: SettleClaimInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof CompensationClaimResult> {
    return decide(context, input, settleClaim);
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => CompensationClaimResult, {
    description:
      'Give a compensation claim up, also one of which nothing is left (R8.1). For the desk. Refused, in this order: CLAIM_NOT_FOUND, CLAIM_NOT_OPEN (settled or waived before).',
  })
  waiveClaim(
    @Arg('input', () => WaiveClaimInput, { description: 'Which claim, and why.' })
    input: WaiveClaimInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof CompensationClaimResult> {
    return decide(context, input, waiveClaim);
  }
}

async function decide(
  { app, actor, loaders }: RequestContext,
  input: SettleClaimInput,
  command: typeof settleClaim,
): Promise<typeof CompensationClaimResult> {
  authorize(actor, 'decideClaim');
  const note = textInput('note', input.note, NOTE_MAX);
  const idempotencyKey = idInput('idempotencyKey', input.idempotencyKey);
  const key = parseClaimId(input.claimId);
  const claim = key && (await loaders.abuse.claim.load(key));
  if (!claim) return toPlainRefusal(refuse('CLAIM_NOT_FOUND'));
  const answer = await app.ledger.execute(
    command({ claim, note, idempotencyKey, actor: actorName(actor) }),
  );
  loaders.clear();
  if ('refused' in answer) return toPlainRefusal(answer);
  const decided = (await loaders.abuse.claim.load(answer)) ?? claim;
  return { __typename: 'CompensationClaimSuccess', claim: toCompensationClaim(decided, true) };
}

@Resolver(() => CompensationClaim)
export class ClaimResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => CompensationClaimConnection, {
    description: 'Compensation claims (R8.1), the one opened first first. For the desk.',
  })
  async compensationClaims(
    @Args(() => ClaimsArgs) { first, after, state }: ClaimsArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<CompensationClaim>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const page = { state, after: ALL.decode(after), limit: size + 1 };
    return toConnection<Claim, CompensationClaim>(
      pageOf(await readClaimsAfter(app.database, page), size),
      after,
      ({ openedAt, accountId, number }) =>
        ALL.encode([openedAt, shardOf(accountId), accountId, number]),
      (claim) => toCompensationClaim(claim, true),
    );
  }

  @Cost(5)
  @FieldResolver(() => Money, {
    description:
      'What is left of it now: of points what is still redeemed, of a discount what it still takes off. An order cancelled after it was opened makes it less, down to nothing. 0 once it was settled or waived.',
  })
  async outstanding(
    @Root() { claim }: CompensationClaim,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Money> {
    return toMoney(await loaders.abuse.outstanding.load(claim), claim.currency);
  }

  @FieldResolver(() => Customer, { description: 'The member it is claimed from.' })
  customer(
    @Root() { claim }: CompensationClaim,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(claim.accountId, info);
  }

  @FieldResolver(() => Customer, {
    description:
      'Who redeemed: the member, or a colleague whom the points were transferred to. What rewards know of a colleague is null for the member; the id is there.',
  })
  redeemer(
    @Root() { claim }: CompensationClaim,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(claim.redeemerId, info);
  }

  @FieldResolver(() => Order, {
    description: 'The order that the points or the discount paid. Of a colleague’s only the id.',
  })
  order(
    @Root() { claim }: CompensationClaim,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order> {
    return loaders.order(claim.orderId, info);
  }
}

@Resolver(() => Customer)
export class MemberClaimsResolver {
  @For('storefront', 'mobile')
  @Cost(5)
  @Paged()
  @FieldResolver(() => CompensationClaimConnection, {
    nullable: true,
    description:
      'Money claimed from the member for voided points or a voided discount that had paid an order already, newest first (R8.1).',
  })
  async compensationClaims(
    @Root() { id, view }: Customer,
    @Args(() => MemberClaimsArgs) { first, after, state }: MemberClaimsArgs,
    @Ctx() { actor, loaders }: RequestContext,
  ): Promise<Connection<CompensationClaim> | null> {
    if (!view) return null;
    const before = OWN.decode(after)?.[0] ?? null;
    const size = pageSize(first, PAGE);
    const page = await loaders.abuse.claimsPage(id, state ?? null, before, size);
    const isDesk = allows(actor, 'decideClaim');
    return toConnection<Claim, CompensationClaim>(
      page,
      after,
      ({ number }) => OWN.encode([number]),
      (claim) => toCompensationClaim(claim, isDesk),
    );
  }
}
