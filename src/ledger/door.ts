import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { prepared } from '../database/row-statements';
import { inRehearsal, mayTryAgain, readThenCommit } from '../database/transaction';
import { type Refusal, RequestError } from '../kernel/errors';
import { Batch, type Result } from './batch';
import type { Command, Ledger, Rehearsal } from './command';
import type { CommandWatch, DoorWatch } from './door-watch';
import { type Changes, SeenMeanwhileError, seenMeanwhile, writesOf } from './ledger.writes';
import { load } from './load';
import type { Rules } from './rules';

export interface DoorOptions {
  readonly database: DataSource;
  readonly rules: Rules;
  /** SQL expression of the present instant. */
  readonly clock: string;
  /** How many batches of callers' commands are written at once, two of the background's beside them; each holds a connection. */
  readonly writers: number;
  /** Told of a batch that had to be done again, and why. */
  readonly onRetry?: (error: unknown, commands: number) => void;
  /** Told of what was written, after each commit. */
  readonly onWritten?: (changes: Changes) => void;
  /** Counts and traces what happens. */
  readonly watch?: DoorWatch;
}

interface Waiting {
  readonly command: Command<object>;
  readonly watch: CommandWatch | undefined;
  /** What no two batches may share at once: the customers and the order it names. */
  readonly keys: readonly string[];
  readonly resolve: (answer: object) => void;
  readonly reject: (error: unknown) => void;
}

/** Commands that wait, and how many of them are written how. */
interface Lane {
  waiting: Waiting[];
  writing: number;
  /** Commands of the batches that are being written. */
  underWay: number;
  readonly writers: number;
  /** The most commands of one batch. */
  readonly batchMax: number;
}

/**
 * The door reads by keys and by nothing else, a few hundred at most: what it sends is planned once per connection,
 * as look-ups by index, however small or unknown a table is at that moment.
 */
const BEGIN = [
  prepared('BEGIN', []),
  prepared(
    `select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`,
    [],
  ),
];

const BATCH_MAX = 256;
/** Fewer are not worth a transaction of their own while others wait: one that is full costs each of them less. */
const WORTH_A_BATCH = 32;
/**
 * Where so many are being written, fewer than `FEW` do not begin a batch beside them: many callers come one by one over HTTP, and would
 * be written by twos and threes, at twice what it costs.
 */
const CROWD = 8;
const FEW = 16;
/** One decides while the other waits for the disk. */
const BACKGROUND_WRITERS = 2;
/** What is decided in one go makes callers wait, who come first. */
const BACKGROUND_BATCH_MAX = 64;
/** How often a batch is tried before its callers are told to come back. */
const TRIES = 6;

/**
 * The one door: gathers the commands that are waiting, locks what they concern, decides them in memory, writes
 * all of it, commits once, answers each caller. Nobody waits on a timer: a free writer takes what is there.
 * Commands that share a customer or an order are decided in the order in which they came, in this process. What nobody
 * waits for (`background`) has two writers of its own, for a few at a time: a million of them do not stand in anybody's way.
 */
export function createLedger(options: DoorOptions): Ledger {
  return new Door(options);
}

class Door implements Ledger {
  private readonly callers: Lane;
  private readonly background: Lane = newLane(BACKGROUND_WRITERS, BACKGROUND_BATCH_MAX);
  private readonly busy = new Set<string>();
  /** For how many of the background's commands a crowd of callers has made room. */
  private room = 0;
  private woken = false;
  private idle: (() => void)[] = [];

  constructor(private readonly options: DoorOptions) {
    this.callers = newLane(options.writers, BATCH_MAX);
  }

  execute<A extends object>(command: Command<A>): Promise<A | Refusal> {
    return new Promise((resolve, reject) => {
      const keys = command.customers.map((id) => `c ${id}`);
      if (command.orderId !== undefined) keys.push(`o ${command.orderId}`);
      const watch = this.options.watch?.came(command.operation);
      const traceparent = watch?.traceparent ?? null;
      const lane = command.background ? this.background : this.callers;
      lane.waiting.push({
        command: traceparent === null ? command : { ...command, traceparent },
        watch,
        keys,
        resolve: (answer) => {
          watch?.answered('refused' in answer ? (answer as Refusal).refused : null);
          resolve(answer as A | Refusal);
        },
        reject: (error) => {
          watch?.failed(error);
          reject(error);
        },
      });
      this.wake();
    });
  }

  rehearse(commands: readonly Command<object>[]): Promise<Rehearsal> {
    return inRehearsal(this.options.database, async (connection) => {
      const loaded = await load(connection, commands, this.options.clock);
      await this.options.rules.learn(loaded.revision, connection);
      const batch = new Batch(loaded, this.options.rules);
      const before = batch.standing();
      const answers = commands.map((command) => {
        const result = batch.run(command);
        if ('error' in result) throw result.error;
        return result.answer;
      });
      return {
        ...{ at: loaded.now, answers, before, after: batch.standing() },
        entries: batch.changes().entries,
      };
    });
  }

