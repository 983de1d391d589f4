import type { Points } from '../kernel/points';
import type { Book } from '../ledger/book';
import type { LotOf, Situation } from '../ledger/command';
import type { Voiding } from '../ledger/desk';
import type { Lot } from '../ledger/lot';
import { endHold } from '../ledger/redeem-points';
import { worth } from '../programs/pricing';
import { openClaim } from './claim';

/**
 * What was read before the locks is not all any more: points moved meanwhile. Nothing was written; whoever asked reads
 * again and repeats the command.
 */
export class MovedMeanwhileError extends Error {
  constructor(what: string) {
    super(`${what} moved after it was read; read again and repeat`);
    this.name = 'MovedMeanwhileError';
  }
}

/** Who voids, and why. */
export interface VoidedBy {
  readonly reason: string;
  readonly actor: string;
}

/** What voiding lots came to. */
export interface VoidedPoints {
  readonly lots: Voiding['lots'];
  /** Numbers of the claims it opened. */
  readonly claims: readonly number[];
}

/**
 * Voids lots for abuse, also where their points were transferred to (R8.1). Holds that draw on one are released first, whole;
 * what is unspent is gone, and so is what comes back later; what was redeemed, by whomever, becomes a claim against `against`,
 * one for each redemption. What expired, was forfeited or taken back is left alone, and (**Decided**) points that had paid
 * what somebody owed stay paid. Lots that were voided before are passed over.
 *
 * `among` are the customers whose books are open. Throws MovedMeanwhileError where points went to a lot or a redemption that
 * is not among what was loaded.
 */
export function voidPoints(
  situation: Situation,
  roots: readonly LotOf[],
  context: { readonly against: Book; readonly among: readonly string[]; readonly by: VoidedBy },
): VoidedPoints {
  const { against, among, by } = context;
  const found = follow(situation, roots, among);
  const byAccount = new Map<string, number[]>();
  for (const { accountId, lot } of found) {
    byAccount.set(accountId, [...(byAccount.get(accountId) ?? []), lot]);
  }
  const voided = [...byAccount].flatMap(([accountId, lots]) =>
    voidIn(bookOf(situation, accountId), lots),
  );
  const claims = [...byAccount].flatMap(([accountId, lots]) =>
    claimRedeemed(situation, bookOf(situation, accountId), lots, { against, by }),
  );
  return { lots: voided, claims };
}

/** The lots and, wherever their points were transferred, the lots these became; none that was voided before. */
function follow(
  situation: Situation,
  roots: readonly LotOf[],
  among: readonly string[],
): readonly LotOf[] {
  const children = childrenIn(situation, among);
  const found = new Map<string, LotOf>();
  const left = [...roots];
  for (let next = left.shift(); next; next = left.shift()) {
    const book = situation.book(next.accountId);
    const lot = book?.lots.get(next.lot);
    if (!book || !lot) throw new MovedMeanwhileError(`Lot ${next.lot} of ${next.accountId}`);
    if (lot.voidedAt !== null || found.has(keyOf(next))) continue;
    const into = children.get(keyOf(next)) ?? [];
    checkWhole(book, lot, into);
    found.set(keyOf(next), next);
    left.push(...into);
  }
  return [...found.values()];
}

/** Lots that came by transfer, by the lot they came from. */
function childrenIn(
  situation: Situation,
  among: readonly string[],
): ReadonlyMap<string, readonly (LotOf & { readonly granted: Points })[]> {
  const children = new Map<string, (LotOf & { granted: Points })[]>();
  for (const accountId of new Set(among)) {
    for (const { number, origin, granted } of situation.book(accountId)?.lots.values() ?? []) {
      if (!origin) continue;
      const key = keyOf(origin);
      children.set(key, [...(children.get(key) ?? []), { accountId, lot: number, granted }]);
    }
  }
  return children;
}

/** Everything that left the lot is loaded: the lots it became, and the redemptions that drew on it. */
function checkWhole(book: Book, lot: Lot, into: readonly { readonly granted: Points }[]): void {
  const [redeemed, held] = (['REDEEMED', 'HELD'] as const).map((state) =>
    [...book.redemptions.values()]
      .flatMap(({ slices }) => slices)
      .filter((slice) => slice.lot === lot.number && slice.state === state)
      .reduce((sum, { points }) => sum + points, 0),
  );
  const transferred = into.reduce((sum, { granted }) => sum + granted, 0);
  if (lot.transferred !== transferred || lot.redeemed !== redeemed || lot.held !== held) {
    throw new MovedMeanwhileError(`Lot ${lot.number} of ${book.account.id}`);
  }
}

function voidIn(book: Book, numbers: readonly number[]): Voiding['lots'] {
  const before = new Map(numbers.map((number) => [number, book.lot(number).voided]));
  const mark = (): void => {
    for (const number of numbers) book.markVoided(number);
  };
  // What comes back pays what is owed at once (R4.3). Voided points are to pay nothing: there they are gone as they come.
  const owes = book.account.owed > 0;
  if (owes) mark();
  const holds = [...book.redemptions.values()].filter(
    ({ state, slices }) => state === 'HELD' && slices.some(({ lot }) => numbers.includes(lot)),
  );
  for (const hold of holds.sort((a, b) => a.number - b.number)) {
    endHold(book, hold, 'RELEASED', book.now);
  }
  const moves = numbers
    .map((number) => book.lot(number))
    .filter(({ remaining }) => remaining > 0)
    .map(({ number, remaining }) => ({
      ...{ lot: number, points: remaining },
      ...{ from: 'REMAINING' as const, to: 'VOIDED' as const },
    }));
  if (moves.length > 0) {
    const points = moves.reduce((sum, move) => sum + move.points, 0);
    const arithmetic = { type: 'VOID' as const, points };
    book.post({ kind: 'VOIDED', moves, occurredAt: book.now, arithmetic });
  }
  if (!owes) mark();
  const lots = numbers.map((lot) => ({
    lot,
    points: book.lot(lot).voided - (before.get(lot) ?? 0),
  }));
  const points = lots.reduce((sum, part) => sum + part.points, 0);
  book.tell('points.voided', { points, lots });
  return lots.map((part) => ({ accountId: book.account.id, ...part }));
}

/** Claims what redemptions of this account drew on its voided lots, at the value redeemed. */
function claimRedeemed(
  situation: Situation,
  book: Book,
  numbers: readonly number[],
  to: { readonly against: Book; readonly by: VoidedBy },
): number[] {
  const redemptions = [...book.redemptions.values()].sort((a, b) => a.number - b.number);
  return redemptions.flatMap(({ number, orderId, slices }) => {
    const lots = slices
      .filter(({ lot, state }) => state === 'REDEEMED' && numbers.includes(lot))
      .map(({ lot, points }) => ({ lot, points }));
    if (lots.length === 0) return [];
    const points = lots.reduce((sum, part) => sum + part.points, 0);
    const claimed = {
      ...{ redeemerId: book.account.id, redemption: number, orderId, discountCode: null },
      ...{ lots, points, minor: worth(book.terms, points) },
    };
    return [openClaim(situation, to.against, claimed, to.by)];
  });
}

function bookOf(situation: Situation, accountId: string): Book {
  const book = situation.book(accountId);
  if (!book) throw new Error(`the book of ${accountId} was open a moment ago`);
  return book;
}

function keyOf({ accountId, lot }: LotOf): string {
  return JSON.stringify([accountId, lot]);
}
