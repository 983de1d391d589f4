import type { DataSource } from 'typeorm';
import type { Breach } from '../ledger/integrity';

/** Where counting ends: what is due, or waits, by the million must not make asking for it slow. */
export const COUNTED_MAX = 10_000;

/** What only the database knows of how the service is doing. Ages in seconds; null where there is nothing. */
export interface Figures {
  readonly due: number;
  readonly dueLag: number | null;
  readonly pending: number;
  readonly oldestPending: number | null;
  readonly dead: number;
  readonly frozen: number;
  /** Null where WAL is not archived. */
  readonly archive: { readonly age: number | null; readonly isFailing: boolean } | null;
  /** Null before the first check of all books has finished. */
  readonly integrity: { readonly age: number; readonly breaches: readonly Breach[] } | null;
}

/**
 * Reads them, each count up to `COUNTED_MAX`. `clock` is the SQL expression of the program's instant, by which things fall due; all
 * else goes by the database's own clock.
 */
export async function readFigures(database: DataSource, clock: string): Promise<Figures> {
  const [row] = await database.query<[Omit<Figures, 'archive' | 'integrity'> & ArchiveColumns]>(
    `select d.due, d.due_lag as "dueLag", p.pending, p.oldest as "oldestPending", dead.dead, f.frozen,
       current_setting('archive_mode') <> 'off' as "isArchived",
       extract(epoch from now() - a.last_archived_time)::float8 as "archiveAge",
       coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) as "isFailing"
     from (select count(*)::int as due, extract(epoch from ${clock} - min(next_due_at))::float8 as due_lag
         from (select next_due_at from accounts where next_due_at <= ${clock} order by next_due_at limit ${COUNTED_MAX}) x) d,
       (select count(*)::int as pending, extract(epoch from clock_timestamp() - min(occurred_at))::float8 as oldest
         from (select occurred_at from outbox where state = 'PENDING' limit ${COUNTED_MAX}) x) p,
       (select count(*)::int as dead from (select from outbox where state = 'DEAD' limit ${COUNTED_MAX}) x) dead,
       (select count(*)::int as frozen from (select from accounts where frozen_at is not null limit ${COUNTED_MAX}) x) f,
       pg_stat_archiver a`,
  );
  const { isArchived, archiveAge, isFailing, ...counts } = row;
  const archive = isArchived ? { age: archiveAge, isFailing } : null;
  return { ...counts, archive, integrity: await readIntegrity(database) };
}

interface ArchiveColumns {
  readonly isArchived: boolean;
  readonly archiveAge: number | null;
  readonly isFailing: boolean;
}

async function readIntegrity(database: DataSource): Promise<Figures['integrity']> {
  const [walk] = await database.query<{ age: number; breaches: Breach[] }[]>(
    `select extract(epoch from clock_timestamp() - finished_at)::float8 as age, breaches
     from integrity_walks where finished_at is not null order by number desc limit 1`,
  );
  return walk ?? null;
}
