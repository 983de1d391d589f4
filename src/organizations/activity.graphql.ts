import { Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { Money, toMoney } from '../federation/money.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { toXPointsEntry, XPointsEntry } from '../ledger/entry.graphql';
import type { ReferralState as State } from '../ledger/referral';
import type { TransferReason, TransferState } from '../ledger/transfer';
import { worth } from '../programs/pricing';
import { RewardsProgram, toRewardsProgram } from '../programs/program.graphql';
import type { Terms } from '../programs/terms';
import { ReferralState } from '../referrals/referral.graphql';
import { XPointsTransferReason, XPointsTransferState } from '../transfers/transfer.graphql';
import type {
  OrganizationEntry,
  OrganizationReferral,
  OrganizationTransfer,
  ReferralCount,
} from './activity.reads';

@ObjectType({
  simpleResolvers: true,
  description:
    'Points that a member gave or got, or asked to (R7). What giver and receiver wrote to the rewards desk, and its note, are theirs.',
})
export class RewardsOrganizationTransfer {
  @Field(() => ID, { description: 'Opaque and stable.' })
  id!: string;

  @Field(() => XPoints, {
    nullable: true,
    description: 'How many were asked for; null for all that can be spent when it is decided.',
  })
  points!: Points | null;

  @Field(() => XPointsTransferReason, { description: 'Why they are to move.' })
  reason!: TransferReason;

  @Field(() => XPointsTransferState, { description: 'Where it stands.' })
  state!: TransferState;

  @Field(() => XPoints, { nullable: true, description: 'How many moved; null where none did.' })
  moved!: Points | null;

  @Field(() => DateTime, { description: 'When it was asked for, or made by the desk.' })
  requestedAt!: Instant;

  @Field(() => DateTime, { nullable: true, description: 'When it was decided; null until then.' })
  decidedAt!: Instant | null;

  /** Null where the giver works elsewhere now. */
  readonly fromId!: string | null;
  readonly toId!: string | null;
}

export const RewardsOrganizationTransferConnection = connectionOf(
  'RewardsOrganizationTransfer',
  () => RewardsOrganizationTransfer,
  "transfers of members' points, latest request first",
);

@ObjectType({ simpleResolvers: true, description: 'Somebody whom a member referred (R5).' })
export class RewardsOrganizationReferral {
  @Field(() => ReferralState, { description: 'Where the referral stands.' })
  state!: State;

  @Field(() => DateTime, { description: 'When they registered through the link.' })
  registeredAt!: Instant;

  @Field(() => XPoints, {
    description: 'Points credited to the referrer for it and not taken back; 0 while it waits.',
  })
  bonus!: Points;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was rewarded, lost or rejected; null while it waits.',
  })
  decidedAt!: Instant | null;

  readonly referrerId!: string;
  /** Null where they work elsewhere. */
  readonly refereeId!: string | null;
}

export const RewardsOrganizationReferralConnection = connectionOf(
  'RewardsOrganizationReferral',
  () => RewardsOrganizationReferral,
  'referrals by members, latest registration first',
);

@ObjectType({
  simpleResolvers: true,
  description: 'What the members of one program earned by referring (R5.3).',
})
export class RewardsOrganizationReferralTotals {
  @Field(() => RewardsProgram, {
    description: "The referrers' program, under the terms that bind who enrols now.",
  })
  program!: RewardsProgram;

  @Field(() => Int, { description: 'Customers who registered through a member’s link, ever.' })
  registrations!: number;

  @Field(() => Int, { description: 'Of those, how many have their first order still ahead.' })
  waiting!: number;

  @Field(() => Int, { description: 'Of those, how many brought their referrer the bonus.' })
  rewarded!: number;

  @Field(() => XPoints, { description: 'Points credited for referring, less what was taken back.' })
  pointsEarned!: Points;

  @Field(() => Money, { description: 'What so many points pay today, net.' })
  value!: Money;
}

@ObjectType({ simpleResolvers: true, description: "A change of a member's account." })
export class RewardsOrganizationEntry {
  @Field(() => ID, { description: 'Whose account.' })
  customerId!: string;

  @Field(() => XPointsEntry, { description: 'The change, and what was left after it.' })
  entry!: XPointsEntry;
}

export const RewardsOrganizationEntryConnection = connectionOf(
  'RewardsOrganizationEntry',
  () => RewardsOrganizationEntry,
  "changes of members' accounts, latest recorded first",
);

/** A transfer as a dashboard shows it: whoever works elsewhere is not named. */
export function toOrganizationTransfer({
  transfer,
  gives,
  receives,
}: OrganizationTransfer): RewardsOrganizationTransfer {
  const { id, points, reason, state, moved, requestedAt, decidedAt, fromId, toId } = transfer;
  return {
    ...{ id, points, reason, state, moved, requestedAt, decidedAt },
    fromId: gives ? fromId : null,
    toId: receives ? toId : null,
  };
}

/** A referral as a dashboard shows it: whoever works elsewhere is not named. */
export function toOrganizationReferral({
  referral,
  isColleague,
}: OrganizationReferral): RewardsOrganizationReferral {
  const { state, registeredAt, bonus, reversed, decidedAt, referrerId, refereeId } = referral;
  return {
    ...{ state, registeredAt, bonus: bonus - reversed, decidedAt, referrerId },
    refereeId: isColleague ? refereeId : null,
  };
}

/** What members of the program of `terms` earned by referring. */
export function toReferralTotals(
  terms: Terms,
  counts: readonly ReferralCount[],
): RewardsOrganizationReferralTotals {
  const count = (...states: State[]) =>
    counts
      .filter(({ state }) => states.length === 0 || states.includes(state))
      .reduce((sum, { referrals }) => sum + referrals, 0);
  const pointsEarned = counts.reduce((sum, { points }) => sum + points, 0);
  return {
    program: toRewardsProgram(terms),
    registrations: count(),
    waiting: count('WAITING'),
    rewarded: count('REWARDED'),
    pointsEarned,
    value: toMoney(worth(terms, pointsEarned), terms.currency),
  };
}

/** An entry with its member; `terms` are of its program, whichever version. */
export function toOrganizationEntry(
  { customerId, entry }: OrganizationEntry,
  terms: Terms,
): RewardsOrganizationEntry {
  return { customerId, entry: toXPointsEntry(customerId, entry, terms) };
}
