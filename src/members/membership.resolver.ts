import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { type Action, authorize } from '../auth/permissions';
import { Customer } from '../federation/customer';
import { Cost, For } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { toLimitRefusal } from '../federation/refusal.graphql';
import { invariant } from '../kernel/errors';
import type { Command } from '../ledger/command';
import type { RequestContext } from '../server/context';
import { leaveRewards } from './leave';
import {
  LeaveRewardsInput,
  ObjectToTermsInput,
  RewardsMembershipResult,
  RewardsMembershipSuccess,
  TerminateMemberInput,
} from './membership.graphql';
import type { MembershipAnswer, MembershipInput } from './membership-command';
import { objectToTerms } from './object-to-terms';
import { terminateMembership } from './terminate';

/** The longest reason that is recorded, in characters. */
export const REASON_MAX = 500;

@Resolver(() => RewardsMembershipSuccess)
export class MembershipCommands {
  @For('storefront', 'mobile')
  @Cost(20)
  @Mutation(() => RewardsMembershipResult, {
    description:
      'Leave the program (R2.3), at once and for good: holds are released, what is owed is paid, the rest is forfeited. The input names how many points that is, as the member was shown it. For the member themself and the desk. Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (ended already), FORFEITURE_CHANGED (`limit` is the number now).',
  })
  async leaveRewards(
    @Arg('input', () => LeaveRewardsInput, { description: 'Who leaves, and what is forfeited.' })
    input: LeaveRewardsInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof RewardsMembershipResult> {
    const member = memberOf(context, 'leave', input);
    return runMembership(context, info, leaveRewards({ ...member, forfeits: input.forfeits }));
  }

  @For('storefront', 'mobile')
  @Cost(20)
  @Mutation(() => RewardsMembershipResult, {
    description:
      'Object to a new version of the terms (R2.6): it never binds the member, and the membership ends, as when they leave, at the date it would have bound; until then the old version applies. Within a month of being told; before being told too. For the member themself and the desk. Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (ended), TERMS_NOT_OPEN (unknown, binding already, objected to already, or published before the member enrolled), OBJECTION_TOO_LATE.',
  })
  async objectToTerms(
    @Arg('input', () => ObjectToTermsInput, { description: 'Who objects, to which version.' })
    input: ObjectToTermsInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof RewardsMembershipResult> {
    const member = memberOf(context, 'objectToTerms', input);
    return runMembership(context, info, objectToTerms({ ...member, version: input.version }));
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => RewardsMembershipResult, {
    description:
      'End a membership (R2.4): with four weeks notice to the end of a month and three months to redeem after it, or for good cause at once, and the points are gone. For the desk. Refused, in this order: NOT_A_MEMBER, MEMBERSHIP_NOT_ACTIVE (notice: also when it was given before; good cause: ended already).',
  })
  async terminateMember(
    @Arg('input', () => TerminateMemberInput, { description: 'Whose, how and why.' })
    input: TerminateMemberInput,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<typeof RewardsMembershipResult> {
    const member = memberOf(context, 'terminate', input);
    const reason = textInput('reason', input.reason, REASON_MAX);
    const goodCause = input.goodCause ?? false;
    return runMembership(context, info, terminateMembership({ ...member, goodCause, reason }));
  }

  @FieldResolver(() => Customer, { description: 'The member as they are now.' })
  customer(
    @Root() { customerId }: RewardsMembershipSuccess,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.customer(customerId, info);
  }
}

/** Whom an input names, for whoever may do `action` to them. */
export function memberOf(
  { actor }: RequestContext,
  action: Action,
  input: { readonly customerId: string; readonly idempotencyKey: string },
): MembershipInput {
  const customerId = idInput('customerId', input.customerId);
  authorize(actor, action, { customerId });
  const idempotencyKey = idInput('idempotencyKey', input.idempotencyKey);
  return { customerId, idempotencyKey, actor: actorName(actor) };
}

/** Runs a command on a membership, and shows what it is then. */
export async function runMembership(
  { app, loaders }: RequestContext,
  info: GraphQLResolveInfo,
  command: Command<MembershipAnswer>,
): Promise<typeof RewardsMembershipResult> {
  const answer = await app.ledger.execute(command);
  loaders.clear();
  if ('refused' in answer) return toLimitRefusal(answer);
  const { customerId, forfeited } = answer;
  const view = await loaders.member('readMember', customerId, info);
  const { membership } = loaders.toCustomer(customerId, view);
  invariant(membership !== null, 'who was a member stays one, ended or not');
  return { __typename: 'RewardsMembershipSuccess', membership, forfeited, customerId };
}
