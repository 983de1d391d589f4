import { mayTryAgain } from './transaction';

/** Statements under way at a time; what comes meanwhile waits, and goes together. */
const IN_FLIGHT_MAX = 4;
/** Keys of one statement, unless a single caller asks for more. All in one, and this process and the database would wait for each other in turns. */
const KEYS_MAX = 100;
/** PostgreSQL ended a statement that took too long. */
const STATEMENT_TIMEOUT = '57014';

interface Caller<T> {
  readonly keys: readonly string[];
  resolve(found: readonly (T | undefined)[]): void;
  reject(error: unknown): void;
}

interface Batch<T> {
  readonly keys: string[];
  readonly callers: Caller<T>[];
}

/**
 * Reads for many callers at once: all keys that are asked for in one turn of the event loop, by whichever request, go
 * in one statement. Every read begins after it was asked for, so each caller sees what they wrote before. What is
 * read is shared as it is, so nothing of it may depend on who asks: rights are for the caller to judge.
 */
export class Gathered<T> {
  /** In the order in which they will be read; the last one takes newcomers. */
  private waiting: Batch<T>[] = [];
  private inFlight = 0;
  private isScheduled = false;

  /** `read`: what each of some keys stands for, in their order; undefined where nothing does. A key may be among them twice. */
  constructor(
    private readonly read: (keys: readonly string[]) => Promise<readonly (T | undefined)[]>,
  ) {}

  /** What each of `keys` stands for, in their order; undefined where nothing does. Fails only where the caller's own keys do. */
  load(keys: readonly string[]): Promise<readonly (T | undefined)[]> {
    return new Promise((resolve, reject) => {
      const last = this.waiting.at(-1);
      const isFull = !last || last.keys.length + keys.length > KEYS_MAX;
      const batch = isFull ? { keys: [], callers: [] } : last;
      if (isFull) this.waiting.push(batch);
      for (const key of keys) batch.keys.push(key);
      batch.callers.push({ keys, resolve, reject });
      if (this.isScheduled) return;
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        this.send();
      });
    });
  }

  private send(): void {
    while (this.inFlight < IN_FLIGHT_MAX) {
      const batch = this.waiting.shift();
      if (!batch) return;
      this.inFlight += 1;
      void this.answer(batch).finally(() => {
        this.inFlight -= 1;
        this.send();
      });
    }
  }

  private async answer({ keys, callers }: Batch<T>): Promise<void> {
    try {
      const found = await this.read(keys);
      let from = 0;
      for (const { keys: own, resolve } of callers) {
        resolve(found.slice(from, from + own.length));
        from += own.length;
      }
    } catch (error) {
      if (callers.length === 1 || isOverburdened(error)) {
        for (const { reject } of callers) reject(error);
        return;
      }
      // One caller's key must not cost the others their answer.
      await Promise.all(callers.map((caller) => this.answerAlone(caller)));
    }
  }

  private async answerAlone({ keys, resolve, reject }: Caller<T>): Promise<void> {
    try {
      resolve(await this.read(keys));
    } catch (error) {
      reject(error);
    }
  }
}

/** Whether asking again, one by one, would only make it worse: the database is out of reach, or too slow. */
function isOverburdened(error: unknown): boolean {
  return mayTryAgain(error) || Object(error).code === STATEMENT_TIMEOUT;
}
