import { Field, Int, ObjectType } from 'type-graphql';
import { Authenticated, For, Scopes } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { DateTime } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import { type MembershipState, membershipState, type RegisteredAccount } from '../ledger/account';
import { RewardsProgram, toRewardsProgram } from '../programs/program.graphql';
import type { Terms } from '../programs/terms';

export const RewardsMembershipState = describedEnum<MembershipState>(
  'RewardsMembershipState',
  'Where a membership stands (R2.8), and what it allows (R2.9).',
  {
    ACTIVE: 'Earns, redeems, refers and transfers.',
    SUSPENDED:
      'Suspended by the desk (R2.7): nothing is earned, redeemed or transferred; lots go on expiring.',
    ENDING: 'Notice is given; still as ACTIVE (R2.4).',
    REDEEM_ONLY: 'In the three months after its end: redeems, earns nothing (R2.4).',
    ENDED: 'Over; the points are gone (R2.9).',
  },
);

@ObjectType({ simpleResolvers: true, description: "A customer's membership in a rewards program." })
export class RewardsMembership {
  @Field(() => RewardsProgram, {
    description: 'The program of the region, under the terms that bind this member (R2.6).',
  })
  program!: RewardsProgram;

  @Field(() => RewardsMembershipState, { description: 'Where it stands now.' })
  state!: MembershipState;

  @Field(() => DateTime, {
    description: "The registration, or the program's start where that is later (R2.1).",
  })
  enrolledAt!: Instant;

  @Field(() => Int, { description: 'The version of the terms that binds this member (R2.6).' })
  termsVersion!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was suspended; null where it is not.',
  })
  suspendedAt!: Instant | null;

  @For('desk')
  @Scopes('rewards:desk')
  @Field(() => String, {
    nullable: true,
    description: 'Why it was suspended, as the desk recorded it. Null for everybody but the desk.',
  })
  suspensionReason!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: "A member's referral link: whoever registers through it is referred by them.",
})
export class ReferralLink {
  @Field(() => String, { description: 'The code in the link; unguessable, and the same for good.' })
  code!: string;

  @Field(() => String, { description: 'The link to pass on.' })
  url!: string;
}

@ObjectType({ simpleResolvers: true, description: "A member's referrals." })
export class ReferralProfile {
  @For('storefront', 'mobile')
  @Authenticated()
  @Field(() => ReferralLink, {
    nullable: true,
    description:
      "Null until the member's own first order is completed; then theirs for good (R5.1).",
  })
  link!: ReferralLink | null;
}

/** A member's membership; the reason of a suspension only where `reader` may see it. */
export function toMembership(
  account: RegisteredAccount,
  terms: Terms,
  reader: { readonly seesReasons: boolean },
): RewardsMembership {
  return {
    program: toRewardsProgram(terms),
    state: membershipState(account),
    enrolledAt: account.enrolledAt,
    termsVersion: account.termsVersion,
    suspendedAt: account.suspendedAt,
    suspensionReason: reader.seesReasons ? account.suspendedReason : null,
  };
}

/** A member's referrals; `referralUrl` is what a code is appended to. */
export function toReferralProfile(
  account: RegisteredAccount,
  referralUrl: string,
): ReferralProfile {
  const code = account.referralCode;
  return {
    link: code === null ? null : { code, url: `${referralUrl}${encodeURIComponent(code)}` },
  };
}
