import type { Points } from '../kernel/points';
import type { EntrySum } from './sums';

/** Orders that points paid alone: they add no turnover, and no entry tells of them. */
export interface OrdersWithoutTurnover {
  readonly period: number;
  readonly orders: number;
  /** Of these the ones that points paid on (the others were all discount), and those points. */
  readonly ordersWithPoints: number;
  readonly points: Points;
}

/** Which share of orders, and of their value, was paid with points. */
export interface RedemptionShare {
  readonly orders: number;
  readonly ordersWithPoints: number;
  readonly ordersPaidInFull: number;
  /** Net turnover that the orders were credited for, in minor units: without what points paid. */
  readonly turnover: bigint;
  /** Points that had paid on the orders when they were credited. */
  readonly pointsOnCredited: Points;
  /** And on those that points paid alone. */
  readonly pointsInFull: Points;
}

/** Of a period's entries and orders, or of several periods'. */
export function redemptionShare(
  entries: readonly EntrySum[],
  without: readonly OrdersWithoutTurnover[],
): RedemptionShare {
  const sum = <T>(rows: readonly T[], of: (row: T) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  const credited = entries.filter(({ orders }) => orders > 0);
  const ordersPaidInFull = sum(without, (row) => row.ordersWithPoints);
  return {
    orders: sum(credited, ({ orders }) => orders) + sum(without, ({ orders }) => orders),
    ordersWithPoints: sum(credited, (row) => row.ordersWithPoints) + ordersPaidInFull,
    ordersPaidInFull,
    turnover: credited.reduce((total, { turnoverChange }) => total + turnoverChange, 0n),
    pointsOnCredited: sum(credited, ({ pointsOnOrders }) => pointsOnOrders),
    pointsInFull: sum(without, ({ points }) => points),
  };
}
