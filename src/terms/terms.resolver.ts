import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  Mutation,
  Resolver,
  Root,
} from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { Assumed, Cost, For } from '../federation/directives';
import { idInput } from '../federation/input';
import { toInvalidInput } from '../federation/refusal.graphql';
import { DateTime } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import { RewardsProgram } from '../programs/program.graphql';
import type { RequestContext } from '../server/context';
import { type PublishInput, publishTerms } from './publish-terms';
import {
  PublishTermsInput,
  PublishTermsResult,
  RewardsTerms,
  toRewardsTerms,
} from './terms.graphql';

@Resolver()
export class TermsCommands {
  @For('desk')
  @Cost(20)
  @Mutation(() => PublishTermsResult, {
    description:
      'Publish the next version of the terms of a program (R1.4). Every member is told, and may object within a month of that; it binds them after that month, or at its date if that is later (R2.6). A dry run shows what it changes and how many members would be told. For the desk. Refused, in this order: PROGRAM_NOT_FOUND, INVALID_TERMS (`mistakes` says why); with a used key and other input IDEMPOTENCY_CONFLICT.',
  })
  async publishTerms(
    @Arg('input', () => PublishTermsInput, { description: 'What changes, and from when.' })
    input: PublishTermsInput,
    @Ctx() { app, actor, loaders }: RequestContext,
  ): Promise<typeof PublishTermsResult> {
    authorize(actor, 'publishTerms');
    const answer = await publishTerms(app, wishOf(input, actorName(actor)));
    loaders.clear();
    if (!('refused' in answer)) {
      const publishedAt = app.programs
        .versions(input.program)
        .find(({ terms }) => terms.version === answer.terms.version)?.publishedAt;
      return {
        __typename: 'PublishTermsSuccess',
        terms: toRewardsTerms({
          terms: answer.terms,
          publishedAt: publishedAt ?? (await loaders.now()),
        }),
        changes: answer.changes,
        members: answer.members,
        dryRun: input.dryRun ?? false,
      };
    }
    return toInvalidInput(answer);
  }
}

@ArgsType()
class TermsArgs {
  @Field(() => DateTime, {
    nullable: true,
    description: 'The instant to look at; now where it is left out.',
  })
  at?: Instant | null;
}

@Resolver(() => RewardsProgram)
export class ProgramTermsResolver {
  @FieldResolver(() => RewardsTerms, {
    nullable: true,
    description:
      'The version that binds who enrols at an instant (R1.4), of those published by now; null before the first. Members may be bound by an older one (R2.6).',
  })
  async terms(
    @Root() { code }: RewardsProgram,
    @Args(() => TermsArgs) { at }: TermsArgs,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<RewardsTerms | null> {
    await app.programs.renew();
    const instant = at ?? (await loaders.now());
    const found = app.programs.versions(code).findLast(({ terms }) => terms.effectiveAt <= instant);
    return found ? toRewardsTerms(found) : null;
  }

  @Assumed(10)
  @FieldResolver(() => [RewardsTerms], {
    description:
      'Every version that was published, oldest first; those ahead are among them (R1.4).',
  })
  async versions(
    @Root() { code }: RewardsProgram,
    @Ctx() { app }: RequestContext,
  ): Promise<RewardsTerms[]> {
    await app.programs.renew();
    return app.programs.versions(code).map(toRewardsTerms);
  }
}

/** What of the terms the input names; what is left out or null stays as it is. */
function wishOf(input: PublishTermsInput, actor: string): PublishInput {
  const { program, effectiveOn, dryRun, idempotencyKey, ...fields } = input;
  const changes = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
  return {
    program,
    effectiveOn,
    // Plain objects: the document is compared and stored as JSON.
    changes: JSON.parse(JSON.stringify(changes)) as Record<string, unknown>,
    dryRun: dryRun ?? false,
    idempotencyKey: idInput('idempotencyKey', idempotencyKey),
    actor,
  };
}
