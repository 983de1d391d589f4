import type { DataSource } from 'typeorm';
import { codeOf } from '../database/patience';
import { type Connection, readThenWrite, together } from '../database/transaction';
import { formatInstant, type Instant } from '../kernel/time';
import type { Intervention } from '../ledger/freeze';

/** Entries that one transaction moves at most, with their allocations: how long a member may wait for it. */
const ENTRIES_MAX = 1_000;
/** Accounts that are looked up at a time. */
const PAGE = 1_000;
/** SQLSTATEs of a lock that was not to be had in time, and of a deadlock. */
const BUSY = ['55P03', '40P01'];

/** What is archived: the entries recorded before an instant, of the accounts of a program (null: of all). */
export interface Age {
  readonly before: Instant;
  readonly program: string | null;
}

/** An account that has something to archive. */
export interface Archivable {
  readonly shard: number;
  readonly id: string;
}

/** How much was archived, or would be. */
export interface Archived {
  readonly accounts: number;
  readonly entries: number;
  readonly allocations: number;
}

/**
 * SQL: the account's hold that was placed first among those that nobody has decided. What is held and what was is read without a look
 * into the archive, so its entries stay, and all that come after it.
 */
const FIRST_HOLD = `(select min(number) from redemptions r where r.shard = a.shard and r.account_id = a.id and r.state = 'HELD')`;

/**
 * The next accounts by key, and whether the oldest entry that is not archived may be. What is recorded later has a greater
 * sequence (L7), so nothing else is to be asked.
 */
export function nextAccounts(
  database: DataSource,
  { before, program }: Age,
  after: Archivable | null,
): Promise<(Archivable & { readonly isDue: boolean })[]> {
  return database.query(
    `select a.shard, a.id, exists (
       select from entries e where e.shard = a.shard and e.account_id = a.id and e.sequence = a.archived_sequence + 1
         and e.recorded_at < $1 and a.frozen_at is null and coalesce(e.sequence < ${FIRST_HOLD}, true)
     ) as "isDue"
     from accounts a
     where ($3::smallint is null or (a.shard, a.id) > ($3::smallint, $4::text)) and ($2::text is null or a.program = $2)
     order by a.shard, a.id limit ${PAGE}`,
    [formatInstant(before), program, after?.shard ?? null, after?.id ?? null],
  );
}

/** What of accounts would be archived. */
export async function countArchivable(
  database: DataSource,
  { before }: Age,
  accounts: readonly Archivable[],
): Promise<Archived> {
  const [counted] = (await database.query(
    `select count(*) filter (where n.entries > 0)::int as accounts, coalesce(sum(n.entries), 0)::bigint as entries,
       coalesce(sum(n.allocations), 0)::bigint as allocations
     from unnest($2::smallint[], $3::text[]) as k (shard, id)
     join accounts a on a.shard = k.shard and a.id = k.id
     cross join lateral (
       select count(distinct e.sequence) as entries, count(m.sequence) as allocations from entries e
       left join allocations m on m.shard = e.shard and m.account_id = e.account_id and m.sequence = e.sequence
       where e.shard = a.shard and e.account_id = a.id and e.recorded_at < $1
         and coalesce(e.sequence < ${FIRST_HOLD}, true)
     ) n`,
    [formatInstant(before), accounts.map(({ shard }) => shard), accounts.map(({ id }) => id)],
  )) as [Archived];
  return counted;
}

/** Writes down that a run begins, by whom and why, and answers its number. */
export async function startRun(
  database: DataSource,
  { before, program }: Age,
  { actor, reason }: Intervention,
): Promise<number> {
  const [run] = (await database.query(
    `insert into archive_runs (number, before, program, actor, reason, started_at)
     select coalesce(max(number), 0) + 1, $1, $2, $3, $4, clock_timestamp() from archive_runs returning number`,
    [formatInstant(before), program, actor, reason],
  )) as [{ number: number }];
  return run.number;
}

/** Writes down that a run has ended. */
export async function finishRun(database: DataSource, number: number): Promise<void> {
  await database.query(
    'update archive_runs set finished_at = clock_timestamp() where number = $1',
    [number],
  );
}

