import { type Connection, together } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Adjustment, Claim, Decision, Objection } from './desk';
import type { Notification, NotificationChannel, NotificationContent } from './notification';

/** What the door reads and writes of adjustments, objections, claims and notifications. */

/** Everything of these that a batch concerns, by account. */
export interface DeskRecords {
  readonly adjustments: readonly Adjustment[];
  readonly objections: readonly Objection[];
  readonly claims: readonly Claim[];
}

/** All adjustments, objections and claims of accounts: few, and only the desk's commands need them. */
export async function readCases(
  connection: Connection,
  accountIds: readonly string[],
): Promise<DeskRecords> {
  const read = async <R extends object>(table: string): Promise<R[]> => {
    const { rows } = await connection.query<R>(
      `select t.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
       join ${table} t on t.shard = k.shard and t.account_id = k.id
       order by t.shard, t.account_id, t.number`,
      [accountIds.map(shardOf), accountIds],
    );
    return rows;
  };
  const [adjustments, objections, claims] = await together([
    read<AdjustmentRecord>('adjustments'),
    read<ObjectionRecord>('objections'),
    read<ClaimRecord>('claims'),
  ]);
  return {
    adjustments: adjustments.map(adjustmentOf),
    objections: objections.map(objectionOf),
    claims: claims.map(claimOf),
  };
}

/** Notifications by account and number. */
export async function readNotifications(
  connection: Connection,
  keys: readonly { readonly accountId: string; readonly number: number }[],
): Promise<{ accountId: string; what: Notification }[]> {
  const { rows } = await connection.query<NotificationRecord>(
    `select n.* from unnest($1::smallint[], $2::text[], $3::bigint[]) as k (shard, id, number)
     join notifications n on n.shard = k.shard and n.account_id = k.id and n.number = k.number`,
    [
      keys.map(({ accountId }) => shardOf(accountId)),
      keys.map(({ accountId }) => accountId),
      keys.map(({ number }) => number),
    ],
  );
  return rows.map((row) => ({ accountId: row.account_id, what: notificationOf(row) }));
}

interface DecisionRecord {
  decided_by: string | null;
  decided_at: Instant | null;
  note: string | null;
}

function decisionOf({ decided_at: at, decided_by: by, note }: DecisionRecord): Decision | null {
  return at === null || by === null ? null : { at, by, note };
}

function decisionRow(decision: Decision | null): DecisionRecord {
  return {
    decided_by: decision?.by ?? null,
    decided_at: decision?.at ?? null,
    note: decision?.note ?? null,
  };
}

export interface AdjustmentRecord extends DecisionRecord {
  account_id: string;
  number: number;
  points: number;
  reason: string;
  objection: number | null;
  state: Adjustment['state'];
  requested_by: string;
  requested_at: Instant;
  sequence: number | null;
}

export function adjustmentOf(row: AdjustmentRecord): Adjustment {
  return {
    accountId: row.account_id,
    number: row.number,
    points: row.points,
    reason: row.reason,
    objection: row.objection,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    decision: decisionOf(row),
    sequence: row.sequence,
  };
}

/** An adjustment as its row has it. */
export function adjustmentRow(adjustment: Adjustment): object {
  return {
    shard: shardOf(adjustment.accountId),
    account_id: adjustment.accountId,
    number: adjustment.number,
    points: adjustment.points,
    reason: adjustment.reason,
    objection: adjustment.objection,
    state: adjustment.state,
    requested_by: adjustment.requestedBy,
    requested_at: adjustment.requestedAt,
    ...decisionRow(adjustment.decision),
    sequence: adjustment.sequence,
  };
}

export interface ObjectionRecord extends DecisionRecord {
  account_id: string;
  number: number;
  about: Objection['about'];
  sequence: number | null;
  order_id: string | null;
  discount_code: string | null;
  statement: string;
  state: Objection['state'];
  raised_by: string;
  raised_at: Instant;
  adjustment: number | null;
}

