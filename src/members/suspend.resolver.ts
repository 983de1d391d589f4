import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Info, Mutation, Resolver } from 'type-graphql';
import { Cost, For } from '../federation/directives';
import { textInput } from '../federation/input';
import type { RequestContext } from '../server/context';
import { RewardsMembershipResult } from './membership.graphql';
import { memberOf, REASON_MAX, runMembership } from './membership.resolver';
import { reinstateMember, suspendMember } from './suspend';
import { ReinstateMemberInput, SuspendMemberInput } from './suspend.graphql';

@Resolver()
export class SuspensionCommands {
  @For('desk')
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
    const member = memberOf(context, 'suspend', input);
    const reason = textInput('reason', input.reason, REASON_MAX);
    return runMembership(context, info, suspendMember({ ...member, reason }));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => RewardsMembershipResult, {
    description:
      'End a suspension (R2.7). For the desk. Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_SUSPENDED.',
  })
  async reinstateMember(
    @Arg('input', () => ReinstateMemberInput, { description: 'Whom to reinstate.' })
    input: ReinstateMemberInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof RewardsMembershipResult> {
    return runMembership(context, info, reinstateMember(memberOf(context, 'suspend', input)));
  }
}
