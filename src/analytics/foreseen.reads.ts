import type { App } from '../app';
import { type Connection, readerOn } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import { isRegistered } from '../ledger/account';
import { bookUntil } from '../ledger/at-instant';
import { readAccounts } from '../ledger/ledger.reads';
import type { ProgramCode } from '../programs/terms';
import { factRules, moveFacts, remainingOf } from './facts';
import { type ForeseenIn, foreseenSums } from './foreseen';
import { entriesNotIn, type RolledUp } from './rollup.reads';
import { type MoveSum, mergeSums, type SumRows } from './sums';

/**
 * What no entry shows: what is due and not booked yet, and what lies ahead if nobody does anything. The ledger's own functions
 * say what that is, account by account; of lots that only expire, as nearly all do, the rollups say how much is left.
 */

/** Accounts that are looked at at a time: few enough that others get their turn in between. */
const PAGE = 500;

/** What is read with, in one snapshot; and into which buckets it goes. */
export interface ForeseenReads {
  readonly app: Pick<App, 'programs' | 'clock'>;
  readonly connection: Connection;
  readonly asked: {
    readonly program: ProgramCode;
    readonly zone: string;
    readonly starts: readonly Instant[];
  };
}

/** A place among accounts, and the next one's after a page. */
interface Page {
  readonly ids: readonly string[];
  readonly next: readonly unknown[] | null;
}

/** What fell due until an instant and is not booked; on frozen accounts too, where it waits. */
export async function foreseeDue(reads: ForeseenReads, until: Instant): Promise<SumRows> {
  const { connection, asked } = reads;
  return foresee(reads, { until }, async (after) => {
    const { rows } = await connection.query<{ id: string; shard: number; due: Instant }>(
      `select id, shard, next_due_at as due from accounts
       where next_due_at <= $1::timestamptz and next_due_at >= $3::timestamptz and program = $2
         and (next_due_at, shard, id) > ($3::timestamptz, $4::smallint, $5::text)
       order by next_due_at, shard, id limit ${PAGE}`,
      [formatInstant(until), asked.program, ...(after ?? ['-infinity', -1, ''])],
    );
    const last = rows.at(-1);
    return {
      ids: rows.map(({ id }) => id),
      next: last && rows.length === PAGE ? [formatInstant(last.due), last.shard, last.id] : null,
    };
  });
}

/**
 * What will become true after one instant and until another, if nobody does anything. Of entries
 * only those of accounts with a hold; steps of other accounts are not counted (`moves` is 0).
 */
export async function foreseeAhead(
  reads: ForeseenReads,
  rollups: RolledUp | null,
  ahead: { readonly after: Instant; readonly until: Instant },
): Promise<SumRows> {
  const { connection, asked } = reads;
  const holders = await foresee(reads, ahead, async (after) => {
    const { rows } = await connection.query<{ id: string; shard: number }>(
      `select distinct r.shard, r.account_id as id from redemptions r
       join accounts a on a.shard = r.shard and a.id = r.account_id and a.program = $1
       where r.state = 'HELD' and (r.shard, r.account_id) > ($2::smallint, $3::text)
       order by r.shard, r.account_id limit ${PAGE}`,
      [asked.program, ...(after ?? [-1, ''])],
    );
    const last = rows.at(-1);
    const next = last && rows.length === PAGE ? [last.shard, last.id] : null;
    return { ids: rows.map(({ id }) => id), next };
  });
  return mergeSums(holders, {
    moves: await readRemaining(reads, rollups ?? NO_ROLLUPS, ahead),
    entries: [],
  });
}

async function foresee(
  { app, connection, asked }: ForeseenReads,
  instants: { readonly after?: Instant; readonly until: Instant },
  pageAfter: (place: Page['next']) => Promise<Page>,
): Promise<SumRows> {
  const { programs } = app;
  const termsOf = (version: number) => programs.terms(asked.program, version);
  const within: ForeseenIn = { ...instants, zone: asked.zone, starts: asked.starts, termsOf };
  let sums: SumRows = { moves: [], entries: [] };
  for (let place: Page['next'] = null, more = true; more; more = place !== null) {
    const page: Page = await pageAfter(place);
    place = page.next;
    sums = mergeSums(sums, ...(await pageOf({ app, connection }, page.ids, within)));
  }
  return sums;
}

