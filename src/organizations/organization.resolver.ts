import type { GraphQLResolveInfo } from 'graphql';
import {
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Info,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput } from '../federation/input';
import { Cursors, pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import { totalsOf } from './organization';
import {
  OrganizationMembersArgs,
  RewardsOrganization,
  RewardsOrganizationMember,
  RewardsOrganizationMemberConnection,
  toOrganizationMember,
  toOrganizationTotals,
} from './organization.graphql';
import { readOrganization } from './organization.reads';
import { type MemberPlace, type MemberRanking, pageOfMembers, placeOf } from './ranking';

const PAGE = 20;

@ArgsType()
class OrganizationArgs {
  @Field(() => ID, { description: "The platform's id of the organisation." })
  id!: string;
}

@Resolver(() => RewardsOrganization)
export class OrganizationResolver {
  @For('partner')
  @Cost(50)
  @Query(() => RewardsOrganization, {
    nullable: true,
    description:
      'A dashboard of an organisation, for a partner whose token speaks for it, and the desk; null where no member works there. UNAUTHENTICATED without a token, FORBIDDEN for anybody else, whether or not there is such an organisation. Made for organisations of up to 10,000 members.',
  })
  async rewardsOrganization(
    @Args(() => OrganizationArgs) { id }: OrganizationArgs,
    @Ctx() { app, actor, loaders }: RequestContext,
  ): Promise<RewardsOrganization | null> {
    const organizationId = idInput('id', id);
    authorize(actor, 'readOrganization', { organizationId });
    const asOf = await loaders.now();
    const read = await readOrganization(app, organizationId, asOf);
    if (read.length === 0) return null;
    const totals = totalsOf(read).map((of) =>
      toOrganizationTotals(
        of,
        app.programs.current(asOf).find(({ program }) => program === of.program)!,
      ),
    );
    return { id: organizationId, asOf, totals, read };
  }

  @Cost(5)
  @Paged()
  @FieldResolver(() => RewardsOrganizationMemberConnection, {
    description:
      'Its members, ranked. A cursor is a place among values, of this `sort` and `direction`: in a walk over the pages, who stays as they are comes exactly once, whatever becomes of the others; whose figures change meanwhile may come twice, or not at all.',
  })
  members(
    @Root() { read }: RewardsOrganization,
    @Args(() => OrganizationMembersArgs) args: OrganizationMembersArgs,
  ): Connection<RewardsOrganizationMember> {
    const { first, after, sort, direction, program } = args;
    const ranking: MemberRanking = {
      sort: sort ?? 'BALANCE',
      direction: direction ?? 'DESCENDING',
      program: program ?? null,
    };
    const cursors = cursorsOf(ranking);
    const page = pageOfMembers(read, ranking, cursors.decode(after), pageSize(first, PAGE));
    return toConnection(
      page,
      after,
      (member) => cursors.encode(placeOf(ranking.sort, member)),
      toOrganizationMember,
    );
  }
}

@Resolver(() => RewardsOrganizationMember)
export class OrganizationMemberResolver {
  @FieldResolver(() => Customer, {
    description:
      'The customer: the platform knows the name. What rewards know of them besides is null for a partner.',
  })
  customer(
    @Root() { customerId }: RewardsOrganizationMember,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.namedCustomer(customerId, info);
  }
}

/** A place in one ranking means nothing in another. */
function cursorsOf({ sort, direction }: MemberRanking): Cursors<MemberPlace> {
  return new Cursors<MemberPlace>(`members ${sort} ${direction}`, ['int8', 'int8', 'text']);
}
