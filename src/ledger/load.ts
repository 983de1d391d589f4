import type { Connection } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Account } from './account';
import { concerned, seenKey } from './batch';
import type { RedemptionWithSlices } from './book';
import type { Command } from './command';
import {
  inConsumedOrder,
  lockAccounts,
  lockOrders,
  makeStubs,
  readInstant,
  readLots,
  readMembers,
  readOrders,
  readRedemptions,
  unjudgedOrders,
} from './ledger.store';
import { SeenMeanwhileError } from './ledger.writes';
import type { Lot } from './lot';
import type { Member } from './member';
import type { Order } from './order';

/** Everything a batch of commands concerns, as it stands under the locks. */
export interface Loaded {
  readonly now: Instant;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly orders: ReadonlyMap<string, Order>;
  readonly members: ReadonlyMap<string, Member>;
  readonly lots: ReadonlyMap<string, ReadonlyMap<number, Lot>>;
  readonly redemptions: ReadonlyMap<string, ReadonlyMap<number, RedemptionWithSlices>>;
  readonly seen: ReadonlyMap<string, { fingerprint: string; answer: object }>;
}

/**
 * Locks and loads what a batch concerns: orders that facts are recorded on, then accounts, each in
 * (shard, id) order, then the clock, then everything below the locked rows.
 */
export async function load(
  connection: Connection,
  commands: readonly Command<object>[],
  clock: string,
): Promise<Loaded> {
  const registering = present(commands.map((command) => command.waitingOrdersOf));
  const recorded = present(commands.map(({ records, orderId }) => (records ? orderId : undefined)));
  const waiting = registering.length > 0 ? await unjudgedOrders(connection, registering) : [];
  const locked =
    recorded.length + waiting.length > 0
      ? await lockOrders(connection, [...recorded, ...waiting])
      : new Map<string, Order>();
  const facts = commands.filter(({ records }) => records);
  const mayBeNew = facts.flatMap(({ customers }) => customers);
  if (mayBeNew.length > 0) await makeStubs(connection, mayBeNew);
  const customers = [...new Set(commands.flatMap((command) => concerned(command, locked)))];
  const accounts =
    customers.length > 0 ? await lockAccounts(connection, customers) : new Map<string, Account>();
  const now = await readInstant(connection, clock);
  if (registering.length > 0) {
    const all = await unjudgedOrders(connection, registering);
    // An order that was placed after the first look is not locked: begin again.
    if (all.some((id) => !locked.has(id))) throw new SeenMeanwhileError('orders');
  }
  const named = present(commands.map(({ orderId }) => orderId));
  const unlocked = named.filter((id) => !locked.has(id));
  const read = unlocked.length > 0 ? await readOrders(connection, unlocked) : [];
  const orders = new Map([...locked, ...read]);
  const members = facts.length > 0 ? await readMembers(connection, mayBeNew) : new Map();
  const seen = await readSeen(connection, commands);
  const holdings = await loadHoldings(connection, commands, accounts, orders);
  return { now, accounts, orders, members, seen, ...holdings };
}

async function loadHoldings(
  connection: Connection,
  commands: readonly Command<object>[],
  accounts: ReadonlyMap<string, Account>,
  orders: ReadonlyMap<string, Order>,
): Promise<Pick<Loaded, 'lots' | 'redemptions'>> {
  const ids = [...accounts.values()].filter(({ program }) => program !== null).map(({ id }) => id);
  if (ids.length === 0) return { lots: new Map(), redemptions: new Map() };
  const numbers = present(commands.map(({ redemption }) => redemption));
  const hasHolds = [...accounts.values()].some(({ held }) => held > 0);
  const found =
    hasHolds || orders.size > 0 || numbers.length > 0
      ? await readRedemptions(connection, ids, [...orders.keys()], numbers)
      : [];
  const lots = await readLots(connection, ids, [
    ...found.flatMap(({ accountId, slices }) => slices.map(({ lot }) => ({ accountId, lot }))),
    ...[...orders.values()].flatMap(creditedLot),
  ]);
  const redemptions = new Map<string, Map<number, RedemptionWithSlices>>();
  for (const { accountId, ...redemption } of found) {
    const own = redemptions.get(accountId) ?? new Map<number, RedemptionWithSlices>();
    own.set(redemption.number, inConsumedOrder(redemption, lots.get(accountId) ?? new Map()));
    redemptions.set(accountId, own);
  }
  return { lots, redemptions };
}

function creditedLot(order: Order): { accountId: string; lot: number }[] {
  const lot = order.judged?.earned?.lot ?? null;
  return order.placed && lot !== null ? [{ accountId: order.placed.customerId, lot }] : [];
}

/** What of the commands was answered before. The locks make it final: nobody else answers one of these now. */
async function readSeen(
  connection: Connection,
  commands: readonly Command<object>[],
): Promise<Map<string, { fingerprint: string; answer: object }>> {
  const seen = new Map<string, { fingerprint: string; answer: object }>();
  const keyed = commands.flatMap(({ operation, seen: as }) =>
    as?.in === 'answers' ? [{ operation, as }] : [],
  );
  if (keyed.length > 0) {
    const { rows } = await connection.query<{ n: number; fingerprint: string; answer: object }>(
      `select k.n::int as n, a.fingerprint, a.answer
       from unnest($1::smallint[], $2::text[], $3::text[], $4::text[]) with ordinality as k (shard, account, operation, key, n)
       join answers a on a.shard = k.shard and a.account_id = k.account and a.operation = k.operation and a.key = k.key`,
      [
        keyed.map(({ as }) => shardOf(as.account)),
        keyed.map(({ as }) => as.account),
        keyed.map(({ operation }) => operation),
        keyed.map(({ as }) => as.key),
      ],
    );
    for (const { n, ...before } of rows) {
      const { operation, as } = keyed[n - 1]!;
      seen.set(seenKey(operation, as), before);
    }
  }
  const events = commands.flatMap(({ seen: as }) => (as?.in === 'inbox' ? [as] : []));
  if (events.length > 0) {
    const { rows } = await connection.query<{ n: number; fingerprint: string; answer: object }>(
      `select k.n::int as n, i.digest as fingerprint, i.answer
       from unnest($1::smallint[], $2::text[], $3::text[]) with ordinality as k (shard, source, id, n)
       join inbox i on i.shard = k.shard and i.source = k.source and i.event_id = k.id`,
      [
        events.map(({ id }) => shardOf(id)),
        events.map(({ source }) => source),
        events.map(({ id }) => id),
      ],
    );
    for (const { n, ...before } of rows) seen.set(seenKey('', events[n - 1]!), before);
  }
  return seen;
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return [...new Set(values.filter((value): value is T => value !== undefined))];
}
