import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { RegisteredAccount } from '../ledger/account';
import { discountOn } from '../ledger/discount';
import { netLeft, type Order } from '../ledger/order';
import type { Referral, ReferralState as State } from '../ledger/referral';
import { RewardsProgram, toRewardsProgram } from '../programs/program.graphql';
import type { Terms } from '../programs/terms';

export const ReferralState = describedEnum<State>(
  'ReferralState',
  'Where a referral stands (R5.3, R5.5).',
  {
    WAITING: "For the referred customer's first order to be paid and delivered.",
    REWARDED: 'The referrer was credited the bonus.',
    LOST: 'The referrer might not be rewarded when the order was completed: lost for good.',
    REJECTED: 'It does not count: the same person, or a decision of the desk.',
    VOIDED: 'Voided by the rewards desk for abuse, for good (R8.1).',
  },
);

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
  @Field(() => ReferralLink, {
    nullable: true,
    description:
      "Null until the member's own first order is completed; then theirs for good (R5.1).",
  })
  link!: ReferralLink | null;

  readonly customerId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Somebody who registered through a link.' })
export class ReferralInvitee {
  @Field(() => ReferralState, { description: 'Where the referral stands.' })
  state!: State;

  @Field(() => DateTime, { description: 'When they registered through the link.' })
  registeredAt!: Instant;

  @Field(() => XPoints, {
    description: 'Points credited for it and not taken back; 0 while it waits.',
  })
  bonus!: Points;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was rewarded, lost or rejected; null while it waits.',
  })
  decidedAt!: Instant | null;

  readonly refereeId!: string;
}

export const ReferralInviteeConnection = connectionOf(
  'ReferralInvitee',
  () => ReferralInvitee,
  'referred customers, latest registration first',
);

@ObjectType({ simpleResolvers: true, description: 'A referral discount on an order (R5.2).' })
export class OrderDiscount {
  @Field(() => String, { description: 'The code that was applied.' })
  code!: string;

  @Field(() => Int, { description: 'Per cent off the net value that is not cancelled.' })
  percent!: number;

  @Field(() => Money, {
    description: 'What it takes off now; it follows cancellations and amendments.',
  })
  amount!: Money;
}

@ObjectType({
  simpleResolvers: true,
  description: 'What an order has to do with referring: at least one of the two.',
})
export class OrderReferral {
  @Field(() => ReferralState, {
    nullable: true,
    description:
      "REWARDED or LOST where this order completed its customer's referral (R5.3); null elsewhere.",
  })
  state!: State | null;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'Points that the referrer was credited for it and that were not taken back; null where it completed none.',
  })
  bonus!: Points | null;

  @Field(() => OrderDiscount, {
    nullable: true,
    description: 'The referral discount on it; null where there is none.',
  })
  discount!: OrderDiscount | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What a referral link promises whoever registers through it. Nothing of who passed it on but their program.',
})
export class ReferralInvitation {
  @Field(() => Boolean, {
    description:
      'Whether the link works now (R5.1). False for a code that nobody has and for one whose owner may not refer, alike; the rest is then null.',
  })
  isValid!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'Per cent off the net value of the first order (R5.2).',
  })
  discountPercent!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Months that discount is good for, from the registration on (R5.2).',
  })
  discountValidityMonths!: number | null;

  @Field(() => RewardsProgram, {
    nullable: true,
    description:
      'The program of the link, under the terms that bind who enrols now. Who registers in another region gets the discount of the program there.',
  })
  program!: RewardsProgram | null;
}

/** Arguments of `Query.referralInvitation`. */
@ArgsType()
export class ReferralInvitationArgs {
  @Field(() => String, { description: 'The code in the link; capitals and small letters differ.' })
  code!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'A BCP 47 language tag, as `RewardsTier.name` takes it. Nothing in the invitation itself depends on it.',
  })
  locale?: string | null;
}

const NO_INVITATION: ReferralInvitation = {
  isValid: false,
  discountPercent: null,
  discountValidityMonths: null,
  program: null,
};

/** A member's referrals; `referralUrl` is what a code is appended to. */
export function toReferralProfile(
  account: Pick<RegisteredAccount, 'id' | 'referralCode'>,
  referralUrl: string,
): ReferralProfile {
  const code = account.referralCode;
  return {
    link: code === null ? null : { code, url: `${referralUrl}${encodeURIComponent(code)}` },
    customerId: account.id,
  };
}

/** A referral as the referrer sees it: flags and reviews are the desk's. */
export function toReferralInvitee(referral: Referral): ReferralInvitee {
  const { state, registeredAt, bonus, reversed, decidedAt, refereeId } = referral;
  return { state, registeredAt, bonus: bonus - reversed, decidedAt, refereeId };
}

/** What `order` has to do with the referral of its customer, and with discounts; null for nothing. */
export function toOrderReferral(order: Order, referral: Referral | null): OrderReferral | null {
  const { discount, placed } = order;
  const completed = referral?.orderId === order.id && referral.state !== 'REJECTED';
  if (!completed && (!discount || !placed)) return null;
  return {
    state: completed ? referral.state : null,
    bonus: completed ? referral.bonus - referral.reversed : null,
    discount:
      discount && placed
        ? {
            ...discount,
            amount: toMoney(discountOn(netLeft(order), discount.percent), placed.currency),
          }
        : null,
  };
}

/** An invitation into the program of `terms`; null where the link does not work. */
export function toInvitation(terms: Terms | null): ReferralInvitation {
  if (!terms) return NO_INVITATION;
  return {
    isValid: true,
    discountPercent: terms.firstOrderDiscountPercent,
    discountValidityMonths: terms.discountValidityMonths,
    program: toRewardsProgram(terms),
  };
}
