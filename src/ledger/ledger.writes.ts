import {
  insertRows,
  type Row,
  type Statement,
  updateRows,
  upsertRows,
} from '../database/row-statements';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
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
import { messageWrites } from './message.writes';
import type { Notification } from './notification';
import type { Order } from './order';
import { orderRecord } from './order.records';
import { discountRow, referralRow, transferRow } from './people';
import type { PeopleChanges } from './people-draft';
import { erasures } from './personal-data';
import { accountRecord, keepsOthers, lotRecord, movedRecord } from './records';
import { type Answered, answerRows, inboxRows } from './seen';
import { voidingRow } from './voiding.records';

/** Everything a batch of commands changed. */
export interface Changes extends PeopleChanges {
  readonly at: Instant;
  /** The place of the first answer in the history; the others follow. */
  readonly position: number;
  readonly accounts: readonly Account[];
  /** Accounts by id as they were read. */
  readonly accountsBefore: ReadonlyMap<string, Account>;
  readonly newLots: readonly Of<Lot>[];
  readonly changedLots: readonly Of<Lot>[];
  readonly entries: readonly Of<Entry>[];
  readonly newRedemptions: readonly Of<RedemptionWithSlices>[];
  readonly changedRedemptions: readonly Of<RedemptionWithSlices>[];
  /** Each with the trace of its command, where that was traced. */
  readonly messages: readonly (Of<Message> & { readonly traceparent: string | undefined })[];
  readonly notifications: readonly Of<Notification>[];
  readonly newOrders: readonly Order[];
  readonly changedOrders: readonly Order[];
  readonly members: readonly Member[];
  readonly answers: readonly Answered[];
  readonly setAside: readonly SetAside[];
  /** Customers whose personal data goes. */
  readonly erase: readonly string[];
  /** Referral codes drawn: whose, in which program, and when. */
  readonly codes: readonly {
    readonly code: string;
    readonly accountId: string;
    readonly program: ProgramCode;
    readonly issuedAt: Instant;
  }[];
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

/**
 * What writes a batch: one statement per table, parents first, but accounts, which are there and locked, behind what refers to them: a
 * foreign key's check would lock again, with a record of its own in the log, what this transaction wrote before. Rows that must be there are counted, rows that nobody may have written
 * before are refused by their key (`seenMeanwhile`). Of a row that is there only the columns are set that may change
 * (`privileges.ts`): the database refuses the others.
 */
export function writesOf(changes: Changes): Statement[] {
  const { members } = changes;
  const owned = ['shard', 'account_id', 'number'];
  return [
    upsert('members', ['shard', 'account_id'], members.map(memberRecord)),
    insert('lots', changes.newLots.map(lotRow)),
    update('lots', owned, changes.changedLots.map(lotRow)),
    insert('entries', changes.entries.map(entryRow)),
    insert('allocations', changes.entries.flatMap(allocationRows)),
    insert('redemptions', changes.newRedemptions.map(redemptionRow)),
    update('redemptions', owned, changes.changedRedemptions.map(redemptionRow)),
    insert('orders', orderRows(changes.newOrders)),
    update('orders', ['shard', 'id'], orderRows(changes.changedOrders)),
    ...peopleWrites(changes),
    insert('answers', answerRows(changes)),
    insert('inbox', inboxRows(changes)),
    insert('referral_codes', changes.codes.map(codeRow)),
    insert('set_aside', setAsideRows(changes), 'on conflict do nothing'),
    messageWrites(changes.messages),
    insert(
      'notifications',
      changes.notifications.map(({ accountId, what }) => notificationRow(accountId, what)),
    ),
    update(
      'notifications',
      owned,
      changes.deliveries.map(({ accountId, what }) => deliveryRow(accountId, what)),
    ),
    update('accounts', ['shard', 'id'], accountRows(changes)),
    ...erasures(changes.erase),
  ].filter((write) => write !== null);
}

function peopleWrites(changes: PeopleChanges): (Statement | null)[] {
  const numbered = ['shard', 'account_id', 'number'];
  return [
    upsert('referrals', ['shard', 'account_id'], changes.referrals.map(referralRow)),
    upsert('discount_codes', ['shard', 'account_id', 'code'], changes.discounts.map(discountRow)),
    upsert('transfers', ['shard', 'id'], changes.transfers.map(transferRow)),
    upsert('adjustments', numbered, changes.adjustments.map(adjustmentRow)),
    upsert('objections', numbered, changes.objections.map(objectionRow)),
    upsert('claims', numbered, changes.claims.map(claimRow)),
    upsert('voidings', numbered, changes.voidings.map(voidingRow)),
  ];
}

function insert(
  table: string,
  rows: readonly object[],
  suffix: '' | 'on conflict do nothing' = '',
): Statement | null {
  return rows.length > 0 ? insertRows(table, rows as Row[], suffix) : null;
}

function upsert(table: string, key: readonly string[], rows: readonly object[]): Statement | null {
  return rows.length > 0 ? upsertRows(table, key, rows as Row[]) : null;
}

function update(table: string, key: readonly string[], rows: readonly object[]): Statement | null {
  return rows.length > 0 ? updateRows(table, key, rows as Row[]) : null;
}

const UNIQUE_VIOLATION = '23505';
const WRITTEN_ONCE = ['answers', 'inbox', 'orders', 'referral_codes'];

/** What an error of these writes means: SeenMeanwhileError where somebody wrote a key that nobody may have written before. */
export function seenMeanwhile(error: unknown): unknown {
  const { code, constraint } = Object(error) as { code?: string; constraint?: string };
  const table = WRITTEN_ONCE.find((name) => constraint === `${name}_pkey`);
  return code === UNIQUE_VIOLATION && table !== undefined ? new SeenMeanwhileError(table) : error;
}

/** Most commands change of accounts what entries do: then nothing else is sent. */
function accountRows({ accounts, accountsBefore }: Changes): object[] {
  const isKept = (account: Account) => keepsOthers(account, accountsBefore.get(account.id));
  return accounts.every(isKept) ? accounts.map(movedRecord) : accounts.map(accountRecord);
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

/** In lock order: two transactions that make the same orders would wait for each other. */
function orderRows(orders: readonly Order[]): Row[] {
  const rows = orders.map((order) => ({ ...orderRecord(order) }));
  return rows.sort((a, b) => a.shard - b.shard || (a.id < b.id ? -1 : 1));
}

function codeRow({ code, accountId, program, issuedAt }: Changes['codes'][number]): Row {
  const account_shard = shardOf(accountId);
  return { code, account_shard, account_id: accountId, program, issued_at: issuedAt };
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
