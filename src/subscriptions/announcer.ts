import type { Logger } from 'pino';

/** The longest payload of one notification, in bytes; PostgreSQL takes less than 8,000. */
const PAYLOAD_MAX = 7_000;
/** Accounts named at a time; where there are more, all are meant. */
const IDS_MAX = 4_000;
/** Means: look at every account. */
const ALL = '';

/**
 * Tells other processes which accounts changed, after the commits: what is committed while one notification is under way
 * goes into the next, and no commit waits for any. Within the transactions it would make all of them wait for each
 * other: PostgreSQL lets one notifying transaction of a database commit at a time, its flush to disk included.
 */
export class Announcer {
  private waiting = new Set<string>();
  private isTelling = false;
  private telling: Promise<void> = Promise.resolve();

  /** `tell` sends payloads: ids joined by "\n", or '' for any account. Where it fails they are lost, and it is logged. */
  constructor(
    private readonly tell: (payloads: readonly string[]) => Promise<void>,
    private readonly log: Logger,
  ) {}

  /** Returns at once, and never throws. */
  announce(customerIds: Iterable<string>): void {
    for (const id of customerIds) {
      if (this.waiting.size <= IDS_MAX) this.waiting.add(id);
    }
    if (this.isTelling || this.waiting.size === 0) return;
    this.isTelling = true;
    this.telling = this.tellAll();
  }

  /** Resolves when everything announced so far is told or lost; never rejects. */
  drain(): Promise<void> {
    return this.telling;
  }

  private async tellAll(): Promise<void> {
    while (this.waiting.size > 0) {
      const ids = this.waiting;
      this.waiting = new Set();
      try {
        await this.tell(ids.size > IDS_MAX ? [ALL] : payloadsOf(ids));
      } catch (error) {
        this.log.warn({ err: error }, 'Other processes were not told of changed accounts');
      }
    }
    this.isTelling = false;
  }
}

function payloadsOf(ids: Iterable<string>): string[] {
  const payloads: string[][] = [];
  let room = 0;
  for (const id of ids) {
    const bytes = Buffer.byteLength(id) + 1;
    if (bytes > room) {
      payloads.push([]);
      room = PAYLOAD_MAX;
    }
    payloads.at(-1)!.push(id);
    room -= bytes;
  }
  return payloads.map((lines) => lines.join('\n'));
}
