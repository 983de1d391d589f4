import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { allows, authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { toInvalidInput } from '../federation/refusal.graphql';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { Instant } from '../kernel/time';
import { knownLanguage } from '../notifications/letter';
import { ReadInArgs } from '../notifications/notification.graphql';
import type { Campaign } from '../programs/campaign';
import { RewardsProgram } from '../programs/program.graphql';
import type { RequestContext } from '../server/context';
import {
  CampaignsArgs,
  campaignState,
  RewardsCampaign,
  RewardsCampaignConnection,
  RewardsCampaignRecord,
  RewardsCampaignResult,
  toRewardsCampaign,
} from './campaign.graphql';
import type { CampaignRecordRead } from './campaign.reads';
import { EndCampaignInput, StartCampaignInput } from './campaign-input.graphql';
import { type CampaignRefusal, endCampaign, startCampaign } from './start-campaign';

const PAGE = 20;
const REASON_MAX = 500;
/** What the list of campaigns is ordered by. */
type CampaignPlace = readonly [startsAt: Instant, code: string];
const CURSORS = new Cursors<CampaignPlace>('campaigns', ['instant', 'text']);

@Resolver()
export class CampaignCommands {
  @For('desk')
  @Cost(20)
  @Mutation(() => RewardsCampaignResult, {
    description:
      'Start a campaign for orders placed from an instant on (R1.5). For the desk. Refused, in this order: PROGRAM_NOT_FOUND, INVALID_CAMPAIGN (`mistakes` says why), CAMPAIGN_CODE_TAKEN.',
  })
  async startCampaign(
    @Arg('input', () => StartCampaignInput, { description: 'What it gives, to which orders.' })
    input: StartCampaignInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof RewardsCampaignResult> {
    authorize(context.actor, 'runCampaigns');
    const { factor, bonus, tiers, minimum, tag, startsAt, ...rest } = input;
    const { capPerOrder, capPerMember, withDiscount, names } = input;
    const { en, de, tr, pl, es } = names;
    const answer = await startCampaign(context.app, {
      ...rest,
      ...{ factor: factor ?? null, bonus: bonus ?? null, tiers: tiers ?? [] },
      ...{ minimum: minimum ?? null, tag: tag ?? null, startsAt: startsAt ?? null },
      ...{ capPerOrder: capPerOrder ?? null, capPerMember: capPerMember ?? null },
      withDiscount: withDiscount ?? null,
      names: { en, de, tr, pl, es },
      reason: textInput('reason', input.reason, REASON_MAX),
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(context.actor),
    });
    return shown(context, answer);
  }

  @For('desk')
  @Cost(20)
  @Mutation(() => RewardsCampaignResult, {
    description:
      'End a campaign before its time: orders placed from then on do not match, those placed before do. One that has not begun is called off. For the desk. Refused, in this order: PROGRAM_NOT_FOUND, CAMPAIGN_NOT_FOUND, CAMPAIGN_OVER (it ends by then anyway), INVALID_CAMPAIGN (an instant that has passed).',
  })
  async endCampaign(
    @Arg('input', () => EndCampaignInput, { description: 'Which campaign, and when.' })
    input: EndCampaignInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof RewardsCampaignResult> {
    authorize(context.actor, 'runCampaigns');
    const answer = await endCampaign(context.app, {
      program: input.program,
      code: idInput('code', input.code),
      endsAt: input.endsAt ?? null,
      idempotencyKey: idInput('idempotencyKey', input.idempotencyKey),
      actor: actorName(context.actor),
    });
    return shown(context, answer);
  }
}

async function shown(
  { app, loaders }: RequestContext,
  answer: Campaign | CampaignRefusal,
): Promise<typeof RewardsCampaignResult> {
  loaders.clear();
  if ('refused' in answer) return toInvalidInput(answer);
  const currency = app.programs.versions(answer.program)[0]!.terms.currency;
  const campaign = toRewardsCampaign(answer, await loaders.now(), currency);
  return { __typename: 'RewardsCampaignSuccess', campaign };
}

@Resolver(() => RewardsCampaign)
export class CampaignResolver {
  @FieldResolver(() => String, { description: "What members call it, in the reader's language." })
  name(
    @Root() { campaign }: RewardsCampaign,
    @Args(() => ReadInArgs) { locale }: ReadInArgs,
    @Ctx() context: RequestContext,
  ): string {
    return campaign.names[knownLanguage(locale) ?? context.locale];
  }

  @For('desk')
  @Cost(5)
  @FieldResolver(() => RewardsCampaignRecord, {
    nullable: true,
    description: 'Who started it and why. For the desk; null for anybody else.',
  })
  record(
    @Root() { campaign }: RewardsCampaign,
    @Ctx() { actor, loaders }: RequestContext,
  ): Promise<CampaignRecordRead> | null {
    return allows(actor, 'readCampaignRecord') ? loaders.campaignRecords.load(campaign) : null;
  }
}

@Resolver(() => RewardsProgram)
export class ProgramCampaignsResolver {
  @Paged()
  @FieldResolver(() => RewardsCampaignConnection, {
    description: 'Its campaigns, by their beginning (R1.5).',
  })
  async campaigns(
    @Root() { code: program, currency }: RewardsProgram,
    @Args(() => CampaignsArgs) { first, after, state }: CampaignsArgs,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<Connection<RewardsCampaign>> {
    const size = pageSize(first, PAGE);
    const place = CURSORS.decode(after);
    await app.programs.renew();
    const at = await loaders.now();
    const rows = app.programs
      .campaigns(program)
      .filter((campaign) => state === null || campaignState(campaign, at) === state)
      .sort((a, b) => compare(placeOf(a), placeOf(b)))
      .filter((campaign) => place === null || compare(place, placeOf(campaign)) < 0);
    return toConnection(
      pageOf(rows.slice(0, size + 1), size),
      after,
      (campaign) => CURSORS.encode(placeOf(campaign)),
      (campaign) => toRewardsCampaign(campaign, at, currency),
    );
  }
}

function placeOf({ startsAt, code }: Campaign): CampaignPlace {
  return [startsAt, code];
}

function compare([at, code]: CampaignPlace, [otherAt, other]: CampaignPlace): number {
  if (at !== otherAt) return at - otherAt;
  return code === other ? 0 : code < other ? -1 : 1;
}
