import { Args, ArgsType, Ctx, Field, ID, Query, Resolver } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { Cost, For } from '../federation/directives';
import { idInput } from '../federation/input';
import { exportMember } from '../ledger/personal-data';
import type { RequestContext } from '../server/context';

@ArgsType()
class ExportArgs {
  @Field(() => ID, { description: "The platform's id of the account." })
  customerId!: string;
}

@Resolver()
export class ExportResolver {
  @For('storefront')
  @Cost(60)
  @Query(() => String, {
    nullable: true,
    description:
      'Everything kept of a customer, of one moment, as JSON: an object of lists, by what they hold. Null for somebody of whom nothing is kept. For the customer themself and the desk: UNAUTHENTICATED without a token, FORBIDDEN for anybody else.',
  })
  async exportMemberData(
    @Args(() => ExportArgs) args: ExportArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<string | null> {
    const customerId = idInput('customerId', args.customerId);
    authorize(actor, 'exportMember', { customerId });
    const kept = await exportMember(app.database, customerId);
    return kept && JSON.stringify(kept);
  }
}
