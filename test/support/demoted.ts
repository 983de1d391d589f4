import { asOwner } from './database';

type Owned = Parameters<typeof asOwner>[0];

/** As a fail-over leaves the old address: sessions are ended, and those that begin find a server that takes no writes. */
export async function demote(database: Owned): Promise<void> {
  await change(database, 'set default_transaction_read_only = on');
  await asOwner(
    database,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
}

/** The address leads to a primary again; sessions that stand notice nothing of it. */
export function promote(database: Owned): Promise<void> {
  return change(database, 'reset default_transaction_read_only');
}

function change(database: Owned, setting: string): Promise<void> {
  return asOwner(
    database,
    `begin read write;
     do $$ begin execute format('alter database %I ${setting}', current_database()); end $$;
     commit`,
  );
}
