import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Notification } from 'pg';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';

/** Processes tell each other there which accounts changed: customer ids joined by "\n", or '' for any of them. */
const LISTEN = 'listen rewards_accounts';
const NOTIFY = `select pg_notify('rewards_accounts', payload) from unnest($1::text[]) as payload`;

const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 10_000;
const HEARTBEAT_MS = 10_000;

/**
 * The process's one listening connection, by which it also tells the others. Loses hints while it is cut off, and says
 * so by reporting "any of them" each time it listens again.
 */
export class AccountListener {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private client: Client | null = null;

  /** `changed` gets the ids of accounts that another process changed, or null: look at every account. It must not throw. */
  constructor(
    private readonly database: DataSource,
    private readonly log: Logger,
    private readonly changed: (customerIds: readonly string[] | null) => void,
  ) {}

  /** Resolves once the first attempt to listen has succeeded or failed; never rejects. */
  start(): Promise<void> {
    return new Promise((attempted) => {
      this.running = this.run(attempted).finally(attempted);
    });
  }

  /**
   * Sends notifications with these payloads to every other process that listens. Does nothing while the connection is
   * lost, which was logged; rejects where it breaks.
   */
  async tell(payloads: readonly string[]): Promise<void> {
    await this.client?.query(NOTIFY, [payloads]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(attempted: () => void): Promise<void> {
    const { signal } = this.stopping;
    let backoff = BACKOFF_MIN_MS;
    while (!signal.aborted) {
      try {
        await this.listen(() => {
          backoff = BACKOFF_MIN_MS;
          attempted();
        });
      } catch (error) {
        this.log.warn(
          { err: error, backoff },
          'The connection that hears of changed accounts is lost',
        );
      }
      attempted();
      // Jitter, so that the processes of one database do not come back in the same instant.
      await sleep(backoff * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
      backoff = Math.min(backoff * 2, BACKOFF_MAX_MS);
    }
  }

  /** Listens until stopped; rejects when the connection is lost. */
  private async listen(listening: () => void): Promise<void> {
    const runner = this.database.createQueryRunner();
    const client: Client = await runner.connect();
    const { signal } = this.stopping;
    let stop = () => {};
    let heartbeat: NodeJS.Timeout | undefined;
    const lost = new Promise<undefined>((resolve, reject) => {
      // Never taken off again: a connection may report its end more than once, and an error that
      // nobody listens to ends the process.
      client.on('error', reject);
      client.once('end', () => reject(new Error('The connection ended')));
      heartbeat = beat(client, reject);
      stop = () => resolve(undefined);
    });
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    lost.catch(() => {});
    let own: number | undefined;
    const hear = ({ payload, processId }: Notification): void => {
      // What this process told comes back too; its own watchers know already.
      if (processId !== own) this.changed(payload ? payload.split('\n') : null);
    };
    client.on('notification', hear);
    try {
      own = await Promise.race([ownProcess(client), lost]);
      await Promise.race([client.query(LISTEN), lost]);
      this.client = client;
      listening();
      this.changed(null);
      await lost;
    } finally {
      this.client = null;
      clearInterval(heartbeat);
      signal.removeEventListener('abort', stop);
      client.removeListener('notification', hear);
      // Ended, not handed back: the pool drops an ended connection, and no one else ever listens on it.
      client.end().catch(() => {});
      await runner.release();
    }
  }
}

/** The server process that a connection talks to: a notification names the one it was sent by. */
async function ownProcess(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid;
}

/** Reports a connection that takes longer than one beat to answer: one cut in silence never errs by itself. */
function beat(client: Client, lost: (error: Error) => void): NodeJS.Timeout {
  let answered = true;
  return setInterval(() => {
    if (!answered) return lost(new Error('The connection does not answer'));
    answered = false;
    client.query(LISTEN).then(() => {
      answered = true;
    }, lost);
  }, HEARTBEAT_MS);
}