async function pageOf(
  { app, connection }: Pick<ForeseenReads, 'app' | 'connection'>,
  ids: readonly string[],
  within: ForeseenIn,
): Promise<SumRows[]> {
  if (ids.length === 0) return [];
  const parts = { pending: false, book: true };
  const accounts = await readAccounts(readerOn(connection), app.clock, ids, parts);
  const last = await readLastTerms(connection, ids);
  return [...accounts.values()].flatMap(({ account, book }) => {
    if (!isRegistered(account) || !book) return [];
    const { turnover } = account;
    const termsVersion = last.get(account.id) ?? account.termsVersion;
    const { entries, lots } = bookUntil(account, book, within.termsOf, within.until);
    return [foreseenSums({ entries, lots, turnover, termsVersion }, within)];
  });
}

/** The version of the terms of each account's last entry. */
async function readLastTerms(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await connection.query<{ id: string; version: number }>(
    `select e.account_id as id, e.terms_version as version from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join accounts a on a.shard = k.shard and a.id = k.id
     join all_entries e on e.shard = k.shard and e.account_id = k.id and e.sequence = a.sequence`,
    [ids.map(shardOf), ids],
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}

/**
 * What can be spent and what becomes of it: it expires with its lots, as the rollups and what they do not have yet say; but for
 * lots of accounts with a hold, which are looked at one by one, and those that the end of a membership forfeits before that (R2.9; at
 * one instant they expire). What is owed plays no part: who owes has nothing left but what is held.
 */
function remaining(entriesSql: string): string {
  const lot = (kind: string, at: string, points: string) =>
    `select '${kind}', ${at}, l.expires_at, l.source, case l.source when 'CAMPAIGN' then l.source_ref else '' end, ${points}`;
  // By account: the planner would rather read all lots that expire in that time.
  const open = `cross join lateral (select source, source_ref, expires_at, remaining from lots
    where shard = a.shard and account_id = a.id and is_open and remaining > 0 offset 0) l`;
  const forfeited = `a.program = $2 and a.ended_at is null and a.redeem_until is not null
    and a.stage in ('ENDING', 'REDEEM_ONLY') and a.held = 0 and l.expires_at > a.redeem_until`;
  const inTime = (at: string) => `${at} > $3::timestamptz and ${at} <= $4::timestamptz`;
  return `select 'EXPIRED' as kind, r.expires_at as at, r.expires_at, r.source, r.campaign, r.points
    from rollup_remaining r where r.generation = $9 and r.program = $2 and ${inTime('r.expires_at')}
    union all select 'EXPIRED', f.expires_at, f.expires_at, f.source, f.campaign, f.points
    from (${remainingOf(`(${moveFacts(entriesSql)})`)}) f where f.program = $2 and ${inTime('f.expires_at')}
    union all ${lot('EXPIRED', 'l.expires_at', '-l.remaining')}
    from (select distinct shard, account_id from redemptions where state = 'HELD') h
    join accounts a on a.shard = h.shard and a.id = h.account_id and a.program = $2
    ${open} where ${inTime('l.expires_at')}
    union all ${lot('EXPIRED', 'l.expires_at', '-l.remaining')}
    from accounts a ${open} where ${forfeited} and ${inTime('l.expires_at')}
    union all ${lot('FORFEITED', 'a.redeem_until', 'l.remaining')}
    from accounts a ${open} where ${forfeited} and ${inTime('a.redeem_until')}`;
}

/** Nothing is rolled up: every entry is beside it. */
const NO_ROLLUPS: RolledUp = { generation: -1, watermark: 0, since: '-infinity' };

async function readRemaining(
  { app, connection, asked }: ForeseenReads,
  rollups: RolledUp,
  { after, until }: { readonly after: Instant; readonly until: Instant },
): Promise<MoveSum[]> {
  const entries = entriesNotIn(rollups);
  const { rows } = await connection.query<MoveSum>(
    `select ($5::timestamptz[])[width_bucket(g.at, $5::timestamptz[])] as bucket, g.kind, g.source, g.campaign,
       'REMAINING' as "from", g.kind as "to",
       to_char((g.expires_at - interval '1 microsecond') at time zone $8, 'YYYY-MM') as expires,
       sum(g.points)::bigint as points, 0 as moves
     from (${remaining(entries.sql)}) g group by 1, 2, 3, 4, 5, 6, 7 having sum(g.points) <> 0`,
    [
      ...[factRules(app.programs), asked.program, formatInstant(after), formatInstant(until)],
      ...[asked.starts.map(formatInstant), ...entries.values, asked.zone, rollups.generation],
    ],
  );
  return rows;
}
