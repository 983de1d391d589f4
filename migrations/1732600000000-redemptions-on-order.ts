import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexOnline } from '../src/database/online-index';

/**
 * Redemptions of an order by the order. The index it replaces began with the account, and the planner, which takes shard and
 * account for independent, read all an account ever redeemed by it to find one redemption by its number.
 */
export class RedemptionsOnOrder1732600000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await buildIndexOnline(runner, 'redemptions_on_order', 'on redemptions (shard, order_id)');
    await runner.query('drop index concurrently if exists redemptions_order');
  }

  /** Plainly: what is undone is undone in a transaction, where no index can be built beside the traffic. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create index redemptions_order on redemptions (shard, account_id, order_id)',
    );
    await runner.query('drop index redemptions_on_order');
  }
}
