import type { DataSource } from 'typeorm';
import type { Reader } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import type { Account } from './account';
import { liveAllocationsAt } from './allocations-at';
import type { RedemptionWithSlices } from './book';
import type { Lot } from './lot';
import type { Order } from './order';
import { type OrderRecord, orderOf } from './order.records';
import { type AccountRecord, accountOf, type LotRecord, lotOf } from './records';
import type { Redemption } from './redemption';

/**
 * What is shown of accounts and orders: one statement for any number of keys, of one moment each, without
 * a lock. History and lots page by page stand in statement.reads.ts.
 */

/** What of an account is read besides its row. */
export interface AccountParts {
  /** The orders that are neither judged nor cancelled, for what is pending. */
  readonly pending: boolean;
  /** The open lots and the undecided holds: for the expiry schedule, and where something fell due. */
  readonly book: boolean;
}

/** An account as its row has it, and what was asked for besides. */
export interface AccountRead {
  readonly account: Account;
  /** The clock when it was read, never before the account's last entry. */
  readonly now: Instant;
  /** Empty where it was not asked for. */
  readonly pendingOrders: readonly PendingOrder[];
  /** Null where it was not asked for. */
  readonly book: StoredBook | null;
}

/** An order that is not judged yet, and the points that pay on it: captured, or held at the read's instant. */
export interface PendingOrder {
  readonly order: Order;
  readonly paidPoints: Points;
}

/** What can still fall due on an account. */
export interface StoredBook {
  readonly lots: readonly Lot[];
  readonly holds: readonly RedemptionWithSlices[];
}

/** Instants inside JSON are text in PostgreSQL's hand; this makes them what the driver makes of columns. */
function withInstants(row: string, columns: readonly string[]): string {
  const pairs = columns.map(
    (column) => `'${column}', (extract(epoch from ${row}.${column}) * 1000)::bigint`,
  );
  return `to_jsonb(${row}) || jsonb_build_object(${pairs.join(', ')})`;
}

/** SQL: the rows `o` of orders, `l` of lots and `r` of redemptions as JSON. */
export const ORDER_JSON = withInstants('o', [
  'placed_at',
  'cancelled_at',
  'paid_at',
  'delivered_at',
  'judged_at',
]);
export const LOT_JSON = withInstants('l', ['credited_at', 'expires_at', 'voided_at']);
export const REDEMPTION_JSON = withInstants('r', ['placed_at', 'held_until', 'decided_at']);

const PENDING = `left join lateral (
  select jsonb_agg(${ORDER_JSON} || jsonb_build_object('paid_points', coalesce((
    select sum(r.captured + case when r.held_until > c.now then r.held else 0 end)
    from redemptions r where r.shard = a.shard and r.account_id = a.id and r.order_id = o.id
  ), 0))) as pending
  from orders o
  where o.customer_shard = a.shard and o.customer_id = a.id and o.judged_at is null
    and o.cancelled_at is null
) p on true`;

/** SQL: what can still fall due on the account `a`, beside it as `l.lots` and `h.holds`; nothing where `condition` does not hold of it. */
export const bookBeside = (condition: string): string => `left join lateral (
  select jsonb_agg(${LOT_JSON}) as lots
  from lots l where l.shard = a.shard and l.account_id = a.id and l.is_open and ${condition}
) l on true
left join lateral (
  select jsonb_agg(${REDEMPTION_JSON} || jsonb_build_object('slices', (
    select jsonb_agg(jsonb_build_object('lot', s.lot, 'state', 'HELD', 'points', s.points))
    from (
      select m.lot,
        sum(case when m.to_state = 'HELD' then m.points when m.from_state = 'HELD' then -m.points end) as points
      from unnest(r.entries) as e (sequence) cross join lateral (
        ${liveAllocationsAt({ shard: 'r.shard', account: 'r.account_id', sequence: 'e.sequence' }, 'redemption = r.number')}
      ) m
      group by m.lot
    ) s where s.points > 0
  ))) as holds
  from redemptions r where r.shard = a.shard and r.account_id = a.id and r.state = 'HELD' and ${condition}
) h on true`;

/** What `bookBeside` reads. */
export interface BookColumns {
  readonly lots: readonly LotRecord[] | null;
  readonly holds:
    | readonly (RedemptionRecord & { readonly slices: RedemptionWithSlices['slices'] })[]
    | null;
}

interface AccountRow extends AccountRecord, BookColumns {
  readonly now: Instant;
  readonly pending: readonly (OrderRecord & { readonly paid_points: number })[] | null;
}

/**
 * The accounts of `ids`, stubs included, by id; those of whom nothing is known are missing. `clock` is the
 * SQL of the instant.
 */
