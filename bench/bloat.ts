import type { DataSource } from 'typeorm';
import { openDatabase } from './books';
import { type Plan, printTable, spreadOf, step } from './harness';
import type { Sample } from './load';
import type { Figure, Row } from './row';
import { CHECK_MS, spotCheck } from './scale';
import { startScaleServer } from './scale-server';
import { Worker } from './worker';

const CALLERS = 64;
const SIZES: Readonly<Record<Plan['size'], { accounts: number; redemptions: number }>> = {
  whole: { accounts: 100_000, redemptions: 1_000_000 },
  quick: { accounts: 500, redemptions: 5_000 },
  smoke: { accounts: 100, redemptions: 500 },
};
/** What each redemption writes anew. */
const TABLES = ['accounts', 'lots'] as const;

interface Shape {
  readonly table: string;
  /** Bytes of the table and of its indexes. */
  readonly heap: number;
  readonly indexes: number;
  readonly updates: number;
  /** Of these, without any index to change. */
  readonly hot: number;
  readonly dead: number;
}

/** What is left of accounts and lots after very many redemptions, with autovacuum as it comes. */
export const bloat: Row = {
  name: 'bloat',
  hasOwnBooks: true,
  about: 'accounts and lots after redemptions beside the same rows freshly packed',
  run: async ({ plan }) => {
    const { accounts, redemptions } = SIZES[plan.size];
    const server = await startScaleServer();
    try {
      const url = await server.database({ accounts }, true);
      const { worker } = await Worker.start('scale-door.ts', { url, accounts });
      await step(`Redeemed ${redemptions.toLocaleString('en-US')} times`, async () => {
        for (let done = 0; done < redemptions; ) {
          const load = { callers: CALLERS, warmMs: 0, measureMs: plan.measureMs, booking: false };
          done += (await worker.ask<Sample>(load)).answered;
        }
      }).finally(() => worker.stop());
      const database = await openDatabase(url);
      try {
        const after = await shapes(database);
        const books = await spotCheck(url, CHECK_MS[plan.size]);
        await database.query(`vacuum full ${TABLES.join(', ')}`);
        const packed = await shapes(database);
        return { figures: figuresOf(after, packed), samples: { after, packed, books } };
      } finally {
        await database.destroy();
      }
    } finally {
      await server.stop();
    }
  },
};

async function shapes(database: DataSource): Promise<Shape[]> {
  // What a session counted is told at its end, or once it is idle for a while.
  await database.query('select pg_sleep(1.5)');
  return database.query(
    `select relname as table, pg_relation_size(relid)::float8 as heap, pg_indexes_size(relid)::float8 as indexes,
       n_tup_upd::float8 as updates, n_tup_hot_upd::float8 as hot, n_dead_tup::float8 as dead
     from pg_stat_user_tables where relname = any ($1) order by 1`,
    [TABLES],
  );
}

function figuresOf(after: readonly Shape[], packed: readonly Shape[]): Figure[] {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const size = ({ heap, indexes }: Shape) => heap + indexes;
  const pairs = after.map((shape, n) => ({ shape, fresh: packed[n]! }));
  printTable(
    'After the redemptions, and freshly packed',
    pairs.map(({ shape, fresh }) => ({
      table: shape.table,
      'table MiB': mib(shape.heap),
      'packed MiB': mib(fresh.heap),
      'indexes MiB': mib(shape.indexes),
      'packed indexes MiB': mib(fresh.indexes),
      'heap-only updates %': ((100 * shape.hot) / shape.updates).toFixed(2),
      'dead rows': String(shape.dead),
    })),
  );
  return pairs.flatMap(({ shape, fresh }): Figure[] => [
    {
      what: `bytes of ${shape.table} and its indexes after the redemptions`,
      beside: 'the same rows freshly packed',
      ratio: spreadOf([size(shape) / size(fresh)]),
      target: { atMost: 1.3 },
    },
    {
      what: `updates of ${shape.table} that change no index`,
      beside: 'all its updates',
      ratio: spreadOf([shape.hot / shape.updates]),
      target: { atLeast: 0.95 },
    },
  ]);
}
