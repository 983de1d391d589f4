import type { DataSource } from 'typeorm';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import type { EntryKind } from '../ledger/entry';
import { type ReferralRecord, referralOf, type TransferRecord, transferOf } from '../ledger/people';
import type { Referral, ReferralState } from '../ledger/referral';
import { type EntryRecord, entryOf, type StoredEntry } from '../ledger/statement.reads';
import type { Transfer } from '../ledger/transfer';
import type { ProgramCode } from '../programs/terms';

/**
 * What the members of an organisation did, newest first: of each member the newest rows, as many as a page holds, by an index
 * of their own, and of those the newest. What happened while they worked elsewhere is theirs, too.
 */

/** Part of a list: before a place, at most `limit` rows. */
export interface Before<Place> {
  readonly before: Place | null;
  readonly limit: number;
}

/** A place in the list of transfers. */
export type TransferPlace = readonly [requestedAt: Instant, shard: number, id: string];

/**
 * A place in the list of referrals: an instant, and how many of it were shown. The key of a row would name a customer who
 * works elsewhere to whoever decodes the cursor.
 */
export type ReferralPlace = readonly [registeredAt: Instant, shown: number];

/** A transfer, and which of its two sides are members now. */
export interface OrganizationTransfer {
  readonly transfer: Transfer;
  readonly gives: boolean;
  readonly receives: boolean;
}

/** The newest transfers of a member at one side of them. */
function transfersAs(column: 'from_id' | 'to_id'): string {
  return `select t.shard, t.id, t.requested_at, ${column === 'from_id'} as gives
    from members m cross join lateral (
      select t.shard, t.id, t.requested_at from transfers t
      where t.${column} = m.account_id
        and ($2::timestamptz is null or (t.requested_at, t.shard, t.id) < ($2, $3::integer, $4::text))
      order by t.requested_at desc, t.shard desc, t.id desc limit $5
    ) t where m.organization_id = $1`;
}

/** Transfers that a member gives or receives, latest request first. */
export async function readOrganizationTransfers(
  database: DataSource,
  organizationId: string,
  { before, limit }: Before<TransferPlace>,
): Promise<OrganizationTransfer[]> {
  const [requestedAt, shard, id] = before ?? [null, null, null];
  const rows: (TransferRecord & { gives: boolean; receives: boolean })[] = await database.query(
    `select t.*, k.gives, k.receives from (
       select shard, id, bool_or(gives) as gives, bool_or(not gives) as receives
       from (${transfersAs('from_id')} union all ${transfersAs('to_id')}) as sides
       group by shard, id, requested_at
       order by requested_at desc, shard desc, id desc limit $5
     ) k join transfers t on t.shard = k.shard and t.id = k.id
     order by t.requested_at desc, t.shard desc, t.id desc`,
    [organizationId, instantText(requestedAt), shard, id, limit],
  );
  return rows.map((row) => ({
    transfer: transferOf(row),
    gives: row.gives,
    receives: row.receives,
  }));
}

/** A referral by a member, and whether whom they referred is a member of the same organisation now. */
export interface OrganizationReferral {
  readonly referral: Referral;
  readonly isColleague: boolean;
}

/** Whom members referred, latest registration first. */
export async function readOrganizationReferrals(
  database: DataSource,
  organizationId: string,
  { before, limit }: Before<ReferralPlace>,
): Promise<OrganizationReferral[]> {
  const [registeredAt, shown] = before ?? [null, 0];
  const rows: (ReferralRecord & { is_colleague: boolean })[] = await database.query(
    `select r.*, coalesce(c.organization_id = $1, false) as is_colleague from (
       select r.* from members m cross join lateral (
         select r.* from referrals r
         where r.referrer_shard = m.shard and r.referrer_id = m.account_id
           and ($2::timestamptz is null or r.registered_at <= $2)
         order by r.registered_at desc, r.shard desc, r.account_id desc limit $3
       ) r where m.organization_id = $1
       order by r.registered_at desc, r.shard desc, r.account_id desc limit $3
     ) r left join members c on c.shard = r.shard and c.account_id = r.account_id
     order by r.registered_at desc, r.shard desc, r.account_id desc`,
    [organizationId, instantText(registeredAt), shown + limit],
  );
  const passed = rows.slice(0, shown).filter((row) => row.registered_at === registeredAt).length;
  return rows
    .slice(passed)
    .map((row) => ({ referral: referralOf(row), isColleague: row.is_colleague }));
}

