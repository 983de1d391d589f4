import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Notification } from 'pg';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';

/** The ledger tells there which accounts changed: customer ids joined by "\n", or '' for any of them. */
const LISTEN = 'listen rewards_accounts';

const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 10_000;
const HEARTBEAT_MS = 10_000;

/**
 * The process's one listening connection. Loses hints while it is cut off, and says so by reporting
 * "any of them" each time it listens again.
 */
export class AccountListener {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  /** `changed` gets the ids of accounts that changed, or null: look at every account. It must not throw. */
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
    const lost = new Promise<void>((resolve, reject) => {
      // Never taken off again: a connection may report its end more than once, and an error that
      // nobody listens to ends the process.
      client.on('error', reject);
      client.once('end', () => reject(new Error('The connection ended')));
      heartbeat = beat(client, reject);
      stop = resolve;
    });
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    lost.catch(() => {});
    const hear = ({ payload }: Notification) => this.changed(payload ? payload.split('\n') : null);
    client.on('notification', hear);
    try {
      await Promise.race([client.query(LISTEN), lost]);
      listening();
      this.changed(null);
      await lost;
    } finally {
      clearInterval(heartbeat);
      signal.removeEventListener('abort', stop);
      client.removeListener('notification', hear);
      // Ended, not handed back: the pool drops an ended connection, and no one else ever listens on it.
      client.end().catch(() => {});
      await runner.release();
    }
  }
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
