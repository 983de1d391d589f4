import type { DataSource } from 'typeorm';

/** The role that the application runs as. It owns nothing, and may do what is listed here and no more. */
export const APP_ROLE = 'rewards_app';

/** What the application may do with a table, besides reading it. */
export interface TablePrivileges {
  readonly insert?: true;
  /** The columns it may change: these, or all but these. */
  readonly update?: { readonly only: readonly string[] } | { readonly except: readonly string[] };
  readonly delete?: true;
}

/**
 * Every table and view, and what the application may do with it. What is written once is not in any update: a key, what
 * a lot was granted and when it expires, an entry. A new table stands here, or a test names it.
 */
export const PRIVILEGES: Readonly<Record<string, TablePrivileges>> = {
  migrations: {},
  terms: { insert: true },
  accounts: {
    insert: true,
    // Freezing and archiving are the operators', who connect as another role.
    update: {
      except: ['shard', 'id', 'frozen_at', 'frozen_reason', 'frozen_by', 'archived_sequence'],
    },
  },
  members: { insert: true, update: { except: ['shard', 'account_id'] } },
  referral_codes: { insert: true },
  orders: { insert: true, update: { except: ['shard', 'id'] } },
  lots: {
    insert: true,
    update: {
      only: [
        ...['remaining', 'held', 'redeemed', 'transferred', 'expired', 'forfeited', 'reversed'],
        ...['voided', 'voided_at', 'is_open'],
      ],
    },
  },
  entries: { insert: true },
  allocations: { insert: true },
  entries_archive: {},
  allocations_archive: {},
  all_entries: {},
  all_allocations: {},
  archive_runs: {},
  redemptions: {
    insert: true,
    update: {
      only: [
        ...['state', 'held', 'captured', 'released', 'restored'],
        ...['held_until', 'decided_at', 'entries'],
      ],
    },
  },
  // What was answered, taken in or set aside stays; what is personal in it goes with the person (R2.3).
  answers: { insert: true, update: { only: ['answer', 'input'] } },
  inbox: { insert: true, update: { only: ['payload'] } },
  set_aside: { insert: true, update: { only: ['payload'] } },
  outbox: { insert: true, update: { only: ['data'] }, delete: true },
  webhook_endpoints: { insert: true, update: { only: ['types', 'seen_at'] } },
  webhook_deliveries: {
    insert: true,
    update: { except: ['shard', 'account_id', 'number', 'endpoint'] },
    delete: true,
  },
  referrals: { insert: true, update: { except: ['shard', 'account_id'] } },
  discount_codes: {
    insert: true,
    update: { only: ['order_id', 'applied_at', 'voided_at', 'voided_for_abuse'] },
  },
  transfers: {
    insert: true,
    update: { only: ['evidence', 'state', 'decided_by', 'decided_at', 'note', 'moved'] },
  },
  program_endings: {
    insert: true,
    update: { only: ['cursor_shard', 'cursor_id', 'done', 'finished_at'] },
  },
  rules_revision: { update: { only: ['revision'] } },
  campaigns: { insert: true, update: { only: ['ends_at', 'ended_by', 'ended_at'] } },
  adjustments: {
    insert: true,
    update: { only: ['reason', 'state', 'decided_by', 'decided_at', 'note', 'sequence'] },
  },
  objections: {
    insert: true,
    update: { only: ['statement', 'state', 'decided_by', 'decided_at', 'note', 'adjustment'] },
  },
  claims: {
    insert: true,
    update: {
      only: ['reason', 'state', 'decided_by', 'decided_at', 'decided_minor', 'note'],
    },
  },
  voidings: { insert: true, update: { only: ['reason'] } },
  notifications: {
    insert: true,
    update: {
      only: [
        ...['data', 'delivered_at', 'channel', 'mail_state', 'attempts', 'next_attempt_at'],
        ...['claimed_until', 'last_error'],
      ],
    },
  },
  expiry_notices: { insert: true, update: { only: ['told_until'] } },
  interventions: {},
  audit_log: { insert: true },
  integrity_walks: { insert: true, update: { except: ['number', 'started_at'] }, delete: true },
  rollup_moves: {
    insert: true,
    update: { only: ['points', 'moves', 'first_xact', 'last_xact'] },
    delete: true,
  },
  rollup_entries: {
    insert: true,
    update: {
      only: [
        ...['entries', 'available_change', 'held_change', 'owed_change', 'turnover_change'],
        ...['orders', 'orders_with_points', 'points_on_orders', 'first_entries', 'bonuses'],
        ...['first_xact', 'last_xact'],
      ],
    },
    delete: true,
  },
  rollup_remaining: { insert: true, update: { only: ['points'] }, delete: true },
  rollup_progress: { update: { except: ['only_row'] } },
  sandbox_clock: { insert: true, update: { only: ['at'] }, delete: true },
};

