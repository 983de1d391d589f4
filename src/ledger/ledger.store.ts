import type { DataSource } from 'typeorm';
import { numberArray, textArray, type Value } from '../database/prepared';
import {
  aboutRows,
  arraysSql,
  columnsSql,
  prepared,
  preparedOnce,
  type Statement,
} from '../database/row-statements';
import type { Connection } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import type { Account } from './account';
import type { LotOf } from './command';
import type { Lot } from './lot';
import type { Member } from './member';
import { type MemberRecord, memberOf } from './member.records';
import type { Order } from './order';
import { type OrderRecord, orderOf } from './order.records';
import { type AccountRecord, accountOf, type LotRecord, lotOf } from './records';

/**
 * What the door reads under its locks. The order of locks, everywhere: orders in (shard, id) order, then
 * accounts in (shard, id) order; then lots and the rest are read, in statements of their own, so that each
 * sees what was committed by whoever held the locks before (a statement that locks and reads would not).
 */

/** A statement about accounts or orders by their ids, which come in lock order; `text` is told what stands for them in SQL. */
export function byIds(
  text: (keys: string) => string,
): (ids: Iterable<string>, more?: readonly Value[]) => Statement {
  const statement = aboutRows({ shard: 'smallint', id: 'text' }, text);
  return (ids, more) => {
    const keys = [...new Set(ids)].map((id) => ({ shard: shardOf(id), id }));
    keys.sort((a, b) => a.shard - b.shard || (a.id < b.id ? -1 : 1));
    return statement(keys, more);
  };
}

const LOCK_ORDERS = byIds(
  (keys) =>
    `select ${columnsSql('orders', 'o')} from ${keys} as k
       join orders o on o.shard = k.shard and o.id = k.id
       order by o.shard, o.id for update of o`,
);

/** Locks orders that there are. */
export async function lockOrders(
  connection: Connection,
  ids: Iterable<string>,
): Promise<Map<string, Order>> {
  const { rows } = await connection.query<OrderRecord>(LOCK_ORDERS(ids));
  return new Map(rows.map((row) => [row.id, orderOf(row)]));
}

/** An order that is not locked, and the points that were captured on it. */
export interface OrderWithCaptured {
  readonly order: Order;
  readonly captured: Points;
}

const ORDERS = byIds(
  (keys) =>
    // Not by the account as well: the planner might take the index of its key, and read all it ever redeemed.
    `select ${columnsSql('orders', 'o')}, (
         select coalesce(sum(r.captured) filter (where r.account_id = o.customer_id), 0)::bigint
         from redemptions r where r.shard = o.customer_shard and r.order_id = o.id and r.captured > 0
       ) as captured
       from ${keys} as k join orders o on o.shard = k.shard and o.id = k.id`,
);

/**
 * Reads orders without locking them: their customer's account is locked, and every change of them needs that. Of their redemptions
 * only the sum of what was captured: an order may have hundreds, and what each took of which lot lies on pages of its own. Those that
 * captured nothing are not come to: most of hundreds are holds that were given back.
 */
export async function readOrders(
  connection: Connection,
  ids: Iterable<string>,
): Promise<OrderWithCaptured[]> {
  const { rows } = await connection.query<OrderRecord & { captured: Points }>(ORDERS(ids));
  return rows.map((row) => ({ order: orderOf(row), captured: row.captured }));
}

const UNJUDGED = byIds(
  (keys) =>
    `select o.id from ${keys} as k
       join orders o on o.customer_shard = k.shard and o.customer_id = k.id and o.judged_at is null`,
);

/** Ids of a customer's orders that are not judged. */
export async function unjudgedOrders(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<string[]> {
  const { rows } = await connection.query<{ id: string }>(UNJUDGED(customerIds));
  return rows.map((row) => row.id);
}

const STUBS = byIds(
  (keys) =>
    `insert into accounts (shard, id)
       select k.shard, k.id from ${keys} as k
       where not exists (select from accounts a where a.shard = k.shard and a.id = k.id)
       order by k.shard, k.id
       on conflict do nothing`,
);

/** Makes stubs for customers of whom nothing is known yet: the row that a registration will lock too. */
export async function makeStubs(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<void> {
  await connection.query(STUBS(customerIds));
}

const LOCK_ACCOUNTS = byIds(
  (keys) =>
    `select ${columnsSql('accounts', 'a')} from ${keys} as k
       join accounts a on a.shard = k.shard and a.id = k.id
       order by a.shard, a.id for update of a`,
);

/** Locks accounts: nobody else reads or changes their lots, entries or holds for a decision meanwhile (L9). */
export async function lockAccounts(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<Map<string, Account>> {
  const { rows } = await connection.query<AccountRecord>(LOCK_ACCOUNTS(customerIds));
  return new Map(rows.map((row) => [row.id, accountOf(row)]));
}

/** The instant, the revision of the published terms and campaigns, and the batch's place in the history, read when the locks are held. */
export async function readInstant(
  connection: Connection,
  clock: string,
): Promise<{ now: Instant; revision: number; position: number }> {
  const { rows } = await connection.query<{ now: Instant; revision: number; position: number }>(
    prepared(
      `select ${clock} as now, (select revision from rules_revision) as revision, nextval('history_position') as position`,
      [],
    ),
  );
  return rows[0]!;
}

/** Accounts with their shards in the order given, each list as the database reads it. */
export function placesOf(
  of: readonly { readonly accountId: string }[],
): [shards: string, ids: string] {
  const ids = of.map(({ accountId }) => accountId);
  return [numberArray(ids.map(shardOf)), textArray(ids)];
}
/** Lots by account and number. */
export type LotsByAccount = Map<string, Map<number, Lot>>;

const OPEN_LOTS = byIds(
  (keys) =>
    `select ${columnsSql('lots', 'l')} from ${keys} as k
       cross join lateral (select * from lots where shard = k.shard and account_id = k.id and is_open offset 0) l`,
);

/** The open lots of accounts. */
export async function readLots(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<LotsByAccount> {
  const { rows } = await connection.query<LotRecord>(OPEN_LOTS(customerIds));
  return byAccount(rows);
}

const NAMED_LOTS = preparedOnce(
  () =>
    `select ${columnsSql('lots', 'l')} from ${arraysSql({ shard: 'smallint', id: 'text', number: 'integer' })} as k
       cross join lateral (select * from lots where shard = k.shard and account_id = k.id and number = k.number offset 0) l`,
);

/** Lots that are named, open or not. */
export async function readNamedLots(
  connection: Connection,
  named: readonly LotOf[],
): Promise<LotsByAccount> {
  const { rows } = await connection.query<LotRecord>(
    NAMED_LOTS([...placesOf(named), numberArray(named.map(({ lot }) => lot))]),
  );
  return byAccount(rows);
}

function byAccount(rows: readonly LotRecord[]): LotsByAccount {
  const lots: LotsByAccount = new Map();
  for (const row of rows) {
    const own = lots.get(row.account_id);
    if (own) own.set(row.number, lotOf(row));
    else lots.set(row.account_id, new Map([[row.number, lotOf(row)]]));
  }
  return lots;
}

const MEMBERS = byIds(
  (keys) =>
    `select ${columnsSql('members', 'm')} from ${keys} as k
       cross join lateral (select * from members where shard = k.shard and account_id = k.id offset 0) m`,
);

/** Profiles of customers. */
export async function readMembers(
  connection: Connection,
  customerIds: Iterable<string>,
): Promise<Map<string, Member>> {
  const { rows } = await connection.query<MemberRecord>(MEMBERS(customerIds));
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