/** How many referrals by members of a program stand somewhere, and what was credited for them and not taken back. */
export interface ReferralCount {
  readonly program: ProgramCode;
  readonly state: ReferralState;
  readonly referrals: number;
  readonly points: Points;
}

/** Every referral by members, counted. */
export async function countOrganizationReferrals(
  database: DataSource,
  organizationId: string,
): Promise<ReferralCount[]> {
  return database.query(
    `select a.program, r.state, count(*)::integer as referrals, sum(r.bonus - r.reversed)::bigint as points
     from members m
     join accounts a on a.shard = m.shard and a.id = m.account_id
     join referrals r on r.referrer_shard = m.shard and r.referrer_id = m.account_id
     where m.organization_id = $1 and a.program is not null
     group by a.program, r.state`,
    [organizationId],
  );
}

/** A place in the history of an organisation. An account's entries are recorded in the order of their sequence. */
export type HistoryPlace = readonly [
  recordedAt: Instant,
  shard: number,
  customerId: string,
  sequence: number,
];

/** A change of a member's account. */
export interface OrganizationEntry {
  readonly customerId: string;
  readonly shard: number;
  readonly entry: StoredEntry;
}

/** The newest entries of an account before the place, of the kinds. */
function entriesOf(account: string, columns: string, limit: string): string {
  return `select ${columns} from all_entries e
    where e.shard = ${account}.shard and e.account_id = ${account}.id
      and ($2::timestamptz is null
        or (e.recorded_at, e.shard, e.account_id, e.sequence) < ($2, $3::integer, $4::text, $5::bigint))
      and ($6::text[] is null or e.kind = any ($6))
    order by e.sequence desc limit ${limit}`;
}

/** Whether the newest entry of an account `a` is its last one, and so no entry need be looked at. */
const IS_LAST = '($6::text[] is null and ($2::timestamptz is null or a.last_entry_at < $2))';

/**
 * Changes of members' accounts, latest recorded first. Entries of a page are those of as many members at most, of whom one
 * entry was recorded last: only of these more is read.
 */
export async function readOrganizationHistory(
  database: DataSource,
  organizationId: string,
  { before, limit, kinds }: Before<HistoryPlace> & { readonly kinds: readonly EntryKind[] | null },
): Promise<OrganizationEntry[]> {
  const [recordedAt, ...rest] = before ?? [null, null, null, null];
  const rows: (EntryRecord & { readonly shard: number })[] = await database.query(
    `select e.*, h.program from (
       select a.shard, a.id, a.program from members m
       join accounts a on a.shard = m.shard and a.id = m.account_id
       cross join lateral (
         select a.last_entry_at as recorded_at where ${IS_LAST}
         union all
         select n.recorded_at from (select 1 where not ${IS_LAST}) as asked
         cross join lateral (${entriesOf('a', 'e.recorded_at', '1')}) n
       ) newest
       where m.organization_id = $1 and a.last_entry_at is not null
       order by newest.recorded_at desc, a.shard desc, a.id desc limit $7
     ) h cross join lateral (${entriesOf('h', 'e.*', '$7')}) e
     order by e.recorded_at desc, e.shard desc, e.account_id desc, e.sequence desc limit $7`,
    [organizationId, instantText(recordedAt), ...rest, kinds, limit],
  );
  return rows.map((row) => ({
    customerId: row.account_id,
    shard: row.shard,
    entry: entryOf(row),
  }));
}

function instantText(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}
