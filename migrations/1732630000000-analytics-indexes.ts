import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexOnline } from '../src/database/online-index';

const INDEXES: readonly (readonly [name: string, on: string])[] = [
  // The job that rolls entries up takes them transaction by transaction.
  ['entries_xact', 'on entries (xact)'],
  ['members_organization', 'on members (organization_id) where organization_id is not null'],
  ['referrals_registered', 'on referrals (registered_at)'],
  ['referrals_decided', `on referrals (decided_at) where state in ('REWARDED', 'LOST')`],
  ['referral_codes_issued', 'on referral_codes (program, issued_at) where issued_at is not null'],
  // Of accounts nothing that changes with their points, so that a redemption changes no index of theirs.
  ['accounts_enrolled', 'on accounts (program, enrolled_at) where enrolled_at is not null'],
  [
    'accounts_over',
    'on accounts (program, ended_at, redeem_until) where ended_at is not null or redeem_until is not null',
  ],
  ['orders_discounted', 'on orders (judged_at) where completed and discount_percent is not null'],
  // What points paid alone earns nothing, and has no entry.
  ['orders_without_turnover', 'on orders (judged_at) where completed and base_minor = 0'],
];

/** What analytics and organisations are read by. */
export class AnalyticsIndexes1732630000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of INDEXES) await buildIndexOnline(runner, name, on);
  }

  /** Plainly: what is undone is undone in a transaction. */
  async down(runner: QueryRunner): Promise<void> {
    for (const [name] of INDEXES) await runner.query(`drop index ${name}`);
  }
}
