import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { Customer } from '../federation/customer';
import { Cost, For, Scopes } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { toPlainRefusal } from '../federation/refusal.graphql';
import { invariant } from '../kernel/errors';
import type { Command } from '../ledger/command';
import type { RequestContext } from '../server/context';
import { toMembership } from './member.graphql';
import type { MembershipAnswer } from './membership-command';
import { reinstateMember, suspendMember } from './suspend';
import {
  ReinstateMemberInput,
  RewardsMembershipResult,
  RewardsMembershipSuccess,
  SuspendMemberInput,
} from './suspend.graphql';

const REASON_MAX = 500;

@Resolver()
export class SuspensionCommands {
  @For('desk')
  @Scopes('rewards:desk')
  @Cost(20)
  @Mutation(() => RewardsMembershipResult, {
    description:
      'Suspend a member, with a reason (R2.7): nothing is earned, redeemed or transferred while it lasts, nor made up for afterwards; lots go on expiring, and holds can still be decided. For the desk. Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (also when suspended already).',
  })
  async suspendMember(
    @Arg('input', () => SuspendMemberInput, { description: 'Whom, and why.' })
    input: SuspendMemberInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof RewardsMembershipResult> {
    const member = memberOf(context, input);
    const reason = textInput('reason', input.reason, REASON_MAX);
    return run(context, info, suspendMember({ ...member, reason }));
  }

  @For('desk')
  @Scopes('rewards:desk')
  @Cost(20)
  @Mutation(() => RewardsMembershipResult, {
    description:
      'End a suspension (R2.7). For the desk. Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_SUSPENDED.',
  })
  async reinstateMember(
    @Arg('input', () => ReinstateMemberInput, { description: 'Whom.' })
    input: ReinstateMemberInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof RewardsMembershipResult> {
    return run(context, info, reinstateMember(memberOf(context, input)));
  }
}

@Resolver(() => RewardsMembershipSuccess)
export class MembershipSuccessResolver {
  @FieldResolver(() => Customer, { description: 'The member as they are now.' })
  customer(
    @Root() { customerId }: RewardsMembershipSuccess,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.customer(customerId, info);
  }
}

/** Whom an input names, for whoever may suspend. */
function memberOf({ actor }: RequestContext, input: SuspendMemberInput | ReinstateMemberInput) {
  const customerId = idInput('customerId', input.customerId);
  authorize(actor, 'suspend', { customerId });
  const idempotencyKey = idInput('idempotencyKey', input.idempotencyKey);
  return { customerId, idempotencyKey, actor: actorName(actor) };
}

async function run(
  { app, loaders }: RequestContext,
  info: GraphQLResolveInfo,
  command: Command<MembershipAnswer>,
): Promise<typeof RewardsMembershipResult> {
  const answer = await app.ledger.execute(command);
  loaders.clear();
  if ('refused' in answer) return toPlainRefusal(answer);
  const { customerId } = answer;
  const member = await loaders.member('suspend', customerId, info);
  invariant(member !== null, 'whoever was suspended or reinstated is a member');
  const membership = toMembership(member.account, member.terms, { seesReasons: true });
  return { __typename: 'RewardsMembershipSuccess', membership, customerId };
}
