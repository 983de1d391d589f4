import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether redemptions that are placed have their entries (L7) is asked once for all that a statement adds, not for each: by the same keys,
 * refused by the same name. The trigger that the version before looks for stays, for what changes a key.
 */
const UP = [
  // `offset 0`: entry by entry, however many rows the tables are thought to have.
  `create function refuse_placed_without_entry() returns trigger language plpgsql as $$
   declare lost record;
   begin
     select p.number, p.account_id into lost from placed p where not exists (
       select from entries e where e.shard = p.shard and e.account_id = p.account_id and e.sequence = p.number offset 0
     ) limit 1;
     if found then
       raise exception 'Redemption % of % is placed by no entry', lost.number, lost.account_id
         using errcode = '23503', table = 'redemptions', constraint = 'redemptions_l7_own_entry';
     end if;
     return null;
   end $$`,
  `create trigger redemptions_l7_placed after insert on redemptions referencing new table as placed
   for each statement execute function refuse_placed_without_entry()`,
  `create or replace trigger redemptions_l7_own_entry after update of shard, account_id, number on redemptions
   for each row execute function refuse_without_entry()`,
];

const DOWN = [
  `create or replace trigger redemptions_l7_own_entry after insert or update of shard, account_id, number on redemptions
   for each row execute function refuse_without_entry()`,
  'drop trigger redemptions_l7_placed on redemptions',
  'drop function refuse_placed_without_entry',
];

export class PlacedRedemptions1732690000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
