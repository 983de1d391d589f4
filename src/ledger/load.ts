import { type Connection, together } from '../database/transaction';
import { distinct, present, some } from '../kernel/lists';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { Account } from './account';
import type { RedemptionWithSlices } from './book';
import type { Command, LotOf } from './command';
import { concerned, countsFor } from './concerned';
import {
  type LotsByAccount,
  lockAccounts,
  lockOrders,
  makeStubs,
  type OrderWithCaptured,
  readInstant,
  readLots,
  readNamedLots,
  readOrders,
  unjudgedOrders,
} from './ledger.store';
import { SeenMeanwhileError } from './ledger.writes';
import { loadMembers, loadPeople, loadSignals } from './load-people';
import type { Lot } from './lot';
import type { Member } from './member';
import type { Order } from './order';
import { type People, readCodeOwners, readReferrals } from './people';
import {
  type FoundRedemption,
  inConsumedOrder,
  readNumberedRedemptions,
  readRedemptions,
  readRedemptionsOf,
} from './redemption.store';
import type { Referral } from './referral';
import { readSeen } from './seen';

/** Everything a batch of commands concerns, as it stands under the locks. */
export interface Loaded {
  readonly now: Instant;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly orders: ReadonlyMap<string, Order>;
  readonly members: ReadonlyMap<string, Member>;
  readonly lots: ReadonlyMap<string, ReadonlyMap<number, Lot>>;
  readonly redemptions: ReadonlyMap<string, ReadonlyMap<number, RedemptionWithSlices>>;
  /** By order: points that were captured on it by redemptions that are not among these. */
  readonly capturedBesides: ReadonlyMap<string, Points>;
  /** Whose open lots were not read, since nothing of the batch can touch them. */
  readonly withoutLots?: ReadonlySet<string>;
  readonly seen: ReadonlyMap<string, { fingerprint: string; answer: object }>;
  readonly people: People;
  /** Of the published terms and campaigns, as of the locks. */
  readonly revision: number;
  /** The first position in the history that is this batch's; the next is a thousand on. */
  readonly position: number;
}

type Commands = readonly Command<object>[];

/**
 * Locks and loads what a batch concerns: orders that are changed, then accounts, each in (shard, id) order, then
 * the clock, then everything below the locked rows. What is known to be needed leaves together; the server takes one
 * statement after the other, so each sees what was committed by whoever held the locks before.
 */
export async function load(
  connection: Connection,
  commands: Commands,
  clock: string,
): Promise<Loaded> {
  const registering = present(commands.map((command) => command.waitingOrdersOf));
  const facts = commands.filter(({ records }) => records);
  const [locked, codeOwners] = await lockConcernedOrders(connection, commands, registering);
  const referees = present(
    facts.flatMap((command) =>
      concerned(command, { orders: locked, referrals: new Map(), codeOwners: new Map() }),
    ),
  );
  // Read before the locks, to know whom to lock, and again under them, to decide.
  const before = referees.length > 0 ? await readReferrals(connection, referees) : new Map();
  const ties = { orders: locked, referrals: before, codeOwners };
  const customers = present(commands.flatMap((command) => concerned(command, ties)));
  const moving = new Set(movesOf(commands, locked).flatMap((command) => concerned(command, ties)));
  const [
    accounts,
    { now, revision, position },
    unjudged,
    read,
    members,
    seen,
    people,
    found,
    open,
  ] = await together([
    some(customers, (ids) => lockAccounts(connection, ids)) ?? new Map<string, Account>(),
    readInstant(connection, clock),
    some(registering, (ids) => unjudgedOrders(connection, ids)) ?? [],
    some(ordersToRead(commands, locked), (ids) => readOrders(connection, ids)) ?? [],
    loadMembers(connection, commands, codeOwners),
    readSeen(connection, commands),
    loadPeople(connection, { commands, referees, codeOwners, orders: locked }),
    loadRedemptions(connection, commands, customers, locked),
    some([...moving], (ids) => readLots(connection, ids)) ?? new Map(),
  ]);
  // An order that was placed after the first look is not locked: begin again.
  if (unjudged.some((id) => !locked.has(id))) throw new SeenMeanwhileError('orders');
  const tied = referees.map((id) => people.referrals.get(id));
  if (tied.some((it) => it && countsFor(it) && !accounts.has(it.referrerId))) {
    throw new SeenMeanwhileError('referrals');
  }
  const orders = new Map(locked);
  for (const { order } of read) orders.set(order.id, order);
  const still = customers.filter((id) => !moving.has(id));
  const isLate = isTouched({ now, accounts, found });
  const withoutLots = new Set(still.filter((id) => !isLate(id)));
  const named = namedLots(commands, found, [...orders.values()], [...people.referrals.values()]);
  const [lots, signals] = await together([
    withFurtherLots(connection, open, {
      of: still.filter(isLate),
      named: named.filter(({ accountId }) => !withoutLots.has(accountId)),
    }),
    loadSignals(connection, commands, codeOwners, now),
  ]);
  return {
    ...{ now, revision, position, accounts, orders, members, seen, lots, withoutLots },
    people: { ...people, signals },
    redemptions: redemptionsOf(found, lots),
    capturedBesides: capturedBesides(read, found),
  };
}

