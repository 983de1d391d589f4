import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import {
  bool,
  instant,
  int2,
  int4,
  int8,
  json,
  orNull,
  startingWith,
  text,
} from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { CampaignCredit, WaitingFact } from './order';

/** What is known of an order, by a shard of its own id: it may come before its customer (R3.7). */
@Entity('orders')
@Check('orders_shard_range', 'shard >= 0 and shard < 256')
@Check(
  'orders_placed_whole',
  '(customer_id is null) = (net_minor is null) and (customer_id is null) = (placed_at is null) and (customer_id is null) = (currency is null) and (customer_id is null) = (customer_shard is null)',
)
@Check(
  'orders_cancelled_within',
  'cancelled_minor >= 0 and (net_minor is null or cancelled_minor <= net_minor)',
)
@Check(
  'orders_l11_reversed_within',
  'credited_points >= 0 and reversed_points >= 0 and reversed_points <= credited_points',
)
@Check('orders_lot_recorded', 'credited_points = 0 or lot is not null')
@Check(
  'orders_judged_once',
  'judged_at is not null or (not completed and credited_points = 0 and base_minor is null)',
)
@Index('orders_unjudged', ['customerShard', 'customerId'], {
  where: 'judged_at is null and customer_id is not null',
})
@Index('orders_customer', ['customerShard', 'customerId'])
@Index('orders_discounted', ['judgedAt'], {
  where: 'completed and discount_percent is not null',
})
@Index('orders_without_turnover', ['judgedAt'], { where: 'completed and base_minor = 0' })
@Index('orders_discrepancy', ['paidAt', 'shard', 'id'], {
  where: 'reckoned_points <> captured_points',
})
@Check(
  'orders_discount_whole',
  '(discount_percent is null) = (discount_code is null) and discount_percent between 1 and 100',
)
@Check(
  'orders_excluded_earns_nothing',
  `excluded_by is null or (credited_points = 0 and campaigns = '[]')`,
)
export class OrderRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  id!: string;

  @Column(orNull(text))
  customerId!: string | null;

  @Column(orNull(int2))
  customerShard!: number | null;

  @Column(orNull(int8))
  netMinor!: number | null;

  @Column(orNull(text))
  currency!: string | null;

  @Column({ ...text, array: true, default: () => `'{}'` })
  tags!: string[];

  @Column(orNull(instant))
  placedAt!: Instant | null;

  @Column(orNull(int8))
  placedNumber!: number | null;

  @Column(startingWith(int8, 0))
  cancelledMinor!: number;

  @Column(orNull(instant))
  cancelledAt!: Instant | null;

  @Column(orNull(instant))
  paidAt!: Instant | null;

  @Column(orNull(instant))
  deliveredAt!: Instant | null;

  @Column(startingWith(json, () => `'[]'`))
  waiting!: WaitingFact[];

  @Column(orNull(int8))
  reckonedPoints!: Points | null;

  @Column(orNull(int8))
  capturedPoints!: Points | null;

  @Column(orNull(instant))
  judgedAt!: Instant | null;

  @Column(startingWith(bool, false))
  completed!: boolean;

  @Column(orNull(int8))
  startTurnoverMinor!: number | null;

  @Column(orNull(int8))
  baseMinor!: number | null;

  @Column(startingWith(int8, 0))
  creditedPoints!: Points;

  @Column(startingWith(int8, 0))
  reversedPoints!: Points;

  @Column(orNull(int4))
  termsVersion!: number | null;

  @Column(orNull(int4))
  lot!: number | null;

  @Column(orNull(int2))
  discountPercent!: number | null;

  @Column(orNull(text))
  discountCode!: string | null;

  @Column(startingWith(json, () => `'[]'`))
  campaigns!: CampaignCredit[];

  /** Code of the campaign that excludes it from earning. */
  @Column(orNull(text))
  excludedBy!: string | null;
}
