import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { clockSql } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { MINUTE_MS } from '../../src/kernel/time';
import { createLedger } from '../../src/ledger/door';
import type { Changes } from '../../src/ledger/ledger.writes';
import { rulesOf } from '../../src/ledger/rules';
import { Programs } from '../../src/programs/programs';
import { releaseRedemption } from '../../src/redemption/decide-hold';
import { redeem } from '../../src/redemption/redeem';
import { BalanceFeed } from '../../src/subscriptions/balance-feed';
import { openOrderId } from '../customers';
import { cpuMicros, micros } from '../load';
import { work } from '../worker';

interface Setup {
  readonly url: string;
  /** Ids of customers 1, 2, 3 … */
  readonly accounts: readonly string[];
}

/** Writes that many changes a second, one account after the other, for so long. */
export interface ChangerQuestion {
  readonly since: number;
  readonly perSecond: number;
  readonly forMs: number;
  /** Changes of one account at most. */
  readonly slots: number;
}

/** How often what is due is written, in milliseconds: together, as the platform's events come in batches. */
const TICK_MS = 25;
/** At most so many transactions at a time. */
const WRITERS = 2;

/** Another process of the service, as far as it writes: each change is a hold of points, or the release of the last one. */
work(async ({ url, accounts }: Setup) => {
  const database = await createDataSource(url).initialize();
  const [programs, clock] = [await Programs.load(database), clockSql(false)];
  const log = pino({ level: 'warn' });
  const feed = new BalanceFeed({ database, programs, clock, log });
  await feed.start();
  const places = new Map(accounts.map((id, n) => [id, n]));
  let committed = (_: Changes): void => undefined;
  const ledger = createLedger({
    ...{ database, clock, rules: rulesOf(programs), writers: WRITERS },
    onWritten: (changes) => {
      committed(changes);
      feed.wrote(changes.entries.map(({ accountId }) => accountId));
    },
  });
  const holds: (number | undefined)[] = [];
  const change = async (n: number): Promise<void> => {
    const hold = holds[n];
    const by = { customerId: accounts[n]!, idempotencyKey: randomUUID(), actor: 'customer:bench' };
    const order = { orderId: openOrderId(n + 1, 1), points: 1, holdMs: 60 * MINUTE_MS };
    const command =
      hold === undefined ? redeem({ ...by, ...order }) : releaseRedemption({ ...by, number: hold });
    const answer = await ledger.execute(command);
    if ('refused' in answer) throw new Error(`${by.customerId} was refused: ${answer.refused}`);
    holds[n] = hold === undefined ? answer.redemption.number : undefined;
  };
  return {
    answer: async ({ since, perSecond, forMs, slots }: ChangerQuestion) => {
      const finals = await sequencesOf(database, accounts);
      const first = [...finals];
      const commits = new Uint32Array(accounts.length * slots);
      committed = ({ entries }) => {
        const at = micros() - since;
        for (const { accountId, what } of entries) {
          const n = places.get(accountId)!;
          commits[n * slots + what.sequence - first[n]! - 1] = at;
          finals[n] = what.sequence;
        }
      };
      const cpuBefore = cpuMicros();
      const began = performance.now();
      const written = await steadily(perSecond, forMs, accounts.length, change);
      const tookMs = performance.now() - began;
      const stored = await sequencesOf(database, accounts);
      if (String(stored) !== String(finals)) throw new Error('Not all that was written is stored');
      return {
        ...{ written, perSecond: (written * 1000) / tookMs, finals },
        commits: Buffer.from(commits.buffer).toString('base64'),
        cpuMicros: cpuMicros() - cpuBefore,
      };
    },
    close: async () => {
      await ledger.drain();
      await feed.stop();
      await database.destroy();
    },
  };
});

/** Calls for one account after the other at an even pace; one that is still busy with its last is left out. */
async function steadily(
  perSecond: number,
  forMs: number,
  accounts: number,
  call: (n: number) => Promise<void>,
): Promise<number> {
  const busy = new Set<number>();
  const running = new Set<Promise<void>>();
  let failure: unknown;
  let [due, written] = [0, 0];
  const began = performance.now();
  for (;;) {
    const elapsed = performance.now() - began;
    for (; due < (Math.min(elapsed, forMs) * perSecond) / 1000; due += 1) {
      const n = due % accounts;
      if (busy.has(n)) continue;
      busy.add(n);
      const one = call(n)
        .then(() => {
          written += 1;
        })
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => {
          busy.delete(n);
          running.delete(one);
        });
      running.add(one);
    }
    if (failure || elapsed >= forMs) break;
    await new Promise((done) => setTimeout(done, TICK_MS));
  }
  await Promise.all(running);
  if (failure) throw failure;
  return written;
}

async function sequencesOf(
  database: ReturnType<typeof createDataSource>,
  accounts: readonly string[],
): Promise<number[]> {
  const rows = await database.query<{ sequence: number }[]>(
    `select a.sequence from unnest($1::text[]) with ordinality as w (id, n)
     join accounts a on a.id = w.id order by w.n`,
    [accounts],
  );
  return rows.map(({ sequence }) => sequence);
}