/** Accounts of facts are made where they are missing; an order's row is there or not, and is written with what it says. */
async function lockConcernedOrders(
  connection: Connection,
  commands: Commands,
  registering: readonly string[],
): Promise<[orders: Map<string, Order>, codeOwners: Map<string, string>]> {
  const facts = commands.filter(({ records }) => records);
  const named = present(facts.flatMap(({ customers }) => customers));
  const codes = present(facts.map(({ referralCode }) => referralCode));
  const changed = present(
    commands.map(({ records, changesOrder, orderId }) =>
      records || changesOrder ? orderId : undefined,
    ),
  );
  const waiting = (await some(registering, (ids) => unjudgedOrders(connection, ids))) ?? [];
  const all = present([...changed, ...waiting]);
  const [orders, , codeOwners] = await together([
    some(all, (ids) => lockOrders(connection, ids)) ?? new Map<string, Order>(),
    some(named, (ids) => makeStubs(connection, ids)),
    some(codes, (it) => readCodeOwners(connection, it)) ?? new Map<string, string>(),
  ]);
  return [orders, codeOwners];
}

/**
 * Orders that commands ask about and do not change. Not one that a fact of the batch begins: what somebody else writes of it now
 * is not locked, and meets ours at its key.
 */
function ordersToRead(commands: Commands, locked: ReadonlyMap<string, Order>): string[] {
  const begun = new Set(commands.map(({ records, orderId }) => (records ? orderId : undefined)));
  const asked = present(commands.map(({ orderId }) => orderId));
  return asked.filter((id) => !locked.has(id) && !begun.has(id));
}

/** Redemptions that are held, on an order that may change, named by their number, or that drew on a lot that is named. */
async function loadRedemptions(
  connection: Connection,
  commands: Commands,
  customers: readonly string[],
  locked: ReadonlyMap<string, Order>,
): Promise<FoundRedemption[]> {
  if (customers.length === 0) return [];
  const onOrders = commands.flatMap(({ orderId, customers: own, records, changesOrder }) =>
    orderId === undefined || !(records || changesOrder)
      ? []
      : own.map((accountId) => ({ accountId, orderId })),
  );
  const onLocked = [...locked.values()].flatMap(({ id: orderId, placed }) =>
    placed ? [{ accountId: placed.customerId, orderId }] : [],
  );
  const numbered = commands.flatMap(({ redemption: number, customers: own }) =>
    number === undefined ? [] : own.map((accountId) => ({ accountId, number })),
  );
  const drawnOn = commands.flatMap(({ lots = [] }) => lots);
  const found = await together([
    readRedemptions(
      connection,
      customers,
      distinct([...onOrders, ...onLocked], ({ accountId, orderId }) => `${orderId} ${accountId}`),
    ),
    some(numbered, (it) => readNumberedRedemptions(connection, it)) ?? [],
    some(drawnOn, (it) => readRedemptionsOf(connection, it)) ?? [],
  ]);
  return distinct(found.flat(), ({ accountId, number }) => `${number} ${accountId}`);
}

