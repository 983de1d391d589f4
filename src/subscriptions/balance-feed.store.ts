import type { DataSource } from 'typeorm';
import { numberArray, type Prepared, readPrepared, textArray } from '../database/prepared';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Entry, EntryKind } from '../ledger/entry';
import type { ProgramCode } from '../programs/terms';
import type { BalanceChange, BookedEntry, PresentAccount } from './balance-change';

/** A place in an account to read on from: after `after`, or a snapshot where that is null. */
export interface Place {
  readonly customerId: string;
  readonly after: number | null;
}

type Row = readonly [
  place: number,
  program: ProgramCode,
  present: number,
  presentAvailable: number,
  presentHeld: number,
  presentOwed: number,
  presentTurnover: number,
  presentTerms: number,
  lifetimeEarned: number,
  lifetimeRedeemed: number,
  lifetimeExpired: number,
  isDue: boolean | null,
  now: Instant,
  /** Null in a snapshot, and so is everything after it. */
  sequence: number | null,
  kind: EntryKind,
  availableChange: number,
  heldChange: number,
  owedChange: number,
  turnoverChange: number,
  availableAfter: number,
  heldAfter: number,
  owedAfter: number,
  turnoverAfter: number,
  occurredAt: Instant,
  recordedAt: Instant,
  orderId: string | null,
  redemption: number | null,
  termsVersion: number,
  cause: string,
  actor: string,
  arithmetic: Entry['arithmetic'],
];

const ENTRY_COLUMNS = `sequence, kind, available_change, held_change, owed_change, turnover_change, available_after, held_after,
  owed_after, turnover_after, occurred_at, recorded_at, order_id, redemption, terms_version, cause, actor, arithmetic`;

/**
 * The archive is only looked into for a place that lies in it. The arrays stand in selects so that their lengths do not tell in the plan: where a short one came first, every
 * statement would be planned anew, at five times what it costs to run.
 */
function readStatement(clock: string): Prepared {
  return {
    name: 'balance-changes',
    text: `select w.place::int, a.program, a.sequence, a.available, a.held, a.owed, a.turnover_minor, a.terms_version,
        a.lifetime_earned, a.lifetime_redeemed, a.lifetime_expired, a.next_due_at <= c.now,
        ${milliseconds('c.now')}, e.sequence, e.kind, e.available_change, e.held_change, e.owed_change,
        e.turnover_change, e.available_after, e.held_after, e.owed_after, e.turnover_after,
        ${milliseconds('e.occurred_at')}, ${milliseconds('e.recorded_at')}, e.order_id, e.redemption,
        e.terms_version, e.cause, e.actor, e.arithmetic
      from (select ${clock} as now) as c
      cross join unnest((select $1::smallint[]), (select $2::text[]), (select $3::bigint[]))
        with ordinality as w (shard, account_id, after, place)
      join accounts a on a.shard = w.shard and a.id = w.account_id and a.enrolled_at <= c.now
      left join lateral (
        (select ${ENTRY_COLUMNS} from entries_archive
          where shard = w.shard and account_id = w.account_id and sequence > w.after and w.after < a.archived_sequence
          order by sequence limit $4)
        union all
        (select ${ENTRY_COLUMNS} from entries
          where shard = w.shard and account_id = w.account_id and sequence > w.after
          order by sequence limit $4)
        order by sequence limit $4
      ) e on true
      where e.sequence is not null or w.after is null or w.after > a.sequence
      order by w.place, e.sequence`,
  };
}

/** An instant as a number: its text costs more to write and to read. */
function milliseconds(instant: string): string {
  return `floor(extract(epoch from ${instant}) * 1000)::bigint`;
}

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
  const rows = await readPrepared<Row>(database, readStatement(clock), [
    numberArray(places.map(({ customerId }) => shardOf(customerId))),
    textArray(places.map(({ customerId }) => customerId)),
    `{${places.map(({ after }) => after ?? 'NULL').join(',')}}`,
    pageSize,
  ]);
  const changes = places.map((): BalanceChange[] => []);
  for (const row of rows) {
    const at = row[0] - 1;
    changes[at]!.push(toChange(places[at]!.customerId, row));
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
  const entry = row[13] === null ? null : toEntry(row, row[13]);
  const present = presentOf(row);
  if (entry === null) {
    return {
      ...{ customerId, entry, program: row[1], sequence: row[2] },
      ...{ available: row[3], held: row[4], owed: row[5], turnover: BigInt(row[6]) },
      ...{ at: row[12], present },
    };
  }
  return {
    customerId,
    sequence: entry.sequence,
    entry,
    available: entry.availableAfter,
    held: entry.heldAfter,
    owed: entry.owedAfter,
    turnover: entry.turnoverAfter,
    program: row[1],
    at: entry.recordedAt,
    present,
  };
}

function presentOf(row: Row): PresentAccount | null {
  if (row[11]) return null;
  return {
    termsVersion: row[7],
    lifetimeEarned: row[8],
    lifetimeRedeemed: row[9],
    lifetimeExpired: row[10],
  };
}

function toEntry(row: Row, sequence: number): BookedEntry {
  return {
    sequence,
    kind: row[14],
    availableChange: row[15],
    heldChange: row[16],
    owedChange: row[17],
    turnoverChange: BigInt(row[18]),
    availableAfter: row[19],
    heldAfter: row[20],
    owedAfter: row[21],
    turnoverAfter: BigInt(row[22]),
    occurredAt: row[23],
    recordedAt: row[24],
    orderId: row[25],
    redemption: row[26],
    termsVersion: row[27],
    cause: row[28],
    actor: row[29],
    arithmetic: row[30],
  };
}
