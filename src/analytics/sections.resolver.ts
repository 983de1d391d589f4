import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { toRewardsCampaign } from '../campaigns/campaign.graphql';
import { Cost, Sliced } from '../federation/directives';
import { RequestError } from '../kernel/errors';
import { pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import { RewardsAnalytics, RewardsAnalyticsPeriod } from './analytics.graphql';
import { termsAt } from './analytics.resolver';
import type { Answer, Period } from './answer';
import { campaignCosts } from './campaign-cost';
import { worth } from './figure.graphql';
import { Sections } from './sections';
import {
  CampaignCostsArgs,
  RewardsCampaignCost,
  RewardsOrganizationRank,
  RewardsRedemptionShare,
  RewardsReferralFunnel,
  RewardsTierReport,
  TopOrganizationsArgs,
} from './sections.graphql';
import {
  toCampaignCost,
  toRedemptionShare,
  toReferralFunnel,
  toTierReport,
} from './sections-shown.graphql';
import { readTopOrganizations } from './top-organizations.reads';

const CAMPAIGNS = 20;
const ORGANIZATIONS = 10;
const ORGANIZATIONS_MAX = 50;

@Resolver(() => RewardsAnalytics)
export class AnalyticsSectionsResolver {
  @FieldResolver(() => RewardsTierReport, {
    description: 'Members by tier at the end of the period, and who went up or down in it.',
  })
  async tiers(
    @Root() { answer }: RewardsAnalytics,
    @Ctx() context: RequestContext,
  ): Promise<RewardsTierReport> {
    return tiersOf(context, answer, await answer.whole(), answer.asked.starts.at(-1)!);
  }

  @FieldResolver(() => RewardsReferralFunnel, {
    description: 'What came of referral links in the period, and what it cost.',
  })
  async referrals(
    @Root() { answer }: RewardsAnalytics,
    @Ctx() context: RequestContext,
  ): Promise<RewardsReferralFunnel> {
    return referralsOf(context, answer, await answer.whole(), null);
  }

  @FieldResolver(() => RewardsRedemptionShare, {
    description: 'Which share of the orders of the period was paid with points.',
  })
  async redemptionShare(
    @Root() { answer }: RewardsAnalytics,
    @Ctx() context: RequestContext,
  ): Promise<RewardsRedemptionShare> {
    return shareOf(context, answer, await answer.whole(), null);
  }

  @Sliced()
  @FieldResolver(() => [RewardsCampaignCost], {
    description:
      'Campaigns whose points took a step in the period or are outstanding at its end, by what they issued in it, the most first; equal ones by code.',
  })
  async campaigns(
    @Root() { answer }: RewardsAnalytics,
    @Args(() => CampaignCostsArgs) { first }: CampaignCostsArgs,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<RewardsCampaignCost[]> {
    const size = pageSize(first, CAMPAIGNS);
    const [whole, sums, now] = await Promise.all([answer.whole(), answer.sums(), loaders.now()]);
    await app.programs.renew();
    const terms = termsAt(app, answer, whole.at);
    const unbooked = campaignCosts(whole.unbooked, sums.unbooked);
    const known = app.programs.campaigns(terms.program);
    return campaignCosts(whole.sums, sums)
      .slice(0, size)
      .map((cost) => {
        const campaign = known.find(({ code }) => code === cost.code)!;
        const shown = toRewardsCampaign(campaign, now, terms.currency);
        const still = unbooked.find(({ code }) => code === cost.code);
        return toCampaignCost(answer, whole, { campaign: shown, cost, still }, terms);
      });
  }

  @Sliced()
  @Cost(20)
  @FieldResolver(() => [RewardsOrganizationRank], {
    description:
      'The organisations whose members have the most points in the program, as they stand now, whatever the period: who works where is only known as it is now. It adds up every account of the program: seconds where there are millions.',
  })
  async topOrganizations(
    @Root() { answer, program }: RewardsAnalytics,
    @Args(() => TopOrganizationsArgs) { by, first }: TopOrganizationsArgs,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<RewardsOrganizationRank[]> {
    const size = first ?? ORGANIZATIONS;
    if (size < 1 || size > ORGANIZATIONS_MAX) {
      throw new RequestError('BAD_USER_INPUT', `first is a number from 1 to ${ORGANIZATIONS_MAX}.`);
    }
    const terms = termsAt(app, answer, await loaders.now());
    const ranks = await readTopOrganizations(app, program, by ?? 'OUTSTANDING', size);
    return ranks.map((rank) => ({ ...rank, value: worth(rank.available + rank.held, terms) }));
  }
}

@Resolver(() => RewardsAnalyticsPeriod)
export class AnalyticsPeriodSectionsResolver {
  @FieldResolver(() => RewardsTierReport, {
    description: 'Members by tier at its end, and who went up or down in it.',
  })
  async tiers(
    @Root() { answer, start }: RewardsAnalyticsPeriod,
    @Ctx() context: RequestContext,
  ): Promise<RewardsTierReport> {
    return tiersOf(context, answer, await answer.period(start), start);
  }

  @FieldResolver(() => RewardsReferralFunnel, {
    description: 'What came of referral links in it, and what that cost.',
  })
  async referrals(
    @Root() { answer, start }: RewardsAnalyticsPeriod,
    @Ctx() context: RequestContext,
  ): Promise<RewardsReferralFunnel> {
    return referralsOf(context, answer, await answer.period(start), start);
  }

  @FieldResolver(() => RewardsRedemptionShare, {
    description: 'Which share of its orders was paid with points.',
  })
  async redemptionShare(
    @Root() { answer, start }: RewardsAnalyticsPeriod,
    @Ctx() context: RequestContext,
  ): Promise<RewardsRedemptionShare> {
    return shareOf(context, answer, await answer.period(start), start);
  }
}

/** `last`: the start of the last bucket of the period. */
async function tiersOf(
  { app }: RequestContext,
  answer: Answer,
  period: Period,
  last: number,
): Promise<RewardsTierReport> {
  const counts = await Sections.of(app, answer).tierCounts(last);
  const terms = termsAt(app, answer, period.at);
  const versions = app.programs.versions(terms.program).map((version) => version.terms);
  return toTierReport(period, counts, terms, versions);
}

/** `start`: of the bucket; null where the period is all of them. */
async function referralsOf(
  { app }: RequestContext,
  answer: Answer,
  period: Period,
  start: number | null,
): Promise<RewardsReferralFunnel> {
  const counts = await Sections.of(app, answer).referralCounts(start);
  return toReferralFunnel(answer, period, counts, termsAt(app, answer, period.at));
}

async function shareOf(
  { app }: RequestContext,
  answer: Answer,
  period: Period,
  start: number | null,
): Promise<RewardsRedemptionShare> {
  const share = await Sections.of(app, answer).redemptionShare(start);
  return toRedemptionShare(answer, period, share, termsAt(app, answer, period.at));
}
