import { type Connection, together } from '../database/transaction';
import { present, some } from '../kernel/lists';
import type { Instant } from '../kernel/time';
import type { Command } from './command';
import { type DeskRecords, readCases, readNotifications } from './desk.records';
import { readMembers } from './ledger.store';
import type { Member } from './member';
import type { Order } from './order';
import {
  type People,
  readDiscounts,
  readEndings,
  readReferrals,
  readSignals,
  readTransfers,
} from './people';

/** What a batch concerns of members, referrals, discount codes, transfers and the desk's cases. */

type Commands = readonly Command<object>[];

/** Profiles of who is asked about, or owns a link somebody registers through. */
export async function loadMembers(
  connection: Connection,
  commands: Commands,
  codeOwners: ReadonlyMap<string, string>,
): Promise<Map<string, Member>> {
  const asked = commands.flatMap(({ profiles, customers }) => (profiles ? customers : []));
  const ids = present([...asked, ...codeOwners.values()]);
  return ids.length > 0 ? readMembers(connection, ids) : new Map();
}

export async function loadPeople(
  connection: Connection,
  context: {
    commands: Commands;
    referees: readonly string[];
    codeOwners: ReadonlyMap<string, string>;
    orders: ReadonlyMap<string, Order>;
  },
): Promise<Omit<People, 'signals'>> {
  const { commands, codeOwners, orders } = context;
  const reviewed = commands.flatMap(({ discounts, customers }) => (discounts ? customers : []));
  const discounted = [...orders.values()].flatMap(({ discount, placed }) =>
    discount && placed ? [placed.customerId] : [],
  );
  const isRegistering = commands.some(({ waitingOrdersOf }) => waitingOrdersOf !== undefined);
  const [referrals, discounts, transfers, endings, cases, notifications] = await together([
    some(present([...context.referees, ...reviewed]), (ids) => readReferrals(connection, ids)),
    some(present([...reviewed, ...discounted]), (ids) => readDiscounts(connection, ids)),
    some(present(commands.map(({ transferId }) => transferId)), (ids) =>
      readTransfers(connection, ids),
    ),
    isRegistering ? readEndings(connection) : undefined,
    some(present(commands.flatMap(({ cases, customers }) => (cases ? customers : []))), (ids) =>
      readCases(connection, ids),
    ),
    some(
      commands.flatMap(({ notifications = [] }) => notifications),
      (keys) => readNotifications(connection, keys),
    ),
  ]);
  return {
    codeOwners,
    referrals: referrals ?? new Map(),
    discounts: discounts ?? new Map(),
    transfers: transfers ?? new Map(),
    endings: endings ?? new Map(),
    cases: cases ?? NO_CASES,
    notifications: notifications ?? [],
  };
}

const NO_CASES: DeskRecords = { adjustments: [], objections: [], claims: [] };

/** What is compared of registrations through links. */
export async function loadSignals(
  connection: Connection,
  commands: Commands,
  codeOwners: ReadonlyMap<string, string>,
  now: Instant,
): Promise<People['signals']> {
  const registrations = commands.flatMap(({ referralCode = '', emailHash = null, customers }) => {
    const referrerId = codeOwners.get(referralCode);
    return referrerId === undefined ? [] : [{ refereeId: customers[0]!, referrerId, emailHash }];
  });
  return registrations.length > 0 ? readSignals(connection, registrations, now) : new Map();
}
