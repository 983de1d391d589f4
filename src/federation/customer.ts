import { Directive, Field, ID, ObjectType } from 'type-graphql';
import { toBalance, type XPointsBalance } from '../ledger/balance.graphql';
import type { BalanceRead } from '../ledger/balance.reads';
import { type MembershipReader, RewardsMembership, toMembership } from '../members/member.graphql';
import type { MemberView } from '../members/member.loaders';
import { RewardsTierStatus, toTierStatus } from '../programs/program.graphql';
import type { Terms } from '../programs/terms';
import { ReferralProfile, toReferralProfile } from '../referrals/referral.graphql';
import { For, NeverCached } from './directives';

@Directive('@key(fields: "id")')
@NeverCached()
@ObjectType({
  simpleResolvers: true,
  description:
    "A customer account. Owned by the platform; rewards contribute what the program knows of it. Every contributed field is null for someone who is no member at this moment, and may be null when rewards are down. Only the customer themself, the desk and the platform's services see it: FORBIDDEN for anybody else, whether or not it exists; UNAUTHENTICATED without a token.",
})
export class Customer {
  @Field(() => ID, { description: "The platform's id of the account." })
  id!: string;

  /** A field of `CustomerResolver`, since it takes an argument. */
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
  return view ? new Member(id, view, reader) : new NoMember(id);
}

/** A member of whom the balance alone was read, for an operation that asks for nothing else (`balancePart`). */
export function toBalanceCustomer(
  id: string,
  read: BalanceRead,
  terms: Terms,
  referralUrl: string,
): Customer {
  return new MemberBalance(id, read, terms, referralUrl);
}

/** Whoever is no member at the moment. */
class NoMember implements Customer {
  readonly xPoints = null;
  readonly tier = null;
  readonly membership = null;
  readonly referral = null;
  readonly view = null;
  constructor(readonly id: string) {}
}

/** Each part is made when it is asked for: most operations ask for few. */
class Member implements Customer {
  constructor(
    readonly id: string,
    readonly view: MemberView,
    private readonly reader: CustomerReader,
  ) {}

  get xPoints(): XPointsBalance {
    const { account, at, terms, pending, lots } = this.view;
    return toBalance(account, at, terms, pending, lots && [...lots.values()]);
  }

  get tier(): RewardsTierStatus {
    return toTierStatus(this.view.terms, this.view.account.turnover);
  }

  get membership(): RewardsMembership {
    return toMembership(this.view, this.reader);
  }

  get referral(): ReferralProfile {
    return toReferralProfile(this.view.account, this.reader.referralUrl);
  }
}

class MemberBalance implements Customer {
  constructor(
    readonly id: string,
    private readonly read: BalanceRead,
    private readonly terms: Terms,
    private readonly referralUrl: string,
  ) {}

  get xPoints(): XPointsBalance {
    return toBalance(this.read, this.read.at, this.terms, 0, null);
  }

  get tier(): RewardsTierStatus {
    return toTierStatus(this.terms, this.read.turnover);
  }

  get referral(): ReferralProfile {
    if (!this.read.isWhole) throw new Error('Who asks for the referral reads the whole balance');
    const { id, read } = this;
    return toReferralProfile({ id, referralCode: read.referralCode }, this.referralUrl);
  }

  get membership(): never {
    throw new Error('Who asks for the membership reads the member');
  }

  get view(): never {
    throw new Error('Who goes on from the customer reads the member');
  }
}
