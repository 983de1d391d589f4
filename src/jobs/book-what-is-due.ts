import type { App } from '../app';
import type { Config } from '../config';
import { readClock } from '../database/clock';
import { bookDue } from '../ledger/book-due';
import { dueAccounts } from '../ledger/ledger.store';

/** Accounts that are looked up at a time: at midnight all lots of a day run out at one instant. */
const PAGE = 4_000;
/** Accounts that are with the door at a time: enough that its next batch is there while two are written. */
const ROOM = 192;
/** So many accounts that stay due although they were tried mean that something is broken: the run ends. */
const STUCK_MAX = 5_000;
const BUDGET_MS = 20_000;

type Parts = Pick<App, 'database' | 'ledger' | 'log'> & {
  readonly config: Pick<Config, 'sandbox'>;
};

/**
 * Writes down what fell due until now by the app's clock: lots that expired, holds that lapsed (R6.2, R6.7), the longest due
 * first. It only records what is true already, so it may run twice at once, break off and start again; nobody waits for it, and it
 * lets whoever asks for something go first. Each account is tried once per run, and one that fails costs the others
 * nothing. False where the budget ended first.
 */
export async function bookWhatIsDue(
  app: Parts,
  stopping: AbortSignal,
  budgetMs = BUDGET_MS,
  pageSize = PAGE,
): Promise<boolean> {
  const at = await readClock(app.database, app.config.sandbox);
  const deadline = performance.now() + budgetMs;
  const isOver = () => stopping.aborted || performance.now() >= deadline;
  const tried = new Set<string>();
  let stuck = 0;
  while (!isOver()) {
    const limit = pageSize + stuck;
    const due = await dueAccounts(app.database, at, limit);
    const page = due.filter((customerId) => !tried.has(customerId));
    stuck = due.length - page.length;
    if ((page.length === 0 && due.length < limit) || stuck >= STUCK_MAX) return true;
    const bookSome = async () => {
      for (let id = page.pop(); id !== undefined; id = isOver() ? undefined : page.pop()) {
        tried.add(id);
        await book(app, id);
      }
    };
    page.reverse();
    await Promise.all(Array.from({ length: ROOM }, bookSome));
  }
  return false;
}

async function book(app: Parts, customerId: string): Promise<void> {
  try {
    await app.ledger.execute(bookDue(customerId));
  } catch (error) {
    app.log.error({ err: error, customerId }, 'What is due on an account could not be booked');
  }
}
