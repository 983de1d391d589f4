import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Assumed } from '../federation/directives';
import { Money, MoneyInput, toMoney } from '../federation/money.graphql';
import { CommandRefused, InsufficientXPoints, LimitExceeded } from '../federation/refusal.graphql';
import { XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { RegisteredAccount } from '../ledger/account';
import { XPointsEntry } from '../ledger/entry.graphql';
import { tierAt } from '../programs/pricing';
import { RewardsTier, toRewardsTier } from '../programs/program.graphql';
import type { Terms } from '../programs/terms';

@InputType({ description: 'An order that is placed, paid in money and delivered now.' })
export class SimulatedOrderInput {
  @Field(() => MoneyInput, {
    description: 'Its net value (without VAT), 0 or more; BAD_USER_INPUT otherwise.',
  })
  net!: MoneyInput;

  @Field(() => [String], {
    nullable: true,
    description:
      'The tags it carries, at most 20 (BAD_USER_INPUT otherwise): campaigns may ask for one (R1.5).',
  })
  tags?: string[] | null;
}

@InputType({ description: 'A redemption on an open order.' })
export class SimulatedRedemptionInput {
  @Field(() => ID, { description: 'The order.' })
  orderId!: string;

  @Field(() => XPoints, {
    nullable: true,
    description: 'How many; as many as possible where it is left out.',
  })
  points?: Points | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Minutes to hold them, 1 to 129600 (90 days), INVALID_HOLD_TIME otherwise; at once where it is left out.',
  })
  holdMinutes?: number | null;
}

@InputType({ description: 'A cancellation of an order.' })
export class SimulatedCancellationInput {
  @Field(() => ID, { description: 'The order.' })
  orderId!: string;

  @Field(() => MoneyInput, {
    nullable: true,
    description:
      'The net value that is cancelled, in the currency of the order; all of it where it is left out.',
  })
  net?: MoneyInput | null;
}

@InputType({ description: 'What to try out: exactly one of the three; BAD_USER_INPUT otherwise.' })
export class SimulateXPointsInput {
  @Field(() => ID, { description: 'The member; a member may name only themself.' })
  customerId!: string;

  @Field(() => SimulatedOrderInput, { nullable: true, description: 'An order.' })
  order?: SimulatedOrderInput | null;

  @Field(() => SimulatedRedemptionInput, { nullable: true, description: 'A redemption.' })
  redemption?: SimulatedRedemptionInput | null;

  @Field(() => SimulatedCancellationInput, { nullable: true, description: 'A cancellation.' })
  cancellation?: SimulatedCancellationInput | null;
}

@ObjectType({ simpleResolvers: true, description: 'Where an account stands in a simulation.' })
export class SimulatedBalance {
  @Field(() => XPoints, { description: 'What can be spent.' })
  available!: Points;

  @Field(() => XPoints, { description: 'What is held.' })
  held!: Points;

  @Field(() => XPoints, { description: 'What is owed.' })
  owed!: Points;

  @Field(() => Money, { description: 'Cumulative net turnover.' })
  turnover!: Money;

  @Field(() => RewardsTier, { description: 'The tier.' })
  tier!: RewardsTier;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What it would do now: reckoned by the same decisions on the same books, and nothing of it kept.',
})
export class XPointsSimulation {
  @Field(() => SimulatedBalance, { description: 'The account now.' })
  before!: SimulatedBalance;

  @Field(() => SimulatedBalance, { description: 'The account afterwards.' })
  after!: SimulatedBalance;

  @Assumed(10)
  @Field(() => [XPointsEntry], {
    description:
      'The entries it would write on this account, with the arithmetic of each; what is due already is among them. An order that is not placed yet is not named.',
  })
  entries!: readonly XPointsEntry[];

  readonly __typename!: 'XPointsSimulation';
}

export const SimulateXPointsResult = createUnionType({
  name: 'SimulateXPointsResult',
  description: 'What a simulation answers: what would happen, or why it would be refused.',
  types: () => [XPointsSimulation, CommandRefused, InsufficientXPoints, LimitExceeded] as const,
  resolveType: (value) => value.__typename,
});

/** An account as a simulation shows it. */
export function toSimulatedBalance(account: RegisteredAccount, terms: Terms): SimulatedBalance {
  const { available, held, owed, turnover } = account;
  return {
    ...{ available, held, owed },
    turnover: toMoney(turnover, terms.currency),
    tier: toRewardsTier(terms, tierAt(terms, turnover)),
  };
}
