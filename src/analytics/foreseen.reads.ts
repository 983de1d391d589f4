import type { App } from '../app';
import { type Connection, readerOn } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import { isRegistered } from '../ledger/account';
import { bookUntil } from '../ledger/at-instant';
import { readAccounts } from '../ledger/ledger.reads';
import type { ProgramCode } from '../programs/terms';
import { type ForeseenIn, foreseenSums } from './foreseen';
import { type MoveSum, mergeSums, type SumRows } from './sums';

/**
 * What no entry shows: what is due and not booked yet, and what lies ahead if nobody does anything. The ledger's own functions
 * say what that is, account by account; lots that only expire, as nearly all do, are added up by the database.
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

/** What will become true after one instant and until another, if nobody does anything. Of entries only those of accounts with a hold. */
export async function foreseeAhead(
  reads: ForeseenReads,
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
  return mergeSums(holders, { moves: await readEnding(reads, ahead), entries: [] });
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
 * Lots of accounts without a hold that expire, or that the end of a membership forfeits before that (R2.9). At one instant they
 * expire. What is owed plays no part: who owes has nothing left but what is held. Summed by instant first: lots expire at the ends
 * of days, so that millions of them are some hundred rows.
 */
const ENDING = `
  select 'EXPIRED' as kind, l.expires_at as at, l.expires_at, l.source, ${campaignOf('l')} as campaign,
    sum(l.remaining) as points, count(*) as moves
  from lots l join accounts a on a.shard = l.shard and a.id = l.account_id
  where l.is_open and l.remaining > 0 and l.expires_at > $2::timestamptz and l.expires_at <= $3::timestamptz
    and a.program = $1 and a.held = 0
    and (a.stage not in ('ENDING', 'REDEEM_ONLY') or l.expires_at <= a.redeem_until)
  group by 1, 2, 3, 4, 5
  union all
  select 'FORFEITED', a.redeem_until, l.expires_at, l.source, ${campaignOf('l')}, sum(l.remaining), count(*)
  from accounts a join lots l on l.shard = a.shard and l.account_id = a.id
  where a.program = $1 and a.ended_at is null and a.redeem_until > $2::timestamptz and a.redeem_until <= $3::timestamptz
    and a.stage in ('ENDING', 'REDEEM_ONLY') and a.held = 0
    and l.is_open and l.remaining > 0 and l.expires_at > a.redeem_until
  group by 1, 2, 3, 4, 5`;

function campaignOf(lot: string): string {
  return `case ${lot}.source when 'CAMPAIGN' then ${lot}.source_ref else '' end`;
}

async function readEnding(
  { connection, asked }: ForeseenReads,
  { after, until }: { readonly after: Instant; readonly until: Instant },
): Promise<MoveSum[]> {
  const { rows } = await connection.query<MoveSum>(
    `select ($4::timestamptz[])[width_bucket(g.at, $4::timestamptz[])] as bucket, g.kind, g.source, g.campaign,
       'REMAINING' as "from", g.kind as "to",
       to_char((g.expires_at - interval '1 microsecond') at time zone $5, 'YYYY-MM') as expires,
       sum(g.points)::bigint as points, sum(g.moves)::bigint as moves
     from (${ENDING}) g group by 1, 2, 3, 4, 5, 6, 7`,
    [
      ...[asked.program, formatInstant(after), formatInstant(until)],
      ...[asked.starts.map(formatInstant), asked.zone],
    ],
  );
  return rows;
}
