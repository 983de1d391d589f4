import type { App } from '../app';
import { readClock } from '../database/clock';
import { bookDue } from '../ledger/book-due';
import { dueAccounts } from '../ledger/ledger.store';

/** Accounts that are looked up, and given to the door, at a time. */
const PAGE = 500;
/** So many accounts that stay due although they were tried mean that something is broken: the run ends. */
const STUCK_MAX = 10 * PAGE;
const BUDGET_MS = 20_000;

/**
 * Writes down what fell due until now by the app's clock: lots that expired, holds that lapsed (R6.2, R6.7). It only
 * records what is true already, so it may run twice at once, break off and start again. Each account is
 * tried once per run, and one that fails costs the others nothing. False where the budget ended first.
 */
export async function bookWhatIsDue(
  app: App,
  stopping: AbortSignal,
  budgetMs = BUDGET_MS,
): Promise<boolean> {
  const at = await readClock(app.database, app.config.sandbox);
  const deadline = performance.now() + budgetMs;
  const tried = new Set<string>();
  let stuck = 0;
  while (!stopping.aborted && performance.now() < deadline) {
    const limit = PAGE + stuck;
    const due = await dueAccounts(app.database, at, limit);
    const page = due.filter((customerId) => !tried.has(customerId));
    stuck = due.length - page.length;
    if ((page.length === 0 && due.length < limit) || stuck >= STUCK_MAX) return true;
    for (const customerId of page) tried.add(customerId);
    await Promise.all(page.map((customerId) => book(app, customerId)));
  }
  return false;
}

async function book(app: App, customerId: string): Promise<void> {
  try {
    await app.ledger.execute(bookDue(customerId));
  } catch (error) {
    app.log.error({ err: error, customerId }, 'What is due on an account could not be booked');
  }
}
