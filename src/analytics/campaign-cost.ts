import type { Points } from '../kernel/points';
import { type Flows, flowsOf, isOutstanding } from './flows';
import type { MoveSum, SumRows } from './sums';

/** What became of the points that a campaign gave. */
export interface CampaignCost {
  readonly code: string;
  /** In the period. */
  readonly flows: Flows;
  /** At its end: what can still be spent. */
  readonly outstanding: Points;
}

/**
 * Of each campaign whose points took a step in the period or are outstanding at its end, by what it issued, the most first. `period` is
 * what happened in the period, `all` that and everything before.
 */
export function campaignCosts(
  period: Pick<SumRows, 'moves'>,
  all: Pick<SumRows, 'moves'>,
): CampaignCost[] {
  const within = byCampaign(period.moves);
  return [...byCampaign(all.moves)]
    .map(([code, moves]) => ({
      code,
      flows: flowsOf(within.get(code) ?? []),
      outstanding: outstandingOf(moves),
    }))
    .filter(({ code, outstanding }) => within.has(code) || outstanding !== 0)
    .sort((a, b) => b.flows.issued - a.flows.issued || (a.code < b.code ? -1 : 1));
}

/** What the period added to the cost of a campaign, in points: what it gave, less what was taken away again and what nobody spent. */
export function costOf({ issued, reversed, voided, expired, forfeited }: Flows): Points {
  return issued - reversed - voided - expired - forfeited;
}

function byCampaign(moves: readonly MoveSum[]): Map<string, MoveSum[]> {
  const campaigns = new Map<string, MoveSum[]>();
  for (const move of moves) {
    if (move.source !== 'CAMPAIGN') continue;
    const same = campaigns.get(move.campaign);
    if (same) same.push(move);
    else campaigns.set(move.campaign, [move]);
  }
  return campaigns;
}

function outstandingOf(moves: readonly MoveSum[]): Points {
  const weight = ({ from, to }: MoveSum) => Number(isOutstanding(to)) - Number(isOutstanding(from));
  return moves.reduce((sum, move) => sum + weight(move) * move.points, 0);
}
