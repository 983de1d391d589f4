import type { DataSource } from 'typeorm';
import { arePending, isAhead } from './migrate';
import { APP_ROLE, privilegeGaps } from './privileges';
import { namedInRows, structureGaps } from './structure';

/** What is wrong with a database, in sentences that say why it matters and what to do. */
export interface Unfitness {
  /** Points are not safe there: production does not start. */
  readonly refused: readonly string[];
  /** Somebody should look. */
  readonly warned: readonly string[];
}

interface Required {
  readonly is: readonly string[];
  readonly why: string;
}

const POOLER = 'is a pooler dropping what our connections start with?';
/** What a database must be set to, or points that were promised may be gone after a power cut, or be read wrongly. */
const REQUIRED: Readonly<Record<string, Required>> = {
  fsync: { is: ['on'], why: 'a power cut may destroy the database' },
  full_page_writes: { is: ['on'], why: 'a power cut may tear pages' },
  synchronous_commit: {
    is: ['on', 'local', 'remote_write', 'remote_apply'],
    why: 'a crash may lose what was already answered',
  },
  data_sync_retry: {
    is: ['off'],
    why: 'a page that could not be written may be taken for written',
  },
  zero_damaged_pages: { is: ['off'], why: 'damaged pages would be emptied in silence' },
  ignore_checksum_failure: { is: ['off'], why: 'damaged pages would be read in silence' },
  server_encoding: { is: ['UTF8'], why: 'names and ids in other scripts cannot be stored' },
  client_encoding: { is: ['UTF8'], why: 'names and ids in other scripts would be changed' },
  TimeZone: { is: ['UTC'], why: `instants would be read wrongly; ${POOLER}` },
  DateStyle: { is: ['ISO, MDY', 'ISO, DMY', 'ISO, YMD'], why: 'instants would be read wrongly' },
  transaction_isolation: {
    is: ['read committed'],
    why: `what a lock waited for would not be seen; ${POOLER}`,
  },
  transaction_read_only: { is: ['off'], why: 'nothing can be written' },
  search_path: {
    is: ['public,pg_temp', 'public, pg_temp'],
    why: `a table of somebody else's could stand in front of ours; ${POOLER}`,
  },
};
/** What ends by itself; without them a lost client holds its locks for good. */
const LIMITED = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
/** The oldest PostgreSQL whose functions we ask; the tests run on 18. */
const OLDEST_VERSION = 160_000;
/** How far the database's clock and ours may be apart, in milliseconds: tokens go by ours, the ledger by its. */
const CLOCKS_APART_MS = 5_000;
/** Roles of PostgreSQL's own whose members reach past every privilege. */
const MIGHTY = [
  ...['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'],
  ...['pg_read_all_data', 'pg_write_all_data', 'pg_maintain'],
];
/** Beside the pool: the runner of jobs has so many connections of its own, and starting one more. */
const OTHER_CONNECTIONS = 6;

/** What there is to know of a database before it is trusted. */
export interface Facts {
  readonly version: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly inRecovery: boolean;
  readonly checksums: boolean;
  /** Of the collation, as the database was made and as the system has it now; null where it has none. */
  readonly collationMade: string | null;
  readonly collationNow: string | null;
  readonly role: string;
  readonly login: string;
  /** What the role, or the login it can go back to, may and should not. */
  readonly mights: readonly string[];
  /** Connections that the role may still open, and that there are at all. */
  readonly free: number;
  readonly most: number;
  /** An int8 and a timestamptz as they arrive here. */
  readonly int8: unknown;
  readonly instant: unknown;
  readonly clockApartMs: number;
}

/** What makes this database unfit for other people's points, as a service with so many connections finds it. */
export async function unfitness(database: DataSource, poolSize: number): Promise<Unfitness> {
  const facts = await readFacts(database);
  const judged = judge(facts, poolSize);
  if (await arePending(database)) {
    return { ...judged, refused: [...judged.refused, 'Migrations are pending: npm run migrate.'] };
  }
  const structure = (await structureGaps(database, namedInRows(database))).map(({ gap }) => gap);
  const isNewer = await isAhead(database);
  const gaps = isNewer ? [] : await privilegeGaps(database, facts.role);
  const newer = 'A newer version has migrated this database; this one should soon be replaced.';
  return {
    refused: [...judged.refused, ...gaps, ...(isNewer ? [] : structure)],
    warned: [...judged.warned, ...(isNewer ? [newer, ...structure] : [])],
  };
}