/** The tables of the job runner, all its own: jobs come and go. */
export const WORKER_SCHEMA = 'graphile_worker';

/** Whether the application may change a column of a table once its row is written. */
export function mayUpdate(table: string, column: string): boolean {
  const update = PRIVILEGES[table]?.update;
  if (!update) return false;
  return 'only' in update ? update.only.includes(column) : !update.except.includes(column);
}

type Runner = Pick<DataSource, 'query'>;

interface Granted {
  readonly schema: string;
  readonly table: string;
  /** SELECT …, and of columns UPDATE (available). */
  readonly granted: readonly string[];
  readonly columns: readonly string[];
}

/**
 * What keeps `role` from being what is listed here, in sentences: privileges that are missing, and such as it has
 * by whatever way (of its own, by a membership, as everybody, as an owner) and should not have.
 */
export async function privilegeGaps(database: Runner, role: string): Promise<string[]> {
  const tables: Granted[] = await database.query(TABLES, [role, WORKER_SCHEMA]);
  return tables.flatMap((table) => {
    const wanted = new Set(wantedOf(table));
    const granted = new Set(table.granted);
    const name = `${table.schema}.${table.table}`;
    const missing = [...wanted].filter((privilege) => !granted.has(privilege));
    const surplus = [...granted].filter((privilege) => !wanted.has(privilege));
    return [
      ...(missing.length > 0 ? [`${role} lacks ${missing.join(', ')} on ${name}.`] : []),
      ...(surplus.length > 0 ? [`${role} may ${surplus.join(', ')} on ${name}.`] : []),
    ];
  });
}

function wantedOf({ schema, table, columns }: Granted): string[] {
  if (schema === WORKER_SCHEMA) return table.startsWith('_private') ? [...ALL] : ['SELECT'];
  const wanted = PRIVILEGES[table];
  if (!wanted) return [];
  return [
    'SELECT',
    ...(wanted.insert ? ['INSERT'] : []),
    ...(wanted.delete ? ['DELETE'] : []),
    ...columns.filter((column) => mayUpdate(table, column)).map((column) => `UPDATE (${column})`),
  ];
}

const ALL = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

// In our schema updates are told by column; in the job runner's by table. What belongs to an extension is nobody's gap.
const TABLES = `
  select n.nspname as schema, c.relname as "table",
    (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    array(
      select p from unnest(array['SELECT', 'INSERT', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']
          || case when n.nspname = $2 then array['UPDATE'] else '{}' end) p
        where has_table_privilege($1, c.oid, p)
      union all
      select format('UPDATE (%s)', a.attname) from pg_attribute a
        where n.nspname <> $2 and a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and has_column_privilege($1, c.oid, a.attnum, 'UPDATE')) as granted
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', $2) and c.relkind in ('r', 'p', 'v', 'm') and not exists (
    select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1, 2`;

/** The statements that give the application's role what is listed here, and take everything else; done again, they change nothing. */
export async function grantPrivileges(runner: Runner): Promise<void> {
  const tables: Granted[] = await runner.query(TABLES, [APP_ROLE, WORKER_SCHEMA]);
  await runner.query('revoke create on schema public from public');
  await runner.query(`grant usage on schema public, ${WORKER_SCHEMA} to ${APP_ROLE}`);
  for (const table of tables) {
    const name = `"${table.schema}"."${table.table}"`;
    await runner.query(`revoke all on table ${name} from public, ${APP_ROLE}`);
    const wanted = wantedOf(table);
    if (wanted.length > 0) {
      await runner.query(`grant ${wanted.join(', ')} on table ${name} to ${APP_ROLE}`);
    }
  }
  await runner.query(WORKER);
}

// The job runner shields its tables by row security without a policy, which lets nobody but their owner in.
const WORKER = `
  do $$
  declare shielded regclass;
  begin
    grant usage, select, update on all sequences in schema ${WORKER_SCHEMA} to ${APP_ROLE};
    grant usage on sequence history_position to ${APP_ROLE};
    for shielded in
      select c.oid from pg_class c
        where c.relnamespace = '${WORKER_SCHEMA}'::regnamespace and c.relrowsecurity and not exists (
          select from pg_policy p where p.polrelid = c.oid and p.polname = '${APP_ROLE}')
    loop
      execute format('create policy ${APP_ROLE} on %s to ${APP_ROLE} using (true) with check (true)', shielded);
    end loop;
  end $$`;
