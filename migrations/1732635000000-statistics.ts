import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An account has one shard. As long as the planner takes the two for independent it expects that an account has one allocation, finds
 * all indexes of the table equally good for one of an entry, and may read all that the account ever had.
 */
export class Statistics1732635000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create statistics allocations_account_in_shard (dependencies) on shard, account_id from allocations',
    );
    await runner.query('analyze allocations');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop statistics allocations_account_in_shard');
  }
}