  async drain(): Promise<void> {
    if (this.isIdle()) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private isIdle(): boolean {
    return [this.callers, this.background].every((it) => it.waiting.length + it.writing === 0);
  }

  /** Writers start after this turn of the event loop, so that what arrives together is written together. */
  private wake(): void {
    if (this.woken) return;
    this.woken = true;
    setImmediate(() => {
      this.woken = false;
      for (const lane of [this.callers, this.background]) this.start(lane);
    });
  }

  private start(lane: Lane): void {
    while (lane.writing < lane.writers && lane.waiting.length > 0) {
      if (lane.underWay >= CROWD && lane.waiting.length < FEW) break;
      if (lane === this.background && !this.hasRoom()) break;
      const free = lane.writers - lane.writing;
      const share = Math.max(WORTH_A_BATCH, Math.ceil(lane.waiting.length / free));
      const batch = this.take(lane, Math.min(share, lane.batchMax));
      if (batch.length === 0) break;
      if (lane === this.background) this.room -= batch.length;
      void this.write(lane, batch);
    }
  }

  /**
   * Beside a crowd the background does one command for each of the crowd's: left to itself it took more than half of what there is of a
   * machine, and they waited for it.
   */
  private hasRoom(): boolean {
    if (this.callers.underWay >= CROWD) return this.room > 0;
    this.room = 0;
    return true;
  }

  /**
   * Commands that may run now: none that shares anything with one that runs, or with one it came after and that waits. About
   * `share` of them, and whatever shares something with one of these: nobody else could take it meanwhile.
   */
  private take(lane: Lane, share: number): Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    const own = new Set<string>();
    const blocked = new Set(this.busy);
    if (lane === this.background) {
      for (const { keys } of this.callers.waiting) for (const key of keys) blocked.add(key);
    }
    for (const item of lane.waiting) {
      const room = item.keys.some((key) => own.has(key)) ? lane.batchMax : share;
      if (taken.length < room && !item.keys.some((key) => blocked.has(key))) {
        taken.push(item);
        for (const key of item.keys) own.add(key);
      } else {
        left.push(item);
        for (const key of item.keys) blocked.add(key);
      }
    }
    lane.waiting = left;
    for (const key of own) this.busy.add(key);
    return taken;
  }

  private async write(lane: Lane, batch: readonly Waiting[]): Promise<void> {
    lane.writing += 1;
    lane.underWay += batch.length;
    try {
      await this.settle(batch);
    } finally {
      lane.writing -= 1;
      lane.underWay -= batch.length;
      if (lane === this.callers) {
        this.room = Math.min(this.room + batch.length, BATCH_MAX);
      }
      for (const { keys } of batch) for (const key of keys) this.busy.delete(key);
      if (this.isIdle()) for (const done of this.idle.splice(0)) done();
      else this.wake();
    }
  }

  /** Answers every command of a batch. Where the database rejects it, each is tried alone: only the guilty fails. */
  private async settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const write = () => this.commit(batch.map(({ command }) => command));
      const watches = batch.flatMap(({ watch }) => watch ?? []);
      const results = await (this.options.watch?.batch(watches, write) ?? write());
      batch.forEach((item, n) => {
        const result = results[n]!;
        if ('error' in result) item.reject(result.error);
        else item.resolve(result.answer);
      });
    } catch (error) {
      if (batch.length === 1 || mayTryAgain(error)) {
        for (const { reject } of batch) reject(comeBack(error));
        return;
      }
      this.options.onRetry?.(error, batch.length);
      for (const item of batch) await this.settle([item]);
    }
  }

  private async commit(commands: readonly Command<object>[]): Promise<Result[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        const { results, changes } = await readThenCommit(
          this.options.database,
          BEGIN,
          (connection) => load(connection, commands, this.options.clock),
          async (connection, loaded) => {
            await this.options.rules.learn(loaded.revision, connection);
            const batch = new Batch(loaded, this.options.rules);
            const results = commands.map((command) => batch.run(command));
            return { results, changes: batch.changes() };
          },
          ({ changes }) => writesOf(changes),
        );
        this.options.onWritten?.(changes);
        return results;
      } catch (cause) {
        const error = seenMeanwhile(cause);
        const again = error instanceof SeenMeanwhileError || mayTryAgain(error);
        if (!again || tries === TRIES) throw error;
        this.options.onRetry?.(error, commands.length);
        await pause(Math.random() * 10 * 2 ** tries);
      }
    }
  }
}

function newLane(writers: number, batchMax: number): Lane {
  return { waiting: [], writing: 0, underWay: 0, writers, batchMax };
}

/** An error at the end of all tries: where the database was out of reach the caller may repeat with the same key. */
function comeBack(error: unknown): unknown {
  if (!mayTryAgain(error)) return error;
  const known = new RequestError(
    'UNAVAILABLE',
    'The ledger cannot be reached now. Nothing is lost: repeat with the same idempotency key.',
  );
  known.cause = error;
  return known;
}
