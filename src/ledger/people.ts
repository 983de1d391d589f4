import { columnsSql } from '../database/row-statements';
import type { Connection } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import { DAY_MS, formatInstant, type Instant } from '../kernel/time';
import type { DeskRecords } from './desk.records';
import type { DiscountCode } from './discount';
import { byIds } from './ledger.store';
import type { Of } from './ledger.writes';
import type { Notification } from './notification';
import type { ProgramEnding } from './program-ending';
import type { Referral, ReferralFlag, ReferralSignals, ReferralState } from './referral';
import type { Transfer, TransferReason, TransferState } from './transfer';

/** What the door reads and writes of referrals, discount codes, transfers and the end of programs. */

/** Everything of these that a batch concerns. */
export interface People {
  readonly codeOwners: ReadonlyMap<string, string>;
  /** By referred customer. */
  readonly referrals: ReadonlyMap<string, Referral>;
  readonly signals: ReadonlyMap<string, ReferralSignals>;
  /** By customer, oldest first. */
  readonly discounts: ReadonlyMap<string, readonly DiscountCode[]>;
  readonly transfers: ReadonlyMap<string, Transfer>;
  readonly endings: ReadonlyMap<string, ProgramEnding>;
  readonly cases: DeskRecords;
  readonly notifications: readonly Of<Notification>[];
}

/** Who owns which referral codes. */
export async function readCodeOwners(
  connection: Connection,
  codes: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await connection.query<{ code: string; account_id: string }>(
    'select code, account_id from referral_codes where code = any ($1)',
    [codes],
  );
  return new Map(rows.map((row) => [row.code, row.account_id]));
}

/** What reads the rows of a table by accounts, or by ids of their own. */
function rowsOf(table: string, key: 'account_id' | 'id', order = '') {
  return byIds(
    (keys) =>
      `select ${columnsSql(table, 't')} from ${keys} as k join ${table} t on t.shard = k.shard and t.${key} = k.id ${order}`,
  );
}

const REFERRALS = rowsOf('referrals', 'account_id');
const DISCOUNTS = rowsOf('discount_codes', 'account_id', 'order by t.issued_at, t.code');
const TRANSFERS = rowsOf('transfers', 'id');

/** The referrals of referred customers. */
export async function readReferrals(
  connection: Connection,
  refereeIds: readonly string[],
): Promise<Map<string, Referral>> {
  const { rows } = await connection.query<ReferralRecord>(REFERRALS(refereeIds));
  return new Map(rows.map((row) => [row.account_id, referralOf(row)]));
}

/** For registrations through links: how many came through the same referrer lately, and whether the e-mail is known. */
export async function readSignals(
  connection: Connection,
  registrations: readonly { refereeId: string; referrerId: string; emailHash: string | null }[],
  now: Instant,
): Promise<Map<string, ReferralSignals>> {
  const { rows } = await connection.query<{ id: string; recent: number; before: boolean }>(
    `select k.id,
       (select count(*)::int from referrals r
        where r.referrer_shard = k.referrer_shard and r.referrer_id = k.referrer and r.registered_at > $5) as recent,
       exists (select from members m where m.email_hash = k.hash and m.account_id <> k.id and m.registered_at is not null) as before
     from unnest($1::text[], $2::smallint[], $3::text[], $4::text[]) as k (id, referrer_shard, referrer, hash)`,
    [
      registrations.map(({ refereeId }) => refereeId),
      registrations.map(({ referrerId }) => shardOf(referrerId)),
      registrations.map(({ referrerId }) => referrerId),
      registrations.map(({ emailHash }) => emailHash),
      formatInstant(now - DAY_MS),
    ],
  );
  return new Map(rows.map((row) => [row.id, { recent: row.recent, registeredBefore: row.before }]));
}

/** The discount codes of customers. */
export async function readDiscounts(
  connection: Connection,
  customerIds: readonly string[],
): Promise<Map<string, DiscountCode[]>> {
  const { rows } = await connection.query<DiscountRecord>(DISCOUNTS(customerIds));
  const found = new Map<string, DiscountCode[]>();
  for (const row of rows) {
    found.set(row.account_id, [...(found.get(row.account_id) ?? []), discountOf(row)]);
  }
  return found;
}

