import type { App } from '../app';
import { type AgePlace, deleteOld } from '../outbox/endpoints';

/** Messages looked at, at a time: each batch is a short transaction. */
const BATCH = 1_000;
const BUDGET_MS = 60_000;

/**
 * Deletes messages that were written long ago, with their deliveries, where no endpoint is still to be told and no dead letter
 * is to be looked at. False where the budget ended first.
 */
export async function cleanOutbox(
  app: App,
  stopping: AbortSignal,
  budgetMs = BUDGET_MS,
): Promise<boolean> {
  const deadline = performance.now() + budgetMs;
  let place: AgePlace | null = null;
  do {
    if (stopping.aborted || performance.now() >= deadline) return false;
    const { next } = await deleteOld(app.database, place, BATCH);
    place = next;
  } while (place !== null);
  return true;
}
