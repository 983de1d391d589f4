import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { allows, authorize } from '../auth/permissions';
import { Cost, For } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { toPlainRefusal } from '../federation/refusal.graphql';
import { RequestError } from '../kernel/errors';
import { RewardsProgram } from '../programs/program.graphql';
import type { RequestContext } from '../server/context';
import { discontinueProgram } from './discontinue';
import {
  DiscontinueProgramInput,
  DiscontinueProgramResult,
  RewardsProgramEnding,
  toProgramEnding,
} from './discontinue.graphql';
import { REASON_MAX } from './membership.resolver';

@Resolver()
export class DiscontinueCommands {
  @For('desk')
  @Cost(20)
  @Mutation(() => DiscontinueProgramResult, {
    description:
      'Discontinue a program for everyone (R2.5): with notice to a day and three months to redeem after it, or for good cause at once. The first members are told before it answers, the others within minutes. A program ends once: asked again with the same words it answers how far that is. For the desk. Refused, in this order: PROGRAM_NOT_FOUND, INVALID_END_DATE, PROGRAM_ENDING_ALREADY (with other words); with a used key and other input IDEMPOTENCY_CONFLICT.',
  })
  async discontinueProgram(
    @Arg('input', () => DiscontinueProgramInput, { description: 'Which one, when and why.' })
    input: DiscontinueProgramInput,
    @Ctx() { app, actor, loaders }: RequestContext,
  ): Promise<typeof DiscontinueProgramResult> {
    authorize(actor, 'discontinueProgram');
    const { program } = input;
    const goodCause = input.goodCause ?? false;
    const endsOn = input.endsOn ?? null;
    if (goodCause && endsOn !== null) {
      throw new RequestError(
        'BAD_USER_INPUT',
        'endsOn is left out for good cause: it ends at once.',
      );
    }
    const idempotencyKey = idInput('idempotencyKey', input.idempotencyKey);
    const reason = textInput('reason', input.reason, REASON_MAX);
    const by = actorName(actor);
    const wish = { program, endsOn, goodCause, reason, idempotencyKey, actor: by };
    const answer = await discontinueProgram(app, wish);
    loaders.clear();
    if ('refused' in answer) return toPlainRefusal(answer);
    const ending = toProgramEnding(answer, { seesProgress: true });
    return { __typename: 'DiscontinueProgramSuccess', ending };
  }
}

@Resolver(() => RewardsProgram)
export class ProgramEndingResolver {
  @Cost(5)
  @FieldResolver(() => RewardsProgramEnding, {
    nullable: true,
    description: 'How it ends for everyone (R2.5); null where it goes on.',
  })
  async ending(
    @Root() { code }: RewardsProgram,
    @Ctx() { actor, loaders }: RequestContext,
  ): Promise<RewardsProgramEnding | null> {
    const ending = await loaders.endings.load(code);
    const reader = { seesProgress: allows(actor, 'readEndingProgress') };
    return ending && toProgramEnding(ending, reader);
  }
}
