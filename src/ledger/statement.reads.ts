import type { DataSource } from 'typeorm';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import type { Allocation, Entry, EntryKind } from './entry';
import type { Lot, LotState } from './lot';
import { type LotRecord, lotOf } from './records';

/** A member's statement: lots and history, page by page or by number, for any number of members at once. */

/** A place in the spend order (R6.3). */
export type LotPlace = readonly [creditedAt: Instant, number: number];

/**
 * Which lots may show as a state: at least those that do. What of it is so at an instant, `lotState` says:
 * a lapse, an expiry or an end of the membership that is not booked yet moves points of open lots.
 */
const MAY_BE: Readonly<Record<LotState, string>> = {
  OPEN: 'l.is_open',
  SPENT: '(l.redeemed > 0 or l.transferred > 0)',
  EXPIRED: '(l.expired > 0 or l.is_open)',
  REVERSED: '(l.reversed > 0 or l.is_open)',
  FORFEITED: '(l.forfeited > 0 or l.is_open)',
  VOIDED: 'l.voided_at is not null',
};

/** The lots of each customer after a place in spend order, at most `limit` each, that may show as `state`. */
export async function readLotsAfter(
  database: DataSource,
  customerIds: readonly string[],
  page: {
    readonly state: LotState | null;
    readonly after: LotPlace | null;
    readonly limit: number;
  },
): Promise<Map<string, Lot[]>> {
  const creditedAt = page.after && formatInstant(page.after[0]);
  const number = page.after?.[1];
  const rows: LotRecord[] = await database.query(
    `select l.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     cross join lateral (
       select l.* from lots l
       where l.shard = k.shard and l.account_id = k.id
         and ($3::timestamptz is null or (l.credited_at, l.number) > ($3::timestamptz, $4::integer))
         ${page.state === null ? '' : `and ${MAY_BE[page.state]}`}
       order by l.credited_at, l.number limit $5
     ) l
     order by l.account_id, l.credited_at, l.number`,
    [customerIds.map(shardOf), customerIds, creditedAt, number, page.limit],
  );
  return grouped(rows, (row) => [row.account_id, lotOf(row)]);
}

/** A lot or an entry of an account, by its number or sequence. */
export interface InAccount {
  readonly customerId: string;
  readonly number: number;
}

/** The text by which answers name what was asked for. */
export function inAccountKey({ customerId, number }: InAccount): string {
  return `${number} ${customerId}`;
}

/** Lots by their numbers. */
export async function readLots(
  database: DataSource,
  keys: readonly InAccount[],
): Promise<Map<string, Lot>> {
  const rows: LotRecord[] = await database.query(
    `select l.* from unnest($1::smallint[], $2::text[], $3::integer[]) as k (shard, id, number)
     join lots l on l.shard = k.shard and l.account_id = k.id and l.number = k.number`,
    columnsOf(keys),
  );
  return new Map(
    rows.map((row) => [
      inAccountKey({ customerId: row.account_id, number: row.number }),
      lotOf(row),
    ]),
  );
}

/** An entry without its steps inside lots, and the program whose currency it counts in. */
export type StoredEntry = Omit<Entry, 'allocations'> & { readonly program: ProgramCode };

/** An entry's row, with the program of its account. */
export interface EntryRecord {
  readonly account_id: string;
  readonly program: ProgramCode;
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly available_change: number;
  readonly held_change: number;
  readonly owed_change: number;
  readonly turnover_change: number;
  readonly available_after: number;
  readonly held_after: number;
  readonly owed_after: number;
  readonly turnover_after: number;
  readonly occurred_at: Instant;
  readonly recorded_at: Instant;
  readonly order_id: string | null;
  readonly redemption: number | null;
  readonly terms_version: number;
  readonly cause: string;
  readonly actor: string;
  readonly arithmetic: Entry['arithmetic'];
}

/** The entries of each customer before a sequence, newest first, at most `limit` each, of `kinds`. */
export async function readEntriesBefore(
  database: DataSource,
  customerIds: readonly string[],
  page: {
    readonly kinds: readonly EntryKind[] | null;
    readonly before: number | null;
    readonly limit: number;
  },
): Promise<Map<string, StoredEntry[]>> {
  const rows: EntryRecord[] = await database.query(
    `select e.*, a.program from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join accounts a on a.shard = k.shard and a.id = k.id
     cross join lateral (
       select * from all_entries
       where shard = k.shard and account_id = k.id
         and ($3::bigint is null or sequence < $3) and ($4::text[] is null or kind = any ($4))
       order by sequence desc limit $5
     ) e
     order by e.account_id, e.sequence desc`,
    [customerIds.map(shardOf), customerIds, page.before, page.kinds, page.limit],
  );
  return grouped(rows, (row) => [row.account_id, entryOf(row)]);
}

