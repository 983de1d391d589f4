import type { DataSource } from 'typeorm';
import { openDatabase } from './books';
import { type Plan, printTable, type Spread, show, spreadOf, step } from './harness';
import type { Load, Sample } from './load';
import type { Outcome, Row } from './row';
import { CHECK_MS, spotCheck } from './scale';
import { SCALE_LOTS } from './scale-models';
import { startScaleServer } from './scale-server';
import { Worker } from './worker';

const CALLERS = 64;
/** Who redeems meanwhile, and of whom five lots each ran out at one instant. */
const SIZES: Readonly<Record<Plan['size'], { accounts: number; overdue: number }>> = {
  whole: { accounts: 50_000, overdue: 200_000 },
  quick: { accounts: 2_000, overdue: 4_000 },
  smoke: { accounts: 200, overdue: 400 },
};
/** Seconds with booking are so many times as long as those without: there is much to book. */
const LONGER = 3;

interface Turn {
  readonly idle: Sample;
  readonly meanwhile: Sample;
  readonly bookedPerSecond: number;
}

/** All lots of a day run out at one midnight: they are booked while others redeem. */
export const expiry: Row = {
  name: 'expiry',
  hasOwnBooks: true,
  about: 'booking lots that all ran out at one instant, while 64 callers redeem',
  run: async ({ plan }) => {
    const size = SIZES[plan.size];
    const server = await startScaleServer();
    try {
      const url = await server.database(size, true);
      await server.checkpoint();
      const database = await openDatabase(url);
      const { worker } = await Worker.start('scale-door.ts', { url, accounts: size.accounts });
      try {
        const turns = await measure(worker, database, plan);
        await worker.stop();
        const books = await step('The books balance, and every lot is booked once', () =>
          check(url, database, size.overdue, CHECK_MS[plan.size]),
        );
        return outcome(turns, size.overdue, books);
      } finally {
        await worker.stop();
        await database.destroy();
      }
    } finally {
      await server.stop();
    }
  },
};

async function measure(worker: Worker, database: DataSource, plan: Plan): Promise<Turn[]> {
  const { warmMs, measureMs } = plan;
  const turns: Turn[] = [];
  const redeem = (load: Load & { booking: boolean }) =>
    worker.ask<Sample & { refused: number; done: boolean }>(load);
  for (let isDone = false; !isDone; ) {
    const load = { callers: CALLERS, warmMs, measureMs };
    const idle = await redeem({ ...load, booking: false });
    const before = await due(database);
    const began = performance.now();
    const meanwhile = await redeem({
      ...{ callers: CALLERS, warmMs: 0, measureMs: LONGER * measureMs, booking: true },
    });
    const left = await due(database);
    const bookedPerSecond = ((before - left) * 1000) / (performance.now() - began);
    isDone = left === 0;
    // The last one was not busy to the end.
    if (!isDone || turns.length === 0) turns.push({ idle, meanwhile, bookedPerSecond });
  }
  return turns;
}

async function due(database: DataSource): Promise<number> {
  const [row] = await database.query<{ due: number }[]>(
    'select count(*)::int as due from accounts where next_due_at <= now()',
  );
  return row!.due;
}

/** Everything that ran out is in one entry of its account, and nothing else is. */
async function check(
  url: string,
  database: DataSource,
  overdue: number,
  checkMs: number,
): Promise<object> {
  const [row] = await database.query<{ entries: number; lots: number; off: number }[]>(
    `select count(*)::int as entries, (select count(*)::int from lots where expired > 0) as lots,
       (select (sum(available + held + lifetime_redeemed + lifetime_expired - lifetime_earned))::bigint from accounts) as off
     from entries where kind = 'EXPIRED'`,
  );
  const { entries, lots, off } = row!;
  if (entries !== overdue || lots !== overdue * SCALE_LOTS || off !== 0) {
    throw new Error(`${overdue} accounts ran out: ${JSON.stringify(row)}`);
  }
  return { entries, lots, ...(await spotCheck(url, checkMs)) };
}

function outcome(turns: readonly Turn[], overdue: number, books: object): Outcome {
  const of = (figure: (turn: Turn) => number): Spread => spreadOf(turns.map(figure));
  const perAccount = of(({ bookedPerSecond, meanwhile }) => bookedPerSecond / meanwhile.perSecond);
  const perIdle = of(({ bookedPerSecond, idle }) => bookedPerSecond / idle.perSecond);
  const p99 = of(({ idle, meanwhile }) => meanwhile.p99 / idle.p99);
  const line = (name: string, figure: (turn: Turn) => Sample) => ({
    turn: name,
    'redemptions/s': show(of((turn) => figure(turn).perSecond)),
    'p50 ms': show(
      of((turn) => figure(turn).p50),
      1,
    ),
    'p99 ms': show(
      of((turn) => figure(turn).p99),
      1,
    ),
  });
  printTable(
    `${overdue.toLocaleString('en-US')} accounts of ${SCALE_LOTS} lots that ran out, ${CALLERS} callers redeeming`,
    [
      { ...line('nothing due', ({ idle }) => idle), 'accounts booked/s': '–' },
      {
        ...line('while booking', ({ meanwhile }) => meanwhile),
        'accounts booked/s': show(of(({ bookedPerSecond }) => bookedPerSecond)),
      },
    ],
  );
  return {
    figures: [
      {
        what: 'accounts whose expired lots are booked per second, while redemptions run',
        beside: "the same door's redemptions per second meanwhile",
        ratio: perAccount,
        target: { atLeast: 1 },
      },
      {
        what: 'p99 of redemptions while it books',
        beside: 'with nothing due',
        ratio: p99,
        target: { atMost: 2 },
      },
    ],
    samples: { turns, perIdle, books },
  };
}
