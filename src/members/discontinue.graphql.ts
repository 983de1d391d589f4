import { createUnionType, Field, InputType, ObjectType } from 'type-graphql';
import { For } from '../federation/directives';
import { CommandRefused } from '../federation/refusal.graphql';
import { DateTime, ProgramCode, XPoints } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import type { ProgramEndingView } from './discontinue';

@ObjectType({
  simpleResolvers: true,
  description: 'How a program that is discontinued ends for everyone (R2.5).',
})
export class RewardsProgramEnding {
  @Field(() => DateTime, {
    description: 'The first instant after its end: from then on nobody earns.',
  })
  endsAt!: Instant;

  @Field(() => DateTime, {
    description:
      'The first instant at which nothing can be redeemed any more. For good cause the same as `endsAt`.',
  })
  redeemUntil!: Instant;

  @Field(() => Boolean, {
    description: 'Whether it ended at once, for good cause, without a time to redeem.',
  })
  goodCause!: boolean;

  @Field(() => DateTime, { description: 'When it was announced.' })
  announcedAt!: Instant;

  @For('desk')
  @Field(() => XPoints, {
    nullable: true,
    description: 'Accounts in the program when it was announced. Null for everybody but the desk.',
  })
  members!: number | null;

  @For('desk')
  @Field(() => XPoints, {
    nullable: true,
    description: 'How many of them were gone through. Null for everybody but the desk.',
  })
  done!: number | null;

  @For('desk')
  @Field(() => DateTime, {
    nullable: true,
    description: 'When all of them were; null until then, and for everybody but the desk.',
  })
  finishedAt!: Instant | null;
}

@For('desk')
@InputType({ description: 'A program to discontinue for everyone.' })
export class DiscontinueProgramInput {
  @Field(() => ProgramCode, { description: 'The program.' })
  program!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The last day, such as "2027-03-31", in the zone of the program; INVALID_END_DATE where it is none, or over. Left out for good cause (BAD_USER_INPUT otherwise).',
  })
  endsOn?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'True: it ends at once, for good cause, without a time to redeem.',
  })
  goodCause!: boolean | null;

  @Field(() => String, {
    description:
      'Why, for the record and the members: 1 to 500 characters; BAD_USER_INPUT otherwise.',
  })
  reason!: string;

  @Field(() => String, {
    description:
      'Chosen by the caller, 1 to 255 characters (BAD_USER_INPUT otherwise). A program ends once, whatever the key.',
  })
  idempotencyKey!: string;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'The program is being discontinued, since now or since it was first asked for.',
})
export class DiscontinueProgramSuccess {
  @Field(() => RewardsProgramEnding, { description: 'How it ends, and how far that is.' })
  ending!: RewardsProgramEnding;

  readonly __typename!: 'DiscontinueProgramSuccess';
}

export const DiscontinueProgramResult = createUnionType({
  name: 'DiscontinueProgramResult',
  description: 'What discontinuing a program answers: success, or why not.',
  types: () => [DiscontinueProgramSuccess, CommandRefused] as const,
  resolveType: (value) => value.__typename,
});

/** The end of a program as its reader sees it: how far it is, is for the desk alone. */
export function toProgramEnding(
  ending: ProgramEndingView,
  reader: { readonly seesProgress: boolean },
): RewardsProgramEnding {
  const { endsAt, redeemUntil, goodCause, announcedAt } = ending;
  const { members, done, finishedAt } = reader.seesProgress
    ? ending
    : { members: null, done: null, finishedAt: null };
  return { endsAt, redeemUntil, goodCause, announcedAt, members, done, finishedAt };
}
