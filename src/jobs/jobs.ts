import { setTimeout as sleep } from 'node:timers/promises';
import { type JobHelpers, Logger, type Runner, run, type TaskList } from 'graphile-worker';
import { rollUp } from '../analytics/roll-up';
import type { App } from '../app';
import { asApplication } from '../database/data-source';
import { invariant } from '../kernel/errors';
import { endPrograms } from '../members/discontinue';
import { startMailer } from '../notifications/mailer';
import { tellMembersOfExpiry } from '../notifications/tell-members-expiring';
import { noteWebhook } from '../notifications/webhook-channel';
import { startRelay } from '../outbox/relay';
import { tellMembersOfTerms } from '../terms/tell-members';
import { bookWhatIsDue } from './book-what-is-due';
import { checkIntegrityFurther } from './check-integrity';
import { cleanOutbox } from './clean-outbox';

/** How long after it had booked everything the booking job looks again. */
const BOOKING_INTERVAL_MS = 2_000;
/** How long after it had rolled up everything the rollups are looked at again: what is younger is added up by whoever asks. */
const ROLLING_INTERVAL_MS = 2_000;
/** How long after the runner broke down (its database was away) it is started again. */
const RESTART_MS = 5_000;
/** How often the runner looks for a job whose time has come. */
const POLL_MS = 1_000;
/** Jobs that run at once: one of each. */
const CONCURRENCY = 4;
/** Connections of the runner's own pool: one listens for jobs, one for each of them. */
const POOL_SIZE = CONCURRENCY + 1;

// The booking job and the one that rolls up schedule their next run under one key, so there is one chain of each however many
// processes run. Should a process die in the middle, the cron line starts the chain again within a minute.
const CRONTAB = `
* * * * * bookDue ?jobKey=bookDue&jobKeyMode=preserve_run_at
* * * * * rollUp ?jobKey=rollUp&jobKeyMode=preserve_run_at
17 3 * * * cleanOutbox ?fill=1d&jobKey=cleanOutbox
* * * * * checkIntegrity ?jobKey=checkIntegrity
`;

export interface Jobs {
  /** Starts no job any more, and resolves once none runs. */
  stop(): Promise<void>;
}

/** Starts what runs without being asked: the jobs, the relay of the outbox, the mailer. */
export async function startBackground(app: App): Promise<Jobs> {
  const jobs = await startJobs(app);
  const relay = startRelay(app, { taken: (message) => noteWebhook(app, message) });
  const mailer = startMailer(app);
  return {
    stop: async () => {
      await Promise.all([relay.stop(), mailer.stop(), jobs.stop()]);
    },
  };
}

/**
 * Starts the scheduled jobs: booking what fell due (R6.2, R6.7), ending the memberships of discontinued programs (R2.5),
 * telling members of new terms (R2.6) and of points that will expire (R6.9), checking the books, rolling up what analytics sums and cleaning the outbox.
 * Any number of processes share them. They use a small pool of their own, and the schema `graphile_worker`, which
 * `migrate` keeps up to date. Throws where the database cannot be reached; once started, they recover by themselves.
 */
export async function startJobs(app: App): Promise<Jobs> {
  const stopping = new AbortController();
  const first = await startRunner(app, stopping.signal);
  const supervision = keepRunning(app, first, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return supervision;
    },
  };
}

/** Starts the next runner whenever one has broken down, until `stopping`. */
async function keepRunning(app: App, first: Runner, stopping: AbortSignal): Promise<void> {
  let runner: Runner | null = first;
  for (;;) {
    if (runner !== null) await untilEnded(app, runner, stopping);
    await sleep(RESTART_MS, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted) return;
    runner = await startRunner(app, stopping).catch((error) => {
      app.log.error({ err: error }, 'The jobs could not be started again');
      return null;
    });
  }
}

/** Resolves once the runner has ended, because of `stopping` or by itself, and its connections are closed. */
async function untilEnded(app: App, runner: Runner, stopping: AbortSignal): Promise<void> {
  let ended: Promise<void> = Promise.resolve();
  const stop = () => {
    ended = runner.stop().catch(() => undefined);
  };
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop, { once: true });
  try {
    await runner.promise;
  } catch (error) {
    app.log.error({ err: error }, 'The jobs broke down');
  }
  stopping.removeEventListener('abort', stop);
  await ended;
}

async function startRunner(app: App, stopping: AbortSignal): Promise<Runner> {
  const { databaseUrl } = app.config;
  invariant(databaseUrl !== null, 'jobs are started once the database is known');
  const runner = await run({
    connectionString: asApplication(databaseUrl),
    maxPoolSize: POOL_SIZE,
    concurrency: CONCURRENCY,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    logger: loggerOf(app),
    taskList: tasks(app, stopping),
    crontab: CRONTAB,
    // One by one nobody waits for how they end: a connection that broke at that moment would end the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
  await runner.addJob('bookDue', {}, { jobKey: 'bookDue' });
  await runner.addJob('rollUp', {}, { jobKey: 'rollUp' });
  return runner;
}

function tasks(app: App, stopping: AbortSignal): TaskList {
  return {
    bookDue: async (_, helpers) => {
      const isDone = await bookWhatIsDue(app, stopping).catch((error) => {
        app.log.error({ err: error }, 'What is due could not be looked up');
        return true;
      });
      const isEnded = await endPrograms(app).catch((error) => {
        app.log.error({ err: error }, 'The members of a discontinued program could not be ended');
        return true;
      });
      const isTold = await tellMembersOfTerms(app).catch((error) => {
        app.log.error({ err: error }, 'Members could not be told of new terms');
        return true;
      });
      const isAhead = await tellMembersOfExpiry(app).catch((error) => {
        app.log.error({ err: error }, 'Members could not be told of points that will expire');
        return true;
      });
      const isIdle = isDone && isEnded && isTold && isAhead;
      await again(helpers, isIdle ? BOOKING_INTERVAL_MS : 0);
    },
    rollUp: async (_, helpers) => {
      const isDone = await rollUp(app, stopping).catch((error) => {
        app.log.error({ err: error }, 'The rollups could not be brought up to date');
        return true;
      });
      await again(helpers, isDone ? ROLLING_INTERVAL_MS : 0);
    },
    checkIntegrity: () =>
      checkIntegrityFurther(app, stopping).catch((error) => {
        app.log.error({ err: error }, 'The books could not be checked');
      }),
    cleanOutbox: async (_, helpers) => {
      if (!(await cleanOutbox(app, stopping))) await again(helpers, 0);
    },
  };
}

/** Runs the same job once more, after `delayMs` of the database's clock: the runner compares with no other. */
async function again({ query, job }: JobHelpers, delayMs: number): Promise<void> {
  await query(
    `select from graphile_worker.add_job($1, run_at => now() + $2 * interval '1 millisecond', job_key => $1)`,
    [job.task_identifier, delayMs],
  );
}

/** The runner's words in our log. What it adds to them (whole jobs, whole connections) stays out. */
function loggerOf(app: App): Logger {
  return new Logger((scope) => (level, message) => {
    if (level === 'error') app.log.error(scope, message);
    else if (level === 'warning') app.log.warn(scope, message);
    else app.log.debug(scope, message);
  });
}
