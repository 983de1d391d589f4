import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { EntryKind } from '../ledger/entry';
import { ENTRIES } from './facts';
import type { Figure } from './figure';
import { type EntryPlace, type FigureEntry, readFigureEntries } from './figure-entries.reads';
import type { SumReads } from './sums.reads';

/** Entries that are read at a time; no more of them are here at once, whatever the figure has. */
const PAGE = 1_000;

/** An entry as it is exported, with what of it counts in the figure. */
export interface ExportedEntry extends Pick<FigureEntry, 'customerId' | 'sequence' | 'points'> {
  readonly kind: EntryKind;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly orderId: string | null;
  readonly termsVersion: number;
  readonly availableAfter: Points;
  readonly heldAfter: Points;
  readonly owedAfter: Points;
}

/**
 * All entries behind a figure, oldest recorded first, page by page: each is a read of its own, and holds no connection while whoever
 * asked for it is busy. What was not there when the first page was asked for is in none of them.
 */
export async function* readExportedEntries(
  app: SumReads,
  figure: Figure,
): AsyncGenerator<readonly ExportedEntry[]> {
  const [began] = await app.database.query<{ snapshot: string }[]>(
    'select pg_current_snapshot()::text as snapshot',
  );
  const { snapshot } = began!;
  for (let after: EntryPlace | null = null, more = true; more; ) {
    const page = await readFigureEntries(app, figure, { after, size: PAGE, snapshot });
    yield await withDetails(app, page.items);
    after = page.items.at(-1)?.place ?? null;
    more = page.more;
  }
}

type Details = Omit<ExportedEntry, 'points'>;

/** By their keys, in their order. */
async function withDetails(
  { database }: Pick<SumReads, 'database'>,
  entries: readonly FigureEntry[],
): Promise<ExportedEntry[]> {
  const details = await database.query<Details[]>(
    `select e.account_id as "customerId", e.sequence, e.kind, e.occurred_at as "occurredAt", e.recorded_at as "recordedAt",
       e.order_id as "orderId", e.terms_version as "termsVersion", e.available_after as "availableAfter",
       e.held_after as "heldAfter", e.owed_after as "owedAfter"
     from unnest($1::smallint[], $2::text[], $3::bigint[]) with ordinality as k (shard, account_id, sequence, place)
     cross join lateral (
       select * from ${ENTRIES} where shard = k.shard and account_id = k.account_id and sequence = k.sequence offset 0
     ) e
     order by k.place`,
    [
      entries.map(({ place }) => place[2]),
      entries.map(({ customerId }) => customerId),
      entries.map(({ sequence }) => sequence),
    ],
  );
  return details.map((found, place) => ({ ...found, points: entries[place]!.points }));
}
