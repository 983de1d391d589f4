import { invariant } from '../kernel/errors';
import type { Points } from '../kernel/points';
import { formatInstant, type Instant } from '../kernel/time';
import { worth } from '../programs/pricing';
import type { Book, RedemptionWithSlices } from './book';
import { type LotPart, type Move, takeFrom } from './moves';
import { redemptionId } from './redemption';

/**
 * Takes points for an order, first in first out (R6.3): redeemed at once, or held until `heldUntil`
 * (R6.7). Points pay nothing else: there is no way from them to money (R6.5). The caller has checked that they are there.
 */
export function placeRedemption(
  book: Book,
  request: { orderId: string; points: Points; heldUntil: Instant | null },
): RedemptionWithSlices {
  const { orderId, points, heldUntil } = request;
  const number = book.account.sequence + 1;
  const state = heldUntil === null ? 'REDEEMED' : 'HELD';
  const moves = book.take(points, state, number);
  book.post({
    kind: state,
    moves,
    occurredAt: book.now,
    orderId,
    redemption: number,
  });
  const redemption: RedemptionWithSlices = {
    number,
    orderId,
    state: heldUntil === null ? 'CAPTURED' : 'HELD',
    points,
    held: heldUntil === null ? 0 : points,
    captured: heldUntil === null ? points : 0,
    released: 0,
    restored: 0,
    termsVersion: book.terms.version,
    placedAt: book.now,
    heldUntil,
    decidedAt: heldUntil === null ? book.now : null,
    entries: [number],
    slices: moves.map((move) => ({ lot: move.lot, state, points: move.points })),
  };
  book.setRedemption(redemption);
  tell(book, redemption, heldUntil === null ? 'redemption.captured' : 'redemption.held', points);
  return redemption;
}

/** Captures `points` of a hold, the first consumed first; the rest is released in the same entry (R6.7). */
export function captureHold(
  book: Book,
  hold: RedemptionWithSlices,
  points: Points,
): RedemptionWithSlices {
  const captured = takeFrom(hold.slices, points);
  const rest = subtract(hold.slices, captured);
  const entry = book.post({
    kind: 'CAPTURED',
    moves: [
      ...captured.map((part) => move(hold, part, 'HELD', 'REDEEMED')),
      ...rest.map((part) => move(hold, part, 'HELD', book.backTo(book.lot(part.lot), book.now))),
    ],
    occurredAt: book.now,
    orderId: hold.orderId,
    redemption: hold.number,
  });
  const redemption: RedemptionWithSlices = {
    ...hold,
    state: 'CAPTURED',
    held: 0,
    captured: points,
    released: hold.released + hold.held - points,
    decidedAt: book.now,
    entries: [...hold.entries, entry.sequence],
    slices: captured.map((part) => ({ ...part, state: 'REDEEMED' })),
  };
  book.setRedemption(redemption);
  tell(book, redemption, 'redemption.captured', points);
  return redemption;
}

/** Gives a whole hold back: released by someone, or lapsed at the instant its time was up (R6.8). */
export function endHold(
  book: Book,
  hold: RedemptionWithSlices,
  kind: 'RELEASED' | 'LAPSED',
  at: Instant,
  due = kind === 'LAPSED',
): RedemptionWithSlices {
  const entry = book.post({
    kind,
    moves: hold.slices.map((slice) =>
      move(hold, slice, 'HELD', book.backTo(book.lot(slice.lot), at)),
    ),
    occurredAt: at,
    orderId: hold.orderId,
    redemption: hold.number,
    due,
  });
  const redemption: RedemptionWithSlices = {
    ...hold,
    state: kind,
    held: 0,
    released: hold.released + hold.held,
    decidedAt: at,
    entries: [...hold.entries, entry.sequence],
    slices: [],
  };
  book.setRedemption(redemption);
  tell(
    book,
    redemption,
    kind === 'LAPSED' ? 'redemption.lapsed' : 'redemption.released',
    hold.held,
    at,
  );
  return redemption;
}

