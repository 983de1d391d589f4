import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { devSecret, signToken } from '../../src/auth/dev-token';
import { createDataSource } from '../../src/database/data-source';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { migrate } from '../../src/database/migrate';
import { isAlive, readPidFile } from '../../src/database/postmaster-pid';
import { Chance } from '../../src/demo/chance';
import { loadShippedPrograms, Programs } from '../../src/programs/programs';
import { Caller, GivenUpError } from './caller';
import type { Compiled } from './compile';
import { Server } from './fleet';
import { HistoryFile } from './history';
import { Platform } from './platform';
import { DESK } from './replay';
import { WireProxy } from './wire-proxy';

/** Customers of one organisation and billing account, so that points may move between any two. */
const ACCOUNTS = 10;
const YEAR_S = 365 * 86_400;
const WEBHOOK_SECRET = `whsec_${Buffer.from('faults of a run, all of them wanted').toString('base64')}`;
/** The small disk of the run in which it gets full. */
const SMALL_DISK = '224m';
/** How long the first orders may take, in milliseconds. */
const OPENING_MS = 30_000;
/** How long the database may take to recover, in milliseconds. */
const RECOVERY_MS = 30_000;
const CANNOT_CONNECT_NOW = '57P03';
const START_OF_TIME = Date.parse('2026-03-01T08:00:00Z');

export interface StageOptions {
  readonly seed: number;
  readonly compiled: Compiled;
  readonly servers: number;
  /** On a small disk of its own, a tmpfs: needs root. */
  readonly isDiskSmall: boolean;
}

/** Everything a run needs: a PostgreSQL of its own, a proxy before it, server processes, the platform, and tokens. */
export class Stage {
  readonly accounts = Array.from({ length: ACCOUNTS }, (_, n) => `c${n}`);
  readonly chance: Chance;
  /** Now on the test clock. */
  private clock = START_OF_TIME;
  private constructor(
    readonly options: StageOptions,
    readonly folder: string,
    private readonly running: { postgres: EmbeddedPostgres },
    readonly proxy: WireProxy,
    readonly platform: Platform,
    readonly servers: readonly Server[],
    /** As the superuser, past the proxy. */
    readonly database: DataSource,
    readonly tokens: Readonly<Record<string, string>>,
  ) {
    this.chance = new Chance(`faults ${options.seed}`);
  }

