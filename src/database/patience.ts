import { setTimeout as pause } from 'node:timers/promises';
import { QueryFailedError } from 'typeorm';

/** How often something is tried that could not have its locks, and how long it stays out of the way in between. */
export interface Patience {
  readonly attempts: number;
  /** The pause after the first attempt, in milliseconds; each next one is twice as long, up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** About three minutes, of which at most 48 s (24 lock timeouts) are spent in front of others. */
export const PATIENCE: Patience = { attempts: 24, firstMs: 100, longestMs: 10_000 };

// A lock timeout, and the deadlock that a migration of two tables and a command may make of each other's.
const IN_THE_WAY: readonly unknown[] = ['55P03', '40P01'];

/** The pause after attempt 1, 2, 3 …, in milliseconds: `chance` (0 to 1) takes away up to half. */
export function pauseAfter(attempt: number, patience: Patience, chance: number): number {
  const full = Math.min(patience.longestMs, patience.firstMs * 2 ** (attempt - 1));
  return full * (1 - chance / 2);
}

/**
 * Does `work` again while locks that others hold keep it from ending, with growing pauses in which they go on; it has to
 * leave nothing where it fails, or to take up what it left. Fails as the last attempt did.
 */
export async function whileLocked<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!IN_THE_WAY.includes(codeOf(error)) || attempt >= patience.attempts) throw error;
      await pause(pauseAfter(attempt, patience, Math.random()));
    }
  }
}

/** The SQLSTATE that PostgreSQL failed with. */
export function codeOf(error: unknown): unknown {
  const cause = error instanceof QueryFailedError ? error.driverError : error;
  return (cause as { code?: unknown }).code;
}
