import type { App } from '../app';
import { readClock } from '../database/clock';
import { formatInstant, type Instant, startOfDay } from '../kernel/time';
import type { Terms } from '../programs/terms';
import { tellExpiring } from './tell-expiring';

/** Members that are told in one turn of the job. */
const PAGE = 500;
/** Days that are caught up with after an outage; the notices of older ones are past. */
const CATCH_UP_DAYS = 31;

type Parts = Pick<App, 'database' | 'ledger' | 'programs' | 'config'>;

/**
 * Tells the next members whose points expire in as many days as their terms name (R6.9). It may break off anywhere, and two
 * processes may do it at once. Whose account is frozen waits: letting it go begins the program's notices anew. True where nobody
 * is left to be told today.
 */
export async function tellMembersOfExpiry(app: Parts): Promise<boolean> {
  const now = await readClock(app.database, app.config.sandbox);
  let isDone = true;
  for (const terms of app.programs.current(now)) {
    if (!(await tellProgram(app, terms, now))) isDone = false;
  }
  return isDone;
}

async function tellProgram(app: Parts, terms: Terms, now: Instant): Promise<boolean> {
  const { program, zone } = terms;
  const today = startOfDay(now, zone);
  const [row] = await app.database.query<{ told_until: Instant }[]>(
    'select told_until from expiry_notices where program = $1',
    [program],
  );
  if (row && row.told_until >= today) return true;
  const since = Math.max(row?.told_until ?? 0, startOfDay(now, zone, -CATCH_UP_DAYS));
  const page = await app.database.query<{ id: string }[]>(
    `select a.id from lots l cross join lateral (
       select id from accounts where shard = l.shard and id = l.account_id and program = $1
         and frozen_at is null and (expiry_told_until is null or expiry_told_until < $3) limit 1) a
     where l.is_open and l.expires_at = any ($2::timestamptz[])
     group by a.id limit $4`,
    [
      program,
      expiries(app, program, { zone, since, today }).map(formatInstant),
      formatInstant(today),
      PAGE,
    ],
  );
  await Promise.all(page.map(({ id }) => app.ledger.execute(tellExpiring(id))));
  if (page.length > 0) return false;
  await app.database.query(
    `insert into expiry_notices (program, told_until) values ($1, $2)
     on conflict (program) do update set told_until = greatest(expiry_notices.told_until, excluded.told_until)`,
    [program, formatInstant(today)],
  );
  return true;
}

/** The expiries that a notice of one of the days from `since` (exclusive) to `today` is about, under any version of the terms. */
function expiries(
  { programs }: Parts,
  program: string,
  { zone, since, today }: { zone: string; since: Instant; today: Instant },
): Instant[] {
  const ahead = new Set(programs.versions(program).flatMap(({ terms }) => terms.expiryNoticeDays));
  const found: Instant[] = [];
  for (let day = today; day > since; day = startOfDay(day, zone, -1)) {
    for (const days of ahead) found.push(startOfDay(day, zone, days));
  }
  return found;
}