/** Entries by their sequences. */
export async function readEntries(
  database: DataSource,
  keys: readonly InAccount[],
): Promise<Map<string, StoredEntry>> {
  const rows: EntryRecord[] = await database.query(
    `select e.*, a.program from unnest($1::smallint[], $2::text[], $3::bigint[]) as k (shard, id, sequence)
     join accounts a on a.shard = k.shard and a.id = k.id
     join all_entries e on e.shard = k.shard and e.account_id = k.id and e.sequence = k.sequence`,
    columnsOf(keys),
  );
  return new Map(
    rows.map((row) => [
      inAccountKey({ customerId: row.account_id, number: row.sequence }),
      entryOf(row),
    ]),
  );
}

/** A step inside a lot, and the entry that it is part of. */
export type StoredAllocation = Allocation & { readonly sequence: number };

interface AllocationRecord {
  readonly account_id: string;
  readonly sequence: number;
  readonly ordinal: number;
  readonly lot: number;
  readonly redemption: number | null;
  readonly from_state: Allocation['from'];
  readonly to_state: Allocation['to'];
  readonly points: number;
}

/** The steps of entries, by sequence, in their order. */
export async function readMoves(
  database: DataSource,
  keys: readonly InAccount[],
): Promise<Map<string, StoredAllocation[]>> {
  const rows: AllocationRecord[] = await database.query(
    `select m.* from unnest($1::smallint[], $2::text[], $3::bigint[]) as k (shard, id, sequence)
     join all_allocations m on m.shard = k.shard and m.account_id = k.id and m.sequence = k.sequence
     order by m.account_id, m.sequence, m.ordinal`,
    columnsOf(keys),
  );
  return grouped(rows, (row) => [
    inAccountKey({ customerId: row.account_id, number: row.sequence }),
    allocationOf(row),
  ]);
}

/** What became of lots' points after they were credited, by lot number, oldest first, at most `limit` steps each. */
export async function readUses(
  database: DataSource,
  keys: readonly InAccount[],
  limit: number,
): Promise<Map<string, StoredAllocation[]>> {
  const rows: AllocationRecord[] = await database.query(
    `select m.* from unnest($1::smallint[], $2::text[], $3::integer[]) as k (shard, id, lot)
     cross join lateral (
       select * from all_allocations m
       where m.shard = k.shard and m.account_id = k.id and m.lot = k.lot and m.from_state <> 'ISSUED'
       order by m.sequence, m.ordinal limit $4
     ) m
     order by m.account_id, m.lot, m.sequence, m.ordinal`,
    [...columnsOf(keys), limit],
  );
  return grouped(rows, (row) => [
    inAccountKey({ customerId: row.account_id, number: row.lot }),
    allocationOf(row),
  ]);
}

function columnsOf(keys: readonly InAccount[]): unknown[] {
  return [
    keys.map(({ customerId }) => shardOf(customerId)),
    keys.map(({ customerId }) => customerId),
    keys.map(({ number }) => number),
  ];
}

function grouped<R, T>(
  rows: readonly R[],
  entryOfRow: (row: R) => readonly [key: string, value: T],
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const [key, value] = entryOfRow(row);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** An entry as its row has it. */
export function entryOf(row: EntryRecord): StoredEntry {
  return {
    program: row.program,
    sequence: row.sequence,
    kind: row.kind,
    availableChange: row.available_change,
    heldChange: row.held_change,
    owedChange: row.owed_change,
    turnoverChange: BigInt(row.turnover_change),
    availableAfter: row.available_after,
    heldAfter: row.held_after,
    owedAfter: row.owed_after,
    turnoverAfter: BigInt(row.turnover_after),
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    orderId: row.order_id,
    redemption: row.redemption,
    termsVersion: row.terms_version,
    cause: row.cause,
    actor: row.actor,
    arithmetic: row.arithmetic,
  };
}

function allocationOf(row: AllocationRecord): StoredAllocation {
  return {
    sequence: row.sequence,
    ordinal: row.ordinal,
    lot: row.lot,
    redemption: row.redemption,
    from: row.from_state,
    to: row.to_state,
    points: row.points,
  };
}
