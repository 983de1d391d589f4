import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { HouseNaming } from './naming';
import { type Known, Packet, type PreparedStatement } from './packet';
import { APP_ROLE } from './privileges';
import { ROWS } from './rows';
import { wireTypes } from './wire-types';

/** Longest a request waits for a free connection, or for a new one. */
const CONNECT_TIMEOUT_MS = 5_000;
const POOL_SIZE = 10;

/**
 * What every session of the service is started with. The server ends what takes too long: a client
 * that gives up by itself (`query_timeout`) would leave its transaction open in the pool.
 */
const SERVICE_SESSION = {
  // Whoever connects, the service runs as the restricted role.
  role: APP_ROLE,
  statement_timeout: '15s',
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '10s',
};

/** A migration may run long, but must not stand in a queue of locks that everybody waits behind. */
const MIGRATION_SESSION = {
  statement_timeout: '0',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '0',
};

/** How long an ended connection may take to say good-bye. */
const END_TIMEOUT_MS = 1_000;

/** A connection of the pool, whose statements are sent without waiting for the answers to those before (`pipeline`). */
class HeldClient extends Client {
  private isGathering = false;
  private packet: Packet | null = null;
  readonly known: Known = new Map();

  constructor(config?: string | ClientConfig) {
    super(config);
    // It may break while somebody holds it and asks nothing. Their next question fails by itself; the event alone, with
    // nobody listening, would end the process.
    this.on('error', () => undefined);
    const query = (this.query as (...args: readonly unknown[]) => unknown).bind(this);
    const gathered = (...args: readonly unknown[]): unknown => {
      this.gather(query);
      if (args.length === 1 && isPrepared(args[0])) {
        this.packet ??= new Packet(this);
        return this.packet.add(args[0]);
      }
      this.close(query);
      return query(...args);
    };
    Object.defineProperty(this, 'query', { value: gathered, configurable: true });
  }

  /** What is sent in one turn leaves at once: the driver would hand each statement to the system by itself. */
  private gather(query: (packet: Packet) => unknown): void {
    if (this.isGathering) return;
    const { stream } = this.connection;
    this.isGathering = true;
    stream.cork();
    process.nextTick(() => {
      this.isGathering = false;
      this.close(query);
      stream.uncork();
    });
  }

  /** Hands over the packet that is being filled. */
  private close(query: (packet: Packet) => unknown): void {
    const { packet } = this;
    this.packet = null;
    if (packet) query(packet);
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  /** With statements under way the driver waits for their answers, of a server that has gone silent for ever. */
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    const { stream } = this.connection;
    const givenUp = setTimeout(() => stream.destroy(), END_TIMEOUT_MS).unref();
    stream.once('close', () => clearTimeout(givenUp));
    if (callback) {
      super.end(callback);
      return undefined;
    }
    return super.end();
  }
}

function isPrepared(given: unknown): given is PreparedStatement {
  const { name, values } = Object(given) as Partial<PreparedStatement>;
  return typeof name === 'string' && Array.isArray(values);
}

/** Told of each statement as it starts; what it gives back is told when it ended, with the error where it failed. */
export type WatchStatement = (text: string) => (error?: unknown) => void;

/** The class of connections whose statements are told to `watch`. */
function watchedClient(watch: WatchStatement): typeof HeldClient {
  return class extends HeldClient {
    constructor(config?: string | ClientConfig) {
      super(config);
      const query = this.query as (...args: readonly unknown[]) => unknown;
      // What is queried with a promise, as everything of ours is; a callback's end would not be seen.
      const watched = (...args: readonly unknown[]): unknown => {
        const text = typeof args[0] === 'string' ? args[0] : Object(args[0]).text;
        const ended = typeof text === 'string' ? watch(text) : () => undefined;
        const result = query.apply(this, args as never);
        if (result instanceof Promise) result.then(() => ended(), ended);
        return result;
      };
      Object.defineProperty(this, 'query', { value: watched, configurable: true });
    }
  };
}

export interface DataSourceOptions {
  /** Connections at most; 10 where nothing is said. */
  readonly poolSize?: number;
  /** What `pg_stat_activity` shows. */
  readonly applicationName?: string;
  /** Told of a connection that broke while nobody used it; the pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
  readonly watch?: WatchStatement;
  /** `migration`: as whoever connects, without a statement timeout, with a short lock timeout. */
  readonly session?: 'service' | 'migration';
  /** False: the tables are not described, for who asks in SQL alone. */
  readonly describesTables?: boolean;
}

const MIGRATIONS = join(__dirname, '../../migrations');
type MigrationClass = new () => MigrationInterface;

/** The class of every migration, read without TypeORM's patterns: those cost as much as the rest of its setup. */
function migrationClasses(): MigrationClass[] {
  const files = readdirSync(MIGRATIONS).filter((name) => /(?<!\.d)\.[jt]s$/.test(name));
  return files.flatMap((name) =>
    Object.values(require(join(MIGRATIONS, name)) as Record<string, MigrationClass>),
  );
}

/**
 * The one way to a database: TypeORM's DataSource over PostgreSQL, not yet initialised.
 * int8 arrives as a safe number, timestamptz as epoch milliseconds; every session is in UTC, READ COMMITTED,
 * with the server's own timeouts.
 */
export function createDataSource(url: string, options: DataSourceOptions = {}): DataSource {
  const session = options.session === 'migration' ? MIGRATION_SESSION : SERVICE_SESSION;
  const address = new URL(url);
  const own = address.searchParams.get('options');
  address.searchParams.delete('options');
  return new DataSource({
    type: 'postgres',
    url: address.href,
    applicationName: options.applicationName ?? 'rewards',
    poolSize: options.poolSize ?? POOL_SIZE,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    poolErrorHandler: options.onIdleError ?? (() => undefined),
    entities: options.describesTables === false ? [] : [...ROWS],
    namingStrategy: new HouseNaming(),
    migrations: migrationClasses(),
    migrationsTransactionMode: 'each',
    installExtensions: false,
    extra: {
      Client: options.watch ? watchedClient(options.watch) : HeldClient,
      types: wireTypes,
      // Statements that are sent together do not wait for each other's answers.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      options: sessionOptions(session, own),
    },
  });
}

/** The address for a client that is none of ours, so that it runs as the application's role too. */
export function asApplication(url: string): string {
  const address = new URL(url);
  const own = address.searchParams.get('options');
  address.searchParams.set('options', `${own ? `${own} ` : ''}-c role=${APP_ROLE}`);
  return address.href;
}

function sessionOptions(session: Readonly<Record<string, string>>, own: string | null): string {
  const settings = {
    TimeZone: 'UTC',
    DateStyle: 'ISO',
    // A temporary table must not stand in front of one of ours.
    search_path: 'public,pg_temp',
    default_transaction_isolation: 'read\\ committed',
    ...session,
  };
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return [...(own ? [own] : []), ...ours].join(' ');
}
