/**
 * Which rows of which rollups a question is answered from: months where they lie wholly inside, days where a month is cut
 * through, hours where a day is, and the entries themselves where an hour is. A row has a place on two axes: when it became
 * true and when it was written. Places are the labels of rows (what `date_trunc` makes of an instant), compared and never
 * reckoned with, so that it does not matter how a zone changes its clocks.
 */

/** The grains that rollups are kept in, the coarsest first. */
export const ROLLUP_GRAINS = ['MONTH', 'DAY', 'HOUR'] as const;
export type RollupGrain = (typeof ROLLUP_GRAINS)[number];

/** A label as PostgreSQL writes it in UTC, or an end of time: such texts are in the order of time. */
export type Label = string;
export const START_OF_TIME: Label = '-infinity';
export const END_OF_TIME: Label = 'infinity';

/** Where an instant cuts each grain. */
export type Cut = Readonly<Record<RollupGrain, CutGrain>>;
export interface CutGrain {
  /** The label of the row it lies in, and of the one after. */
  readonly floor: Label;
  readonly next: Label;
  /** Whether the row begins with it, so that nothing is cut through. */
  readonly isStart: boolean;
}

/** Rows from a label up to another, that one excluded. */
export interface Range {
  readonly from: Label;
  readonly to: Label;
}
type Cover = Readonly<Record<RollupGrain, readonly Range[]>>;

/** Rows of one grain. */
export interface Window {
  readonly grain: RollupGrain;
  readonly counted: Range;
  readonly other: Range;
}

/** Everything there is, on an axis that nothing is asked of. */
const EVERYTHING: Range = { from: START_OF_TIME, to: END_OF_TIME };

/**
 * The coarsest rows that lie wholly between two cuts (null: an end of time), and are of one of `grains`. What is left over is less
 * than an hour at either end.
 */
export function cover(
  from: Cut | null,
  to: Cut | null,
  grains: readonly RollupGrain[] = ROLLUP_GRAINS,
): Cover {
  const ranges: Record<RollupGrain, Range[]> = { MONTH: [], DAY: [], HOUR: [] };
  let covered: Range | null = null;
  for (const grain of grains) {
    const whole: Range = { from: firstWhole(from, grain), to: to?.[grain].floor ?? END_OF_TIME };
    if (!isBefore(whole.from, whole.to)) continue;
    const parts: Range[] = covered
      ? [
          { from: whole.from, to: covered.from },
          { from: covered.to, to: whole.to },
        ]
      : [whole];
    ranges[grain].push(...parts.filter((part) => isBefore(part.from, part.to)));
    covered = whole;
  }
  return ranges;
}

/**
 * The rows of all grains that lie wholly in a part of the axis that is counted by, and before `until` on the other. A row is
 * of one grain on both axes: what one of them needs in hours is read in hours on the other too.
 */
export function windows(counted: Cover, until: Cut | null): Window[] {
  const other: Cover =
    until === null ? { MONTH: [EVERYTHING], DAY: [], HOUR: [] } : cover(null, until);
  const coarser: Range[] = [];
  const otherCoarser: Range[] = [];
  return ROLLUP_GRAINS.flatMap((grain) => {
    const all = [
      ...pairs(grain, [...coarser, ...counted[grain]], other[grain]),
      ...pairs(grain, counted[grain], otherCoarser),
    ];
    coarser.push(...counted[grain]);
    otherCoarser.push(...other[grain]);
    return all;
  });
}

/** The labels of the hours that cuts go through, which only the entries themselves can answer for. */
export function hoursCut(cuts: readonly (Cut | null)[]): Label[] {
  const hours = cuts.flatMap((cut) => (cut === null || cut.HOUR.isStart ? [] : [cut.HOUR.floor]));
  return [...new Set(hours)];
}

function pairs(grain: RollupGrain, counted: readonly Range[], others: readonly Range[]): Window[] {
  return counted.flatMap((range) => others.map((other) => ({ grain, counted: range, other })));
}

function firstWhole(cut: Cut | null, grain: RollupGrain): Label {
  if (cut === null) return START_OF_TIME;
  return cut[grain].isStart ? cut[grain].floor : cut[grain].next;
}

function isBefore(a: Label, b: Label): boolean {
  if (a === START_OF_TIME || b === END_OF_TIME) return a !== b;
  return b !== START_OF_TIME && a !== END_OF_TIME && a < b;
}
