import type { DataSource } from 'typeorm';

/** Triggers that must stand, with their tables and what they call. */
const GUARDS = [
  // Rows of these are never changed, whoever asks.
  ...['entries', 'allocations', 'entries_archive', 'allocations_archive'].map((table) => ({
    ...{ table, name: `${table}_l1_append_only`, calls: 'refuse_change' },
  })),
  ...['interventions', 'audit_log'].map((table) => ({
    ...{ table, name: `${table}_append_only`, calls: 'refuse_change' },
  })),
  // What is deleted of these stands in the archive, as it was.
  ...['entries', 'allocations'].map((table) => ({
    ...{ table, name: `${table}_l1_only_archived`, calls: 'refuse_loss' },
  })),
  { table: 'redemptions', name: 'redemptions_l7_placed', calls: 'refuse_placed_without_entry' },
  { table: 'redemptions', name: 'redemptions_l7_own_entry', calls: 'refuse_without_entry' },
];

type Runner = Pick<DataSource, 'query'>;

/** Something that must stand in the schema and does not, in a sentence, and of which table. */
export interface Gap {
  readonly table: string;
  readonly gap: string;
}

/**
 * What of the schema does not stand as the migrations made it: triggers that guard rows and are gone or switched off, constraints and indexes that are gone, were never checked over all rows, or are broken (an index that is just
 * being built beside the traffic is not). `names` are those that must be there.
 */
export async function structureGaps(runner: Runner, names: readonly Named[]): Promise<Gap[]> {
  const triggers: Gap[] = await runner.query(
    `select g.table, format('The trigger %s of %s is gone or switched off.', g.name, g.table) as gap
     from json_to_recordset($1) as g ("table" text, name text, calls text)
     where not exists (select from pg_trigger t
       where t.tgrelid = to_regclass(g.table) and t.tgname = g.name and t.tgenabled in ('O', 'A')
         and t.tgfoid = to_regproc(g.calls))`,
    [JSON.stringify(GUARDS)],
  );
  const missing: Gap[] = await runner.query(
    `select n.table, format('%s of %s is gone.', n.name, n.table) as gap
     from json_to_recordset($1) as n ("table" text, name text)
     where not exists (select from pg_constraint c where c.conrelid = to_regclass(n.table) and c.conname = n.name)
       and not exists (select from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indrelid = to_regclass(n.table) and c.relname = n.name)`,
    [JSON.stringify(names)],
  );
  const broken: Gap[] = await runner.query(
    `select conrelid::regclass::text as "table", format('%s of %s was never checked over all rows.', conname, conrelid::regclass) as gap
     from pg_constraint where connamespace = 'public'::regnamespace and not convalidated
     union all
     select i.indrelid::regclass::text, format('The index %s of %s is broken.', c.relname, i.indrelid::regclass)
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'public'::regnamespace and not (i.indisvalid and i.indisready)
       and not exists (select from pg_stat_progress_create_index p join pg_locks l using (pid)
         where l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock' and l.granted)`,
  );
  return [...triggers, ...missing, ...broken];
}

/** A constraint or an index, by table. */
export interface Named {
  readonly table: string;
  readonly name: string;
}

/** Every constraint and index that the row classes know, by its name in the database. */
export function namedInRows(database: DataSource): Named[] {
  return database.entityMetadatas.flatMap(({ tableName: table, checks, foreignKeys, indices }) =>
    [...checks, ...foreignKeys, ...indices]
      .map(({ name }) => name)
      .concat(`${table}_pkey`)
      .map((name) => ({ table, name })),
  );
}
