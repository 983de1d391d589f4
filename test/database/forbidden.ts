/** insufficient_privilege: how nearly every one is refused. */
export const DENIED = '42501';

/**
 * What whoever got hold of the application's connection would try, and how PostgreSQL refuses each. Run one by one as the
 * application's role, on books that have one customer with points.
 */
export const FORBIDDEN: readonly (readonly [what: string, statement: string, code?: string])[] = [
  // The ledger's past.
  ['change an entry', `update entries set available_after = 1000000`],
  ['change one column of an entry', `update entries set actor = 'nobody' where sequence = 1`],
  ['delete an entry', `delete from entries`],
  ['empty the entries', `truncate entries cascade`],
  ['change an allocation', `update allocations set points = points + 1`],
  ['delete an allocation', `delete from allocations where ordinal = 0`],
  [
    'replace an entry',
    `insert into entries select * from entries on conflict (shard, account_id, sequence) do update set kind = 'CREDITED'`,
  ],
  [
    'merge into the entries',
    `merge into entries e using accounts a on a.shard = e.shard and a.id = e.account_id when matched then delete`,
  ],
  ['copy entries over themselves', `copy entries to program 'cat > /tmp/entries'`],
  ['switch the triggers off', `alter table entries disable trigger all`],
  ['switch all triggers off', `set session_replication_role = replica`],

  // What is written once.
  [
    'grant a lot more points',
    `update lots set granted = granted + 100, remaining = remaining + 100`,
  ],
  ['let a lot live longer', `update lots set expires_at = '2099-01-01Z'`],
  ['make a bonus of an order', `update lots set source = 'ADJUSTMENT'`],
  ['delete a lot', `delete from lots`],
  ['move a lot to somebody else', `update lots set account_id = 'bo'`],
  ['redeem for another order', `update redemptions set order_id = 'o9'`],
  ['redeem fewer points than were', `update redemptions set points = 1`],
  ['delete a redemption', `delete from redemptions`],
  ['change whose account it is', `update accounts set id = 'bo' where id = 'ada'`],
  ['delete an account', `delete from accounts`],
  ['delete an order', `delete from orders`],
  ['delete a member', `delete from members`],
  ['rewrite the terms', `update terms set document = '{}'`],
  ['withdraw terms', `delete from terms`],
  ['take a referral code over', `update referral_codes set account_id = 'bo'`],
  ['delete a referral', `delete from referrals`],
  ['discount more', `update discount_codes set percent = 100`],
  ['transfer to somebody else', `update transfers set to_id = 'bo'`],
  ['end a program otherwise', `update program_endings set good_cause = true`],

  // What makes a repetition known, and what the platform is told.
  ['forget an answer', `delete from answers`],
  ['use a key again', `update answers set fingerprint = 'another'`],
  ['forget an event', `delete from inbox`],
  ['take an event for another', `update inbox set digest = 'another'`],
  ['hide what was set aside', `delete from set_aside`],
  ['tell the platform something else', `update outbox set type = 'points.expired'`],

  // What the desk did, and what members were told.
  ['claim more', `update claims set amount_minor = amount_minor + 1`],
  ['claim from somebody else', `update claims set redeemer_id = 'bo'`],
  ['delete a claim', `delete from claims`],
  ['adjust more', `update adjustments set points = points + 1`],
  ['adjust in the name of another', `update adjustments set requested_by = 'desk:bo'`],
  ['delete an adjustment', `delete from adjustments`],
  ['object to something else', `update objections set about = 'DISCOUNT'`],
  ['object to another entry', `update objections set sequence = 1`],
  ['delete an objection', `delete from objections`],
  ['void other lots', `update voidings set lots = '[]'`],
  ['deny a voiding', `delete from voidings`],
  ['multiply by more', `update campaigns set factor_percent = 9999`],
  ['begin a campaign earlier', `update campaigns set starts_at = '2020-01-01Z'`],
  ['delete a campaign', `delete from campaigns`],
  ['publish terms in the past', `update terms set published_at = '2020-01-01Z'`],
  ['another revision of the rules', `insert into rules_revision (only_row) values (false)`],
  ['no revision of the rules', `delete from rules_revision`],
  ['no progress of the rollups', `delete from rollup_progress`],
  [
    'another progress of the rollups',
    `insert into rollup_progress (watermark, cluster) values (0, '')`,
  ],
  ['rollups of another day', `update rollup_moves set occurred = recorded`],
  ['tell a member something else', `update notifications set kind = 'POINTS_EXPIRED'`],
  ['tell it earlier', `update notifications set created_at = '2020-01-01Z'`],
  ['never have told a member', `delete from notifications`],
  ['never have looked for expiries', `delete from expiry_notices`],
  ['tell another endpoint', `update webhook_deliveries set endpoint = 'mine'`],
  ['forget an endpoint', `delete from webhook_endpoints`],
  ['count the history anew', `select setval('history_position', 1)`],
  ['ask something else', `update answers set position = 0`],
  ['let a voided lot be another', `update lots set source_ref = 'BONUS'`],
  ['change the audit log', `update audit_log set actor = 'nobody'`],
  ['empty the audit log', `delete from audit_log`],

  // What operators did.
  [
    'unfreeze an account',
    `update accounts set frozen_at = null, frozen_reason = null, frozen_by = null`,
  ],
  [
    'freeze an account',
    `update accounts set frozen_at = now(), frozen_reason = 'x', frozen_by = 'x'`,
  ],
  [
    'invent an intervention',
    `insert into interventions values (0, 'ada', 1, 'UNFREEZE', now(), 'x', 'x')`,
  ],
  ['pretend a migration', `insert into migrations (timestamp, name) values (1, 'x')`],

  // The schema.
  ['make a table', `create table public.mine (n integer)`],
  ['make a schema', `create schema mine`],
  ['make a function', `create function public.mine() returns integer language sql as 'select 1'`],
  ['drop a constraint', `alter table accounts drop constraint accounts_l4_balance`],
  ['drop an index', `drop index entries_pkey`],
  ['drop a table', `drop table outbox`],
  ['add a column', `alter table accounts add column backdoor text`],
  [
    'hang a trigger on a table',
    `create trigger mine before insert on entries for each row execute function refuse_change()`,
  ],
  [
    'replace the guard',
    `create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'`,
  ],
  ['own a table', `alter table entries owner to rewards_app`],
  [
    'lock everybody out of a table',
    'do $$ begin lock table terms in access exclusive mode; end $$',
  ],
  ['leave a rule behind', `create rule mine as on insert to entries do instead nothing`],
  ['shield a table', `alter table entries enable row level security`],

  // The server.
  ['become the owner', `set role postgres`],
  ['become a superuser', `set session authorization postgres`],
  ['make itself a superuser', `alter role rewards_app superuser`],
  ['make a role', `create role mine login`],
  ['make a database', `create database mine`],
  ['drop the database', `drop database rewards_template`],
  ['read a file', `select pg_read_file('postgresql.conf')`],
  ['list the files', `select pg_ls_dir('.')`],
  ['read a file into a table', `copy outbox from '/etc/passwd'`],
  ['write a file', `copy accounts to '/tmp/accounts'`],
  ['run a program', `copy outbox from program 'id'`],
  ['import a file', `select lo_import('/etc/passwd')`],
  ['read the passwords', `select * from pg_authid`],
  ['load a library', `load 'auto_explain'`],
  ['install an extension', `create extension dblink`],
  ['set the server up otherwise', `alter system set fsync = off`],
  ['load the settings anew', `select pg_reload_conf()`],
  ['turn to another log', `select pg_switch_wal()`],
  [
    'end the other sessions',
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' and pid <> pg_backend_pid()`,
  ],
  [
    'listen in on the log of changes',
    `select pg_create_logical_replication_slot('mine', 'pgoutput')`,
  ],
  ['publish the tables', `create publication mine for table entries`],
  ['make a language', `create language plpython3u`],
  ['read another schema', `select * from hidden.secrets`],
  ['write another schema', `insert into hidden.secrets values ('x')`],
  ['make a table of the job runner', `create table graphile_worker.mine (n integer)`],
  ['undo its migrations', `delete from graphile_worker.migrations`],
];
