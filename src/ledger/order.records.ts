import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { CampaignCredit, Order, WaitingFact } from './order';
import type { Minor } from './records';

/** An order's row as the driver hands it over, and what it means. */
export interface OrderRecord {
  shard: number;
  id: string;
  customer_id: string | null;
  net_minor: Minor | null;
  currency: string | null;
  tags: string[];
  placed_at: Instant | null;
  placed_number: number | null;
  cancelled_minor: Minor;
  cancelled_at: Instant | null;
  paid_at: Instant | null;
  delivered_at: Instant | null;
  waiting: WaitingFact[];
  reckoned_points: number | null;
  captured_points: number | null;
  judged_at: Instant | null;
  completed: boolean;
  start_turnover_minor: Minor | null;
  base_minor: Minor | null;
  credited_points: number;
  reversed_points: number;
  terms_version: number | null;
  lot: number | null;
  campaigns: readonly CampaignCredit[];
  excluded_by: string | null;
  discount_percent: number | null;
  discount_code: string | null;
}

export function orderOf(row: OrderRecord): Order {
  return {
    shard: row.shard,
    id: row.id,
    placed:
      row.customer_id === null
        ? null
        : {
            customerId: row.customer_id,
            net: BigInt(row.net_minor!),
            currency: row.currency!,
            at: row.placed_at!,
            number: row.placed_number!,
          },
    discount:
      row.discount_code === null
        ? null
        : { code: row.discount_code, percent: row.discount_percent! },
    tags: row.tags,
    cancelled: BigInt(row.cancelled_minor),
    cancelledAt: row.cancelled_at,
    paidAt: row.paid_at,
    deliveredAt: row.delivered_at,
    waiting: row.waiting,
    reckonedPoints: row.reckoned_points,
    capturedPoints: row.captured_points,
    judged:
      row.judged_at === null
        ? null
        : { at: row.judged_at, completed: row.completed, earned: earnedOf(row) },
  };
}

type Earned = NonNullable<NonNullable<Order['judged']>['earned']>;

function earnedOf(row: OrderRecord): Earned | null {
  if (row.base_minor === null) return null;
  return {
    startTurnover: BigInt(row.start_turnover_minor!),
    base: BigInt(row.base_minor),
    credited: row.credited_points,
    reversed: row.reversed_points,
    termsVersion: row.terms_version!,
    lot: row.lot,
    campaigns: row.campaigns,
    excludedBy: row.excluded_by,
  };
}

/** An order as its row has it. */
export function orderRecord(order: Order): OrderRecord & { customer_shard: number | null } {
  const { placed, judged } = order;
  const earned = judged?.earned ?? null;
  return {
    shard: order.shard,
    id: order.id,
    customer_id: placed?.customerId ?? null,
    customer_shard: placed ? shardOf(placed.customerId) : null,
    net_minor: placed?.net ?? null,
    currency: placed?.currency ?? null,
    tags: [...order.tags],
    placed_at: placed?.at ?? null,
    placed_number: placed?.number ?? null,
    cancelled_minor: order.cancelled,
    cancelled_at: order.cancelledAt,
    paid_at: order.paidAt,
    delivered_at: order.deliveredAt,
    waiting: [...order.waiting],
    reckoned_points: order.reckonedPoints,
    captured_points: order.capturedPoints,
    judged_at: judged?.at ?? null,
    completed: judged?.completed ?? false,
    start_turnover_minor: earned?.startTurnover ?? null,
    base_minor: earned?.base ?? null,
    credited_points: earned?.credited ?? 0,
    reversed_points: earned?.reversed ?? 0,
    terms_version: earned?.termsVersion ?? null,
    lot: earned?.lot ?? null,
    campaigns: earned?.campaigns ?? [],
    excluded_by: earned?.excludedBy ?? null,
    discount_percent: order.discount?.percent ?? null,
    discount_code: order.discount?.code ?? null,
  };
}
