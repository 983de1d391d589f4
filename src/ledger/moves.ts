import { invariant } from '../kernel/errors';
import type { Points } from '../kernel/points';
import type { Lot, PointState } from './lot';

/** One step of points inside a lot; the book numbers it. */
export interface Move {
  readonly lot: number;
  readonly from: PointState | 'ISSUED';
  readonly to: PointState;
  readonly points: Points;
  readonly redemption?: number;
}

const FIELD = {
  REMAINING: 'remaining',
  HELD: 'held',
  REDEEMED: 'redeemed',
  TRANSFERRED: 'transferred',
  EXPIRED: 'expired',
  FORFEITED: 'forfeited',
  REVERSED: 'reversed',
  VOIDED: 'voided',
} as const satisfies Record<PointState, keyof Lot>;

/** Points of one lot. */
export interface LotPart {
  readonly lot: number;
  readonly points: Points;
}

/** The first `points` of `parts`, in their order; fails where they hold less: a bug, the caller checked. */
export function takeFrom(parts: readonly LotPart[], points: Points): LotPart[] {
  const taken: LotPart[] = [];
  let left = points;
  for (const part of parts) {
    if (left === 0) break;
    const share = Math.min(part.points, left);
    if (share > 0) taken.push({ lot: part.lot, points: share });
    left -= share;
  }
  invariant(left === 0, `${points} points were there to take`);
  return taken;
}

/** The lot with `change` points more in one state. */
export function withPoints(lot: Lot, state: PointState, change: Points): Lot {
  const points = lot[FIELD[state]] + change;
  invariant(points >= 0, `a lot holds no negative points (L3): ${state}`);
  return { ...lot, [FIELD[state]]: points };
}

/** By how much moves change the points in a state. */
export function change(
  moves: readonly { from: PointState | 'ISSUED'; to: PointState; points: Points }[],
  state: PointState | 'ISSUED',
): Points {
  let sum = 0;
  for (const { from, to, points } of moves) {
    if (to === state) sum += points;
    if (from === state) sum -= points;
  }
  return sum;
}
