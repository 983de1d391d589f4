import { ArgsType, createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from '../federation/connection.graphql';
import { For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { CommandRefused, LimitExceeded } from '../federation/refusal.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import { endOfDayAfterMonths, type Instant } from '../kernel/time';
import { OBJECTION_ABOUTS, type Objection, type ObjectionAbout } from '../ledger/desk';
import type { Terms } from '../programs/terms';
import type { ObjectionRead } from './objection.reads';

export const XPointsObjectionAbout = describedEnum<ObjectionAbout>(
  'XPointsObjectionAbout',
  'What an objection is about (R8.2).',
  OBJECTION_ABOUTS,
);

export const XPointsObjectionState = describedEnum<Objection['state']>(
  'XPointsObjectionState',
  'Where an objection stands (R8.2).',
  {
    OPEN: 'The desk has not decided, or its correction waits for a second person.',
    REJECTED: 'The desk left things as they are.',
    CORRECTED: 'An adjustment corrects it.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description: "A member's objection to a credit or a discount, wrong or missing (R8.2).",
})
export class XPointsObjection {
  @Field(() => Int, { description: "Its number among what is numbered of the member's cases." })
  number!: number;

  @Field(() => XPointsObjectionAbout, { description: 'What it is about.' })
  about!: ObjectionAbout;

  @Field(() => XPoints, {
    nullable: true,
    description: 'CREDIT: the sequence of the entry; else null.',
  })
  entrySequence!: number | null;

  @Field(() => String, { nullable: true, description: 'DISCOUNT: the code; else null.' })
  discountCode!: string | null;

  @Field(() => String, { description: 'What the member says.' })
  statement!: string;

  @Field(() => XPointsObjectionState, { description: 'Where it stands.' })
  state!: Objection['state'];

  @Field(() => DateTime, { description: 'When it was raised.' })
  raisedAt!: Instant;

  @Field(() => String, {
    description:
      'Who raised it: "customer:" and an id, or "desk"; for the desk with the name of who it was.',
  })
  raisedBy!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the member was told of what it is about; null where they were not.',
  })
  toldAt!: Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Until when it could be raised: the first instant afterwards. Null without a deadline: the member was not told.',
  })
  objectUntil!: Instant | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was decided; null until then.' })
  decidedAt!: Instant | null;

  @Field(() => String, {
    nullable: true,
    description: 'Who decided: "desk"; for the desk with the name of who it was. Null until then.',
  })
  decidedBy!: string | null;

  @Field(() => String, { nullable: true, description: "The desk's note on its decision." })
  note!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The number of the adjustment that corrects it; null where none does.',
  })
  adjustment!: number | null;

  readonly customerId!: string;
  readonly orderId!: string | null;
}

/** Arguments of `Query.xPointsObjections`. */
@ArgsType()
export class ObjectionsArgs extends PageArgs {
  @Field(() => XPointsObjectionState, {
    nullable: true,
    defaultValue: 'OPEN',
    description: 'Only objections that stand there; null for all of them.',
  })
  state!: Objection['state'] | null;
}

export const XPointsObjectionConnection = connectionOf(
  'XPointsObjection',
  () => XPointsObjection,
  'objections',
);

@InputType({
  description:
    'A credit or a discount, wrong or missing. What names it goes by `about`: CREDIT takes `entrySequence`, DISCOUNT `discountCode`, MISSING_CREDIT and MISSING_DISCOUNT `orderId`; BAD_USER_INPUT where another is named, or none.',
})
export class ObjectToCreditInput {
  @Field(() => ID, { description: 'The member; a member may name only themself.' })
  customerId!: string;

  @Field(() => XPointsObjectionAbout, {
    description:
      'What it is about: exactly what this names is named beside it; BAD_USER_INPUT otherwise.',
  })
  about!: ObjectionAbout;

  @Field(() => XPoints, {
    nullable: true,
    description: 'CREDIT: the entry of the credit (`XPointsEntry.sequence`); else left out.',
  })
  entrySequence?: number | null;

  @Field(() => ID, {
    nullable: true,
    description: 'MISSING_CREDIT and MISSING_DISCOUNT: the order; else left out.',
  })
  orderId?: string | null;

  @Field(() => String, { nullable: true, description: 'DISCOUNT: the code; else left out.' })
  discountCode?: string | null;

  @Field(() => String, {
    description:
      'What is wrong, for the desk: 1 to 2000 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  statement!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: "The desk's decision on an objection." })
export class DecideObjectionInput {
  @Field(() => ID, { description: 'The member.' })
  customerId!: string;

  @Field(() => Int, { description: 'The number of the objection.' })
  number!: number;

  @Field(() => XPoints, {
    nullable: true,
    description:
      'What the correction gives, or takes where it is below 0, up to 1,000,000,000; never 0. Left out: the objection is rejected.',
  })
  points?: Points | null;

  @Field(() => String, {
    description:
      'Why, for the record and the member: 1 to 500 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  note!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'The command was carried out, now or the first time the key was used.',
})
export class ObjectionSuccess {
  @Field(() => XPointsObjection, { description: 'The objection as it is now.' })
  objection!: XPointsObjection;

  readonly __typename!: 'ObjectionSuccess';
}

export const ObjectionResult = createUnionType({
  name: 'ObjectionResult',
  description: 'What commands on objections answer: success, or why not.',
  types: () => [ObjectionSuccess, CommandRefused, LimitExceeded] as const,
  resolveType: (value) => value.__typename,
});

/** An objection under the terms that bind its member; who of the desk it was is the desk's alone. */
export function toXPointsObjection(
  { objection, toldAt }: ObjectionRead,
  terms: Terms,
  isDesk: boolean,
): XPointsObjection {
  const { accountId: customerId, sequence, decision, ...rest } = objection;
  const shown = (name: string) => (isDesk || name.startsWith('customer:') ? name : 'desk');
  return {
    ...rest,
    customerId,
    entrySequence: sequence,
    raisedBy: shown(objection.raisedBy),
    toldAt,
    objectUntil:
      toldAt === null ? null : endOfDayAfterMonths(toldAt, terms.objectionMonths, terms.zone),
    decidedAt: decision?.at ?? null,
    decidedBy: decision === null ? null : shown(decision.by),
    note: decision?.note ?? null,
  };
}
