import { Directive, Field, ID, ObjectType } from 'type-graphql';
import { toBalance, XPointsBalance } from '../ledger/balance.graphql';
import type { Lot } from '../ledger/lot';
import { type MembershipReader, RewardsMembership, toMembership } from '../members/member.graphql';
import type { MemberView } from '../members/member.loaders';
import { RewardsTierStatus, toTierStatus } from '../programs/program.graphql';
import { ReferralProfile, toReferralProfile } from '../referrals/referral.graphql';
import { For } from './directives';

@Directive('@key(fields: "id")')
@ObjectType({
  simpleResolvers: true,
  description:
    "A customer account. Owned by the platform; rewards contribute what the program knows of it. Every contributed field is null for someone who is no member at this moment, and may be null when rewards are down. Only the customer themself, the desk and the platform's services see it: FORBIDDEN for anybody else, whether or not it exists; UNAUTHENTICATED without a token.",
})
export class Customer {
  @Field(() => ID, { description: "The platform's id of the account." })
  id!: string;

  @For('storefront', 'mobile', 'partner')
  @Field(() => XPointsBalance, {
    nullable: true,
    description: 'What the member can spend, holds, awaits and owes.',
  })
  xPoints!: XPointsBalance | null;

  @For('storefront', 'mobile', 'partner')
  @Field(() => RewardsTierStatus, { nullable: true, description: 'Where the member stands.' })
  tier!: RewardsTierStatus | null;

  @For('storefront', 'mobile', 'partner')
  @Field(() => RewardsMembership, { nullable: true, description: 'The membership.' })
  membership!: RewardsMembership | null;

  @For('storefront', 'mobile')
  @Field(() => ReferralProfile, {
    nullable: true,
    description:
      "The member's referral link, whom they referred and what it earned; and who referred them (R5).",
  })
  referral!: ReferralProfile | null;

  readonly view?: MemberView | null;
}

/** What a customer's view is shown with. */
export interface CustomerReader extends MembershipReader {
  readonly referralUrl: string;
}

/** A customer as a reader sees them; everything but the id is null for whoever is no member. */
export function toCustomer(id: string, view: MemberView | null, reader: CustomerReader): Customer {
  if (!view) return { id, xPoints: null, tier: null, membership: null, referral: null, view };
  const { account, at, terms, pending, lots } = view;
  return {
    id,
    xPoints: toBalance(account, at, terms, pending, lots && openLots(lots)),
    tier: toTierStatus(terms, account.turnover),
    membership: toMembership(view, reader),
    referral: toReferralProfile(account, reader.referralUrl),
    view,
  };
}

function openLots(lots: ReadonlyMap<number, Lot>): readonly Lot[] {
  return [...lots.values()];
}
