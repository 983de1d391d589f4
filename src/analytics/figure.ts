import { type Points, points as wholePoints } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { LotSource } from '../ledger/lot';
import type { ProgramCode } from '../programs/terms';
import { effectsOf, FLOWS, type Flow, isOutstanding, type Step } from './flows';
import type { Basis, EntrySum } from './sums';

/** Figures that steps of points between states add up to: the flows, and what two or all of them leave. */
export type MoveMeasure = Flow | 'outstanding' | 'breakage';
/** Figures that the changes of what is owed add up to. */
export type OwedMeasure = 'owedIncurred' | 'owedPaid' | 'owed';
/** Figures that are what the facts of entries say: bonuses of referrals, and what points had paid on orders that were credited. */
export type SaidMeasure = 'bonuses' | 'pointsOnOrders';
export type Measure = MoveMeasure | OwedMeasure | SaidMeasure;

export const MEASURES: readonly Measure[] = [
  ...FLOWS,
  ...(['outstanding', 'breakage', 'owedIncurred', 'owedPaid', 'owed'] as const),
  ...(['bonuses', 'pointsOnOrders'] as const),
];

/** A number of an answer, by which the entries behind it are found. */
export interface Figure {
  readonly program: ProgramCode;
  readonly basis: Basis;
  readonly measure: Measure;
  /** Points of lots of this source alone; null for all. */
  readonly source: LotSource | null;
  /** Points of lots of this campaign alone; null for all. */
  readonly campaign: string | null;
  /** The first instant that counts; null: everything from the beginning on, for what stands at the end of a period. */
  readonly from: Instant | null;
  /** The first instant that does not count any more. */
  readonly to: Instant;
  /** As of a `Question`. */
  readonly asOf: Instant | null;
}

/** How often a point of a step counts in a figure: 1, 0 or -1. */
export function weightOf(measure: MoveMeasure, step: Step): number {
  if (measure === 'outstanding') {
    return Number(isOutstanding(step.to)) - Number(isOutstanding(step.from));
  }
  const flows: readonly Flow[] = measure === 'breakage' ? ['expired', 'forfeited'] : [measure];
  let weight = 0;
  for (const [flow, sign] of effectsOf(step)) if (flows.includes(flow)) weight += sign;
  return weight;
}

const OF_ENTRIES: readonly Measure[] = [
  ...(['owedIncurred', 'owedPaid', 'owed', 'bonuses', 'pointsOnOrders'] as const),
];

/** Whether a figure adds up steps of points; the others add up what is true of entries as a whole. */
export function isOfMoves(measure: Measure): measure is MoveMeasure {
  return !OF_ENTRIES.includes(measure);
}

/** What members came to owe in entries, what they paid of it, and the change of both. */
export function owedIn(
  entries: readonly Pick<EntrySum, 'owedChange'>[],
): Readonly<Record<OwedMeasure, Points>> {
  let [incurred, paid] = [0, 0];
  for (const { owedChange } of entries) {
    // Entries of one kind all raise it or all lower it: only what is taken back can be owed, and only what comes in pays.
    if (owedChange > 0) incurred += owedChange;
    else paid -= owedChange;
  }
  return {
    owedIncurred: wholePoints(incurred),
    owedPaid: wholePoints(paid),
    owed: wholePoints(incurred - paid),
  };
}