export async function readAccounts(
  database: Reader,
  clock: string,
  ids: readonly string[],
  parts: AccountParts,
): Promise<Map<string, AccountRead>> {
  const rows: AccountRow[] = await database.query(
    `with c as materialized (select ${clock} as now)
     select c.now, a.*,
       ${parts.pending ? 'p.pending' : 'null as pending'},
       ${parts.book ? 'l.lots, h.holds' : 'null as lots, null as holds'}
     from c cross join unnest($1::smallint[], $2::text[]) as k (shard, id)
     join accounts a on a.shard = k.shard and a.id = k.id
     ${parts.pending ? PENDING : ''} ${parts.book ? bookBeside('true') : ''}`,
    [ids.map(shardOf), ids],
  );
  return new Map(rows.map((row) => [row.id, toAccountRead(row, parts)]));
}

function toAccountRead(row: AccountRow, parts: AccountParts): AccountRead {
  return {
    account: accountOf(row),
    now: Math.max(row.now, row.last_entry_at ?? row.now),
    pendingOrders: (row.pending ?? []).map((order) => ({
      order: orderOf(order),
      paidPoints: order.paid_points,
    })),
    book: parts.book ? storedBookOf(row) : null,
  };
}

/** What can still fall due, as `bookBeside` read it. */
export function storedBookOf({ lots, holds }: BookColumns): StoredBook {
  return {
    lots: (lots ?? []).map(lotOf),
    holds: (holds ?? []).map((hold) => ({ ...redemptionOf(hold), slices: hold.slices })),
  };
}

/** An order, every redemption placed on it (oldest first), and its customer's account. */
export interface OrderRead {
  readonly order: Order;
  readonly now: Instant;
  readonly redemptions: readonly Redemption[];
  /** Null until the order is placed. */
  readonly account: Account | null;
}

interface OrderRow extends OrderRecord {
  readonly now: Instant;
  readonly redemptions: readonly RedemptionRecord[] | null;
  readonly account: AccountRecord | null;
}

/** SQL: the row of the account `a` as JSON, as `accountOf` takes it. */
export const ACCOUNT_JSON = withInstants('a', [
  'enrolled_at',
  'notice_at',
  'ends_at',
  'redeem_until',
  'ended_at',
  'suspended_at',
  'next_due_at',
  'last_entry_at',
]);

/** The orders of `ids` by id; those of whom nothing is known are missing. */
export async function readOrders(
  database: DataSource,
  clock: string,
  ids: readonly string[],
): Promise<Map<string, OrderRead>> {
  const rows: OrderRow[] = await database.query(
    `with c as materialized (select ${clock} as now)
     select c.now, o.*, h.redemptions, case when a.id is not null then ${ACCOUNT_JSON} end as account
     from c cross join unnest($1::smallint[], $2::text[]) as k (shard, id)
     join orders o on o.shard = k.shard and o.id = k.id
     left join accounts a on a.shard = o.customer_shard and a.id = o.customer_id
     left join lateral (
       select jsonb_agg(${REDEMPTION_JSON} order by r.number) as redemptions
       from redemptions r where r.shard = a.shard and r.account_id = a.id and r.order_id = o.id
     ) h on true`,
    [ids.map(shardOf), ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        order: orderOf(row),
        now: Math.max(row.now, row.account?.last_entry_at ?? row.now),
        redemptions: (row.redemptions ?? []).map(redemptionOf),
        account: row.account && accountOf(row.account),
      },
    ]),
  );
}

/** An order paid with other points than the platform reckoned with (R6.6). */
export interface Discrepancy {
  readonly orderId: string;
  readonly customerId: string;
  readonly reckoned: Points;
  readonly captured: Points;
  readonly paidAt: Instant;
}

/** What the list of discrepancies is ordered by. */
export type DiscrepancyPlace = readonly [paidAt: Instant, shard: number, orderId: string];

/** Discrepancies after a place, oldest payment first, at most `limit`. */
export async function readDiscrepancies(
  database: DataSource,
  after: DiscrepancyPlace | null,
  limit: number,
): Promise<Discrepancy[]> {
  const [paidAt, shard, orderId] = after ?? [null, null, null];
  return database.query(
    `select id as "orderId", customer_id as "customerId", reckoned_points as reckoned,
       captured_points as captured, paid_at as "paidAt"
     from orders
     where reckoned_points <> captured_points
       and ($1::timestamptz is null or (paid_at, shard, id) > ($1::timestamptz, $2::integer, $3::text))
     order by paid_at, shard, id limit $4`,
    [paidAt === null ? null : formatInstant(paidAt), shard, orderId, limit],
  );
}

interface RedemptionRecord {
  readonly number: number;
  readonly order_id: string;
  readonly state: Redemption['state'];
  readonly points: Points;
  readonly held: Points;
  readonly captured: Points;
  readonly released: Points;
  readonly restored: Points;
  readonly terms_version: number;
  readonly placed_at: Instant;
  readonly held_until: Instant | null;
  readonly decided_at: Instant | null;
  readonly entries: readonly number[];
}

function redemptionOf(row: RedemptionRecord): Redemption {
  return {
    number: row.number,
    orderId: row.order_id,
    state: row.state,
    points: row.points,
    held: row.held,
    captured: row.captured,
    released: row.released,
    restored: row.restored,
    termsVersion: row.terms_version,
    placedAt: row.placed_at,
    heldUntil: row.held_until,
    decidedAt: row.decided_at,
    entries: row.entries,
  };
}
