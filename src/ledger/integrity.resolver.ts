import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { Cost, For } from '../federation/directives';
import { RequestError } from '../kernel/errors';
import { SHARDS } from '../kernel/ids';
import { Cursors } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import { checkSome, type Place } from './integrity';
import { IntegrityArgs, IntegrityReport } from './integrity.graphql';

/** So long a request looks before it says where to go on; the slice under way is finished. */
const BUDGET_MS = 2_000;
const CURSORS = new Cursors<[track: string, shard: number, id: string]>('integrity', [
  'text',
  'int4',
  'text',
]);

@Resolver()
export class IntegrityResolver {
  @For('desk')
  @Cost(200)
  @Query(() => IntegrityReport, {
    description:
      'The books, checked while you wait: every invariant and how many rows break it. For the desk. Looks for two seconds, and says how far it came.',
  })
  async rewardsIntegrity(
    @Args(() => IntegrityArgs) { program, after }: IntegrityArgs,
    @Ctx() { app, actor, loaders }: RequestContext,
  ): Promise<IntegrityReport> {
    authorize(actor, 'readDeskLists');
    if (!app.programs.has(program)) {
      throw new RequestError('BAD_USER_INPUT', `There is no program ${program}.`);
    }
    const from = placeOf(after);
    const checkedAt = await loaders.now();
    const found = await checkSome(app.database, app.programs, {
      ...{ from, program, budgetMs: BUDGET_MS },
    });
    const { accounts, orders, next, breaches: invariants } = found;
    return {
      whole: invariants.every(({ rows }) => rows === 0),
      complete: next === null,
      next: next && CURSORS.encode([next.track, next.shard, next.id]),
      ...{ accounts, orders, checkedAt, invariants },
    };
  }
}

function placeOf(after: string | null | undefined): Place | null {
  const place = CURSORS.decode(after);
  if (place === null) return null;
  const [track, shard, id] = place;
  const isTrack = track === 'accounts' || track === 'orders';
  if (isTrack && shard >= -1 && shard < SHARDS) return { track, shard, id };
  throw new RequestError('BAD_USER_INPUT', 'after is no cursor of this list.');
}
