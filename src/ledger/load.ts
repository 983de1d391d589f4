import type { Connection } from '../database/transaction';
import type { Instant } from '../kernel/time';
import type { Account } from './account';
import type { RedemptionWithSlices } from './book';
import type { Command, LotOf } from './command';
import { concerned, countsFor } from './concerned';
import { type DeskRecords, readCases, readNotifications } from './desk.records';
import {
  inConsumedOrder,
  lockAccounts,
  lockOrders,
  makeOrders,
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
import {
  type People,
  readCodeOwners,
  readDiscounts,
  readEndings,
  readReferrals,
  readSignals,
  readTransfers,
} from './people';
import { readSeen } from './seen';

/** Everything a batch of commands concerns, as it stands under the locks. */
export interface Loaded {
  readonly now: Instant;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly orders: ReadonlyMap<string, Order>;
  readonly members: ReadonlyMap<string, Member>;
  readonly lots: ReadonlyMap<string, ReadonlyMap<number, Lot>>;
  readonly redemptions: ReadonlyMap<string, ReadonlyMap<number, RedemptionWithSlices>>;
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
 * the clock, then everything below the locked rows.
 */
export async function load(
  connection: Connection,
  commands: Commands,
  clock: string,
): Promise<Loaded> {
  const registering = present(commands.map((command) => command.waitingOrdersOf));
  const locked = await lockConcernedOrders(connection, commands, registering);
  const facts = commands.filter(({ records }) => records);
  const named = present(facts.flatMap(({ customers }) => customers));
  if (named.length > 0) await makeStubs(connection, named);
  const codes = present(facts.map(({ referralCode }) => referralCode));
  const codeOwners = codes.length > 0 ? await readCodeOwners(connection, codes) : new Map();
  const referees = present(
    facts.flatMap((command) =>
      concerned(command, { orders: locked, referrals: new Map(), codeOwners: new Map() }),
    ),
  );
  // Read before the locks, to know whom to lock, and again under them, to decide.
  const before = referees.length > 0 ? await readReferrals(connection, referees) : new Map();
  const ties = { orders: locked, referrals: before, codeOwners };
  const customers = present(commands.flatMap((command) => concerned(command, ties)));
  const accounts =
    customers.length > 0 ? await lockAccounts(connection, customers) : new Map<string, Account>();
  const { now, revision, position } = await readInstant(connection, clock);
  if (registering.length > 0) {
    const all = await unjudgedOrders(connection, registering);
    // An order that was placed after the first look is not locked: begin again.
    if (all.some((id) => !locked.has(id))) throw new SeenMeanwhileError('orders');
  }
  const unlocked = present(commands.map(({ orderId }) => orderId)).filter((id) => !locked.has(id));
  const read = unlocked.length > 0 ? await readOrders(connection, unlocked) : [];
  const orders = new Map([...locked, ...read]);
  const members = await loadMembers(connection, commands, named, codeOwners);
  const seen = await readSeen(connection, commands);
  const people = await loadPeople(connection, { commands, referees, codeOwners, orders, now });
  const tied = referees.map((id) => people.referrals.get(id));
  if (tied.some((it) => it && countsFor(it) && !accounts.has(it.referrerId))) {
    throw new SeenMeanwhileError('referrals');
  }
  const holdings = await loadHoldings(connection, commands, accounts, orders, people);
  return { now, revision, position, accounts, orders, members, seen, people, ...holdings };
}

/** Rows of facts are made where they are missing; a command that only changes its order finds it or not. */
async function lockConcernedOrders(
  connection: Connection,
  commands: Commands,
  registering: readonly string[],
): Promise<Map<string, Order>> {
  const recorded = present(commands.map(({ records, orderId }) => (records ? orderId : undefined)));
  const changed = present(commands.map((it) => (it.changesOrder ? it.orderId : undefined)));
  const waiting = registering.length > 0 ? await unjudgedOrders(connection, registering) : [];
  if (recorded.length > 0) await makeOrders(connection, recorded);
  const all = present([...recorded, ...changed, ...waiting]);
  return all.length > 0 ? lockOrders(connection, all) : new Map();
}

/** Profiles of who is named by facts, owns a link somebody registers through, or is asked about. */
async function loadMembers(
  connection: Connection,
  commands: Commands,
  named: readonly string[],
  codeOwners: ReadonlyMap<string, string>,
): Promise<Map<string, Member>> {
  const asked = commands.flatMap(({ profiles, customers }) => (profiles ? customers : []));
  const ids = present([...named, ...asked, ...codeOwners.values()]);
  return ids.length > 0 ? readMembers(connection, ids) : new Map();
}

async function loadPeople(
  connection: Connection,
  context: {
    commands: Commands;
    referees: readonly string[];
    codeOwners: ReadonlyMap<string, string>;
    orders: ReadonlyMap<string, Order>;
    now: Instant;
  },
): Promise<People> {
  const { commands, codeOwners, now } = context;
  const reviewed = commands.flatMap(({ discounts, customers }) => (discounts ? customers : []));
  const referees = present([...context.referees, ...reviewed]);
  const discounted = [...context.orders.values()].flatMap(({ discount, placed }) =>
    discount && placed ? [placed.customerId] : [],
  );
  const withDiscounts = present([...reviewed, ...discounted]);
  const registrations = commands.flatMap(({ referralCode = '', emailHash = null, customers }) => {
    const referrerId = codeOwners.get(referralCode);
    return referrerId === undefined ? [] : [{ refereeId: customers[0]!, referrerId, emailHash }];
  });
  const transfers = present(commands.map(({ transferId }) => transferId));
  const cased = present(commands.flatMap(({ cases, customers }) => (cases ? customers : [])));
  const noticed = commands.flatMap(({ notifications = [] }) => notifications);
  const isRegistering = commands.some(({ waitingOrdersOf }) => waitingOrdersOf !== undefined);
  return {
    codeOwners,
    referrals: referees.length > 0 ? await readReferrals(connection, referees) : new Map(),
    signals:
      registrations.length > 0 ? await readSignals(connection, registrations, now) : new Map(),
    discounts:
      withDiscounts.length > 0 ? await readDiscounts(connection, withDiscounts) : new Map(),
    transfers: transfers.length > 0 ? await readTransfers(connection, transfers) : new Map(),
    endings: isRegistering ? await readEndings(connection) : new Map(),
    cases: cased.length > 0 ? await readCases(connection, cased) : NO_CASES,
    notifications: noticed.length > 0 ? await readNotifications(connection, noticed) : [],
  };
}

const NO_CASES: DeskRecords = { adjustments: [], objections: [], claims: [] };

async function loadHoldings(
  connection: Connection,
  commands: Commands,
  accounts: ReadonlyMap<string, Account>,
  orders: ReadonlyMap<string, Order>,
  people: People,
): Promise<Pick<Loaded, 'lots' | 'redemptions'>> {
  const ids = [...accounts.values()].filter(({ program }) => program !== null).map(({ id }) => id);
  if (ids.length === 0) return { lots: new Map(), redemptions: new Map() };
  const numbers = present(commands.map(({ redemption }) => redemption));
  const named = commands.flatMap((command) => command.lots ?? []);
  const hasHolds = [...accounts.values()].some(({ held }) => held > 0);
  const found =
    hasHolds || orders.size > 0 || numbers.length > 0 || named.length > 0
      ? await readRedemptions(connection, ids, [...orders.keys()], numbers, named)
      : [];
  const lots = await readLots(connection, ids, [
    ...named,
    ...found.flatMap(({ accountId, slices }) => slices.map(({ lot }) => ({ accountId, lot }))),
    ...[...orders.values()].flatMap(creditedLot),
    ...[...people.referrals.values()].flatMap(({ referrerId, lot }) =>
      lot === null ? [] : [{ accountId: referrerId, lot }],
    ),
  ]);
  const redemptions = new Map<string, Map<number, RedemptionWithSlices>>();
  for (const { accountId, ...redemption } of found) {
    const own = redemptions.get(accountId) ?? new Map<number, RedemptionWithSlices>();
    own.set(redemption.number, inConsumedOrder(redemption, lots.get(accountId) ?? new Map()));
    redemptions.set(accountId, own);
  }
  return { lots, redemptions };
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

function present<T>(values: readonly (T | undefined)[]): T[] {
  return [...new Set(values.filter((value): value is T => value !== undefined))];
}
