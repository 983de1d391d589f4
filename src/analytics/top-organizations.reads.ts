import type { App } from '../app';
import { BEGIN_SNAPSHOT, type Connection, readerOn, readThenWrite } from '../database/transaction';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import { isRegistered, type RegisteredAccount } from '../ledger/account';
import { standingAt } from '../ledger/at-instant';
import { readAccounts } from '../ledger/ledger.reads';
import type { ProgramCode } from '../programs/terms';

/** By which of its members' points an organisation is ranked, and the SQL of it. */
const RANKED_BY = {
  OUTSTANDING: 'sum(available) + sum(held)',
  EARNED: 'sum(earned)',
  REDEEMED: 'sum(redeemed)',
} as const;
export type OrganizationOrder = keyof typeof RANKED_BY;

/** What the members of an organisation have together in one program. */
export interface OrganizationRank {
  readonly organizationId: string;
  readonly members: number;
  readonly available: Points;
  readonly held: Points;
  readonly owed: Points;
  readonly earned: Points;
  readonly redeemed: Points;
  readonly expired: Points;
}

/** Accounts on which something fell due that are looked at at a time. */
const PAGE = 500;

/**
 * The organisations whose members have the most, whoever works there now, as they stand now, booked or not (R6.2). One statement adds
 * up every account of the program that belongs to an organisation; those on which something fell due are brought to the instant first.
 */
export async function readTopOrganizations(
  app: Pick<App, 'database' | 'programs' | 'clock'>,
  program: ProgramCode,
  by: OrganizationOrder,
  first: number,
): Promise<OrganizationRank[]> {
  await app.programs.renew();
  return readThenWrite(
    app.database,
    BEGIN_SNAPSHOT,
    (connection) => connection.query<{ now: Instant }>(`select ${app.clock} as now`),
    async (connection, { rows: [clock] }) => {
      const now = clock!.now;
      const due = await readDue(app, connection, program, now);
      const { rows } = await connection.query<OrganizationRank>(
        `select organization_id as "organizationId", count(*) as members,
           sum(available)::bigint as available, sum(held)::bigint as held, sum(owed)::bigint as owed,
           sum(earned)::bigint as earned, sum(redeemed)::bigint as redeemed, sum(expired)::bigint as expired
         from (
           select m.organization_id, coalesce(d.available, a.available) as available, coalesce(d.held, a.held) as held,
             coalesce(d.owed, a.owed) as owed, coalesce(d.earned, a.lifetime_earned) as earned,
             coalesce(d.redeemed, a.lifetime_redeemed) as redeemed, coalesce(d.expired, a.lifetime_expired) as expired
           from accounts a
           join members m on m.shard = a.shard and m.account_id = a.id
           left join jsonb_to_recordset($3::jsonb) as d (id text, available bigint, held bigint, owed bigint,
             earned bigint, redeemed bigint, expired bigint) on d.id = a.id
           where a.program = $1 and a.enrolled_at <= greatest($2::timestamptz, a.last_entry_at)
             and m.organization_id is not null
         ) as members
         group by organization_id order by ${RANKED_BY[by]} desc, organization_id limit $4`,
        [program, formatInstant(now), JSON.stringify(due), first],
      );
      return rows;
    },
  );
}

interface Due extends Omit<OrganizationRank, 'organizationId' | 'members'> {
  readonly id: string;
}

/** What members of organisations have on whose accounts something fell due that is not booked yet. */
async function readDue(
  { programs, clock }: Pick<App, 'programs' | 'clock'>,
  connection: Connection,
  program: ProgramCode,
  now: Instant,
): Promise<Due[]> {
  const { rows } = await connection.query<{ id: string }>(
    `select a.id from accounts a join members m on m.shard = a.shard and m.account_id = a.id
     where a.next_due_at <= $2::timestamptz and a.program = $1 and m.organization_id is not null`,
    [program, formatInstant(now)],
  );
  const due: Due[] = [];
  const termsOf = (version: number) => programs.terms(program, version);
  for (let from = 0; from < rows.length; from += PAGE) {
    const ids = rows.slice(from, from + PAGE).map(({ id }) => id);
    const parts = { pending: false, book: true };
    const accounts = await readAccounts(readerOn(connection), clock, ids, parts);
    for (const { account, book } of accounts.values()) {
      if (!isRegistered(account) || !book) continue;
      const at = Math.max(now, account.lastEntryAt ?? now);
      due.push(dueOf(standingAt(account, book, termsOf, at).account));
    }
  }
  return due;
}

function dueOf(account: RegisteredAccount): Due {
  const { id, available, held, owed } = account;
  const { lifetimeEarned, lifetimeRedeemed, lifetimeExpired } = account;
  return {
    ...{ id, available, held, owed, earned: lifetimeEarned },
    ...{ redeemed: lifetimeRedeemed, expired: lifetimeExpired },
  };
}
