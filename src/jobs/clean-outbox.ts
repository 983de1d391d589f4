import type { App } from '../app';
import { deleteOld } from '../outbox/outbox.store';

/** Rows deleted at a time: each batch is a short transaction. */
const BATCH = 1_000;
const BUDGET_MS = 60_000;

/**
 * Deletes messages that were delivered long ago. Without a configured webhook nobody is told and messages
 * would gather for good, so then those that still wait are deleted at the same age. False where the
 * budget ended first.
 */
export async function cleanOutbox(
  app: App,
  stopping: AbortSignal,
  budgetMs = BUDGET_MS,
): Promise<boolean> {
  const deadline = performance.now() + budgetMs;
  const states =
    app.config.webhook === null ? (['DELIVERED', 'PENDING'] as const) : (['DELIVERED'] as const);
  for (const state of states) {
    let deleted = BATCH;
    while (deleted === BATCH) {
      if (stopping.aborted || performance.now() >= deadline) return false;
      deleted = await deleteOld(app.database, state, BATCH);
    }
  }
  return true;
}
