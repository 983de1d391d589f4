import { mayUpdate } from '../database/privileges';
import type { Connection } from '../database/transaction';
import { invariant } from '../kernel/errors';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import type { Account } from './account';
import type { RedemptionWithSlices } from './book';
import type { SetAside } from './command';
import {
  adjustmentRow,
  claimRow,
  deliveryRow,
  notificationRow,
  objectionRow,
} from './desk.records';
import type { Entry } from './entry';
import type { Lot } from './lot';
import type { Member } from './member';
import { memberRecord } from './member.records';
import type { Message } from './message';
import { writeMessagesTx } from './message.writes';
import type { Notification } from './notification';
import type { Order } from './order';
import { orderRecord } from './order.records';
import { discountRow, referralRow, transferRow } from './people';
import type { PeopleChanges } from './people-draft';
import { erasePersonalDataTx } from './personal-data';
import { accountRecord, lotRecord } from './records';
import { type Answered, answerRows, inboxRows } from './seen';
import { voidingRow } from './voiding.records';

/** Everything a batch of commands changed. */
export interface Changes extends PeopleChanges {
  readonly at: Instant;
  /** The place of the first answer in the history; the others follow. */
  readonly position: number;
  readonly accounts: readonly Account[];
  readonly newLots: readonly Of<Lot>[];
  readonly changedLots: readonly Of<Lot>[];
  readonly entries: readonly Of<Entry>[];
  readonly redemptions: readonly Of<RedemptionWithSlices>[];
  /** Each with the trace of its command, where that was traced. */
  readonly messages: readonly (Of<Message> & { readonly traceparent: string | undefined })[];
  readonly notifications: readonly Of<Notification>[];
  readonly orders: readonly Order[];
  readonly members: readonly Member[];
  readonly answers: readonly Answered[];
  readonly setAside: readonly SetAside[];
  /** Customers whose personal data goes. */
  readonly erase: readonly string[];
  /** Referral codes drawn, with their owners. */
  readonly codes: readonly { readonly code: string; readonly accountId: string }[];
}

/** Something of an account. */
export interface Of<T> {
  readonly accountId: string;
  readonly what: T;
}

/**
 * Somebody else wrote the same key meanwhile: the batch is rolled back and done again, and then it is seen.
 */
export class SeenMeanwhileError extends Error {
  constructor(table: string) {
    super(`A row of ${table} was written by another transaction meanwhile`);
    this.name = 'SeenMeanwhileError';
  }
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Writes a batch: one statement per table, parents first; rows that must be there are counted. Of a row that is
 * there only the columns are set that may change (`privileges.ts`): the database refuses the others.
 */
export async function writeChanges(connection: Connection, changes: Changes): Promise<void> {
  const { accounts, members } = changes;
  await update(connection, 'accounts', ['shard', 'id'], accounts.map(accountRecord));
  await upsert(connection, 'members', ['shard', 'account_id'], members.map(memberRecord));
  await insert(connection, 'lots', changes.newLots.map(lotRow));
  await update(
    connection,
    'lots',
    ['shard', 'account_id', 'number'],
    changes.changedLots.map(lotRow),
  );
  await insert(connection, 'entries', changes.entries.map(entryRow));
  await insert(connection, 'allocations', changes.entries.flatMap(allocationRows));
  await upsert(
    connection,
    'redemptions',
    ['shard', 'account_id', 'number'],
    changes.redemptions.map(redemptionRow),
  );
  await update(connection, 'orders', ['shard', 'id'], changes.orders.map(orderRecord));
  await writePeople(connection, changes);
  await insertNew(connection, 'answers', answerRows(changes));
  await insertNew(connection, 'inbox', inboxRows(changes));
  await insertNew(connection, 'referral_codes', changes.codes.map(codeRow));
  await insert(connection, 'set_aside', setAsideRows(changes), 'on conflict do nothing');
  await writeMessagesTx(connection, changes.messages);
  await insert(
    connection,
    'notifications',
    changes.notifications.map(({ accountId, what }) => notificationRow(accountId, what)),
  );
  await update(
    connection,
    'notifications',
    ['shard', 'account_id', 'number'],
    changes.deliveries.map(({ accountId, what }) => deliveryRow(accountId, what)),
  );
  await erasePersonalDataTx(connection, changes.erase);
}

async function writePeople(connection: Connection, changes: PeopleChanges): Promise<void> {
  const numbered = ['shard', 'account_id', 'number'];
  const tables = [
    ['referrals', ['shard', 'account_id'], changes.referrals.map(referralRow)],
    ['discount_codes', ['shard', 'account_id', 'code'], changes.discounts.map(discountRow)],
    ['transfers', ['shard', 'id'], changes.transfers.map(transferRow)],
    ['adjustments', numbered, changes.adjustments.map(adjustmentRow)],
    ['objections', numbered, changes.objections.map(objectionRow)],
    ['claims', numbered, changes.claims.map(claimRow)],
    ['voidings', numbered, changes.voidings.map(voidingRow)],
  ] as const;
  for (const [table, key, rows] of tables) await upsert(connection, table, key, rows);
}

async function insert(
  connection: Connection,
  table: string,
  rows: readonly object[],
  suffix = '',
): Promise<number> {
  const first = rows[0];
  if (!first) return 0;
  const columns = Object.keys(first).join(', ');
  const { rowCount } = await connection.query(
    `insert into ${table} (${columns})
     select ${columns} from json_populate_recordset(null::${table}, $1::json) ${suffix}`,
    [asJson(rows)],
  );
  return rowCount ?? 0;
}

/** Inserts rows whose key nobody may have written before; fails with SeenMeanwhileError where somebody did. */
async function insertNew(
  connection: Connection,
  table: string,
  rows: readonly object[],
): Promise<void> {
  const written = await insert(connection, table, rows, 'on conflict do nothing');
  if (written !== rows.length) throw new SeenMeanwhileError(table);
}

async function upsert(
  connection: Connection,
  table: string,
  key: readonly string[],
  rows: readonly object[],
): Promise<void> {
  const rest = Object.keys(rows[0] ?? {}).filter((column) => mayUpdate(table, column));
  const set = rest.map((column) => `${column} = excluded.${column}`).join(', ');
  await insert(connection, table, rows, `on conflict (${key.join(', ')}) do update set ${set}`);
}

async function update(
  connection: Connection,
  table: string,
  key: readonly string[],
  rows: readonly object[],
): Promise<void> {
  const first = rows[0];
  if (!first) return;
  const rest = Object.keys(first).filter((column) => mayUpdate(table, column));
  const { rowCount } = await connection.query(
    `update ${table} as t set ${rest.map((column) => `${column} = r.${column}`).join(', ')}
     from json_populate_recordset(null::${table}, $1::json) as r
     where ${key.map((column) => `t.${column} = r.${column}`).join(' and ')}`,
    [asJson(rows)],
  );
  invariant(rowCount === rows.length, `${rows.length} rows of ${table} were there to update`);
}

/** Instants (columns that end in _at or _until) become RFC 3339; bigint becomes a decimal in text. */
function asJson(rows: readonly object[]): string {
  return JSON.stringify(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(columnValue))),
  );
}

