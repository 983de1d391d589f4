import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource, type MigrationInterface } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';

/** The timestamp of the last migration that is released: those up to it are never changed, those after it are judged (unsafe.ts). */
export const RELEASED_UNTIL = 1732500000000;

/** When a migration was made, as its class name says. */
export function madeAt(migration: { readonly name: string }): number {
  return Number(/\d+$/.exec(migration.name));
}

/** Of each table: its columns (type, whether it must be given), and what refuses rows. */
export type Schema = Readonly<Record<string, Table>>;
interface Table {
  /** The type; with `!` where it may not be null, with `=` where it has a value of its own. */
  readonly columns: Readonly<Record<string, string>>;
  /** CHECKs, keys, unique indexes and triggers, as the catalogue spells them. */
  readonly refusals: readonly string[];
}

/** What of a schema matters to the statements of a version that was made for another one. */
export async function schemaOf(database: Pick<DataSource, 'query'>): Promise<Schema> {
  const [{ schema }] = await database.query<[{ schema: Schema }]>(
    `select json_object_agg(t.relname, json_build_object('columns', (
         select json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then '!' else '' end
             || case when a.atthasdef or a.attidentity <> '' then '=' else '' end order by a.attname)
           from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped),
       'refusals', (select coalesce(json_agg(r order by r), '[]') from (
         select pg_get_constraintdef(c.oid) as r from pg_constraint c where c.conrelid = t.oid and c.contype not in ('n', 't')
         union
         select regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING', 'UNIQUE') from pg_index i
           where i.indrelid = t.oid and i.indisunique and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
         union
         select regexp_replace(pg_get_triggerdef(g.oid), '^CREATE TRIGGER \\S+ ', '') from pg_trigger g
           where g.tgrelid = t.oid and not g.tgisinternal) refusals)) order by t.relname) as schema
     from pg_class t where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p') and not t.relispartition
       and t.relname <> 'migrations'`,
  );
  return schema;
}

/**
 * What the statements of the version before would stumble over, a sentence each: what is gone or of another type, and what
 * refuses rows that it may write. What is merely new is none of its business.
 */
export function stumbles(before: Schema, now: Schema): string[] {
  return Object.entries(before).flatMap(([name, table]) => {
    const found = now[name];
    if (!found) return [`The table ${name} is gone.`];
    return [...columnsGone(name, table, found), ...refusing(name, table, found)];
  });
}

function columnsGone(name: string, before: Table, now: Table): string[] {
  const changed = Object.entries(before.columns).flatMap(([column, was]) => {
    const is = now.columns[column];
    if (is === undefined) return [`${name}.${column} is gone.`];
    const lax = is.replace('!', '') === was.replace('!', '') && was.includes('!');
    const valued = is === `${was}=`;
    return is === was || lax || valued ? [] : [`${name}.${column} was ${was}, and is ${is}.`];
  });
  const required = Object.entries(now.columns).filter(
    ([column, is]) => !(column in before.columns) && is.endsWith('!'),
  );
  return [...changed, ...required.map(([column]) => `${name}.${column} is new, and required.`)];
}

/** What refuses no more than something did that it stands for, by what is new. */
const INSTEAD: Readonly<Record<string, string>> = Object.fromEntries([
  ...['entries', 'allocations'].flatMap((table) => {
    const guarded = `ON public.${table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`;
    const before = `BEFORE DELETE OR UPDATE OR TRUNCATE ${guarded}`;
    const loss = `AFTER DELETE ON public.${table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss()`;
    return [
      [`BEFORE UPDATE OR TRUNCATE ${guarded}`, before],
      [loss, before],
    ];
  }),
  ...[
    'AFTER INSERT ON public.redemptions REFERENCING NEW TABLE AS placed FOR EACH STATEMENT EXECUTE FUNCTION refuse_placed_without_entry()',
    'AFTER UPDATE OF shard, account_id, number ON public.redemptions FOR EACH ROW EXECUTE FUNCTION refuse_without_entry()',
  ].map((refusal) => [
    refusal,
    'FOREIGN KEY (shard, account_id, number) REFERENCES entries(shard, account_id, sequence)',
  ]),
]);

function refusing(name: string, before: Table, now: Table): string[] {
  const added = now.refusals.filter(
    (refusal) =>
      ![refusal, INSTEAD[refusal]].some((known) => before.refusals.includes(known ?? '')),
  );
  // Its ON CONFLICT names the columns of a key that must be there.
  const keys = before.refusals.filter((refusal) => /^(PRIMARY KEY|UNIQUE)/.test(refusal));
  const gone = keys.filter((key) => !now.refusals.includes(key));
  return [
    ...added.map((refusal) => `${name} newly refuses by ${refusal}.`),
    ...gone.map((key) => `${name} has lost ${key}.`),
  ];
}

const FILE = join(__dirname, 'released.json');

/** The schema that the released migrations make, as it was written down. */
export function releasedSchema(): Schema {
  return require(FILE) as Schema;
}

/** Runs the released migrations on an empty database, and answers with the schema; writes it down where `REWARDS_WRITE_RELEASED` says so. */
export async function makeReleased(ownerUrl: string): Promise<Schema> {
  const { options } = createDataSource(ownerUrl, { session: 'migration', describesTables: false });
  const all = options.migrations as (new () => MigrationInterface)[];
  const migrations = all.filter((migration) => madeAt(migration) <= RELEASED_UNTIL);
  const database = await new DataSource({ ...options, migrations }).initialize();
  try {
    await database.runMigrations();
    const schema = await schemaOf(database);
    if (process.env.REWARDS_WRITE_RELEASED) {
      writeFileSync(FILE, `${JSON.stringify(schema, null, 1)}\n`);
    }
    return schema;
  } finally {
    await database.destroy();
  }
}
