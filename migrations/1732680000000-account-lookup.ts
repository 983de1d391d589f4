import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexOnline } from '../src/database/online-index';

/**
 * Where an account lies, by its id alone: one page of this index instead of three of the key's, numbers compared instead of texts, and no
 * collation. An id never changes, so that a redemption changes nothing of it. That an id is there once is the key's to say.
 */
export class AccountLookup1732680000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await buildIndexOnline(runner, 'accounts_id', 'on accounts using hash (id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index accounts_id');
  }
}
