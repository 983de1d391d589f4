import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { Money, toMoney } from '../federation/money.graphql';
import { CommandRefused, LimitExceeded } from '../federation/refusal.graphql';
import { DateTime } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import type { DiscountCode as Discount } from '../ledger/discount';
import type { DiscountAnswer } from './apply-discount';

type State = 'AVAILABLE' | 'USED' | 'EXPIRED' | 'VOIDED';

export const DiscountCodeState = describedEnum<State>(
  'DiscountCodeState',
  'Where a discount code stands at the instant of reading (R5.2).',
  {
    AVAILABLE: 'It can be applied to the first order.',
    USED: 'It is applied to an order; cancelled in full, that order gives it back.',
    EXPIRED: 'Its validity is over.',
    VOIDED: 'Taken away with a referral that was rejected (R5.5), or for abuse (R8.1).',
  },
);

@ObjectType({
  simpleResolvers: true,
  description:
    "A referred customer's discount on their first order (R5.2): once, for this account only, not transferable, not for cash.",
})
export class DiscountCode {
  @Field(() => String, { description: 'What to apply at checkout; easy to read, hard to guess.' })
  code!: string;

  @Field(() => Int, { description: 'Per cent off the net value that is not cancelled; 1 to 100.' })
  percent!: number;

  @Field(() => DiscountCodeState, { description: 'Where it stands now.' })
  state!: State;

  @Field(() => DateTime, { description: 'When it was issued.' })
  issuedAt!: Instant;

  @Field(() => DateTime, {
    description:
      "The first instant at which it is no longer valid: midnight in the program's zone after its last day (R5.2).",
  })
  expiresAt!: Instant;

  readonly orderId!: string | null;
}

@For('storefront', 'mobile')
@InputType({ description: 'A discount code, and the order it is for.' })
export class ApplyDiscountCodeInput {
  @Field(() => ID, { description: 'Whose code and order; a member may name only themself.' })
  customerId!: string;

  @Field(() => ID, { description: "The member's first order, open still (R5.2)." })
  orderId!: string;

  @Field(() => String, {
    description:
      'The code, 1 to 64 characters (BAD_USER_INPUT otherwise); capitals and small letters are the same.',
  })
  code!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'The discount was applied, now or the first time the key was used.',
})
export class ApplyDiscountCodeSuccess {
  @Field(() => Money, {
    description:
      'What it took off the net value of the order when it was applied. It follows cancellations and amendments: what it takes off now is `order.referral.discount`.',
  })
  amount!: Money;

  readonly __typename!: 'ApplyDiscountCodeSuccess';
  readonly customerId!: string;
  readonly orderId!: string;
  readonly code!: string;
}

export const ApplyDiscountCodeResult = createUnionType({
  name: 'ApplyDiscountCodeResult',
  description: 'What applying a discount code answers: success, or why not.',
  types: () => [ApplyDiscountCodeSuccess, CommandRefused, LimitExceeded] as const,
  resolveType: (value) => value.__typename,
});

/** A discount code as the API shows it at `at`. */
export function toDiscountCode(discount: Discount, at: Instant): DiscountCode {
  const { code, percent, issuedAt, expiresAt, orderId } = discount;
  return { code, percent, state: stateOf(discount, at), issuedAt, expiresAt, orderId };
}

/** What applying a code answered. */
export function toDiscountSuccess(answer: DiscountAnswer): ApplyDiscountCodeSuccess {
  const { customerId, orderId, code, discount, currency } = answer;
  const amount = toMoney(BigInt(discount), currency);
  return { __typename: 'ApplyDiscountCodeSuccess', amount, customerId, orderId, code };
}

function stateOf({ voidedAt, orderId, expiresAt }: Discount, at: Instant): State {
  if (voidedAt !== null) return 'VOIDED';
  if (orderId !== null) return 'USED';
  return expiresAt <= at ? 'EXPIRED' : 'AVAILABLE';
}
