import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { Cost, For } from '../federation/directives';
import type { RequestContext } from '../server/context';
import { AccountingArgs, RewardsAccounting, toRewardsAccounting } from './accounting.graphql';
import { readAccounting } from './accounting.reads';

@Resolver()
export class AccountingResolver {
  @For('desk')
  @Cost(60)
  @Query(() => RewardsAccounting, {
    description:
      "A program's liability for points as an accountant of IFRS 15 or ASC 606 reads it, from one month to another, both included, at most 120; also as CSV and JSON at /accounting.csv and /accounting.json. For analytics and the desk: UNAUTHENTICATED without a token, FORBIDDEN for anybody else. BAD_USER_INPUT for a program that there is not, for what is no month, or lies ahead.",
  })
  async rewardsAccounting(
    @Args(() => AccountingArgs) { program, from, to }: AccountingArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<RewardsAccounting> {
    authorize(actor, 'readAccounting');
    return toRewardsAccounting(await readAccounting(app, program, from, to));
  }
}