export function objectionOf(row: ObjectionRecord): Objection {
  return {
    accountId: row.account_id,
    number: row.number,
    about: row.about,
    sequence: row.sequence,
    orderId: row.order_id,
    discountCode: row.discount_code,
    statement: row.statement,
    state: row.state,
    raisedBy: row.raised_by,
    raisedAt: row.raised_at,
    decision: decisionOf(row),
    adjustment: row.adjustment,
  };
}

/** An objection as its row has it. */
export function objectionRow(objection: Objection): object {
  return {
    shard: shardOf(objection.accountId),
    account_id: objection.accountId,
    number: objection.number,
    about: objection.about,
    sequence: objection.sequence,
    order_id: objection.orderId,
    discount_code: objection.discountCode,
    statement: objection.statement,
    state: objection.state,
    raised_by: objection.raisedBy,
    raised_at: objection.raisedAt,
    ...decisionRow(objection.decision),
    adjustment: objection.adjustment,
  };
}

export interface ClaimRecord extends DecisionRecord {
  account_id: string;
  number: number;
  redeemer_id: string;
  redemption: number | null;
  lots: Claim['lots'];
  order_id: string;
  discount_code: string | null;
  points: number;
  amount_minor: number | bigint;
  currency: string;
  reason: string;
  state: Claim['state'];
  opened_by: string;
  opened_at: Instant;
  decided_minor: number | bigint | null;
}

export function claimOf(row: ClaimRecord): Claim {
  return {
    accountId: row.account_id,
    number: row.number,
    redeemerId: row.redeemer_id,
    redemption: row.redemption,
    lots: row.lots,
    orderId: row.order_id,
    discountCode: row.discount_code,
    points: row.points,
    minor: BigInt(row.amount_minor),
    currency: row.currency,
    reason: row.reason,
    state: row.state,
    openedBy: row.opened_by,
    openedAt: row.opened_at,
    decision: decisionOf(row),
    decidedMinor: row.decided_minor === null ? null : BigInt(row.decided_minor),
  };
}

/** A claim as its row has it. */
export function claimRow(claim: Claim): object {
  return {
    shard: shardOf(claim.accountId),
    account_id: claim.accountId,
    number: claim.number,
    redeemer_id: claim.redeemerId,
    redemption: claim.redemption,
    lots: claim.lots,
    order_id: claim.orderId,
    discount_code: claim.discountCode,
    points: claim.points,
    amount_minor: claim.minor,
    currency: claim.currency,
    reason: claim.reason,
    state: claim.state,
    opened_by: claim.openedBy,
    opened_at: claim.openedAt,
    ...decisionRow(claim.decision),
    decided_minor: claim.decidedMinor,
  };
}

export interface NotificationRecord {
  account_id: string;
  number: number;
  kind: NotificationContent['kind'];
  data: NotificationContent['data'];
  sequence: number | null;
  created_at: Instant;
  delivered_at: Instant | null;
  channel: NotificationChannel | null;
}

export function notificationOf(row: NotificationRecord): Notification {
  const { delivered_at: at, channel } = row;
  return {
    // The kind says which data it is: both were written as one.
    ...({ kind: row.kind, data: row.data } as NotificationContent),
    number: row.number,
    sequence: row.sequence,
    createdAt: row.created_at,
    delivered: at === null || channel === null ? null : { at, channel },
  };
}

/** A new notification as its row has it. */
export function notificationRow(accountId: string, notification: Notification): object {
  return {
    shard: shardOf(accountId),
    account_id: accountId,
    number: notification.number,
    kind: notification.kind,
    data: notification.data,
    sequence: notification.sequence,
    created_at: notification.createdAt,
  };
}

/** What delivery changes of a notification. */
export function deliveryRow(accountId: string, notification: Notification): object {
  return {
    shard: shardOf(accountId),
    account_id: accountId,
    number: notification.number,
    delivered_at: notification.delivered?.at ?? null,
    channel: notification.delivered?.channel ?? null,
  };
}
