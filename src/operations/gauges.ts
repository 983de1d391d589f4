import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { App } from '../app';
import { INVARIANTS } from '../ledger/invariants';
import { type Figures, readFigures } from './figures.reads';

/** How old figures of the database may be that are shown again, and how long reading them may take, in milliseconds. */
const FRESH_MS = 2_000;
const PATIENCE_MS = 3_000;

/** The part of a pool that tells how it is used. */
interface Pool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** A figure of the database under its public name; null: there is nothing to tell, and nothing is shown. */
const FIGURES: readonly (readonly [
  name: `rewards_${string}`,
  help: string,
  read: (figures: Figures, app: App) => number | null,
])[] = [
  [
    'rewards_due_accounts',
    'Accounts with bookings that fell due and are not written down (at most 10000 are counted)',
    ({ due }) => due,
  ],
  [
    'rewards_due_lag_seconds',
    'How long ago the first of them fell due',
    ({ dueLag }) => dueLag ?? 0,
  ],
  [
    'rewards_outbox_pending',
    'Messages that wait to be delivered, once for each endpoint (at most 10000 are counted)',
    ({ pending }, app) => (app.config.webhooks.length > 0 ? pending : null),
  ],
  [
    'rewards_outbox_oldest_seconds',
    'How long ago the oldest of them happened',
    ({ oldestPending }, app) =>
      app.config.webhooks.length > 0 ? Math.max(0, oldestPending ?? 0) : null,
  ],
  [
    'rewards_outbox_dead',
    'Messages that were given up, once for each endpoint, and wait for the desk',
    ({ dead }) => dead,
  ],
  [
    'rewards_mails_oldest_seconds',
    'How long ago the oldest notification was written whose mail is still to be sent; where a mail server is named',
    ({ oldestMail }, app) => (app.config.mail ? Math.max(0, oldestMail ?? 0) : null),
  ],
  [
    'rewards_mails_dead',
    'Mails to members that were given up, and wait for the desk',
    ({ deadMails }) => deadMails,
  ],
  [
    'rewards_accounts_frozen',
    'Accounts that an operator or a check has frozen',
    ({ frozen }) => frozen,
  ],
  [
    'rewards_rollups_lag_seconds',
    'How long ago the first entry was recorded that the rollups do not have yet: analytics adds such entries up one by one',
    ({ rollupsLag }) => Math.max(0, rollupsLag ?? 0),
  ],
  [
    'rewards_integrity_age_seconds',
    'How long ago the last check of all books was finished',
    ({ integrity }) => integrity.age,
  ],
  [
    'rewards_wal_archive_age_seconds',
    'How long ago a piece of WAL was archived; where WAL is archived',
    ({ archive }) => archive?.age ?? null,
  ],
  [
    'rewards_wal_archive_failing',
    '1 where the last attempt to archive WAL failed; where WAL is archived',
    ({ archive }) => (archive ? Number(archive.isFailing) : null),
  ],
];

/**
 * Has the figures told that are looked up when they are asked for: of the database, of the pool of connections, of subscriptions. Where
 * the database does not answer, its figures are left out and `rewards_figures_up` is 0; nothing else is kept from being told.
 */
export function tellGauges(app: App): void {
  const figures = freshFigures(app);
  for (const [name, help, read] of FIGURES) {
    app.metrics.gauge(name, help, async (gauge) => {
      const found = await figures();
      const value = found && read(found, app);
      if (value === null) gauge.remove();
      else gauge.set(value);
    });
  }
  app.metrics.gauge('rewards_figures_up', 'Whether the database told its figures', async (gauge) =>
    gauge.set((await figures()) === null ? 0 : 1),
  );
  app.metrics.gauge(
    'rewards_integrity_breaches',
    'Rows that break an invariant of src/ledger/README.md, by the last check of all books and the one under way',
    async (gauge) => {
      gauge.reset();
      const found = await figures();
      if (!found) return;
      for (const { number: invariant } of INVARIANTS) gauge.set({ invariant }, 0);
      const { breaches } = found.integrity;
      for (const { number: invariant, rows } of breaches.toSorted((a, b) => a.rows - b.rows)) {
        gauge.set({ invariant }, rows);
      }
    },
    ['invariant'],
  );
  const pool = (app.database.driver as PostgresDriver).master as Pool;
  app.metrics.gauge(
    'rewards_pool_connections',
    'Connections to the database, by whether they are busy',
    (gauge) => {
      gauge.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      gauge.set({ state: 'idle' }, pool.idleCount);
    },
    ['state'],
  );
  app.metrics.gauge('rewards_pool_waiting', 'Who waits for a connection', (gauge) =>
    gauge.set(pool.waitingCount),
  );
  app.metrics.gauge('rewards_subscriptions', 'Subscriptions to balances that are open', (gauge) =>
    gauge.set(app.feed.size),
  );
}

/** Reads the figures once for all gauges of one look; null where the database does not answer in time. */
function freshFigures(app: App): () => Promise<Figures | null> {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Figures | null> = Promise.resolve(null);
  return () => {
    if (performance.now() - readAt > FRESH_MS) {
      readAt = performance.now();
      reading = inTime(readFigures(app.database, app.clock)).catch((error) => {
        app.log.warn({ err: error }, 'The figures of the database could not be read');
        return null;
      });
    }
    return reading;
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
