import type { DataSource } from 'typeorm';
import type { Connection } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import { formatInstant, type Instant } from '../kernel/time';
import type { Account } from './account';
import type { RedemptionWithSlices } from './book';
import type { LotOf } from './command';
import { compareSpendOrder, type Lot } from './lot';
import type { Member } from './member';
import { type MemberRecord, memberOf } from './member.records';
import type { Order } from './order';
import { type OrderRecord, orderOf } from './order.records';
import { type AccountRecord, accountOf, type LotRecord, lotOf } from './records';
import type { RedemptionState, Slice } from './redemption';

/**
 * What the door reads under its locks. The order of locks, everywhere: orders in (shard, id) order, then
 * accounts in (shard, id) order; then lots and the rest are read, in statements of their own, so that each
 * sees what was committed by whoever held the locks before (a statement that locks and reads would not).
 */

/** Ids with their shards, in lock order. */
interface Keys {
  readonly shards: number[];
  readonly ids: string[];
}

function keysOf(ids: Iterable<string>): Keys {
  const keys = [...new Set(ids)].map((id) => ({ shard: shardOf(id), id }));
  keys.sort((a, b) => a.shard - b.shard || (a.id < b.id ? -1 : 1));
  return { shards: keys.map(({ shard }) => shard), ids: keys.map(({ id }) => id) };
}

/** Makes rows for orders that have none yet: two facts of one order must not miss each other. */
export async function makeOrders(connection: Connection, ids: Iterable<string>): Promise<void> {
  const { shards, ids: orderIds } = keysOf(ids);
  await connection.query(
    `insert into orders (shard, id)
     select k.shard, k.id from unnest($1::smallint[], $2::text[]) with ordinality as k (shard, id, n)
     where not exists (select from orders o where o.shard = k.shard and o.id = k.id)
     order by k.n
     on conflict do nothing`,
    [shards, orderIds],
  );
}

/** Locks orders that there are. */
export function lockOrders(
  connection: Connection,
  ids: Iterable<string>,
): Promise<Map<string, Order>> {
  return readOrders(connection, ids, 'for update of o');
}

/** Reads orders without locking them: their customer's account is locked, and every change of them needs that. */
export async function readOrders(
  connection: Connection,
  ids: Iterable<string>,
  lock: '' | 'for update of o' = '',
): Promise<Map<string, Order>> {
  const { shards, ids: orderIds } = keysOf(ids);
  const { rows } = await connection.query<OrderRecord>(
    `select o.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join orders o on o.shard = k.shard and o.id = k.id
     order by o.shard, o.id ${lock}`,
    [shards, orderIds],
  );
  return new Map(rows.map((row) => [row.id, orderOf(row)]));
}

