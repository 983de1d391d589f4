import type { BalanceChange } from './balance-change';

/** What a watcher tells the feed it belongs to. */
export interface WatcherOwner<Change extends BalanceChange, Place> {
  /** The place of whoever was given a change last. */
  placeOf(change: Change): Place;
  /** The first `next()`; false where the feed is stopped. */
  joined(watcher: Watcher<Change, Place>): boolean;
  /** A consumer waits, and something newer may be there. */
  wants(watcher: Watcher<Change, Place>): void;
  left(watcher: Watcher<Change, Place>): void;
  /** A change was handed to a consumer who waited for it since `waitedFrom` (`Date.now`). */
  handed(change: Change, waitedFrom: number): void;
  /** So many more changes are kept in memory, or fewer. */
  keeps(change: number): void;
}

interface Waiter<Change> {
  readonly from: number;
  readonly answer: (result: IteratorResult<Change, undefined>) => void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * One subscriber's place in what it watches (of one account: the sequence it was given last), and at most one page of what
 * comes after. Nothing is ever pushed into it; it reads when its consumer asks, so a slow one costs
 * a number. Registers with the first `next()`: an iterator that nobody starts leaves nothing behind.
 */
export class Watcher<Change extends BalanceChange, Place>
  implements AsyncIterableIterator<Change, undefined>
{
  /** Whether something newer than what was read may be there. A hint: too often costs a read, never an event. */
  stale = true;
  private page: Change[] = [];
  private waiting: Waiter<Change>[] = [];
  private state: 'new' | 'open' | 'closed' = 'new';
  private idle = false;

  constructor(
    private readonly owner: WatcherOwner<Change, Place>,
    /** Whom it watches: a customer, or an organisation. */
    readonly subject: string,
    /** Where it was delivered to last. */
    private delivered: Place,
    private readonly signal?: AbortSignal,
  ) {}

  /** Where the next read starts: after what is delivered and what is kept. */
  get readUpTo(): Place {
    const last = this.page.at(-1);
    return last ? this.owner.placeOf(last) : this.delivered;
  }

  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Change, undefined>> {
    return new Promise((answer) => this.ask(answer));
  }

  /**
   * The same for who waits with one function all their life. A promise that waits outlives every collection of what is young: of ten
   * thousand watchers they were moved about all the time.
   */
  ask(answer: Waiter<Change>['answer']): void {
    if (this.state === 'new') this.join();
    if (this.state === 'closed') {
      answer(DONE);
      return;
    }
    this.waiting.push({ from: Date.now(), answer });
    this.deliver();
  }

  /** Ends the iteration at once, also while a `next()` waits. */
  return(): Promise<IteratorResult<Change, undefined>> {
    this.close();
    return Promise.resolve(DONE);
  }

  throw(error: unknown): Promise<never> {
    this.close();
    return Promise.reject(error);
  }

  /** Something newer may be there: read it if somebody waits for it. */
  wake(): void {
    this.stale = true;
    if (this.isWaiting) this.owner.wants(this);
  }

  /** Takes what a read from `readUpTo` on found; `more` where it found a full page. */
  accept(changes: readonly Change[], more: boolean): void {
    if (this.state === 'closed') return;
    if (more) this.stale = true;
    this.page.push(...changes);
    this.owner.keeps(changes.length);
    this.deliver();
  }

  /** There is nothing for it up to `place`; not while a page waits to be handed over. */
  moveOn(place: Place): void {
    if (this.page.length === 0) this.delivered = place;
  }

  /** Lets go of a page that nobody asked for since the last call; it is read again when somebody does. */
  forgetIdlePage(): void {
    if (this.idle && this.page.length > 0) {
      this.dropPage();
      this.stale = true;
    }
    this.idle = true;
  }

  /** Ends the iteration and frees everything. */
  close(): void {
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    this.dropPage();
    this.signal?.removeEventListener('abort', this.abort);
    if (wasOpen) this.owner.left(this);
    for (const { answer } of this.waiting.splice(0)) answer(DONE);
  }

  private readonly abort = (): void => this.close();

  private join(): void {
    if (this.signal?.aborted || !this.owner.joined(this)) {
      this.state = 'closed';
      return;
    }
    this.state = 'open';
    this.signal?.addEventListener('abort', this.abort, { once: true });
  }

  private deliver(): void {
    this.idle = false;
    while (this.waiting.length > 0 && this.page.length > 0) {
      const change = this.page.shift()!;
      this.owner.keeps(-1);
      this.delivered = this.owner.placeOf(change);
      const waiter = this.waiting.shift()!;
      this.owner.handed(change, waiter.from);
      waiter.answer({ done: false, value: change });
    }
    if (this.isWaiting && this.stale) this.owner.wants(this);
  }

  private dropPage(): void {
    this.owner.keeps(-this.page.length);
    this.page = [];
  }
}
