import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { RequestError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import type { BalanceFeedParts } from './balance-feed';
import { within } from './deadline';
import {
  type OrganizationChange,
  type OrganizationPage,
  readChangesOf,
} from './organization-changes';
import {
  decodePosition,
  encodePosition,
  isBeyond,
  isSame,
  type Position,
  type Snapshot,
} from './organization-cursor';
import { type News, readNews } from './organization-feed.store';
import { Watcher, type WatcherOwner } from './watcher';

export type { OrganizationChange } from './organization-changes';

/** Between two looks at least: under constant writing one look is for all that came meanwhile. */
const LOOK_PAUSE_MS = 20;
const RETRY_MS = 500;
/** Changes read for one consumer at a time. */
const PAGE = 100;
/** Changes kept for consumers who have not asked for them yet; beyond it pages are of one change. */
const KEPT_MAX = 50_000;

/** Its place is a cursor; null before anything was delivered. */
type OrganizationWatcher = Watcher<OrganizationChange, string | null>;

/**
 * Every change of all present members of organisations to whoever watches, each member's in order. A consumer's place is in
 * the order of commits (see the README of this folder): one statement looks what became visible, for all
 * organisations together; who has news reads up to that very snapshot.
 */
export class OrganizationFeed implements WatcherOwner<OrganizationChange, string | null> {
  private readonly watchers = new Map<string, Set<OrganizationWatcher>>();
  /** By watcher, how many looks had begun when it came: only what a later one finds is surely for it. */
  private readonly cameAt = new Map<OrganizationWatcher, number>();
  private readonly ready = new Set<OrganizationWatcher>();
  private readonly stopping = new AbortController();
  /** What was found by the last look; null before the first. */
  private latest: Pick<News, 'cluster' | 'snapshot'> | null = null;
  /** Up to where it is known who joined. */
  private joinsSeen: Snapshot | null = null;
  private begun = 0;
  private done = 0;
  private wantsLook = false;
  private wantsJoins = false;
  private isLooking = false;
  private looking: Promise<void> = Promise.resolve();
  private isReading = false;
  private reading: Promise<void> = Promise.resolve();
  private kept = 0;

  constructor(private readonly parts: BalanceFeedParts) {}

  /** Iterators that are being watched with. */
  get size(): number {
    return this.cameAt.size;
  }

  /**
   * The changes of an organisation's present members. Without `after` first a snapshot (entry null) of each, then every later
   * entry of theirs; with it everything since, or the snapshots where it is of another database, or lies beyond this one's
   * present (it was restored). Who joins comes with a snapshot, who leaves comes no more.
   * `return()` or `signal` ends it at once, `stop()` too; it never fails by itself.
   * Throws RequestError BAD_USER_INPUT for what can be no organisation, and for a cursor that is none of its.
   */
  changes(
    organizationId: string,
    after: string | null,
    signal?: AbortSignal,
  ): AsyncIterableIterator<OrganizationChange, undefined> {
    if (!isId(organizationId))
      throw new RequestError('BAD_USER_INPUT', 'That is no organisation id.');
    if (after !== null) decodePosition(organizationId, after);
    return new Watcher<OrganizationChange, string | null>(this, organizationId, after, signal);
  }

  /** Something was committed, of whomever. */
  hinted(): void {
    if (this.size > 0) this.look(false);
  }

  /** It is time to look, hinted or not; and who joined. */
  polled(): void {
    for (const watcher of this.cameAt.keys()) watcher.forgetIdlePage();
    if (this.size > 0) this.look(true);
  }

  /** Ends every iterator, then waits for the statements that run. For good. */
  async stop(): Promise<void> {
    this.stopping.abort();
    for (const watcher of [...this.cameAt.keys()]) watcher.close();
    await Promise.all([this.looking, this.reading]);
  }

  placeOf({ cursor }: OrganizationChange): string {
    return cursor;
  }

  joined(watcher: OrganizationWatcher): boolean {
    if (this.stopping.signal.aborted) return false;
    const watching = this.watchers.get(watcher.subject);
    if (watching) watching.add(watcher);
    else this.watchers.set(watcher.subject, new Set([watcher]));
    this.cameAt.set(watcher, this.begun);
    this.look(false);
    return true;
  }

  left(watcher: OrganizationWatcher): void {
    const watching = this.watchers.get(watcher.subject);
    if (!watching?.delete(watcher)) return;
    if (watching.size === 0) this.watchers.delete(watcher.subject);
    this.cameAt.delete(watcher);
    this.ready.delete(watcher);
  }

  wants(watcher: OrganizationWatcher): void {
    if (!this.isLookedFor(watcher)) return;
    this.ready.add(watcher);
    if (this.isReading) return;
    this.isReading = true;
    this.reading = this.read();
  }

  handed({ entry, at }: OrganizationChange, waitedFrom: number): void {
    if (entry !== null && at >= waitedFrom) this.parts.onLag?.(Math.max(0, Date.now() - at));
  }

  keeps(change: number): void {
    this.kept += change;
  }

  /** Whether a look that began after it came is over. */
  private isLookedFor(watcher: OrganizationWatcher): boolean {
    return this.done > (this.cameAt.get(watcher) ?? Number.POSITIVE_INFINITY);
  }

  private look(joins: boolean): void {
    this.wantsLook = true;
    this.wantsJoins ||= joins;
    if (this.isLooking) return;
    this.isLooking = true;
    this.looking = this.lookAround();
  }

  private async lookAround(): Promise<void> {
    await nextTurn();
    while (this.wantsLook && !this.stopping.signal.aborted) {
      const joins = this.wantsJoins;
      this.wantsLook = false;
      this.wantsJoins = false;
      this.begun += 1;
      try {
        await this.lookOnce(this.begun, joins);
      } catch (error) {
        this.parts.log.warn(
          { err: error },
          'Looking for changed organisations failed; the next poll will',
        );
      }
      await this.pause(LOOK_PAUSE_MS);
    }
    this.isLooking = false;
  }

  private async lookOnce(number: number, joins: boolean): Promise<void> {
    const before = this.latest;
    const organizations = [...this.watchers.keys()];
    const since = joins ? this.joinsSeen : null;
    const news = await within(
      readNews(this.parts.database, organizations, before?.snapshot ?? null, since),
    );
    const { cluster, snapshot } = news;
    // Another database, or an earlier moment of this one: nothing of what was known holds.
    const isOther = before?.cluster !== cluster || snapshot.xmax < before.snapshot.xmax;
    const isAllNews = isOther || (joins && this.joinsSeen === null);
    this.latest = { cluster, snapshot };
    if (joins || isOther) this.joinsSeen = snapshot;
    this.done = number;
    const rest = (organizationId: string) =>
      encodePosition(organizationId, { cluster, since: snapshot, upTo: null, after: null });
    for (const [organizationId, watching] of this.watchers) {
      const hasNews = isAllNews || news.organizations.has(organizationId);
      const atRest = joins && !hasNews ? rest(organizationId) : null;
      for (const watcher of watching) {
        if (!this.isLookedFor(watcher)) continue;
        if (hasNews || watcher.stale) watcher.wake();
        else if (atRest !== null && isAtRest(watcher)) watcher.moveOn(atRest);
      }
    }
  }

  /** Reads for whoever is ready until nobody is, page by page, those at the same place together. */
  private async read(): Promise<void> {
    await nextTurn();
    while (this.ready.size > 0) {
      for (const watching of this.takeReady()) {
        try {
          await this.readFor(watching);
        } catch (error) {
          this.parts.log.warn(
            { err: error },
            "Reading an organisation's changes failed; trying again",
          );
          await this.pause(RETRY_MS);
          for (const watcher of watching) watcher.wake();
        }
      }
    }
    // In the same breath as the check: whoever becomes ready from here on starts the next round.
    this.isReading = false;
  }

  private takeReady(): OrganizationWatcher[][] {
    const places = new Map<string, OrganizationWatcher[]>();
    for (const watcher of this.ready) {
      this.ready.delete(watcher);
      if (!watcher.isWaiting) continue;
      watcher.stale = false;
      const key = `${watcher.readUpTo} ${watcher.subject}`;
      const here = places.get(key);
      if (here) here.push(watcher);
      else places.set(key, [watcher]);
    }
    return [...places.values()];
  }

  private async readFor(watching: readonly OrganizationWatcher[]): Promise<void> {
    const { subject, readUpTo } = watching[0]!;
    const { cluster, snapshot } = this.latest!;
    const start: Position = { cluster, since: null, upTo: null, after: null };
    const known = readUpTo === null ? start : decodePosition(subject, readUpTo);
    const isLost = known.cluster !== cluster || isBeyond(known, snapshot);
    const position = isLost ? start : known;
    if (isSame(position.since, snapshot)) return;
    const reading = { ...position, upTo: position.upTo ?? snapshot };
    const size = this.kept < KEPT_MAX ? PAGE : 1;
    const page: OrganizationPage = await within(readChangesOf(this.parts, subject, reading, size));
    // What was begun by an earlier reader ends at their snapshot: there may be more by now.
    const more = page.more || position.upTo !== null;
    for (const watcher of watching) {
      if (page.changes.length === 0) watcher.moveOn(page.cursor);
      watcher.accept(page.changes, more);
    }
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => {});
  }
}

/** Whether a watcher has come to the end of what there was, and of nothing else since. */
function isAtRest({ subject, readUpTo }: OrganizationWatcher): boolean {
  return readUpTo !== null && decodePosition(subject, readUpTo).upTo === null;
}