/** What is not on disk yet when the server crashes was not moved: nobody has to wait for it. */
const BEGIN = 'BEGIN; SET LOCAL synchronous_commit = off';

/**
 * Moves the next entries of an account, with what they moved, in one transaction under the account's lock: at most 1,000, and whether
 * there may be more. Null, and nothing moved, where somebody else has the lock, or keeps this from another one.
 */
export async function archiveSome(
  database: DataSource,
  { number, before }: Age & { readonly number: number },
  account: Archivable,
): Promise<(Archived & { readonly isMore: boolean }) | null> {
  try {
    return await readThenWrite(
      database,
      BEGIN,
      (connection) =>
        together([lock(connection, account), lastToMove(connection, before, account)]),
      async (connection, [locked, { archived, last }]) => {
        if (locked === null) return null;
        if (locked.isFrozen || last <= archived) {
          return { accounts: 0, entries: 0, allocations: 0, isMore: false };
        }
        const span = [account.shard, account.id, archived, last];
        const [entries, allocations] = await together([
          move(connection, 'entries', span),
          move(connection, 'allocations', span),
          // A trigger sees to it that all of them stand in the archive.
          connection.query(`delete from allocations where ${SPAN}`, span),
          connection.query(`delete from entries where ${SPAN}`, span),
          connection.query(
            'update accounts set archived_sequence = $3 where shard = $1 and id = $2',
            [account.shard, account.id, last],
          ),
        ]);
        await connection.query(
          `update archive_runs set accounts = accounts + 1, entries = entries + $2, allocations = allocations + $3 where number = $1`,
          [number, entries, allocations],
        );
        return { accounts: 1, entries, allocations, isMore: entries === ENTRIES_MAX };
      },
    );
  } catch (error) {
    if (BUSY.includes(String(codeOf(error)))) return null;
    throw error;
  }
}

async function lock(
  connection: Connection,
  { shard, id }: Archivable,
): Promise<{ readonly isFrozen: boolean } | null> {
  const { rows } = await connection.query<{ isFrozen: boolean }>(
    `select frozen_at is not null as "isFrozen" from accounts where shard = $1 and id = $2 for update skip locked`,
    [shard, id],
  );
  return rows[0] ?? null;
}

/** The account's archived sequence, and the last of the next entries that may be moved; not beyond it where none may. */
async function lastToMove(
  connection: Connection,
  before: Instant,
  { shard, id }: Archivable,
): Promise<{ readonly archived: number; readonly last: number }> {
  const { rows } = await connection.query<{ archived: number; last: number }>(
    `select a.archived_sequence as archived, least(n.last, ${FIRST_HOLD} - 1) as last
     from accounts a cross join lateral (
       select coalesce(min(e.sequence) filter (where e.recorded_at >= $3) - 1, max(e.sequence), 0) as last from (
         select sequence, recorded_at from entries
         where shard = a.shard and account_id = a.id and sequence > a.archived_sequence order by sequence limit ${ENTRIES_MAX}
       ) e
     ) n where a.shard = $1 and a.id = $2`,
    [shard, id, formatInstant(before)],
  );
  return rows[0]!;
}

const COLUMNS = {
  entries: `shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change, available_after,
    held_after, owed_after, turnover_after, occurred_at, recorded_at, order_id, redemption, terms_version, cause, actor, arithmetic, xact`,
  allocations:
    'shard, account_id, sequence, ordinal, lot, redemption, from_state, to_state, points',
} as const;
const SPAN = 'shard = $1 and account_id = $2 and sequence > $3 and sequence <= $4';

async function move(
  connection: Connection,
  table: 'entries' | 'allocations',
  span: readonly unknown[],
): Promise<number> {
  const { rowCount } = await connection.query(
    `insert into ${table}_archive (${COLUMNS[table]}) select ${COLUMNS[table]} from ${table}
     where ${SPAN} order by sequence`,
    [...span],
  );
  return rowCount ?? 0;
}
