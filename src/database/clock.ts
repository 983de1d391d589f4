import type { DataSource } from 'typeorm';
import { RequestError } from '../kernel/errors';
import { formatInstant, type Instant } from '../kernel/time';

const SERVER_CLOCK = `date_trunc('milliseconds', clock_timestamp())`;

/**
 * The SQL expression of the present instant, in whole milliseconds: the database's clock as it is when
 * the statement reads it (not the transaction's start). In the sandbox the test clock, where one is set.
 */
export function clockSql(sandbox: boolean): string {
  return sandbox ? `coalesce((select at from sandbox_clock), ${SERVER_CLOCK})` : SERVER_CLOCK;
}

/** The present instant, as `clockSql` has it. */
export async function readClock(database: DataSource, sandbox: boolean): Promise<Instant> {
  const rows = await database.query<{ at: Instant }[]>(`select ${clockSql(sandbox)} as at`);
  return rows[0]!.at;
}

/**
 * Sets the sandbox's test clock. It stands still until it is moved again, and never moves backwards:
 * neither before where it stands, nor (the first time, when any other instant is fine) before
 * something that was booked already. Fails with BAD_USER_INPUT otherwise.
 */
export async function moveClock(database: DataSource, at: Instant): Promise<void> {
  const moved = await database.query<unknown[]>(
    `insert into sandbox_clock as clock (only_row, at)
     select true, $1::timestamptz
     where not exists (select from accounts where last_entry_at > $1)
     on conflict (only_row) do update set at = excluded.at where clock.at <= excluded.at
     returning at`,
    [formatInstant(at)],
  );
  if (moved.length === 0) {
    throw new RequestError(
      'BAD_USER_INPUT',
      `The test clock cannot go back to ${formatInstant(at)}: it, or something booked, is later.`,
    );
  }
}
