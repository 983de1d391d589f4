import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { clockSql } from '../../src/database/clock';
import { Programs } from '../../src/programs/programs';
import { type BalanceChange, BalanceFeed } from '../../src/subscriptions/balance-feed';

/** A feed that was not started, and what it logs. */
export async function makeFeed(
  database: DataSource,
): Promise<{ feed: BalanceFeed; logged: string[] }> {
  const logged: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  const programs = await Programs.load(database);
  return { feed: new BalanceFeed({ database, programs, clock: clockSql(true), log }), logged };
}

/** The next `count` changes. */
export async function take(
  changes: AsyncIterator<BalanceChange, undefined>,
  count: number,
): Promise<BalanceChange[]> {
  const taken: BalanceChange[] = [];
  while (taken.length < count) {
    const { value, done } = await changes.next();
    if (done) throw new Error(`The changes ended after ${taken.length} of ${count}`);
    taken.push(value);
  }
  return taken;
}

/** Whether `work` is still undecided after `ms`. */
export async function isPendingFor(ms: number, work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => false), sleep(ms, true)]);
}

/** Polls until `holds` does. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not so within ${withinMs} ms: ${holds.toString()}`);
    await sleep(10);
  }
}
