import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Allocation, Entry } from '../ledger/entry';
import { type EntryRecord, entryOf } from '../ledger/statement.reads';
import type { BalanceChange, PresentAccount } from './balance-change';

/** A place in an account to read on from: after `after`, or a snapshot where that is null. */
export interface Place {
  readonly customerId: string;
  readonly after: number | null;
}

interface AccountColumns {
  readonly place: number;
  readonly present: number;
  readonly program: string;
  readonly present_available: number;
  readonly present_held: number;
  readonly present_owed: number;
  readonly present_turnover: number;
  readonly present_terms: number;
  readonly lifetime_earned: number;
  readonly lifetime_redeemed: number;
  readonly lifetime_expired: number;
  readonly is_due: boolean | null;
  readonly now: Instant;
}

type Row = AccountColumns & (EntryRow | { readonly sequence: null });
type EntryRow = EntryRecord & { readonly allocations: readonly Allocation[] | null };

/**
 * What comes after each place, at most `pageSize` changes of each, in order; one statement, so each
 * account is seen at one moment. A place without `after`, or beyond the account's last entry, gets a
 * snapshot; one whose customer is no member (yet) gets nothing (R2.9).
 */
export async function readPlaces(
  database: DataSource,
  clock: string,
  places: readonly Place[],
  pageSize: number,
): Promise<BalanceChange[][]> {
  const rows: Row[] = await database.query(
    `select w.place::int as place, a.sequence as present, a.program, a.available as present_available,
       a.held as present_held, a.owed as present_owed, a.turnover_minor as present_turnover,
       a.terms_version as present_terms, a.lifetime_earned, a.lifetime_redeemed, a.lifetime_expired,
       a.next_due_at <= ${clock} as is_due, ${clock} as now,
       e.*, m.allocations
     from unnest($1::smallint[], $2::text[], $3::bigint[])
       with ordinality as w (shard, account_id, after, place)
     join accounts a on a.shard = w.shard and a.id = w.account_id and a.enrolled_at <= ${clock}
     left join lateral (
       select * from entries
       where shard = w.shard and account_id = w.account_id and sequence > w.after
       order by sequence limit $4
     ) e on true
     left join lateral (
       select json_agg(json_build_object('ordinal', ordinal, 'lot', lot, 'redemption', redemption,
         'from', from_state, 'to', to_state, 'points', points) order by ordinal) as allocations
       from allocations
       where shard = w.shard and account_id = w.account_id and sequence = e.sequence
     ) m on true
     where e.sequence is not null or w.after is null or w.after > a.sequence
     order by w.place, e.sequence`,
    [
      places.map(({ customerId }) => shardOf(customerId)),
      places.map(({ customerId }) => customerId),
      places.map(({ after }) => after),
      pageSize,
    ],
  );
  const changes = places.map((): BalanceChange[] => []);
  for (const row of rows) {
    const { customerId } = places[row.place - 1]!;
    changes[row.place - 1]!.push(toChange(customerId, row));
  }
  return changes;
}

/** The last sequence of each member among `customerIds`. */
export async function readSequences(
  database: DataSource,
  clock: string,
  customerIds: readonly string[],
): Promise<{ customerId: string; sequence: number }[]> {
  return database.query(
    `select a.id as "customerId", a.sequence
     from unnest($1::smallint[], $2::text[]) as w (shard, id)
     join accounts a on a.shard = w.shard and a.id = w.id and a.enrolled_at <= ${clock}`,
    [customerIds.map(shardOf), customerIds],
  );
}

function toChange(customerId: string, row: Row): BalanceChange {
  if (row.sequence === null) return toSnapshot(customerId, row);
  const entry = toEntry(row);
  return {
    customerId,
    sequence: entry.sequence,
    entry,
    available: entry.availableAfter,
    held: entry.heldAfter,
    owed: entry.owedAfter,
    turnover: entry.turnoverAfter,
    program: row.program,
    at: entry.recordedAt,
    present: presentOf(row),
  };
}

function toSnapshot(customerId: string, row: AccountColumns): BalanceChange {
  return {
    customerId,
    sequence: row.present,
    entry: null,
    available: row.present_available,
    held: row.present_held,
    owed: row.present_owed,
    turnover: BigInt(row.present_turnover),
    program: row.program,
    at: row.now,
    present: presentOf(row),
  };
}

function presentOf(row: AccountColumns): PresentAccount | null {
  if (row.is_due) return null;
  return {
    termsVersion: row.present_terms,
    lifetimeEarned: row.lifetime_earned,
    lifetimeRedeemed: row.lifetime_redeemed,
    lifetimeExpired: row.lifetime_expired,
  };
}

function toEntry(row: EntryRow): Entry {
  const { program: _, ...entry } = entryOf(row);
  return { ...entry, allocations: row.allocations ?? [] };
}