/** What of the facts speaks against a database. */
export function judge(facts: Facts, poolSize: number): Unfitness {
  const refused: string[] = [];
  const warned: string[] = [];
  if (facts.version < OLDEST_VERSION) {
    refused.push(`PostgreSQL is ${facts.version}, older than ${OLDEST_VERSION}: upgrade it.`);
  }
  for (const [name, { is, why }] of Object.entries(REQUIRED)) {
    const value = facts.settings[name] ?? 'unknown';
    if (!is.includes(value)) refused.push(`${name} is ${value}, not ${is[0]}: ${why}.`);
  }
  for (const name of LIMITED) {
    if (facts.settings[name] !== '0') continue;
    refused.push(`${name} is off: who is lost would hold locks for good; ${POOLER}.`);
  }
  if (facts.inRecovery) refused.push('It is a standby: only its primary takes what is written.');
  if (facts.collationMade !== facts.collationNow) {
    refused.push(
      `Its collation was version ${facts.collationMade} and is ${facts.collationNow} now: keys may be found twice or not at all. ` +
        'Reindex, then: alter database … refresh collation version.',
    );
  }
  if (facts.role !== APP_ROLE) {
    refused.push(`The service runs as ${facts.role}, not as ${APP_ROLE}; ${POOLER}`);
  }
  refused.push(...facts.mights.map((might) => `${might} (src/database/README.md).`));
  if (facts.int8 !== Number.MAX_SAFE_INTEGER || facts.instant !== 0) {
    refused.push('Whole numbers or instants do not arrive as such: points would be text.');
  }
  const needed = poolSize + OTHER_CONNECTIONS;
  if (facts.most < needed) {
    refused.push(
      `It takes ${facts.most} connections, and this process alone opens up to ${needed}: lower DATABASE_POOL or raise max_connections.`,
    );
  } else if (facts.free < needed) {
    warned.push(`${facts.free} connections are free now, and this process opens up to ${needed}.`);
  }
  if (!facts.checksums) warned.push('It has no data checksums: damage of its disk goes unseen.');
  if (facts.clockApartMs > CLOCKS_APART_MS) {
    warned.push(`The database's clock and ours are ${facts.clockApartMs} ms apart.`);
  }
  return { refused, warned };
}

async function readFacts(database: DataSource): Promise<Facts> {
  const settings = await database.query<{ name: string; value: string }[]>(
    `select name, current_setting(name) as value from unnest($1::text[]) as name`,
    [[...Object.keys(REQUIRED), ...LIMITED]],
  );
  const [facts] = await database.query<Omit<Facts, 'settings' | 'clockApartMs' | 'instant'>[]>(
    `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as "inRecovery",
       current_setting('data_checksums') = 'on' as checksums,
       d.datcollversion as "collationMade", pg_database_collation_actual_version(d.oid) as "collationNow",
       current_user::text as role, session_user::text as login,
       ${MIGHTS} as mights,
       9007199254740991::int8 as "int8", r.most::int as most,
       least(r.most - used.by_role, r.most_of_all - used.by_all)::int as free
     from pg_database d
     cross join lateral (select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most_of_all) c
     cross join lateral (select c.most_of_all, least(c.most_of_all, nullif(d.datconnlimit, -1), nullif((
       select rolconnlimit from pg_roles where rolname = session_user), -1)) as most) r
     cross join lateral (select count(*) filter (where usename = session_user) as by_role, count(*) as by_all
       from pg_stat_activity where backend_type = 'client backend') used
     where d.datname = current_database()`,
    [MIGHTY],
  );
  const before = Date.now();
  const [clock] = await database.query<{ at: unknown }[]>(
    `select (extract(epoch from clock_timestamp()) * 1000)::int8 as at`,
  );
  const at = Number(clock!.at);
  const clockApartMs = Math.max(before - at, at - Date.now());
  // In a session that writes instants in another way it cannot be read at all.
  const instant: unknown = await database
    .query<{ at: unknown }[]>(`select '1970-01-01Z'::timestamptz as at`)
    .then(([row]) => row!.at)
    .catch(() => null);
  const named = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  return { ...facts!, settings: named, clockApartMs, instant };
}

// Of the role itself, and of the login behind it: SET ROLE NONE leads back to that one.
const MIGHTS = `array(
  select format('%s is a superuser: it may do anything', rolname) from pg_roles
    where rolname in (current_user, session_user) and rolsuper
  union all
  select format('%s may make roles, databases, copies of the server or pass by row security', rolname) from pg_roles
    where rolname in (current_user, session_user) and not rolsuper and (rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
  union all
  select format('%s is a member of %s', session_user, m.rolname) from pg_roles m
    where m.rolname = any ($1::text[]) and pg_has_role(session_user, m.oid, 'MEMBER') and not (select rolsuper from pg_roles where rolname = session_user)
  union all
  select distinct format('%s may act as %s, who owns the tables', session_user, owner.rolname)
    from pg_class c join pg_roles owner on owner.oid = c.relowner
    where c.relnamespace = to_regnamespace('public') and c.relkind in ('r', 'p') and pg_has_role(session_user, owner.oid, 'MEMBER')
      and not (select rolsuper from pg_roles where rolname = session_user)
  union all
  select format('%s may make things in schema %s', who, n.nspname)
    from (select current_user as who union select session_user) whose, pg_namespace n
    where n.nspname in ('public', 'graphile_worker') and has_schema_privilege(who, n.oid, 'CREATE')
      and not (select rolsuper from pg_roles where rolname = who)
      and not pg_has_role(who, n.nspowner, 'MEMBER'))`;
