import DataLoader from 'dataloader';
import type { App } from '../app';
import { type Page, pageOf } from '../kernel/pagination';
import type { Instant } from '../kernel/time';
import type { EntryKind } from './entry';
import { type Lot, type LotState, lotState } from './lot';
import {
  type InAccount,
  inAccountKey,
  type LotPlace,
  readEntries,
  readEntriesBefore,
  readLots,
  readLotsAfter,
  readMoves,
  readUses,
  type StoredAllocation,
  type StoredEntry,
} from './statement.reads';

interface LotsKey {
  readonly customerId: string;
  readonly state: LotState | null;
  readonly after: LotPlace | null;
  readonly limit: number;
}

interface HistoryKey {
  readonly customerId: string;
  readonly kinds: readonly EntryKind[] | null;
  readonly before: number | null;
  readonly limit: number;
}

interface UsesKey extends InAccount {
  readonly limit: number;
}

/** Whose lots, and as they stand when. */
export interface LotsOf {
  readonly customerId: string;
  readonly at: Instant;
  /** Lots that something fell due on since they were written, by number; null where nothing did. */
  readonly standing: ReadonlyMap<number, Lot> | null;
}

/** Lots and entries of accounts for one request. Authorises nothing: its callers hold what was authorised. */
export class StatementLoaders {
  readonly lot: DataLoader<InAccount, Lot | null, string>;
  readonly entry: DataLoader<InAccount, StoredEntry | null, string>;
  /** The steps of an entry inside lots; null where it made none. */
  readonly moves: DataLoader<InAccount, readonly StoredAllocation[] | null, string>;
  /** What became of a lot's points, the first steps; none where they are untouched. */
  readonly uses: DataLoader<UsesKey, readonly StoredAllocation[], string>;
  private readonly lotRows: DataLoader<LotsKey, readonly Lot[], string>;
  private readonly history: DataLoader<HistoryKey, readonly StoredEntry[], string>;

  constructor({ database }: Pick<App, 'database'>) {
    this.lot = byNumber((keys) => readLots(database, keys));
    this.entry = byNumber((keys) => readEntries(database, keys));
    this.moves = byNumber((keys) => readMoves(database, keys));
    this.uses = grouped<UsesKey, StoredAllocation>(
      (keys, { limit }) => readUses(database, keys, limit),
      ({ limit }) => `${limit}`,
      inAccountKey,
    );
    this.lotRows = pages((ids, page) => readLotsAfter(database, ids, page));
    this.history = pages((ids, page) => readEntriesBefore(database, ids, page));
  }

  /** A page of lots in spend order that show as `state` (null: any) at the instant of `of`. */
  async lotsPage(
    of: LotsOf,
    state: LotState | null,
    after: LotPlace | null,
    size: number,
  ): Promise<Page<Lot>> {
    const found: Lot[] = [];
    const limit = size + 1;
    for (let place = after; ; ) {
      const rows = await this.lotRows.load({
        customerId: of.customerId,
        state,
        after: place,
        limit,
      });
      for (const row of rows) {
        const lot = of.standing?.get(row.number) ?? row;
        if (state === null || lotState(lot, of.at) === state) found.push(lot);
      }
      const last = rows.at(-1);
      if (found.length > size || rows.length < limit || !last) break;
      place = [last.creditedAt, last.number];
    }
    return pageOf(found, size);
  }

  /** A page of entries before a sequence, newest first, of `kinds` (null: any). */
  async historyPage(
    customerId: string,
    kinds: readonly EntryKind[] | null,
    before: number | null,
    size: number,
  ): Promise<Page<StoredEntry>> {
    const rows = await this.history.load({ customerId, kinds, before, limit: size + 1 });
    return pageOf(rows, size);
  }
}

function byNumber<V>(
  read: (keys: readonly InAccount[]) => Promise<Map<string, V>>,
): DataLoader<InAccount, V | null, string> {
  return new DataLoader<InAccount, V | null, string>(
    async (keys) => {
      const found = await read(keys);
      return keys.map((key) => found.get(inAccountKey(key)) ?? null);
    },
    { cacheKeyFn: inAccountKey },
  );
}

/** One statement for all customers whose page is asked for with the same arguments. */
export function pages<P extends { readonly customerId: string }, V>(
  read: (customerIds: readonly string[], page: P) => Promise<ReadonlyMap<string, V[]>>,
): DataLoader<P, readonly V[], string> {
  return grouped(
    (keys, page) =>
      read(
        keys.map(({ customerId }) => customerId),
        page,
      ),
    (key) => JSON.stringify({ ...key, customerId: null }),
    ({ customerId }) => customerId,
  );
}

/** One read for all keys of a group; `nameOf` is what it names a key's rows by. */
function grouped<K, V>(
  read: (keys: readonly K[], first: K) => Promise<ReadonlyMap<string, readonly V[]>>,
  groupOf: (key: K) => string,
  nameOf: (key: K) => string,
): DataLoader<K, readonly V[], string> {
  return new DataLoader<K, readonly V[], string>(
    async (keys) => {
      const groups = new Map<string, K[]>();
      for (const key of keys) {
        const group = groups.get(groupOf(key));
        if (group) group.push(key);
        else groups.set(groupOf(key), [key]);
      }
      const found = new Map<K, readonly V[]>();
      await Promise.all(
        [...groups.values()].map(async (group) => {
          const rows = await read(group, group[0]!);
          for (const key of group) found.set(key, rows.get(nameOf(key)) ?? []);
        }),
      );
      return keys.map((key) => found.get(key)!);
    },
    { cacheKeyFn: (key) => JSON.stringify(key) },
  );
}
