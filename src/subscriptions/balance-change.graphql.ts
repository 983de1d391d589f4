import { ArgsType, Field, ID, ObjectType } from 'type-graphql';
import { XPoints } from '../federation/scalars';
import type { XPointsBalance } from '../ledger/balance.graphql';
import { XPointsEntry } from '../ledger/entry.graphql';
import type { BalanceChange } from './balance-change';

@ObjectType({
  simpleResolvers: true,
  description:
    "One change of a member's balance, with the whole balance after it (never only a difference), so that a lost event costs nothing.",
})
export class XPointsBalanceChange {
  @Field(() => XPoints, {
    description:
      'Number of the change; where to resume. In a snapshot that of the last change, 0 before the first.',
  })
  sequence!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Where a subscription over many members resumes; null in one of a single member.',
  })
  cursor!: string | null;

  @Field(() => XPointsEntry, { nullable: true, description: 'What changed; null in a snapshot.' })
  entry!: XPointsEntry | null;

  /** Null where the operation asks for what the change does not carry. */
  readonly balance!: XPointsBalance | null;
  readonly change!: BalanceChange;
  /** The organisation as one of whose members they are watched; null where they are watched themselves. */
  readonly organizationId!: string | null;
}

/** Arguments of `Subscription.organizationXPointsChanged`. */
@ArgsType()
export class OrganizationChangedArgs {
  @Field(() => ID, { description: "The platform's id of the organisation." })
  organizationId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The `cursor` seen last: what came since is replayed first, none missing. Left out, a snapshot of each member comes first; also where the cursor is of a database that was restored to an earlier moment. BAD_USER_INPUT where it is no cursor of this organisation.',
  })
  after?: string | null;
}

/** Arguments of `Subscription.xPointsBalanceChanged`. */
@ArgsType()
export class BalanceChangedArgs {
  @Field(() => ID, { description: 'The member; a member may name only themself.' })
  customerId!: string;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'The sequence seen last, 0 or more: what came since is replayed first, in order, none missing. Left out, a snapshot comes first; also where it is beyond the last change. BAD_USER_INPUT below 0.',
  })
  after?: number | null;
}
