import { Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { Assumed, Cached, For } from '../federation/directives';
import { ProgramCode } from '../federation/scalars';
import type { RequestContext } from '../server/context';
import { RewardsProgram, RewardsTier, TierNameArgs, toRewardsProgram } from './program.graphql';
import { LOCALES, type Locale, type Tier } from './terms';

@ArgsType()
class ProgramArgs {
  @Field(() => ProgramCode, { description: 'The code of the program.' })
  code!: string;
}

@Resolver(() => RewardsTier)
export class RewardsTierResolver {
  @FieldResolver(() => String, {
    description: "The tier's name in the reader's language: Silver, Silber, Gümüş, srebrny, Plata.",
  })
  name(
    @Root() tier: { readonly names: Tier['names'] },
    @Args(() => TierNameArgs) { locale }: TierNameArgs,
    @Ctx() context: RequestContext,
  ): string {
    return tier.names[localeOf(locale) ?? context.locale];
  }
}

@Resolver()
export class ProgramResolver {
  @For('storefront', 'mobile', 'partner')
  @Cached(60)
  @Query(() => RewardsProgram, {
    nullable: true,
    description:
      'A program with the terms that bind who enrols now; null where there is none of that code. Needs no token.',
  })
  async rewardsProgram(
    @Args(() => ProgramArgs) { code }: ProgramArgs,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<RewardsProgram | null> {
    const terms = app.programs.bindingAt(code, await loaders.now());
    return terms ? toRewardsProgram(terms) : null;
  }

  @For('storefront', 'mobile', 'partner')
  @Assumed(5)
  @Cached(60)
  @Query(() => [RewardsProgram], {
    description: 'Every program with the terms that bind who enrols now, by code. Needs no token.',
  })
  async rewardsPrograms(@Ctx() { app, loaders }: RequestContext): Promise<RewardsProgram[]> {
    return app.programs.current(await loaders.now()).map(toRewardsProgram);
  }
}

function localeOf(tag: string | null | undefined): Locale | undefined {
  const language = tag?.toLowerCase().split(/[-_]/)[0];
  return LOCALES.find((known) => known === language);
}
