import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../src/database/data-source';
import { startThrowAwayPostgres } from '../src/database/throw-away-postgres';
import { archiveBefore } from '../src/maintenance/archive';
import { checkBooks } from './books';
import { printTable } from './harness';
import { fillScale, SCALE_ENTRIES } from './scale';

const DAY_MS = 86_400_000;
/** Of the customers, who are 0 to 300 days old, the entries of half are older. */
const AGE_DAYS = 150;
const TABLES = ['entries', 'allocations', 'entries_archive', 'allocations_archive'];

const USAGE = `Usage: node -r @swc-node/register bench/archive.ts [--accounts 10000]
  What archiving the older half of the entries takes, and what the tables take on disk before and after, with ${SCALE_ENTRIES} entries of each account.`;

/** The figures on archiving that docs/growth.md has, measured anew. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { accounts: { type: 'string', default: '10000' } } });
  const accounts = Number(values.accounts);
  if (!(accounts > 0)) throw new Error(USAGE);
  const server = await startThrowAwayPostgres({ durable: true });
  try {
    await fillScale(server.ownerUrl, { accounts });
    const options = { session: 'migration' } as const;
    const database = await createDataSource(server.ownerUrl, options).initialize();
    try {
      await measure(database);
    } finally {
      await database.destroy();
    }
    await checkBooks(server.ownerUrl);
  } finally {
    await server.stop();
  }
}

async function measure(database: DataSource): Promise<void> {
  for (const table of TABLES) await database.query(`alter table ${table} reset (fillfactor)`);
  for (const table of TABLES) await database.query(`vacuum full ${table}`);
  const sizes = [await sizesOf(database)];
  const started = performance.now();
  const by = { actor: 'operator:bench', reason: 'bench' };
  const { signal } = new AbortController();
  const age = { before: Date.now() - AGE_DAYS * DAY_MS, program: null };
  await archiveBefore(database, age, by, console.log, signal);
  const seconds = (performance.now() - started) / 1_000;
  const [run] = await database.query('select accounts, entries from archive_runs');
  console.log(
    `${Math.round(run.entries / seconds)} entries and ${Math.round(run.accounts / seconds)} accounts a second`,
  );
  await database.query('vacuum');
  sizes.push(await sizesOf(database));
  for (const table of TABLES) await database.query(`vacuum full ${table}`);
  sizes.push(await sizesOf(database));
  printTable(
    `${AGE_DAYS} days and older archived`,
    TABLES.map((table) => {
      const [before, after, compact] = sizes.map((of) => of.get(table)!);
      return {
        ...{ table, 'rows before': `${before!.rows}`, MB: mega(before!.bytes) },
        ...{ 'rows after': `${after!.rows}`, 'MB after': mega(after!.bytes) },
        'MB after VACUUM FULL': mega(compact!.bytes),
      };
    }),
  );
}

async function sizesOf(
  database: DataSource,
): Promise<Map<string, { rows: number; bytes: number }>> {
  const sizes = new Map<string, { rows: number; bytes: number }>();
  for (const table of TABLES) {
    const [size] = await database.query(
      `select (select count(*) from ${table}) as rows, pg_total_relation_size('${table}') as bytes`,
    );
    sizes.set(table, size);
  }
  return sizes;
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

void main();