/** What was captured on orders, less what is known of redemption by redemption. */
function capturedBesides(
  orders: readonly OrderWithCaptured[],
  found: readonly FoundRedemption[],
): Map<string, Points> {
  const left = new Map(orders.map(({ order, captured }) => [order.id, captured]));
  for (const { orderId, captured } of found) {
    const all = left.get(orderId);
    if (all !== undefined) left.set(orderId, all - captured);
  }
  return left;
}

/** Commands that may move points that are there, by what is known of their orders; with them all others of these orders. */
function movesOf(commands: Commands, orders: ReadonlyMap<string, Order>): Command<object>[] {
  const onlyAdds = (command: Command<object>) =>
    command.onlyAdds?.(orders.get(command.orderId ?? '')) ?? false;
  const changing = new Set(commands.filter((it) => !onlyAdds(it)).map(({ orderId }) => orderId));
  return commands.filter((it) => !onlyAdds(it) || changing.has(it.orderId));
}

/** Whether points that an account has may move though nobody asks for it: what is due, held for an order, or owed and paid. */
function isTouched(loaded: {
  now: Instant;
  accounts: ReadonlyMap<string, Account>;
  found: readonly FoundRedemption[];
}): (customerId: string) => boolean {
  const { now, accounts, found } = loaded;
  const latest = [...accounts.values()].map(({ lastEntryAt }) => lastEntryAt ?? 0);
  const at = Math.max(now, ...latest);
  const redeemers = new Set(found.map(({ accountId }) => accountId));
  return (id) => {
    const { owed = 0, nextDueAt = null } = accounts.get(id) ?? {};
    return owed > 0 || redeemers.has(id) || (nextDueAt !== null && nextDueAt <= at);
  };
}

/** The open lots, those `of` further accounts, and those that are named besides and are not among them. */
async function withFurtherLots(
  connection: Connection,
  open: LotsByAccount,
  { of: further, named }: { of: readonly string[]; named: readonly LotOf[] },
): Promise<LotsByAccount> {
  const missing = named.filter(({ accountId, lot }) => !open.get(accountId)?.has(lot));
  if (further.length + missing.length === 0) return open;
  const keyed = distinct(missing, ({ accountId, lot }) => `${lot} ${accountId}`);
  const found = await together([
    some(further, (ids) => readLots(connection, ids)) ?? new Map(),
    some(keyed, (lots) => readNamedLots(connection, lots)) ?? new Map(),
  ]);
  const all = new Map([...open].map(([id, lots]) => [id, new Map(lots)]));
  for (const [id, lots] of found.flatMap((it) => [...it])) {
    all.set(id, new Map([...(all.get(id) ?? []), ...lots]));
  }
  return all;
}

function redemptionsOf(
  found: readonly FoundRedemption[],
  lots: LotsByAccount,
): Loaded['redemptions'] {
  const redemptions = new Map<string, Map<number, RedemptionWithSlices>>();
  for (const { accountId, ...redemption } of found) {
    const own = redemptions.get(accountId) ?? new Map<number, RedemptionWithSlices>();
    own.set(redemption.number, inConsumedOrder(redemption, lots.get(accountId) ?? new Map()));
    redemptions.set(accountId, own);
  }
  return redemptions;
}

function namedLots(
  commands: Commands,
  found: readonly FoundRedemption[],
  orders: readonly Order[],
  referrals: readonly Referral[],
): LotOf[] {
  return [
    ...commands.flatMap((command) => command.lots ?? []),
    ...found.flatMap(({ accountId, slices }) => slices.map(({ lot }) => ({ accountId, lot }))),
    ...orders.flatMap(creditedLot),
    ...referrals.flatMap(bonusLot),
  ];
}

function creditedLot({ placed, judged }: Order): LotOf[] {
  const earned = judged?.earned;
  if (!placed || !earned) return [];
  const lots = [
    ...(earned.lot === null ? [] : [earned.lot]),
    ...earned.campaigns.map((it) => it.lot),
  ];
  return lots.map((lot) => ({ accountId: placed.customerId, lot }));
}

function bonusLot({ referrerId, lot }: Referral): LotOf[] {
  return lot === null ? [] : [{ accountId: referrerId, lot }];
}
