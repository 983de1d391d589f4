import type { LotOf } from '../../src/ledger/command';
import type { MemoryBooks } from '../../src/ledger/memory-books';

/** Lots, and every lot that their points became by transfers, as followLots finds them. */
export function followed(
  world: MemoryBooks,
  accountId: string,
  numbers: readonly number[],
): LotOf[] {
  const found: LotOf[] = numbers.map((lot) => ({ accountId, lot }));
  for (const from of found) {
    for (const [receiver, lots] of world.lots) {
      for (const { number, origin } of lots.values()) {
        if (origin?.accountId === from.accountId && origin.lot === from.lot) {
          found.push({ accountId: receiver, lot: number });
        }
      }
    }
  }
  return found;
}
