import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexOnline } from '../src/database/online-index';

/**
 * Redemptions of an order by what they paid. The index it replaces led to every hold that was given back as well, hundreds where a
 * cart is opened again and again, and each was looked at whenever another one came.
 */
export class RedemptionsPaidOnOrder1732670000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await buildIndexOnline(
      runner,
      'redemptions_paid_on_order',
      'on redemptions (shard, order_id, captured)',
    );
    await runner.query('drop index concurrently if exists redemptions_on_order');
  }

  /** Plainly: what is undone is undone in a transaction, where no index can be built beside the traffic. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('create index redemptions_on_order on redemptions (shard, order_id)');
    await runner.query('drop index redemptions_paid_on_order');
  }
}
