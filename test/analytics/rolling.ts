import { setTimeout as pause } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import type { DataSource } from 'typeorm';
import { compareRollups } from '../../src/analytics/compare-rollups';
import { type Rolling, rollUp } from '../../src/analytics/roll-up';
import { clockSql } from '../../src/database/clock';
import type { Books } from '../ledger/stories';
import { asOwner, ownerUrlOf } from '../support/database';

export const NEVER = new AbortController().signal;

/** What rolls up these books; every step is logged to nowhere. */
export function rollingOf({
  database,
  programs,
}: Pick<Books, 'database' | 'programs'>): Rolling & { readonly log: Logger } {
  return { database, programs, clock: clockSql(true), log: pino({ level: 'silent' }) };
}

/** Resolves once no transaction runs any more, in any database of the cluster, that began before what there is was written. */
export async function settled({ database }: Pick<Books, 'database'>): Promise<void> {
  const isSettled = `select coalesce(max(xmin::text::bigint), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as yes from entries`;
  for (;;) {
    const [row] = await database.query<[{ yes: boolean }]>(isSettled);
    if (row.yes) return;
    await pause(10);
  }
}

/** Rolls up what there is, `size` entries at a time, until nothing is left. */
export async function rollUpAll(
  books: Pick<Books, 'database' | 'programs'>,
  size = 7,
): Promise<void> {
  await settled(books);
  while (!(await rollUp(rollingOf(books), NEVER, 10_000, size)));
}

/** The rollups say what all entries that they should have add up to, in every grain; answers how many rows were compared. */
export async function expectEqual(books: Pick<Books, 'database' | 'programs'>): Promise<number> {
  const { differences, rows, differing, generation } = await compareRollups(
    books.database,
    books.programs,
    null,
  );
  expect({ differences, differing, isThere: generation !== null }).toEqual({
    ...{ differences: [], differing: 0, isThere: true },
  });
  return rows;
}

export interface Tail {
  /** Entries that are in no rollup yet. */
  readonly tail: number;
  readonly entries: number;
}

/** How many entries there are, and how many of them the rollups do not have yet. */
export async function tailOf(database: DataSource): Promise<Tail> {
  const [row] = await database.query<[Tail]>(
    `select count(*)::int as entries, (count(*) filter (where xact >= watermark and recorded_at >= since))::int as tail
     from entries, rollup_progress`,
  );
  return row;
}

/** As books are that were there before rollups: no transaction is known, and none of them rolled up. */
export async function forgetRollups({ url }: Pick<Books, 'url'>): Promise<void> {
  const owner = { ownerUrl: ownerUrlOf(url) };
  await asOwner(owner, `set session_replication_role = replica; update entries set xact = 0`);
  await asOwner(owner, 'truncate rollup_moves, rollup_entries, rollup_remaining');
  await asOwner(
    owner,
    `update rollup_progress set generation = null, building = jsonb_build_object('generation', 1, 'watermark',
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 'since', '-infinity', 'cluster', cluster, 'place', null, 'walked', false)`,
  );
}
