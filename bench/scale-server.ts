import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/database/embedded-postgres';
import { migrate } from '../src/database/migrate';
import { openDatabase } from './books';
import { cpuOfFamily, step } from './harness';
import { fillScale, type Scale } from './scale';

/** A PostgreSQL for books that take long to fill: where BENCH_DATA names a folder, they are kept there for the next run. */
export interface ScaleServer {
  readonly settings: Readonly<Record<string, string>>;
  /** The owner's address of a database with so many accounts; `anew` where what was written to it must not be there. */
  database(scale: Scale, anew: boolean): Promise<string>;
  /** The same database as the application's role reaches it. */
  asApplication(url: string): string;
  checkpoint(): Promise<void>;
  /** Leaves it with a log of the length that it keeps. */
  makeLog(): Promise<void>;
  cpuMicros(): Promise<number | null>;
  /** Pages that a database has read because `shared_buffers` did not have them, so far. */
  pagesRead(url: string): Promise<number>;
  stop(): Promise<void>;
}

/** While rows are copied: nothing of it has to survive, and nothing is logged that can be left out. */
const FILLING = {
  ...{ wal_level: 'minimal', max_wal_senders: '0', fsync: 'off', full_page_writes: 'off' },
  ...{ autovacuum: 'off', max_wal_size: '8GB' },
};
/** As a server of a large ledger is set up: what src/database/README.md advises. */
const SERVING = {
  shared_buffers: `${Math.round(totalmem() / 2 ** 21)}MB`,
  ...{ max_wal_size: '8GB', min_wal_size: '4GB', checkpoint_timeout: '15min' },
};
/** Of 16 MB each. */
const LOG_FILES = 200;
/** Makes the files of the log that a server has after a while, and uses again: making one costs more than writing it. */
const MAKE_LOG = `do $$ begin
  for file in 1..${LOG_FILES} loop
    perform pg_logical_emit_message(false, 'bench', '');
    perform pg_switch_wal();
  end loop;
end $$`;
const FILLED = 'filled';

const started = new Set<ScaleServer>();

/** For whoever is interrupted: PostgreSQL would outlive us, and so would tens of gigabytes. */
export async function stopScaleServers(): Promise<void> {
  await Promise.allSettled([...started].map((server) => server.stop()));
}

/** Starts it durable, and set up as in production. */
export async function startScaleServer(): Promise<ScaleServer> {
  const kept = process.env.BENCH_DATA;
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'rewards-bench-')));
  let running: EmbeddedPostgres = await startEmbeddedPostgres({ folder });
  const at = (name: string) =>
    Object.assign(new URL(running.ownerUrl), { pathname: `/${name}` }).href;
  const asked = async <T>(statement: string): Promise<T[]> => {
    const admin = await openDatabase(running.ownerUrl);
    try {
      return await admin.query(statement);
    } finally {
      await admin.destroy();
    }
  };
  const restart = async (settings: Readonly<Record<string, string>>) => {
    await asked('alter system reset all');
    for (const [name, value] of Object.entries(settings)) {
      await asked(`alter system set ${name} = '${value}'`);
    }
    await running.stop();
    running = await startEmbeddedPostgres({ folder });
  };
  const fill = async (name: string, scale: Scale) => {
    await restart(FILLING);
    try {
      await asked(`drop database if exists ${name}`);
      await asked(`create database ${name}`);
      await fillScale(at(name), scale);
      await asked(`comment on database ${name} is '${FILLED}'`);
    } finally {
      await restart(SERVING);
    }
  };
  const isFilled = async (name: string) => {
    const [row] = await asked<{ comment: string }>(
      `select shobj_description(oid, 'pg_database') as comment from pg_database where datname = '${name}'`,
    );
    return row?.comment === FILLED;
  };
  await restart(SERVING);
  const [found] = await asked<Record<string, string>>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
       current_setting('huge_pages_status') as huge_pages`,
  );
  const server: ScaleServer = {
    settings: { ...found!, ...SERVING },
    database: async (scale, anew) => {
      const { accounts, overdue = 0 } = scale;
      const name = `scale_${accounts}${overdue > 0 ? `_${overdue}` : ''}`;
      if (anew || !(await isFilled(name))) {
        await step(`Filled ${accounts + overdue} accounts`, () => fill(name, scale));
      }
      await migrate(at(name));
      return at(name);
    },
    asApplication: (url) =>
      Object.assign(new URL(running.url), { pathname: new URL(url).pathname }).href,
    makeLog: async () => {
      await asked(MAKE_LOG);
      await asked('checkpoint');
    },
    checkpoint: async () => {
      await asked('checkpoint');
    },
    cpuMicros: async () => {
      const [file] = await asked<{ text: string }>(`select pg_read_file('postmaster.pid') as text`);
      return cpuOfFamily(Number.parseInt(file!.text, 10));
    },
    pagesRead: async (url) => {
      const [row] = await asked<{ pages: number }>(
        `select blks_read::float8 as pages from pg_stat_database where datname = '${new URL(url).pathname.slice(1)}'`,
      );
      return row!.pages;
    },
    stop: async () => {
      if (!started.delete(server)) return;
      await running.stop();
      if (kept === undefined) {
        await rm(running.folder, { recursive: true, force: true });
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
  started.add(server);
  return server;
}
