import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { RequestError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import type { Programs } from '../programs/programs';
import { AccountListener } from './account-listener';
import { Announcer } from './announcer';
import type { BalanceChange } from './balance-change';
import { type Place, readSequences } from './balance-feed.store';
import { within } from './deadline';
import { readBrought } from './due-snapshots';
import { OrganizationFeed } from './organization-feed';
import { Watcher, type WatcherOwner } from './watcher';

export type { BalanceChange } from './balance-change';

/** How often everything watched is compared with the database: what a lost hint costs at most. */
const POLL_MS = 2_000;
/** Accounts compared in one statement. */
const POLL_CHUNK = 1_000;
/** Places read in one statement, and entries: of one place, of all of them together. */
const READ_PLACES = 250;
const PAGE_MAX = 100;
const READ_ENTRIES = 1_000;
/** Changes kept for consumers who have not asked for them yet; beyond it pages are of one entry. */
const KEPT_MAX = 50_000;
const RETRY_MS = 500;
/** How long the end may wait until other processes are told of the last commits. */
const FAREWELL_MS = 1_000;

/** What the feed needs of the app. */
export interface BalanceFeedParts {
  readonly database: DataSource;
  readonly programs: Programs;
  /** SQL expression of the present instant. */
  readonly clock: string;
  readonly log: Logger;
  /** Told how long after its booking a change was handed to a consumer who waited for it, in milliseconds. */
  readonly onLag?: (ms: number) => void;
}

/** Its place is the sequence delivered last; null while a snapshot is owed. */
type AccountWatcher = Watcher<BalanceChange, number | null>;

/**
 * Every change of members' balances to whoever watches: in order, none missing, none twice, whichever
 * process wrote it. A watcher is a cursor into the entries; commits, notifications and a poll only say when
 * to look (see the README of this folder).
 */
export class BalanceFeed implements WatcherOwner<BalanceChange, number | null> {
  /** The changes of all members of organisations. */
  readonly organizations: OrganizationFeed;
  private readonly watchers = new Map<string, Set<AccountWatcher>>();
  /** Watchers whose consumer waits and for whom something newer may be there, first come first served. */
  private readonly ready = new Set<AccountWatcher>();
  private readonly listener: AccountListener;
  private readonly announcer: Announcer;
  private readonly stopping = new AbortController();
  private count = 0;
  private kept = 0;
  private isReading = false;
  private reading: Promise<void> = Promise.resolve();
  private isLooking = false;
  private looking: Promise<void> = Promise.resolve();
  private lookAgain = false;
  private polling: Promise<void> = Promise.resolve();

  constructor(private readonly parts: BalanceFeedParts) {
    this.listener = new AccountListener(parts.database, parts.log, (ids) => this.changed(ids));
    this.announcer = new Announcer((payloads) => this.listener.tell(payloads), parts.log);
    this.organizations = new OrganizationFeed(parts);
  }

  /** Iterators that are being watched with. */
  get size(): number {
    return this.count + this.organizations.size;
  }

  /** Starts to listen and to poll; resolves when the first attempt to listen is over, never rejects. */
  async start(): Promise<void> {
    this.polling = this.poll();
    await this.listener.start();
  }

  /** Ends every iterator, then waits for the statements that run. For good. */
  async stop(): Promise<void> {
    this.stopping.abort();
    for (const watching of [...this.watchers.values()]) {
      for (const watcher of [...watching]) watcher.close();
    }
    await within(this.announcer.drain(), FAREWELL_MS).catch(() => {});
    const under = [this.polling, this.looking, this.reading, this.organizations.stop()];
    await Promise.all([this.listener.stop(), ...under]);
  }

  /**
   * This process committed entries of these accounts: their watchers here are woken at once, those of other processes
   * by a notification that follows. Returns at once, never throws; what is never said is found by the polls.
   */
  wrote(customerIds: readonly string[]): void {
    this.changed(customerIds);
    this.announcer.announce(customerIds);
  }

  /**
   * The changes of one member's balance. Without `after` first a snapshot (entry null), then every
   * later entry; with it every entry after that sequence, or a snapshot where the account has not come that
   * far (a restored database): the consumer starts over from it. A customer who is no member
   * (yet) has no changes; the iterator stays open, since a registration may follow.
   * `return()` or `signal` ends it at once, `stop()` too; it never fails by itself.
   * Throws RequestError BAD_USER_INPUT for a customer id or a sequence that can be none.
   */
  changes(
    customerId: string,
    after: number | null,
    signal?: AbortSignal,
  ): AsyncIterableIterator<BalanceChange, undefined> {
    if (!isId(customerId)) throw new RequestError('BAD_USER_INPUT', 'That is no customer id.');
    if (after !== null && !(Number.isSafeInteger(after) && after >= 0)) {
      throw new RequestError('BAD_USER_INPUT', 'after is a sequence: a whole number from 0 on.');
    }
    return new Watcher<BalanceChange, number | null>(this, customerId, after, signal);
  }

  placeOf({ sequence }: BalanceChange): number {
    return sequence;
  }

  joined(watcher: AccountWatcher): boolean {
    if (this.stopping.signal.aborted) return false;
    const watching = this.watchers.get(watcher.subject);
    if (watching) watching.add(watcher);
    else this.watchers.set(watcher.subject, new Set([watcher]));
    this.count += 1;
    return true;
  }

  left(watcher: AccountWatcher): void {
    const watching = this.watchers.get(watcher.subject);
    if (!watching?.delete(watcher)) return;
    if (watching.size === 0) this.watchers.delete(watcher.subject);
    this.ready.delete(watcher);
    this.count -= 1;
  }

  wants(watcher: AccountWatcher): void {
    this.ready.add(watcher);
    if (this.isReading) return;
    this.isReading = true;
    this.reading = this.read();
  }

  handed({ entry, at }: BalanceChange, waitedFrom: number): void {
    // What was there before it was asked for tells nothing: its consumer came back late.
    if (entry !== null && at >= waitedFrom) this.parts.onLag?.(Math.max(0, Date.now() - at));
  }

  keeps(change: number): void {
    this.kept += change;
  }

  private changed(customerIds: readonly string[] | null): void {
    this.organizations.hinted();
    if (customerIds === null) void this.lookAtAll();
    for (const customerId of customerIds ?? []) {
      for (const watcher of this.watchers.get(customerId) ?? []) watcher.wake();
    }
  }

  /** Reads for whoever is ready until nobody is: one statement at a time, for all who became ready meanwhile. */
  private async read(): Promise<void> {
    await nextTurn();
    while (this.ready.size > 0) {
      const batch = this.takeReady();
      try {
        await this.readBatch(batch);
      } catch (error) {
        this.parts.log.warn({ err: error }, 'Reading changed balances failed; trying again');
        await this.pause(RETRY_MS);
        for (const watching of batch.values()) for (const watcher of watching) watcher.wake();
      }
    }
    // In the same breath as the check: whoever becomes ready from here on starts the next round.
    this.isReading = false;
  }

  /** The next places to read, each with the watchers that are there. */
  private takeReady(): Map<string, AccountWatcher[]> {
    const places = new Map<string, AccountWatcher[]>();
    for (const watcher of this.ready) {
      const key = `${watcher.readUpTo}:${watcher.subject}`;
      const here = places.get(key);
      if (!here && places.size === READ_PLACES) break;
      this.ready.delete(watcher);
      if (!watcher.isWaiting) continue;
      watcher.stale = false;
      if (here) here.push(watcher);
      else places.set(key, [watcher]);
    }
    return places;
  }

  private async readBatch(batch: ReadonlyMap<string, readonly AccountWatcher[]>): Promise<void> {
    if (batch.size === 0) return;
    const groups = [...batch.values()];
    const places = groups.map(
      ([first]): Place => ({ customerId: first!.subject, after: first!.readUpTo }),
    );
    const room = Math.min(READ_ENTRIES, KEPT_MAX - this.kept);
    const pageSize = Math.max(1, Math.min(PAGE_MAX, Math.floor(room / places.length)));
    const pages = await within(readBrought(this.parts, places, pageSize));
    for (const [index, watching] of groups.entries()) {
      const page = pages[index]!;
      for (const watcher of watching) watcher.accept(page, page.length >= pageSize);
    }
  }

  private async poll(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      // Jitter, so that the processes of one database do not poll in the same instant.
      await this.pause(POLL_MS * (0.75 + Math.random() / 2));
      for (const watching of this.watchers.values()) {
        for (const watcher of watching) watcher.forgetIdlePage();
      }
      this.organizations.polled();
      await this.lookAtAll();
    }
  }

  /** Compares everything watched with the database and wakes what is behind. */
  private lookAtAll(): Promise<void> {
    this.lookAgain = true;
    if (!this.isLooking) {
      this.isLooking = true;
      this.looking = this.look();
    }
    return this.looking;
  }

  private async look(): Promise<void> {
    while (this.lookAgain && !this.stopping.signal.aborted) {
      this.lookAgain = false;
      const ids = [...this.watchers.keys()];
      try {
        for (let at = 0; at < ids.length; at += POLL_CHUNK) {
          await this.lookAt(ids.slice(at, at + POLL_CHUNK));
        }
      } catch (error) {
        this.parts.log.warn(
          { err: error },
          'Looking for changed balances failed; the next poll will',
        );
      }
    }
    this.isLooking = false;
  }

  private async lookAt(customerIds: readonly string[]): Promise<void> {
    const { database, clock } = this.parts;
    const found = await within(readSequences(database, clock, customerIds));
    for (const { customerId, sequence } of found) {
      for (const watcher of this.watchers.get(customerId) ?? []) {
        if (watcher.readUpTo !== sequence) watcher.wake();
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => {});
  }
}