/**
 * Gives `points` back of what was redeemed or held on an order (R4.4): newest placed redemption first,
 * held or captured alike, in each the last-consumed lot first; to the very lots they came from, with the
 * old expiry. One entry for all of it.
 */
export function returnPoints(book: Book, orderId: string, points: Points): void {
  const sequence = book.account.sequence + 1;
  const moves: Move[] = [];
  const told: (() => void)[] = [];
  let left = points;
  for (const redemption of book.redemptionsOn(orderId)) {
    const share = Math.min(left, redemption.held + redemption.captured);
    if (share === 0) continue;
    left -= share;
    const parts = takeFrom([...redemption.slices].reverse(), share);
    const from = redemption.held > 0 ? ('HELD' as const) : ('REDEEMED' as const);
    for (const part of parts) {
      moves.push(move(redemption, part, from, book.backTo(book.lot(part.lot), book.now)));
    }
    const next = returned(redemption, share, parts, sequence, book.now);
    book.setRedemption(next);
    told.push(() =>
      tell(book, next, from === 'HELD' ? 'redemption.released' : 'redemption.restored', share),
    );
  }
  invariant(left === 0, `${points} points were redeemed or held on order ${orderId}`);
  book.post({ kind: 'RETURNED', moves, occurredAt: book.now, orderId });
  for (const message of told) message();
}

/** Points that pay on an order: captured and held. */
export function pointsOn(book: Book, orderId: string): Points {
  return book
    .redemptionsOn(orderId)
    .reduce((sum, it) => sum + it.held + it.captured, book.capturedBesides.get(orderId) ?? 0);
}

/** What points pay on an order, in minor units (R6.4). */
export function paidOn(book: Book, orderId: string): bigint {
  return worth(book.terms, pointsOn(book, orderId));
}

function returned(
  redemption: RedemptionWithSlices,
  share: Points,
  parts: readonly LotPart[],
  sequence: number,
  at: Instant,
): RedemptionWithSlices {
  const slices = subtract(redemption.slices, parts).map((part) => ({
    ...part,
    state: redemption.held > 0 ? ('HELD' as const) : ('REDEEMED' as const),
  }));
  const entries = [...redemption.entries, sequence];
  if (redemption.held === 0) {
    return {
      ...redemption,
      captured: redemption.captured - share,
      restored: redemption.restored + share,
      entries,
      slices,
    };
  }
  const held = redemption.held - share;
  return {
    ...redemption,
    state: held === 0 ? 'RELEASED' : 'HELD',
    held,
    released: redemption.released + share,
    decidedAt: held === 0 ? at : null,
    entries,
    slices,
  };
}

function subtract(slices: readonly LotPart[], parts: readonly LotPart[]): LotPart[] {
  const gone = new Map(parts.map((part) => [part.lot, part.points]));
  return slices
    .map(({ lot, points }) => ({ lot, points: points - (gone.get(lot) ?? 0) }))
    .filter((slice) => slice.points > 0);
}

function move(
  redemption: RedemptionWithSlices,
  part: LotPart,
  from: Move['from'],
  to: Move['to'],
): Move {
  return { lot: part.lot, points: part.points, from, to, redemption: redemption.number };
}

function tell(
  book: Book,
  redemption: RedemptionWithSlices,
  type: `redemption.${'held' | 'captured' | 'released' | 'lapsed' | 'restored'}`,
  points: Points,
  at: Instant = book.now,
): void {
  book.tell(
    type,
    {
      redemptionId: redemptionId(book.account.id, redemption.number),
      orderId: redemption.orderId,
      points,
      held: redemption.held,
      captured: redemption.captured,
      heldUntil: redemption.heldUntil === null ? null : formatInstant(redemption.heldUntil),
    },
    at,
  );
}
