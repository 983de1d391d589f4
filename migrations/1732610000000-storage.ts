import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows that change again and again: dead versions are cleared while they are few, so that a page has room for the next one. */
const CHANGING = {
  autovacuum_vacuum_scale_factor: '0.02',
  autovacuum_vacuum_threshold: '1000',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '1000',
};
/**
 * Rows that are added and left alone: by the default a fifth more have to be added before their pages are marked as seen by all, and
 * then, and when they are frozen, all at once.
 */
const APPENDED = {
  autovacuum_vacuum_insert_scale_factor: '0.02',
  autovacuum_vacuum_insert_threshold: '10000',
  autovacuum_analyze_scale_factor: '0.02',
  autovacuum_vacuum_cost_limit: '1000',
};

/**
 * What there is on each table. Room on its pages (fillfactor) is for tables of which a row is written anew where it stands, with no index
 * to change (HOT): accounts and lots with every redemption, orders with every fact. A hold or a mail that is decided changes
 * a partial index, and a message is not changed at all: for them room would be air.
 */
const STORAGE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  accounts: CHANGING,
  lots: CHANGING,
  orders: CHANGING,
  redemptions: { ...CHANGING, fillfactor: '95' },
  notifications: CHANGING,
  webhook_deliveries: CHANGING,
  outbox: { ...APPENDED, fillfactor: '100', autovacuum_vacuum_scale_factor: '0.05' },
  entries: APPENDED,
  allocations: APPENDED,
  answers: APPENDED,
  inbox: APPENDED,
  audit_log: APPENDED,
};
/** What the tables were made with. */
const BEFORE: Readonly<Record<string, string>> = { redemptions: '80', outbox: '80' };

/** How tables are kept in shape under the churn of accounts and lots. It changes no row, and waits for no reader or writer. */
export class Storage1732610000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, settings] of Object.entries(STORAGE)) {
      const list = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
      await runner.query(`alter table ${table} set (${list.join(', ')})`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, settings] of Object.entries(STORAGE)) {
      const names = Object.keys(settings).filter((name) => name !== 'fillfactor');
      await runner.query(`alter table ${table} reset (${names.join(', ')})`);
      const fillfactor = BEFORE[table];
      if (fillfactor) await runner.query(`alter table ${table} set (fillfactor = ${fillfactor})`);
    }
  }
}
