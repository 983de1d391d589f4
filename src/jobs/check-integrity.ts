import type { DataSource } from 'typeorm';
import type { App } from '../app';
import { formatInstant, type Instant, MINUTE_MS } from '../kernel/time';
import { type Breach, checkSome, merge, type Place } from '../ledger/integrity';

/** How long a run of the job looks at most; what is left waits for the next one. */
const BUDGET_MS = 5_000;
/** How long after a walk over everything the next one begins. */
const REST_MS = 60 * MINUTE_MS;
/** Walks that are kept. */
const WALKS_MAX = 1_000;

/** A walk over the whole ledger that checks the invariants, as far as it is. */
export interface IntegrityWalk {
  readonly number: number;
  readonly startedAt: Instant;
  readonly continuedAt: Instant;
  /** Null while it is under way. */
  readonly finishedAt: Instant | null;
  readonly accounts: number;
  readonly orders: number;
  /** Every invariant, with how many rows break it. */
  readonly breaches: readonly Breach[];
}

interface Walk extends IntegrityWalk {
  readonly place: Place | null;
}

/**
 * The latest walk of the job over the ledger, by whichever process; the one under way, or the last finished one. Null where
 * there was none yet. How many rows break an invariant is the sum of `breaches`; it should be 0.
 */
export async function latestIntegrity(
  app: Pick<App, 'database'>,
  which: 'any' | 'finished' = 'any',
): Promise<IntegrityWalk | null> {
  return readWalk(app.database, which === 'any' ? 'true' : 'finished_at is not null');
}

/**
 * Goes on with the walk over the ledger for some seconds, or begins the next one when its time has come. Every breach is an
 * error in the log, with the accounts concerned; freezing them is an operator's decision (`npm run reconcile`).
 */
export async function checkIntegrityFurther(
  app: Pick<App, 'database' | 'programs' | 'log'>,
  signal: AbortSignal,
  budgetMs = BUDGET_MS,
): Promise<void> {
  const last = await readWalk(app.database, 'true');
  const now = await readNow(app.database);
  if (last?.finishedAt && now - last.finishedAt < REST_MS) return;
  const walk = !last || last.finishedAt ? await beginWalk(app.database, last, now) : last;
  if (!walk) return;
  const found = await checkSome(app.database, app.programs, { from: walk.place, budgetMs, signal });
  const broken = found.breaches.filter(({ rows }) => rows > 0);
  for (const breach of broken) app.log.error({ breach }, 'The books break an invariant');
  await app.database.query(
    `update integrity_walks set continued_at = clock_timestamp(), place = $2, accounts = accounts + $3, orders = orders + $4,
       breaches = $5, finished_at = case when $2::jsonb is null then clock_timestamp() end
     where number = $1 and place is not distinct from $6::jsonb and finished_at is null`,
    [
      walk.number,
      found.next && JSON.stringify(found.next),
      found.accounts,
      found.orders,
      JSON.stringify(merge(walk.breaches, found.breaches)),
      walk.place && JSON.stringify(walk.place),
    ],
  );
  if (found.next === null) app.log.info({ walk: walk.number }, 'The books were checked');
}

/** Null where another process was faster. */
async function beginWalk(
  database: DataSource,
  last: Walk | null,
  now: Instant,
): Promise<Walk | null> {
  const number = (last?.number ?? 0) + 1;
  await database.query('delete from integrity_walks where number <= $1', [number - WALKS_MAX]);
  const begun: unknown[] = await database.query(
    `insert into integrity_walks (number, started_at, continued_at) values ($1, $2, $2)
     on conflict do nothing returning number`,
    [number, formatInstant(now)],
  );
  return begun.length > 0 ? readWalk(database, `number = ${number}`) : null;
}

async function readWalk(database: DataSource, which: string): Promise<Walk | null> {
  const rows: WalkRecord[] = await database.query(
    `select * from integrity_walks where ${which} order by number desc limit 1`,
  );
  const [row] = rows;
  if (!row) return null;
  const {
    started_at: startedAt,
    continued_at: continuedAt,
    finished_at: finishedAt,
    ...same
  } = row;
  return { ...same, startedAt, continuedAt, finishedAt };
}

interface WalkRecord {
  number: number;
  started_at: Instant;
  continued_at: Instant;
  finished_at: Instant | null;
  place: Place | null;
  accounts: number;
  orders: number;
  breaches: Breach[];
}

async function readNow(database: DataSource): Promise<Instant> {
  const rows: { at: Instant }[] = await database.query('select clock_timestamp() as at');
  return rows[0]!.at;
}