function columnValue([column, value]: [string, unknown]): [string, unknown] {
  if (typeof value === 'bigint') return [column, value.toString()];
  if (typeof value === 'number' && /_(at|until)$/.test(column))
    return [column, formatInstant(value)];
  return [column, value];
}

function lotRow({ accountId, what }: Of<Lot>): Row {
  return { ...lotRecord(accountId, what) };
}

function entryRow({ accountId, what: entry }: Of<Entry>): Row {
  return {
    shard: shardOf(accountId),
    account_id: accountId,
    sequence: entry.sequence,
    kind: entry.kind,
    available_change: entry.availableChange,
    held_change: entry.heldChange,
    owed_change: entry.owedChange,
    turnover_change: entry.turnoverChange,
    available_after: entry.availableAfter,
    held_after: entry.heldAfter,
    owed_after: entry.owedAfter,
    turnover_after: entry.turnoverAfter,
    occurred_at: entry.occurredAt,
    recorded_at: entry.recordedAt,
    order_id: entry.orderId,
    redemption: entry.redemption,
    terms_version: entry.termsVersion,
    cause: entry.cause,
    actor: entry.actor,
    arithmetic: entry.arithmetic,
  };
}

function allocationRows({ accountId, what: entry }: Of<Entry>): Row[] {
  return entry.allocations.map((allocation) => ({
    shard: shardOf(accountId),
    account_id: accountId,
    sequence: entry.sequence,
    ordinal: allocation.ordinal,
    lot: allocation.lot,
    redemption: allocation.redemption,
    from_state: allocation.from,
    to_state: allocation.to,
    points: allocation.points,
  }));
}

function redemptionRow({ accountId, what: redemption }: Of<RedemptionWithSlices>): Row {
  return {
    shard: shardOf(accountId),
    account_id: accountId,
    number: redemption.number,
    order_id: redemption.orderId,
    state: redemption.state,
    points: redemption.points,
    held: redemption.held,
    captured: redemption.captured,
    released: redemption.released,
    restored: redemption.restored,
    terms_version: redemption.termsVersion,
    placed_at: redemption.placedAt,
    held_until: redemption.heldUntil,
    decided_at: redemption.decidedAt,
    entries: redemption.entries,
  };
}

function codeRow({ code, accountId }: Changes['codes'][number]): Row {
  return { code, account_shard: shardOf(accountId), account_id: accountId };
}

function setAsideRows({ setAside, at }: Changes): Row[] {
  return setAside.map((event) => ({
    shard: shardOf(event.eventId),
    source: event.source,
    event_id: event.eventId,
    digest: event.digest,
    type: event.type,
    reason: event.reason,
    order_id: event.orderId,
    customer_id: event.customerId,
    received_at: at,
    payload: event.payload,
  }));
}
