import { type Points, points as wholePoints } from '../kernel/points';
import type { LotSource, PointState } from '../ledger/lot';

/**
 * What becomes of points, seen from outside: what members hold or have held for an order is outstanding, and every step
 * between states brings points in, takes them out, or both. So
 * opening + issued + transferredIn + restored - redeemed - expired - reversed - forfeited - voided - transferredOut = closing
 * holds to the point, whatever happened.
 */
export const INFLOWS = ['issued', 'transferredIn', 'restored'] as const;
export const OUTFLOWS = [
  ...(['redeemed', 'expired', 'reversed', 'forfeited', 'voided', 'transferredOut'] as const),
] as const;
export const FLOWS = [...INFLOWS, ...OUTFLOWS] as const;
export type Flow = (typeof FLOWS)[number];

/** Points of each flow. Below 0 where more was given back than taken: an expiry that a cancelled order takes over. */
export type Flows = Readonly<Record<Flow, Points>>;

/** From where to where points of a lot of that source went. */
export interface Step {
  readonly source: LotSource;
  readonly from: PointState | 'ISSUED';
  readonly to: PointState;
}

/** The flow that ends in a state; null where the points are still outstanding. */
const ENDS_IN: Readonly<Record<PointState, Flow | null>> = {
  REMAINING: null,
  HELD: null,
  REDEEMED: 'redeemed',
  EXPIRED: 'expired',
  REVERSED: 'reversed',
  FORFEITED: 'forfeited',
  VOIDED: 'voided',
  TRANSFERRED: 'transferredOut',
};

/**
 * The flows that a point of a step counts in, and as what. What a redemption gives back is restored; a point that any
 * other end gives back was not taken by it: -1.
 */
export function effectsOf({ source, from, to }: Step): readonly (readonly [Flow, 1 | -1])[] {
  const effects: (readonly [Flow, 1 | -1])[] = [];
  if (from === 'ISSUED') effects.push([source === 'TRANSFER' ? 'transferredIn' : 'issued', 1]);
  else if (from === 'REDEEMED') effects.push(['restored', 1]);
  else if (ENDS_IN[from]) effects.push([ENDS_IN[from], -1]);
  if (ENDS_IN[to]) effects.push([ENDS_IN[to], 1]);
  return effects;
}

/** Whether points of a state are outstanding: neither spent nor gone. */
export function isOutstanding(state: PointState | 'ISSUED'): boolean {
  return state === 'REMAINING' || state === 'HELD';
}

/** What flowed, all steps together. */
export function flowsOf(steps: readonly (Step & { readonly points: Points })[]): Flows {
  const sums = Object.fromEntries(FLOWS.map((flow) => [flow, 0])) as Record<Flow, Points>;
  for (const step of steps) {
    for (const [flow, sign] of effectsOf(step)) sums[flow] += sign * step.points;
  }
  for (const flow of FLOWS) sums[flow] = wholePoints(sums[flow]);
  return sums;
}

/** What is outstanding after these flows, with `opening` before them. */
export function closing(opening: Points, flows: Flows): Points {
  const into = INFLOWS.reduce((sum, flow) => sum + flows[flow], 0);
  const out = OUTFLOWS.reduce((sum, flow) => sum + flows[flow], 0);
  return wholePoints(opening + into - out);
}
