import { Field, Int, ObjectType } from 'type-graphql';
import { Assumed, Cost, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { type MembershipState, membershipState } from '../ledger/account';
import { pointsToForfeit } from '../ledger/end-membership';
import { RewardsProgram, toRewardsProgram } from '../programs/program.graphql';
import type { MemberView } from './member.loaders';

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

@ObjectType({
  simpleResolvers: true,
  description: 'A published version of the terms that does not bind a member yet (R2.6).',
})
export class RewardsTermsAhead {
  @Field(() => Int, { description: 'The version.' })
  version!: number;

  @Field(() => DateTime, { description: 'Its first instant for who enrols then.' })
  effectiveAt!: Instant;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Until when the member may object with `objectToTerms`: the first instant afterwards. Null until they were told, and for who enrolled after it was published.',
  })
  objectUntil!: Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'From when it binds the member. Null until they were told, and where they objected to it or to an older one.',
  })
  bindsAt!: Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the member objected; null where they did not.',
  })
  objectedAt!: Instant | null;
}

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

  @Assumed(2)
  @Field(() => [RewardsTermsAhead], {
    description:
      'Newer versions that were published and do not bind this member yet, oldest first (R2.6).',
  })
  termsAhead!: readonly RewardsTermsAhead[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was suspended; null where it is not.',
  })
  suspendedAt!: Instant | null;

  @For('desk')
  @Field(() => String, {
    nullable: true,
    description: 'Why it was suspended, as the desk recorded it. Null for everybody but the desk.',
  })
  suspensionReason!: string | null;

  @Cost(5)
  @Field(() => XPoints, {
    description:
      'How many points leaving now would forfeit (R2.3): what is left once holds are released and what is owed is paid. `leaveRewards` takes this number. 0 once it ended.',
  })
  pointsToForfeit!: Points;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the provider gave notice (R2.4); null where it did not.',
  })
  noticeAt!: Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'The first instant after its end by notice: from then on it earns nothing (R2.4). Null without a notice.',
  })
  endsAt!: Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'The first instant at which nothing can be redeemed any more, and the points are gone (R2.4). Null without a notice.',
  })
  redeemUntil!: Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was over and the points gone; null before.',
  })
  endedAt!: Instant | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Why it ends or ended, as recorded. For the member and the desk; null for the platform's services.",
  })
  endReason!: string | null;
}

/** What of a membership its reader may see. */
export interface MembershipReader {
  /** Whether they may see why a member is suspended. */
  readonly seesReasons: boolean;
  /** Whether they may see why a membership ends. */
  readonly seesEndReason: boolean;
}

/** A member's membership as its reader sees it. */
export function toMembership(
  { account, terms, lots, at }: MemberView,
  reader: MembershipReader,
): RewardsMembership {
  return {
    program: toRewardsProgram(terms),
    state: membershipState(account),
    enrolledAt: account.enrolledAt,
    termsVersion: account.termsVersion,
    termsAhead: account.termsAhead,
    suspendedAt: account.suspendedAt,
    suspensionReason: reader.seesReasons ? account.suspendedReason : null,
    // The lots are read where an operation asks for it.
    pointsToForfeit: pointsToForfeit({ account, lots: lots ?? new Map() }, at),
    noticeAt: account.noticeAt,
    endsAt: account.endsAt,
    redeemUntil: account.redeemUntil,
    endedAt: account.endedAt,
    endReason: reader.seesEndReason ? account.endReason : null,
  };
}