/** Transfers by id. */
export async function readTransfers(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, Transfer>> {
  const { rows } = await connection.query<TransferRecord>(TRANSFERS(ids));
  return new Map(rows.map((row) => [row.id, transferOf(row)]));
}

/** Programs that are discontinued. */
export async function readEndings(connection: Connection): Promise<Map<string, ProgramEnding>> {
  const { rows } = await connection.query<EndingRecord>(
    'select program, ends_at, redeem_until, good_cause, reason, announced_at, announced_by from program_endings',
  );
  return new Map(rows.map((row) => [row.program, endingOf(row)]));
}

export interface ReferralRecord {
  account_id: string;
  referrer_id: string;
  code: string;
  state: ReferralState;
  flags: ReferralFlag[];
  registered_at: Instant;
  order_id: string | null;
  lot: number | null;
  bonus: number;
  reversed: number;
  terms_version: number | null;
  decided_at: Instant | null;
  reviewed_at: Instant | null;
  review_note: string | null;
  reviewer: string | null;
}

export function referralOf(row: ReferralRecord): Referral {
  return {
    refereeId: row.account_id,
    referrerId: row.referrer_id,
    code: row.code,
    state: row.state,
    flags: row.flags,
    registeredAt: row.registered_at,
    orderId: row.order_id,
    lot: row.lot,
    bonus: row.bonus,
    reversed: row.reversed,
    termsVersion: row.terms_version,
    decidedAt: row.decided_at,
    review:
      row.reviewed_at === null
        ? null
        : { at: row.reviewed_at, by: row.reviewer!, note: row.review_note! },
  };
}

/** A referral as its row has it. */
export function referralRow(referral: Referral): object {
  return {
    shard: shardOf(referral.refereeId),
    account_id: referral.refereeId,
    referrer_shard: shardOf(referral.referrerId),
    referrer_id: referral.referrerId,
    code: referral.code,
    state: referral.state,
    flags: referral.flags,
    registered_at: referral.registeredAt,
    order_id: referral.orderId,
    lot: referral.lot,
    bonus: referral.bonus,
    reversed: referral.reversed,
    terms_version: referral.termsVersion,
    decided_at: referral.decidedAt,
    reviewed_at: referral.review?.at ?? null,
    review_note: referral.review?.note ?? null,
    reviewer: referral.review?.by ?? null,
  };
}

export interface DiscountRecord {
  account_id: string;
  code: string;
  percent: number;
  terms_version: number;
  issued_at: Instant;
  expires_at: Instant;
  order_id: string | null;
  applied_at: Instant | null;
  voided_at: Instant | null;
  voided_for_abuse: boolean;
}

export function discountOf(row: DiscountRecord): DiscountCode {
  return {
    accountId: row.account_id,
    code: row.code,
    percent: row.percent,
    termsVersion: row.terms_version,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    orderId: row.order_id,
    appliedAt: row.applied_at,
    voidedAt: row.voided_at,
    isVoidedForAbuse: row.voided_for_abuse,
  };
}

/** A discount code as its row has it. */
export function discountRow(discount: DiscountCode): object {
  return {
    shard: shardOf(discount.accountId),
    account_id: discount.accountId,
    code: discount.code,
    percent: discount.percent,
    terms_version: discount.termsVersion,
    issued_at: discount.issuedAt,
    expires_at: discount.expiresAt,
    order_id: discount.orderId,
    applied_at: discount.appliedAt,
    voided_at: discount.voidedAt,
    voided_for_abuse: discount.isVoidedForAbuse,
  };
}

export interface TransferRecord {
  id: string;
  from_id: string;
  to_id: string;
  points: number | null;
  reason: TransferReason;
  evidence: string | null;
  state: TransferState;
  requested_by: string;
  requested_at: Instant;
  decided_by: string | null;
  decided_at: Instant | null;
  note: string | null;
  moved: number | null;
}

export function transferOf(row: TransferRecord): Transfer {
  return {
    id: row.id,
    fromId: row.from_id,
    toId: row.to_id,
    points: row.points,
    reason: row.reason,
    evidence: row.evidence,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    note: row.note,
    moved: row.moved,
  };
}

/** A transfer as its row has it. */
export function transferRow(transfer: Transfer): object {
  return {
    shard: shardOf(transfer.id),
    id: transfer.id,
    from_id: transfer.fromId,
    to_id: transfer.toId,
    points: transfer.points,
    reason: transfer.reason,
    evidence: transfer.evidence,
    state: transfer.state,
    requested_by: transfer.requestedBy,
    requested_at: transfer.requestedAt,
    decided_by: transfer.decidedBy,
    decided_at: transfer.decidedAt,
    note: transfer.note,
    moved: transfer.moved,
  };
}

interface EndingRecord {
  program: string;
  ends_at: Instant;
  redeem_until: Instant;
  good_cause: boolean;
  reason: string;
  announced_at: Instant;
  announced_by: string;
}

function endingOf(row: EndingRecord): ProgramEnding {
  return {
    program: row.program,
    endsAt: row.ends_at,
    redeemUntil: row.redeem_until,
    goodCause: row.good_cause,
    reason: row.reason,
    announcedAt: row.announced_at,
    announcedBy: row.announced_by,
  };
}
