import { DateTime } from 'luxon';
import type { DataSource } from 'typeorm';
import { ENTRIES, entryFacts, factRules, moveFacts } from '../../src/analytics/facts';
import {
  type EntrySum,
  type Grain,
  type MoveSum,
  mergeEntries,
  mergeMoves,
  type Question,
  type SumRows,
} from '../../src/analytics/sums';
import type { Instant } from '../../src/kernel/time';
import type { Programs } from '../../src/programs/programs';

/** Every fact of the books, one by one, to be summed without any SQL. */
export interface Facts {
  readonly moves: readonly (Times & Omit<MoveSum, 'bucket'>)[];
  readonly entries: readonly (Times & Omit<EntrySum, 'bucket'>)[];
}
interface Times {
  readonly program: string;
  readonly occurred: Instant;
  readonly recorded: Instant;
}

/** Reads the facts of all entries there are. */
export async function readFacts(database: DataSource, programs: Programs): Promise<Facts> {
  const all = `select * from ${ENTRIES}`;
  const rules = [factRules(programs)];
  const moves = await database.query<Facts['moves']>(
    `select program, occurred_at as occurred, recorded_at as recorded, kind, source, campaign, from_state as "from",
       to_state as "to", to_char(expires, 'YYYY-MM') as expires, points, moves from (${moveFacts(all)}) f`,
    rules,
  );
  const entries = await database.query<Facts['entries']>(
    `select program, occurred_at as occurred, recorded_at as recorded, kind, tier_before as "tierBefore",
       tier_after as "tierAfter", entries, available_change as "availableChange", held_change as "heldChange",
       owed_change as "owedChange", turnover_change as "turnoverChange", orders, orders_with_points as "ordersWithPoints",
       points_on_orders as "pointsOnOrders", first_entries as "firstEntries", bonuses from (${entryFacts(all)}) f`,
    rules,
  );
  return {
    moves,
    entries: entries.map((row) => ({ ...row, turnoverChange: BigInt(row.turnoverChange) })),
  };
}

/** What the facts sum up to, as a reader with paper would do it. */
export function byHand(facts: Facts, question: Question, zone: string): SumRows {
  const { program, basis, from, to, by } = question;
  const asOf = question.asOf ?? Number.POSITIVE_INFINITY;
  const counted = ({ occurred, recorded }: Times) => (basis === 'POSTED' ? recorded : occurred);
  const counts = (fact: Times) =>
    fact.program === program &&
    counted(fact) < to &&
    (basis === 'RECORDED' ? fact.recorded : counted(fact)) <= asOf;
  const bucketed = <T extends Times>({ program: _, occurred, recorded, ...fact }: T) => {
    const at = counted({ program, occurred, recorded });
    return { ...fact, bucket: at < from ? null : Math.max(from, periodStart(at, by, zone, from)) };
  };
  return {
    moves: mergeMoves(facts.moves.filter(counts).map(bucketed)),
    entries: mergeEntries(facts.entries.filter(counts).map(bucketed)),
  };
}

/** By the clock on the wall of the zone. */
function periodStart(at: Instant, by: Grain | null, zone: string, from: Instant): Instant {
  if (by === null) return from;
  const unit = by.toLowerCase() as 'day';
  return DateTime.fromMillis(at, { zone }).startOf(unit).toMillis();
}

/** Sums in an order that can be compared. */
export function sorted(sums: SumRows): object {
  const key = (row: MoveSum | EntrySum) =>
    JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  const inOrder = <Row extends MoveSum | EntrySum>(rows: readonly Row[]) =>
    rows
      .map((row) => Object.fromEntries(Object.entries(row).sort()))
      .map((row) => key(row as Row))
      .sort();
  return { moves: inOrder(sums.moves), entries: inOrder(sums.entries) };
}
