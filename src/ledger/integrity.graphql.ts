import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { Assumed, For } from '../federation/directives';
import { DateTime, ProgramCode } from '../federation/scalars';
import type { Instant } from '../kernel/time';

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'One statement that must hold of the books, and how many rows break it.',
})
export class IntegrityInvariant {
  @Field(() => String, { description: 'Its number: L2, L3 …' })
  number!: string;

  @Field(() => String, { description: 'What must hold.' })
  statement!: string;

  @Field(() => Int, {
    description: 'How many of the rows looked at break it; 0 is what it should be.',
  })
  rows!: number;

  @Assumed(20)
  @Field(() => [ID], { description: 'The customers concerned, at most 20 of them.' })
  accounts!: readonly string[];
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'The books of a program, checked while you wait. A ledger too large to be looked at in a few seconds is looked at in parts.',
})
export class IntegrityReport {
  @Field(() => Boolean, {
    description: 'Whether no row that was looked at breaks an invariant. Says nothing of the rest.',
  })
  whole!: boolean;

  @Field(() => Boolean, {
    description: 'Whether everything after the place asked for was looked at.',
  })
  complete!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Where to go on: ask again with it as `after`. Null where nothing is left.',
  })
  next!: string | null;

  @Field(() => Int, {
    description: 'Accounts looked at, those of other programs in between included.',
  })
  accounts!: number;

  @Field(() => Int, { description: 'Orders looked at, likewise.' })
  orders!: number;

  @Field(() => DateTime, { description: 'When it was begun. What was written later may be in it.' })
  checkedAt!: Instant;

  @Assumed(20)
  @Field(() => [IntegrityInvariant], {
    description:
      'Every invariant that rows, triggers or keys can show (L9, the order of locks, leaves nothing to see). L1 and L8 are about the schema and looked at from the beginning only.',
  })
  invariants!: readonly IntegrityInvariant[];
}

/** Arguments of `Query.rewardsIntegrity`. */
@ArgsType()
export class IntegrityArgs {
  @Field(() => ProgramCode, {
    description: 'Whose accounts; BAD_USER_INPUT where there is no program like that.',
  })
  program!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The `next` of an earlier report, to go on where it ended; BAD_USER_INPUT where it is none. From the beginning without.',
  })
  after?: string | null;
}
