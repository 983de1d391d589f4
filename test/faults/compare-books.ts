import { canonicalJson } from '../../src/kernel/ids';
import type { MemoryBooks } from '../../src/ledger/memory-books';
import type { Rows } from './evidence';

/** How the books in memory and the database's rows differ, in words; empty where they are the same. */
export function compareBooks(world: MemoryBooks, rows: Rows): string[] {
  return [
    ...differences(
      'account',
      world.accounts.values(),
      rows.accounts,
      ({ id }) => id,
      // Drawn by chance.
      ({ referralCode: _, ...account }) => account,
    ),
    ...differences(
      'order',
      world.orders.values(),
      rows.orders,
      ({ id }) => id,
      (order) => order,
    ),
    ...differences('lot', numbered(world.lots), rows.lots, placeOf, ({ what }) => what),
    ...differences(
      'redemption',
      numbered(world.redemptions),
      rows.redemptions,
      placeOf,
      // What of its lots is still its own is what the allocations say.
      ({ what }) => ({ ...what, slices: undefined }),
    ),
    ...differences(
      'entry',
      world.entries.map(({ accountId, what }) => ({ accountId, ...what })),
      rows.entries,
      ({ accountId, sequence }) => `${accountId}/${sequence}`,
      ({ kind, cause, recordedAt, availableAfter, heldAfter, owedAfter }) => ({
        ...{ kind, cause, recordedAt, availableAfter, heldAfter, owedAfter },
      }),
    ),
  ];
}

function* numbered<T>(
  maps: ReadonlyMap<string, ReadonlyMap<number, T>>,
): Iterable<{ accountId: string; what: T }> {
  for (const [accountId, own] of maps) for (const what of own.values()) yield { accountId, what };
}

function placeOf({ accountId, what }: { accountId: string; what: { number: number } }): string {
  return `${accountId}/${what.number}`;
}

function differences<T>(
  what: string,
  memory: Iterable<T>,
  database: Iterable<T>,
  nameOf: (item: T) => string,
  shown: (item: T) => object,
): string[] {
  const remembered = new Map([...memory].map((item) => [nameOf(item), canonicalJson(shown(item))]));
  const found: string[] = [];
  for (const item of database) {
    const name = nameOf(item);
    const inMemory = remembered.get(name);
    remembered.delete(name);
    const inDatabase = canonicalJson(shown(item));
    if (inMemory === inDatabase) continue;
    found.push(`${what} ${name} is ${inDatabase}; in memory ${inMemory ?? 'there is none'}.`);
  }
  for (const [name, text] of remembered) {
    found.push(`${what} ${name} is missing; in memory it is ${text}.`);
  }
  return found;
}
