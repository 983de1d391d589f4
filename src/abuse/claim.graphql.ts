import { ArgsType, createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { Money, toMoney } from '../federation/money.graphql';
import { CommandRefused } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Claim } from '../ledger/desk';
import { redemptionId } from '../ledger/redemption';
import { claimId } from './claim';

export const CompensationClaimState = describedEnum<Claim['state']>(
  'CompensationClaimState',
  'Where a compensation claim stands (R8.1).',
  {
    OPEN: 'It awaits payment or a decision.',
    SETTLED: 'It was paid.',
    WAIVED: 'The rewards desk gave it up.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description:
    'Money claimed from a member because points or a discount that were voided for abuse had paid an order already (R8.1). For the member, the desk and the platform.',
})
export class CompensationClaim {
  @Field(() => ID, { description: 'Opaque and stable; what settling and waiving take.' })
  id!: string;

  @Field(() => CompensationClaimState, { description: 'Where it stands.' })
  state!: Claim['state'];

  @Field(() => Money, { description: 'What it came to when it was opened: the value redeemed.' })
  amount!: Money;

  @Field(() => XPoints, {
    description: 'The points redeemed when it was opened; 0 for a discount.',
  })
  points!: Points;

  @Field(() => ID, { nullable: true, description: 'The redemption; null for a discount.' })
  redemptionId!: string | null;

  @Field(() => String, { nullable: true, description: 'The discount code; null for points.' })
  discountCode!: string | null;

  @Field(() => DateTime, { description: 'When it was opened.' })
  openedAt!: Instant;

  @For('desk')
  @Field(() => String, { nullable: true, description: 'Who opened it. For the desk.' })
  openedBy!: string | null;

  @For('desk')
  @Field(() => String, { nullable: true, description: 'Why. For the desk.' })
  reason!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was settled or waived; null until then.',
  })
  decidedAt!: Instant | null;

  @Field(() => Money, {
    nullable: true,
    description: 'What was left of it when it was settled or waived; null until then.',
  })
  decidedAmount!: Money | null;

  @For('desk')
  @Field(() => String, { nullable: true, description: 'Who settled or waived it. For the desk.' })
  decidedBy!: string | null;

  @For('desk')
  @Field(() => String, { nullable: true, description: "The desk's note on that. For the desk." })
  note!: string | null;

  readonly claim!: Claim;
}

export const CompensationClaimConnection = connectionOf(
  'CompensationClaim',
  () => CompensationClaim,
  'compensation claims',
);

/** Arguments of `Query.compensationClaims`. */
@ArgsType()
export class ClaimsArgs extends PageArgs {
  @Field(() => CompensationClaimState, {
    nullable: true,
    defaultValue: 'OPEN',
    description: 'Only claims that stand there; null for all of them.',
  })
  state!: Claim['state'] | null;
}

/** Arguments of `Customer.compensationClaims`. */
@ArgsType()
export class MemberClaimsArgs extends PageArgs {
  @Field(() => CompensationClaimState, {
    nullable: true,
    description: 'Only claims that stand there; left out: all of them.',
  })
  state?: Claim['state'] | null;
}

@For('desk')
@InputType({ description: 'A compensation claim, and why it is settled.' })
export class SettleClaimInput {
  @Field(() => ID, { description: 'The claim.' })
  claimId!: string;

  @Field(() => String, {
    description:
      'How or why, for the record: 1 to 500 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  note!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: 'A compensation claim, and why it is waived.' })
export class WaiveClaimInput extends SettleClaimInput {}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class CompensationClaimSuccess {
  @Field(() => CompensationClaim, { description: 'The claim as it is now.' })
  claim!: CompensationClaim;

  readonly __typename!: 'CompensationClaimSuccess';
}

export const CompensationClaimResult = createUnionType({
  name: 'CompensationClaimResult',
  description: 'What settling and waiving a claim answer: success, or why not.',
  types: () => [CompensationClaimSuccess, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});

/** A claim as the API shows it: who of the desk it was, and its words, are the desk's alone. */
export function toCompensationClaim(claim: Claim, isDesk: boolean): CompensationClaim {
  const { accountId, number, redeemerId, redemption, currency, decision, decidedMinor } = claim;
  return {
    id: claimId(accountId, number),
    state: claim.state,
    amount: toMoney(claim.minor, currency),
    points: claim.points,
    redemptionId: redemption === null ? null : redemptionId(redeemerId, redemption),
    discountCode: claim.discountCode,
    openedAt: claim.openedAt,
    openedBy: isDesk ? claim.openedBy : null,
    reason: isDesk ? claim.reason : null,
    decidedAt: decision?.at ?? null,
    decidedAmount: decidedMinor === null ? null : toMoney(decidedMinor, currency),
    decidedBy: isDesk ? (decision?.by ?? null) : null,
    note: isDesk ? (decision?.note ?? null) : null,
    claim,
  };
}