  /** Sets the stage: migrated, servers running, everybody registered and with points. */
  static async set(options: StageOptions): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), `rewards-throw-away-${process.pid}-`));
    const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
    STANDING.add(undo);
    try {
      chmodSync(folder, 0o755);
      if (options.isDiskSmall) {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK},mode=755`, 'none', folder]);
        undo.push(() => execFileSync('umount', ['--lazy', folder]));
      }
      const postgres = await startEmbeddedPostgres({ folder, durable: true });
      const running = { postgres };
      undo.push(() => running.postgres.stop());
      await migrate(postgres.ownerUrl);
      const proxy = await WireProxy.start({ host: '127.0.0.1', port: postgres.port });
      undo.push(() => proxy.stop());
      const platform = new Platform(new Chance(`platform ${options.seed}`));
      const webhook = await platform.start();
      undo.push(() => platform.stop());
      const { dataDir, tokens } = await makeTokens(options.seed);
      undo.push(() => rmSync(dataDir, { recursive: true, force: true }));
      const servers = await Promise.all(
        Array.from({ length: options.servers }, (_, n) =>
          Server.make(n, options.compiled, {
            DATABASE_URL: proxy.through(postgres.url),
            DATABASE_MIGRATION_URL: postgres.ownerUrl,
            ...{ REWARDS_DATA_DIR: dataDir, REWARDS_SANDBOX: '1', LOG_LEVEL: 'warn' },
            ...{ WEBHOOK_URL: webhook, WEBHOOK_SECRET },
          }),
        ),
      );
      const database = await createDataSource(postgres.ownerUrl, {
        ...{ poolSize: 3, applicationName: 'faults' },
      }).initialize();
      undo.push(() => database.destroy());
      await loadShippedPrograms(database);
      const stage = new Stage(options, folder, running, proxy, platform, servers, database, tokens);
      stage.undo = undo;
      undo.push(() => Promise.all(servers.map((server) => server.kill())));
      await stage.moveClock(0);
      await Promise.all(servers.map((server) => server.start()));
      return stage;
    } catch (error) {
      await undoAll(undo);
      throw error;
    }
  }

  private undo: (() => unknown)[] = [];

  /** Leaves nothing behind. */
  strike(): Promise<void> {
    return undoAll(this.undo);
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  get ownerUrl(): string {
    return this.running.postgres.ownerUrl;
  }

  programs(): Promise<Programs> {
    return Programs.load(this.database);
  }

  /** A session of the superuser's own, past the proxy; its death is nobody's matter. Where the fault before has the database recover, it waits. */
  async session(): Promise<Client> {
    for (const deadline = Date.now() + RECOVERY_MS; ; await pause(100)) {
      const client = new Client({ connectionString: this.ownerUrl, application_name: 'faults' });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return client;
      } catch (error) {
        if ((error as { code?: string }).code !== CANNOT_CONNECT_NOW || Date.now() > deadline)
          throw error;
      }
    }
  }

  /** Moves the test clock on; quietly where the database is away. */
  async moveClock(ms: number): Promise<void> {
    this.clock += ms;
    await this.database.query(
      `insert into sandbox_clock as clock (only_row, at) values (true, $1)
       on conflict (only_row) do update set at = greatest(clock.at, excluded.at)`,
      [new Date(this.clock).toISOString()],
    );
  }

  /** kill -9 of the postmaster, as a power cut for its processes; true where it ran. */
  async killPostgres(): Promise<boolean> {
    const pid = await this.postmaster();
    if (pid !== null) process.kill(pid, 'SIGKILL');
    return pid !== null;
  }

  /** Starts PostgreSQL where it does not run; it is back at the same port. */
  async startPostgres(): Promise<void> {
    const { port } = this.running.postgres;
    const postgres = await startEmbeddedPostgres({ folder: this.folder, durable: true });
    this.running.postgres = postgres;
    if (postgres.port !== port) {
      throw new Error(`PostgreSQL came back at port ${postgres.port}, not at ${port}.`);
    }
  }

  /** The postmaster's process id; null where it does not run. */
  async postmaster(): Promise<number | null> {
    const file = await readPidFile(join(this.running.postgres.folder, 'cluster', 'data'));
    return file && isAlive(file.pid) ? file.pid : null;
  }

  /** Somebody who asks until `deadline` (of Date.now), recorded like every client. */
  caller(name: string, history: HistoryFile, deadline: number): Caller {
    const chance = new Chance(`${this.options.seed} ${name}`);
    const tokenOf = (subject: string) => this.tokens[subject]!;
    return new Caller(name, this.urls, history, tokenOf, chance, () => Date.now() > deadline);
  }

  /** Registers everybody, with an order's worth of points each; recorded like everything else. */
  async open(history: HistoryFile): Promise<void> {
    const deadline = Date.now() + OPENING_MS;
    const ends = await Promise.allSettled(
      this.accounts.map(async (accountId) => {
        const caller = this.caller(`open.${accountId}`, history, deadline);
        for (const [n, [type, data]] of introduction(accountId).entries()) {
          await caller.ask({ kind: 'event', id: `open-${accountId}-${n}`, type, data });
        }
        caller.close();
      }),
    );
    for (const end of ends) {
      // What was not answered by then is in the history, and judged.
      if (end.status === 'rejected' && !(end.reason instanceof GivenUpError)) throw end.reason;
    }
  }
}

function introduction(customerId: string): [type: string, data: object][] {
  const member = { organizationId: 'acme', billingAccountId: 'acme-1' };
  const orderId = `o-${customerId}`;
  return [
    ['customer.registered', { customerId, program: 'EU', ...member }],
    ['order.placed', { orderId, customerId, net: '400.00', currency: 'EUR' }],
    ['order.paid', { orderId }],
    ['order.delivered', { orderId }],
  ];
}

/** What would be left behind by a process that ended now: for each stage the steps that undo it. */
const STANDING = new Set<(() => unknown)[]>();

/** Leaves nothing behind of any stage, also of one that is being set: for a process that is told to end. */
export async function strikeAll(): Promise<void> {
  for (const undo of STANDING) await undoAll(undo);
}

async function undoAll(undo: (() => unknown)[]): Promise<void> {
  STANDING.delete(undo);
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      process.stderr.write(`Cleaning up: ${(error as Error).message}\n`);
    }
  }
}

/** Tokens that outlast every skew of a server's clock, and the folder with the secret that signs them. */
async function makeTokens(
  seed: number,
): Promise<{ dataDir: string; tokens: Record<string, string> }> {
  const dataDir = join(tmpdir(), `rewards-faults-data-${process.pid}-${seed}`);
  mkdirSync(dataDir, { recursive: true });
  const secret = devSecret(dataDir);
  const subjects = Array.from({ length: ACCOUNTS }, (_, n) => `c${n}`);
  const [issuer, audience, lifetime] = ['rewards-dev', 'rewards', 10 * YEAR_S];
  const sign = (claims: { sub: string; scope?: string }) =>
    signToken(secret, { ...claims, issuer, audience, lifetime });
  const signed = await Promise.all(
    subjects.map(async (sub) => [sub, await sign({ sub })] as const),
  );
  const desk = await sign({ sub: DESK, scope: 'rewards:desk' });
  return { dataDir, tokens: { ...Object.fromEntries(signed), desk } };
}
