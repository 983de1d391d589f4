import { Field, InterfaceType, ObjectType } from 'type-graphql';
import { type RefusalCode as Code, REFUSAL_CODES, type Refusal as Refused } from '../kernel/errors';
import type { Points } from '../kernel/points';
import { Assumed, For } from './directives';
import { describedEnum } from './enums';
import { XPoints } from './scalars';

export const RefusalCode = describedEnum<Code>(
  'RefusalCode',
  'Why a command was refused. Each command names its own, in the order in which they are judged (R7.4): the first that holds is the answer. IDEMPOTENCY_CONFLICT, then ACCOUNT_FROZEN, may be any command’s, before its own.',
  REFUSAL_CODES,
);

@InterfaceType({
  description:
    'Why a command was refused, and nothing changed. A refusal is an answer, kept under its key.',
  resolveType: (value: { readonly __typename: string }) => value.__typename,
})
export abstract class Refusal {
  @Field(() => RefusalCode, { description: 'The reason, for programs.' })
  code!: Code;

  @Field(() => String, {
    description: 'The reason with its numbers, in English, for developers and logs.',
  })
  message!: string;
}

@ObjectType({
  implements: Refusal,
  simpleResolvers: true,
  description: 'Refused, for a reason that needs no number.',
})
export class CommandRefused extends Refusal {
  readonly __typename!: 'CommandRefused';
}

@ObjectType({
  implements: Refusal,
  simpleResolvers: true,
  description: 'Refused: more points than the member can spend (INSUFFICIENT_X_POINTS).',
})
export class InsufficientXPoints extends Refusal {
  @Field(() => XPoints, { description: 'What the member could spend at that moment.' })
  available!: Points;

  readonly __typename!: 'InsufficientXPoints';
}

@ObjectType({
  implements: Refusal,
  simpleResolvers: true,
  description:
    'Refused: more points than allowed (EXCEEDS_ORDER_VALUE, EXCEEDS_HOLD), no number of points (INVALID_POINTS), or another number than leaving would forfeit (FORFEITURE_CHANGED).',
})
export class LimitExceeded extends Refusal {
  @Field(() => XPoints, {
    description:
      'The most that would have been accepted; 0 where nothing would. With FORFEITURE_CHANGED the number that would be forfeited now.',
  })
  limit!: Points;

  readonly __typename!: 'LimitExceeded';
}

@For('desk')
@ObjectType({
  implements: Refusal,
  simpleResolvers: true,
  description:
    'Refused: what is to be written down is not valid (INVALID_TERMS, INVALID_CAMPAIGN), with everything that is wrong.',
})
export class InvalidInputRefused extends Refusal {
  @Assumed(10)
  @Field(() => [String], { description: 'Every mistake, with its place in the input.' })
  mistakes!: readonly string[];

  readonly __typename!: 'InvalidInputRefused';
}

/** A refusal as the API shows it: the member of a result union that carries its number. */
export function toRefusal(refusal: Refused): CommandRefused | InsufficientXPoints | LimitExceeded {
  const { refused: code, available } = refusal;
  if (available === undefined) return toLimitRefusal(refusal);
  const message = `${REFUSAL_CODES[code]} Available: ${available}.`;
  return { __typename: 'InsufficientXPoints', code, message, available };
}

/** A refusal where a limit may explain it, and no balance does. */
export function toLimitRefusal(refusal: Refused): CommandRefused | LimitExceeded {
  const { refused: code, limit } = refusal;
  if (limit === undefined) return toPlainRefusal(refusal);
  const what = code === 'FORFEITURE_CHANGED' ? 'Now' : 'At most';
  const message = `${REFUSAL_CODES[code]} ${what}: ${limit}.`;
  return { __typename: 'LimitExceeded', code, message, limit };
}

/** A refusal that mistakes explain, where there are any. */
export function toInvalidInput(
  refusal: Refused & { readonly mistakes: readonly string[] },
): CommandRefused | InvalidInputRefused {
  const { refused: code, mistakes } = refusal;
  if (mistakes.length === 0) return toPlainRefusal(refusal);
  return { __typename: 'InvalidInputRefused', code, message: REFUSAL_CODES[code], mistakes };
}

/** A refusal where no number explains it. */
export function toPlainRefusal({ refused: code }: Refused): CommandRefused {
  return { __typename: 'CommandRefused', code, message: REFUSAL_CODES[code] };
}
