import { createHash } from 'node:crypto';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { type Connection, PageArgs, toConnection } from '../federation/connection.graphql';
import { Cost, Paged } from '../federation/directives';
import { RequestError } from '../kernel/errors';
import { SHARDS } from '../kernel/ids';
import { Cursors, pageSize } from '../kernel/pagination';
import { toXPointsEntry, XPointsEntry } from '../ledger/entry.graphql';
import type { RequestContext } from '../server/context';
import type { Figure } from './figure';
import { RewardsFigure, RewardsFigureEntry, RewardsFigureEntryConnection } from './figure.graphql';
import { type EntryPlace, isSnapshot, readFigureEntries } from './figure-entries.reads';

const PAGE = 20;
/** Of which figure, as of what could be seen when it was first answered, and how far. */
const CURSORS = new Cursors<readonly [figure: string, snapshot: string, ...EntryPlace]>('figure', [
  ...(['text', 'text', 'timestamptz', 'int8', 'int4', 'text', 'int8'] as const),
]);

@Resolver(() => RewardsFigure)
export class FigureResolver {
  @Paged()
  @Cost(20)
  @FieldResolver(() => RewardsFigureEntryConnection, {
    description:
      'Every entry that counts in it, hour by hour in the order of writing. A page goes on with the list as it was when its first page was answered, whatever was written since: over all pages `points` adds up to the first answer. At most 20 of these in a request; BAD_USER_INPUT with more.',
  })
  async entries(
    @Root() { figure, answer }: RewardsFigure,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { app }: RequestContext,
  ): Promise<Connection<RewardsFigureEntry>> {
    const size = pageSize(first, PAGE);
    const place = placeOf(figure, after);
    answer.countList();
    const snapshot = place?.snapshot ?? (await answer.sums()).snapshot;
    const page = await readFigureEntries(app, figure, {
      ...{ after: place?.after ?? null, size, snapshot },
    });
    const name = nameOf(figure);
    return toConnection(
      page,
      after,
      (entry) => CURSORS.encode([name, snapshot, ...entry.place]),
      ({ points, customerId, sequence }) => ({ points, customerId, sequence }),
    );
  }
}

@Resolver(() => RewardsFigureEntry)
export class FigureEntryResolver {
  @FieldResolver(() => XPointsEntry, { description: 'The entry as a whole.' })
  async entry(
    @Root() { customerId, sequence }: RewardsFigureEntry,
    @Ctx() { app, loaders }: RequestContext,
  ): Promise<XPointsEntry | null> {
    const entry = await loaders.statement.entry.load({ customerId, number: sequence });
    if (!entry) return null;
    const terms = await app.programs.published(entry.program, entry.termsVersion);
    return toXPointsEntry(customerId, entry, terms);
  }
}

function placeOf(figure: Figure, cursor: string | null | undefined) {
  const place = CURSORS.decode(cursor);
  if (place === null) return null;
  const [name, snapshot, ...after] = place;
  const [, , shard] = after;
  const isOurs = name === nameOf(figure) && isSnapshot(snapshot) && shard >= 0 && shard < SHARDS;
  if (isOurs) return { snapshot, after };
  throw new RequestError('BAD_USER_INPUT', 'after is no cursor of this list.');
}

/** Two figures that differ in anything have different names. */
function nameOf(figure: Figure): string {
  const { program, basis, measure, source, campaign, from, to, asOf } = figure;
  const all = JSON.stringify([program, basis, measure, source, campaign, from, to, asOf]);
  return createHash('sha256').update(all).digest('base64url').slice(0, 12);
}
