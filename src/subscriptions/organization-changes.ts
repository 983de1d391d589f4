import type { BalanceChange } from './balance-change';
import type { BalanceFeedParts } from './balance-feed';
import type { Place } from './balance-feed.store';
import { readBrought } from './due-snapshots';
import { encodePosition, type Position, type Snapshot } from './organization-cursor';
import { type MemberNews, readMembersAfter } from './organization-feed.store';

/** A change of one of an organisation's members. */
export interface OrganizationChange extends BalanceChange {
  readonly organizationId: string;
  /** Where whoever was given it goes on. */
  readonly cursor: string;
}

/** The next changes from a position on. */
export interface OrganizationPage {
  readonly changes: readonly OrganizationChange[];
  /** The position after them, as a cursor. */
  readonly cursor: string;
  /** Whether more may follow up to the same snapshot. */
  readonly more: boolean;
}

/** Members looked at in one statement. */
const WINDOW = 200;

/** A position up to which something is read. */
export type Reading = Position & { readonly upTo: Snapshot };

/** What an organisation's members changed from a position on, at most `size` changes, member by member in their order. */
export async function readChangesOf(
  parts: BalanceFeedParts,
  organizationId: string,
  reading: Reading,
  size: number,
): Promise<OrganizationPage> {
  const { database, clock } = parts;
  for (let { after } = reading; ; ) {
    const position = { ...reading, after };
    const members = await readMembersAfter(database, clock, organizationId, position, WINDOW);
    const chosen = choose(members.filter(hasNews), size);
    const last = members.at(-1);
    const isLast = members.length < WINDOW;
    const isWhole = chosen.length === members.filter(hasNews).length && sum(chosen) <= size;
    if (chosen.length > 0 || isLast || !last) {
      const rest = {
        ...position,
        after: last ? { customerId: last.customerId, sequence: last.to } : after,
      };
      const end = isWhole ? (isLast ? endOf(reading) : rest) : null;
      return pageOf(organizationId, reading, end, await readMembers(parts, chosen, size), after);
    }
    after = { customerId: last.customerId, sequence: last.to };
  }
}

/** Everything up to the position's snapshot is delivered. */
function endOf({ cluster, upTo }: Reading): Position {
  return { cluster, since: upTo, upTo: null, after: null };
}

/** `end`: where one is after the last change; null: behind that change. */
function pageOf(
  organizationId: string,
  reading: Reading,
  end: Position | null,
  found: readonly BalanceChange[],
  after: Position['after'],
): OrganizationPage {
  const behind = ({ customerId, sequence }: BalanceChange): Position => ({
    ...reading,
    after: { customerId, sequence },
  });
  const changes = found.map((change, n): OrganizationChange => {
    const position = n === found.length - 1 && end ? end : behind(change);
    return { ...change, organizationId, cursor: encodePosition(organizationId, position) };
  });
  const cursor =
    changes.at(-1)?.cursor ?? encodePosition(organizationId, end ?? { ...reading, after });
  return { changes, cursor, more: end === null || end.upTo !== null };
}

function hasNews({ isNew, from, to }: MemberNews): boolean {
  return isNew || to > from;
}

/** How many changes a member comes to. */
function countOf({ isNew, from, to }: MemberNews): number {
  return (isNew ? 1 : 0) + to - from;
}

function sum(members: readonly MemberNews[]): number {
  return members.reduce((total, member) => total + countOf(member), 0);
}

/** The first members whose changes fit into a page; one at least, though it does not. */
function choose(members: readonly MemberNews[], size: number): readonly MemberNews[] {
  let room = size;
  const end = members.findIndex((member) => {
    room -= countOf(member);
    return room < 0;
  });
  return end === -1 ? members : members.slice(0, Math.max(1, end));
}

/** The changes of members, in the order of the members, at most `size`. */
async function readMembers(
  parts: BalanceFeedParts,
  members: readonly MemberNews[],
  size: number,
): Promise<readonly BalanceChange[]> {
  if (members.length === 0) return [];
  const most = Math.min(size, Math.max(...members.map(countOf)));
  const pages = await readBrought(parts, members.map(placeOf), most);
  const moved = members.filter((member, n) => hasMovedOn(member, pages[n]!));
  const again = moved.length > 0 ? await readBrought(parts, moved.map(lastEntryOf), 1) : [];
  return members
    .flatMap((member, n) => {
      const page = again[moved.indexOf(member)] ?? pages[n]!;
      return changesOf(member, page);
    })
    .slice(0, size);
}

/** Where to read a member from. The snapshot of who changed since is made of the last entry before: it is that of then. */
function placeOf(member: MemberNews): Place {
  const { customerId, isNew, from, to } = member;
  if (isNew && from === to) return { customerId, after: null };
  return isNew && from > 0 ? lastEntryOf(member) : { customerId, after: from };
}

function lastEntryOf({ customerId, from }: MemberNews): Place {
  return { customerId, after: Math.max(0, from - 1) };
}

/** Whether the snapshot that was read of a member is of a later moment than the page. */
function hasMovedOn({ isNew, from, to }: MemberNews, [first]: readonly BalanceChange[]): boolean {
  return isNew && from === to && first !== undefined && first.sequence !== to;
}

function changesOf(
  { isNew, from, to }: MemberNews,
  page: readonly BalanceChange[],
): readonly BalanceChange[] {
  const entries = page.filter(
    ({ entry, sequence }) => entry !== null && sequence > from && sequence <= to,
  );
  const [first] = page;
  if (!isNew || !first) return entries;
  if (first.sequence === from) return [{ ...first, entry: null }, ...entries];
  const nothing = { available: 0, held: 0, owed: 0, turnover: 0n };
  return [{ ...first, ...nothing, sequence: 0, entry: null }, ...entries];
}
