import { formatShare } from '../kernel/money';
import { type Points, points as wholePoints } from '../kernel/points';
import { effectsOf, type Flow, type Flows } from './flows';
import type { MoveSum } from './sums';

/** Of lots that ended: what they granted and was not taken back, and how much of that expired or was forfeited unspent. */
export interface Breakage {
  readonly granted: Points;
  readonly broken: Points;
}

const GRANTED: Readonly<Partial<Record<Flow, 1 | -1>>> = {
  issued: 1,
  transferredIn: 1,
  transferredOut: -1,
  reversed: -1,
  voided: -1,
};

/** What became of lots, by the month of their last valid day, as far as it is booked. */
export class BreakageByExpiry {
  private readonly months = new Map<string, { granted: Points; broken: Points }>();

  /** Takes in what was booked after all that was taken in before. */
  add(moves: readonly MoveSum[]): void {
    for (const move of moves) {
      const month = this.months.get(move.expires) ?? { granted: 0, broken: 0 };
      this.months.set(move.expires, month);
      for (const [flow, sign] of effectsOf(move)) {
        month.granted += (GRANTED[flow] ?? 0) * sign * move.points;
        if (flow === 'expired' || flow === 'forfeited') month.broken += sign * move.points;
      }
    }
  }

  /**
   * Of the lots whose last valid day lies in the twelve months before `month` (2026-03); null where they granted nothing. Not in
   * `month` itself: what ends with its last day is booked in the next.
   */
  ofYearBefore(month: string): Breakage | null {
    const first = `${String(Number(month.slice(0, 4)) - 1).padStart(4, '0')}${month.slice(4)}`;
    let [granted, broken] = [0, 0];
    for (const [expires, sums] of this.months) {
      if (expires < first || expires >= month) continue;
      granted += sums.granted;
      broken += sums.broken;
    }
    return granted > 0 && broken >= 0 ? { granted, broken } : null;
  }
}

/** What a month recognises of breakage, in points. */
export interface RecognisedBreakage {
  /** Recognised for the rights that were exercised in the month, before the points they stand for expire. Below 0 where more was restored than redeemed. */
  readonly inProportion: Points;
  /** What expired or was forfeited beyond what had been recognised before. */
  readonly atExpiry: Points;
  /** Recognised by the end of the month, of points that are still outstanding. */
  readonly ahead: Points;
}

/**
 * Breakage in proportion to the rights exercised (IFRS 15 B46, ASC 606-10-55-48): of members who are expected to redeem
 * `granted - broken` of every `granted` points, each point redeemed carries `broken / (granted - broken)` of one with it. What
 * expires uses up what was recognised ahead of it, and only the rest is recognised then. `ahead` is never more than what is
 * outstanding, nor below 0. Without experience (null) breakage is recognised as it happens (B46, last sentence).
 */
export function recogniseBreakage(
  aheadBefore: Points,
  flows: Flows,
  outstanding: Points,
  experience: Breakage | null,
): RecognisedBreakage {
  const realised = flows.expired + flows.forfeited;
  const used = within(realised, 0, aheadBefore);
  const left = aheadBefore - used;
  const exercised = flows.redeemed - flows.restored;
  const share = experience ? shareOf(exercised, experience) : 0;
  const inProportion = within(share, -left, outstanding - left);
  return {
    inProportion,
    atExpiry: wholePoints(realised - used),
    ahead: wholePoints(left + inProportion),
  };
}

/** A share of a whole as a decimal with six places, rounded half up: "0.125000". */
export function sixPlaces({ granted, broken }: Breakage): string {
  return formatShare(BigInt(broken), BigInt(granted));
}

/** Rounded towards 0. Where all of it broke there is no redemption to go by. */
function shareOf(exercised: Points, { granted, broken }: Breakage): Points {
  if (broken >= granted) return 0;
  return wholePoints((BigInt(exercised) * BigInt(broken)) / BigInt(granted - broken));
}

function within(value: Points, least: Points, most: Points): Points {
  return wholePoints(Math.min(Math.max(value, least), most));
}