/** Ids of a customer's orders that are not judged. */
export async function unjudgedOrders(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<string[]> {
  const { shards, ids } = keysOf(customerIds);
  const { rows } = await connection.query<{ id: string }>(
    `select o.id from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join orders o on o.customer_shard = k.shard and o.customer_id = k.id and o.judged_at is null`,
    [shards, ids],
  );
  return rows.map((row) => row.id);
}

/** Makes stubs for customers of whom nothing is known yet: the row that a registration will lock too. */
export async function makeStubs(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<void> {
  const { shards, ids } = keysOf(customerIds);
  await connection.query(
    `insert into accounts (shard, id)
     select k.shard, k.id from unnest($1::smallint[], $2::text[]) with ordinality as k (shard, id, n)
     where not exists (select from accounts a where a.shard = k.shard and a.id = k.id)
     order by k.n
     on conflict do nothing`,
    [shards, ids],
  );
}

/** Locks accounts: nobody else reads or changes their lots, entries or holds for a decision meanwhile (L9). */
export async function lockAccounts(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<Map<string, Account>> {
  const { shards, ids } = keysOf(customerIds);
  const { rows } = await connection.query<AccountRecord>(
    `select a.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join accounts a on a.shard = k.shard and a.id = k.id
     order by a.shard, a.id for update of a`,
    [shards, ids],
  );
  return new Map(rows.map((row) => [row.id, accountOf(row)]));
}

/** The instant, the revision of the published terms and campaigns, and the batch's place in the history, read when the locks are held. */
export async function readInstant(
  connection: Connection,
  clock: string,
): Promise<{ now: Instant; revision: number; position: number }> {
  const { rows } = await connection.query<{ now: Instant; revision: number; position: number }>(
    `select ${clock} as now, (select revision from rules_revision) as revision, nextval('history_position') as position`,
  );
  return rows[0]!;
}

/** Redemptions that are held, are on one of the orders, have one of the numbers, or drew on one of the lots; with what of lots is still theirs. */
export async function readRedemptions(
  connection: Connection,
  customerIds: Iterable<string>,
  orderIds: readonly string[],
  numbers: readonly number[],
  drawnOn: readonly LotOf[] = [],
): Promise<(RedemptionWithSlices & { accountId: string })[]> {
  const { shards, ids } = keysOf(customerIds);
  const { rows } = await connection.query<RedemptionRecord>(
    `with concerned as (
       select r.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
       join redemptions r on r.shard = k.shard and r.account_id = k.id and r.state = 'HELD'
       union
       select r.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
       join redemptions r on r.shard = k.shard and r.account_id = k.id and r.order_id = any ($3)
       union
       select r.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
       join redemptions r on r.shard = k.shard and r.account_id = k.id and r.number = any ($4)
       ${drawnOn.length > 0 ? DRAWN_ON : ''}
     )
     select r.*, (
       select coalesce(json_agg(json_build_array(s.lot, s.held, s.redeemed)), '[]') from (
         select a.lot,
           sum(case when a.to_state = 'HELD' then a.points when a.from_state = 'HELD' then -a.points else 0 end) as held,
           sum(case when a.to_state = 'REDEEMED' then a.points when a.from_state = 'REDEEMED' then -a.points else 0 end) as redeemed
         from allocations a
         where a.shard = r.shard and a.account_id = r.account_id
           and a.sequence = any (r.entries) and a.redemption = r.number
         group by a.lot
       ) s where s.held > 0 or s.redeemed > 0
     ) as slices
     from concerned r`,
    drawnOn.length > 0
      ? [
          ...[shards, ids, orderIds, numbers],
          drawnOn.map(({ accountId }) => shardOf(accountId)),
          drawnOn.map(({ accountId }) => accountId),
          drawnOn.map(({ lot }) => lot),
        ]
      : [shards, ids, orderIds, numbers],
  );
  return rows.map(redemptionOf);
}

const DRAWN_ON = `union
       select r.* from unnest($5::smallint[], $6::text[], $7::integer[]) as k (shard, id, lot)
       join allocations a on a.shard = k.shard and a.account_id = k.id and a.lot = k.lot and a.redemption is not null
       join redemptions r on r.shard = a.shard and r.account_id = a.account_id and r.number = a.redemption`;

interface RedemptionRecord {
  account_id: string;
  number: number;
  order_id: string;
  state: RedemptionState;
  points: number;
  held: number;
  captured: number;
  released: number;
  restored: number;
  terms_version: number;
  placed_at: Instant;
  held_until: Instant | null;
  decided_at: Instant | null;
  entries: number[];
  slices: [lot: number, held: number, redeemed: number][];
}

function redemptionOf(row: RedemptionRecord): RedemptionWithSlices & { accountId: string } {
  const slices = row.slices.map(
    ([lot, held, redeemed]): Slice =>
      held > 0
        ? { lot, state: 'HELD', points: held }
        : { lot, state: 'REDEEMED', points: redeemed },
  );
  return {
    accountId: row.account_id,
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
    slices,
  };
}

/** Slices in the order in which their redemption consumed them: the spend order of their lots (R6.3). */
export function inConsumedOrder(
  redemption: RedemptionWithSlices,
  lots: ReadonlyMap<number, Lot>,
): RedemptionWithSlices {
  const slices = [...redemption.slices].sort((a, b) =>
    compareSpendOrder(lots.get(a.lot)!, lots.get(b.lot)!),
  );
  return { ...redemption, slices };
}

/** The open lots of accounts, and named ones besides. */
export async function readLots(
  connection: Connection,
  customerIds: Iterable<string>,
  named: readonly { accountId: string; lot: number }[],
): Promise<Map<string, Map<number, Lot>>> {
  const { shards, ids } = keysOf(customerIds);
  const alsoNamed = `union
     select l.* from unnest($3::smallint[], $4::text[], $5::integer[]) as k (shard, id, number)
     join lots l on l.shard = k.shard and l.account_id = k.id and l.number = k.number`;
  const { rows } = await connection.query<LotRecord>(
    `select l.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join lots l on l.shard = k.shard and l.account_id = k.id and l.is_open
     ${named.length > 0 ? alsoNamed : ''}`,
    named.length > 0
      ? [
          shards,
          ids,
          named.map(({ accountId }) => shardOf(accountId)),
          named.map(({ accountId }) => accountId),
          named.map(({ lot }) => lot),
        ]
      : [shards, ids],
  );
  const lots = new Map(ids.map((id) => [id, new Map<number, Lot>()]));
  for (const row of rows) lots.get(row.account_id)?.set(row.number, lotOf(row));
  return lots;
}

/** Profiles of customers. */
export async function readMembers(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<Map<string, Member>> {
  const { shards, ids } = keysOf(customerIds);
  const { rows } = await connection.query<MemberRecord>(
    `select m.* from unnest($1::smallint[], $2::text[]) as k (shard, id)
     join members m on m.shard = k.shard and m.account_id = k.id`,
    [shards, ids],
  );
  return new Map(rows.map((row) => [row.account_id, memberOf(row)]));
}

/** Customers on whose accounts something fell due by `at`, the longest due first, at most `limit`. */
export async function dueAccounts(
  database: DataSource,
  at: Instant,
  limit: number,
): Promise<string[]> {
  const rows = await database.query<{ id: string }[]>(
    `select id from accounts where next_due_at <= $1 and frozen_at is null order by next_due_at limit $2`,
    [formatInstant(at), limit],
  );
  return rows.map((row) => row.id);
}
