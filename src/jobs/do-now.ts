import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../app';
import { endPrograms } from '../members/discontinue';
import { startMailer } from '../notifications/mailer';
import { tellMembersOfExpiry } from '../notifications/tell-members-expiring';
import { tellMembersOfTerms } from '../terms/tell-members';
import { bookWhatIsDue } from './book-what-is-due';

/** How often it is looked whether a mail is still to be sent. */
const LOOK_MS = 10;
/** Turns of a job without an end mean that something is broken. */
const TURNS_MAX = 1_000;

/**
 * Does now what the jobs do when their time comes: books what fell due, ends the members of discontinued programs, tells
 * members of terms and of points that will expire (R2.5, R2.6, R6.9); and, unless `deliver` is false, lets a mailer send what is
 * pending (R9.1). Resolves once nothing is left that is due by the program's clock. May run beside the jobs themselves.
 * Throws where a job comes to no end, with `stopping` aborted too.
 */
export async function doTheJobs(
  app: App,
  { deliver, stopping }: { readonly deliver: boolean; readonly stopping: AbortSignal },
): Promise<void> {
  const jobs: readonly (readonly [name: string, turn: () => Promise<boolean>])[] = [
    ['booking what is due', () => bookWhatIsDue(app, stopping)],
    ['ending programs', () => endPrograms(app)],
    ['telling of terms', () => tellMembersOfTerms(app)],
    ['telling of points that will expire', () => tellMembersOfExpiry(app)],
  ];
  for (const [name, turn] of jobs) {
    let turns = 0;
    while (!(await turn())) {
      stopping.throwIfAborted();
      turns += 1;
      if (turns > TURNS_MAX) throw new Error(`${name} comes to no end after ${turns} turns`);
    }
  }
  if (deliver) await sendMails(app, stopping);
}

/** Until no mail is due: one that failed is due later, and waits for the mailer that goes on. */
async function sendMails(app: App, stopping: AbortSignal): Promise<void> {
  const mailer = startMailer(app, { pollMs: LOOK_MS });
  try {
    while (await isMailDue(app)) await pause(LOOK_MS, undefined, { signal: stopping });
  } finally {
    await mailer.stop();
  }
}

async function isMailDue({ database }: App): Promise<boolean> {
  const [row] = await database.query<{ due: boolean }[]>(
    `select exists (select from notifications
       where mail_state = 'PENDING' and next_attempt_at <= clock_timestamp()) as due`,
  );
  return row?.due ?? false;
}
