import type { App } from '../app';
import { type Prepared, readPrepared, textArray } from '../database/prepared';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant, startOfDay } from '../kernel/time';
import { isRegistered, type MembershipStage } from '../ledger/account';
import { type Standing, standingAt } from '../ledger/at-instant';
import { ACCOUNT_JSON, type BookColumns, bookBeside, storedBookOf } from '../ledger/ledger.reads';
import { spendable } from '../ledger/lot';
import { type AccountRecord, accountOf } from '../ledger/records';
import type { Programs } from '../programs/programs';
import type { ProgramCode, Terms } from '../programs/terms';
import type { Expiring, OrganizationAccount, OrganizationMember } from './organization';

/** What of the app organisations are read with. */
export type OrganizationReads = Pick<App, 'database' | 'programs'>;

type Row = readonly [
  id: string,
  program: ProgramCode,
  termsVersion: number,
  termsKnown: number,
  enrolledAt: Instant,
  stage: MembershipStage,
  suspendedAt: Instant | null,
  available: number,
  held: number,
  owed: number,
  turnover: number,
  sequence: number,
  in30Days: number,
  in90Days: number,
  /** Only where something fell due since the row was written. */
  due: AccountRecord | null,
  lots: BookColumns['lots'],
  holds: BookColumns['holds'],
];

/** SQL: the instant at which an account is looked at, never before its last entry. */
const AT = 'greatest($2::timestamptz, a.last_entry_at)';
const IS_DUE = `a.next_due_at <= ${AT}`;

/**
 * Who works there and is a member, in one snapshot: what the account's row says, what of its open lots expires soon, and of
 * accounts that something fell due on all that it takes to bring them to the instant.
 */
const MEMBERS: Prepared = {
  name: 'organization_members',
  text: `select a.id, a.program, a.terms_version, a.terms_known, a.enrolled_at, a.stage, a.suspended_at,
      a.available, a.held, a.owed, a.turnover_minor, a.sequence, coalesce(x.in_30, 0), coalesce(x.in_90, 0),
      case when ${IS_DUE} then ${ACCOUNT_JSON} end, l.lots, h.holds
    from members m
    join accounts a on a.shard = m.shard and a.id = m.account_id
    join unnest($3::text[], $4::timestamptz[], $5::timestamptz[]) as p (program, in_30, in_90) on p.program = a.program
    left join lateral (
      select (sum(l.remaining) filter (where l.expires_at <= p.in_30))::bigint as in_30, sum(l.remaining)::bigint as in_90
      from lots l where l.shard = a.shard and l.account_id = a.id and l.is_open and l.expires_at <= p.in_90
    ) x on true
    ${bookBeside(IS_DUE)}
    where m.organization_id = $1 and a.enrolled_at <= ${AT}`,
};

/** Up to when what is counted expires: the first instants of days of the program's zone, as notices count them (R6.9). */
interface Bounds {
  readonly in30Days: Instant;
  readonly in90Days: Instant;
}

/**
 * The members of an organisation (whoever works there now) at `at`, booked or not, in no order; none where nobody belongs
 * to it. All of one snapshot, so that points which move between two of them are counted once.
 */
export async function readOrganization(
  { database, programs }: OrganizationReads,
  organizationId: string,
  at: Instant,
): Promise<OrganizationMember[]> {
  await programs.renew();
  const bounds = new Map(programs.current(at).map((terms) => [terms.program, boundsOf(terms, at)]));
  const ends = [...bounds.values()];
  const rows = await readPrepared<Row>(database, MEMBERS, [
    organizationId,
    formatInstant(at),
    textArray([...bounds.keys()]),
    textArray(ends.map(({ in30Days }) => formatInstant(in30Days))),
    textArray(ends.map(({ in90Days }) => formatInstant(in90Days))),
  ]);
  return rows.map((row) => memberOf(row, programs, bounds.get(row[1])!, at));
}

function boundsOf({ zone }: Terms, at: Instant): Bounds {
  return { in30Days: startOfDay(at, zone, 30), in90Days: startOfDay(at, zone, 90) };
}

function memberOf(
  row: Row,
  programs: Programs,
  bounds: Bounds,
  readAt: Instant,
): OrganizationMember {
  const standing = standingOf(row, programs, readAt);
  const account = standing?.account ?? accountOfRow(row);
  return {
    account,
    terms: programs.terms(account.program, account.termsVersion),
    expiring: standing
      ? expiringOf(standing, bounds, readAt)
      : { in30Days: row[12], in90Days: row[13] },
  };
}

function accountOfRow(row: Row): OrganizationAccount {
  return {
    id: row[0],
    program: row[1],
    termsVersion: row[2],
    termsKnown: row[3],
    enrolledAt: row[4],
    stage: row[5],
    suspendedAt: row[6],
    available: row[7],
    held: row[8],
    owed: row[9],
    turnover: BigInt(row[10]),
    sequence: row[11],
  };
}

/** An account that something fell due on, brought to the instant; null where nothing did. */
function standingOf(row: Row, programs: Programs, readAt: Instant): Standing | null {
  const [due, lots, holds] = [row[14], row[15], row[16]];
  if (!due) return null;
  const account = accountOf(due);
  if (!isRegistered(account)) return null;
  const termsOf = (version: number) => programs.terms(account.program, version);
  const at = Math.max(readAt, account.lastEntryAt ?? readAt);
  return standingAt(account, storedBookOf({ lots, holds }), termsOf, at);
}

function expiringOf({ account, lots }: Standing, bounds: Bounds, readAt: Instant): Expiring {
  const at = Math.max(readAt, account.lastEntryAt ?? readAt);
  const until = (end: Instant): Points =>
    [...lots.values()]
      .filter(({ expiresAt }) => expiresAt <= end)
      .reduce((sum, lot) => sum + spendable(lot, at), 0);
  return { in30Days: until(bounds.in30Days), in90Days: until(bounds.in90Days) };
}
