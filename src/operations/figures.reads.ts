import type { DataSource } from 'typeorm';
import { latestIntegrity } from '../jobs/check-integrity';
import type { Breach } from '../ledger/integrity';
import { FORGOTTEN_DAYS } from '../ledger/message.writes';

/** Where counting ends: what is due, or waits, by the million must not make asking for it slow. */
export const COUNTED_MAX = 10_000;

/** What only the database knows of how the service is doing. Ages in seconds; null where there is nothing. */
export interface Figures {
  readonly due: number;
  readonly dueLag: number | null;
  /** Messages still to be told, one for each endpoint that is named. */
  readonly pending: number;
  readonly oldestPending: number | null;
  readonly dead: number;
  /** How long ago the oldest notification was written whose mail is still to be sent. */
  readonly oldestMail: number | null;
  readonly deadMails: number;
  readonly frozen: number;
  /** How long ago the first entry was recorded that the rollups do not have yet: the first of all where none can be used. */
  readonly rollupsLag: number | null;
  /** Null where WAL is not archived. */
  readonly archive: { readonly age: number | null; readonly isFailing: boolean } | null;
  /** Age: of the last check of all books that finished. Breaches: of it, and of the one under way. */
  readonly integrity: { readonly age: number | null; readonly breaches: readonly Breach[] };
}

/**
 * Reads them, each count up to `COUNTED_MAX`. `clock` is the SQL expression of the program's instant, by which things fall due; all
 * else goes by the database's own clock.
 */
export async function readFigures(database: DataSource, clock: string): Promise<Figures> {
  const [row] = await database.query<[Omit<Figures, 'archive' | 'integrity'> & ArchiveColumns]>(
    `select d.due, d.due_lag as "dueLag", p.pending, p.oldest as "oldestPending", dead.dead, m.oldest as "oldestMail", u.dead as "deadMails", f.frozen, r.lag as "rollupsLag",
       current_setting('archive_mode') <> 'off' as "isArchived",
       extract(epoch from now() - a.last_archived_time)::float8 as "archiveAge",
       coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) as "isFailing"
     from (select count(*)::int as due, extract(epoch from ${clock} - min(next_due_at))::float8 as due_lag
         from (select next_due_at from accounts where next_due_at <= ${clock} order by next_due_at limit ${COUNTED_MAX}) x) d,
       (select count(*)::int as pending, extract(epoch from clock_timestamp() - min(occurred_at))::float8 as oldest
         from (select o.occurred_at from webhook_deliveries d join outbox o using (shard, account_id, number)
           join webhook_endpoints e on e.name = d.endpoint and e.seen_at > clock_timestamp() - interval '${FORGOTTEN_DAYS} days'
           where d.state = 'PENDING' limit ${COUNTED_MAX}) x) p,
       (select count(*)::int as dead from (select from webhook_deliveries where state = 'DEAD' limit ${COUNTED_MAX}) x) dead,
       (select extract(epoch from clock_timestamp() - min(created_at))::float8 as oldest
         from (select created_at from notifications where mail_state = 'PENDING' limit ${COUNTED_MAX}) x) m,
       (select count(*)::int as dead from (select from notifications where mail_state = 'DEAD' limit ${COUNTED_MAX}) x) u,
       (select count(*)::int as frozen from (select from accounts where frozen_at is not null limit ${COUNTED_MAX}) x) f,
       (select extract(epoch from ${clock} - (select e.recorded_at from all_entries e
           where e.xact >= case when p.generation is not null and p.cluster = c.here then p.watermark else 0 end and e.recorded_at >= p.since
           order by e.xact limit 1))::float8 as lag
         from rollup_progress p, (select system_identifier::text as here from pg_control_system()) c) r,
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

/** What the last check of all books found, and what the one under way has found so far. */
async function readIntegrity(database: DataSource): Promise<Figures['integrity']> {
  const finished = await latestIntegrity({ database }, 'finished');
  const latest = await latestIntegrity({ database });
  const breaches = [...(finished?.breaches ?? []), ...(latest?.breaches ?? [])];
  const age = finished?.finishedAt ? Math.max(0, Date.now() - finished.finishedAt) / 1000 : null;
  return { age, breaches };
}
