import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { type Connection, inTransaction } from '../database/transaction';
import { shardOf } from '../kernel/ids';
import { formatInstant } from '../kernel/time';
import { lockAccount, recordIntervention } from '../ledger/freeze';
import { type AccountRows, streamAccounts, streamLedger } from './ledger-stream';
import { type Desk, EXIT, operatorName, reasonGiven, runCommand, UsageError } from './operator';
import { type Difference, Replay } from './replay';

const USAGE = `Usage: npm run rebuild -- --check [--program EU | --account ID] [--json]
       npm run rebuild -- --apply --account ID --reason TEXT [--by NAME]`;
/** Differences that are printed one by one; the rest is counted. */
const SHOWN_MAX = 1_000;

/** Differences of one account. */
interface Differing {
  readonly accountId: string;
  readonly differences: readonly Difference[];
}

/**
 * Recomputes the numbers of every account, lot and redemption from the entries alone, and says where the rows differ
 * (`--check`), or writes them into the rows of one frozen account (`--apply`). The exit code is 1 where something
 * differs, or could not be written; 2 where the command could not be run.
 */
export async function rebuild(
  desk: Desk,
  args: readonly string[],
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const values = parse(args);
  if (values.check === values.apply) throw new UsageError(USAGE);
  if (values.check) return check(desk, values, print, signal);
  if (!values.account || values.program) throw new UsageError(USAGE);
  const by = { actor: operatorName(values.by), reason: reasonGiven(values.reason) };
  return apply(desk.database, values.account, by, print);
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        check: { type: 'boolean', default: false },
        apply: { type: 'boolean', default: false },
        program: { type: 'string' },
        account: { type: 'string' },
        reason: { type: 'string' },
        by: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

async function check(
  { database, programs }: Desk,
  {
    program = null,
    account = null,
    json,
  }: { program?: string | null; account?: string | null; json: boolean },
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  if (program !== null && !programs.has(program)) {
    throw new UsageError(`There is no program ${program}.`);
  }
  const counted = { accounts: 0, entries: 0, differing: 0, differences: 0 };
  const shown: Differing[] = [];
  let left = SHOWN_MAX;
  for await (const rows of streamLedger(database, { program, accountId: account })) {
    if (signal.aborted) break;
    const { differences, entries } = await replay(rows);
    counted.accounts += 1;
    counted.entries += entries;
    counted.differences += differences.length;
    if (differences.length === 0) continue;
    counted.differing += 1;
    const some = { accountId: rows.account.id, differences: differences.slice(0, left) };
    left -= some.differences.length;
    if (some.differences.length === 0) continue;
    shown.push(some);
    if (!json) for (const line of linesOf(some)) print(line);
  }
  if (account !== null && counted.accounts === 0)
    throw new UsageError(`There is no account ${account}.`);
  const complete = !signal.aborted;
  if (json)
    print(
      JSON.stringify({ program, account, complete, ...counted, accountsShown: shown }, null, 2),
    );
  else print(closingLine(counted, complete));
  return complete && counted.differences === 0 ? EXIT.whole : EXIT.broken;
}

async function replay(rows: AccountRows): Promise<{ differences: Difference[]; entries: number }> {
  const told = new Replay();
  let entries = 0;
  for await (const { entry, allocations } of rows.entries()) {
    told.enter(entry, allocations);
    entries += 1;
  }
  return { differences: told.differences(rows.account, rows.lots, rows.redemptions), entries };
}

/** Under the account's lock: looks what differs, writes it, and records what was done. */
function apply(
  database: DataSource,
  accountId: string,
  by: { actor: string; reason: string },
  print: (line: string) => void,
): Promise<number> {
  return inTransaction(database, async (connection) => {
    const frozen = await lockAccount(connection, accountId);
    if (frozen === null) throw new UsageError(`There is no account ${accountId}.`);
    if (!frozen) {
      throw new UsageError(
        `${accountId} is not frozen. Freeze it first, so that nothing moves meanwhile: npm run reconcile -- --freeze ${accountId} --reason …`,
      );
    }
    const query = async (sql: string, values?: unknown[]) =>
      (await connection.query(sql, values)).rows;
    const differences: Difference[] = [];
    for await (const rows of streamAccounts({ query }, { accountId })) {
      differences.push(...(await replay(rows)).differences);
    }
    for (const line of linesOf({ accountId, differences })) print(line);
    if (differences.length === 0) {
      print(`${accountId}: nothing differs, nothing was written.`);
      return EXIT.whole;
    }
    if (differences.some(({ table, column }) => table === 'entries' || column === 'number')) {
      print(
        `${accountId}: nothing was written. Entries contradict each other, or rows are missing: that is not to be rebuilt, but restored.`,
      );
      return EXIT.broken;
    }
    for (const row of byRow(differences)) await write(connection, accountId, row);
    await recordIntervention(connection, accountId, 'REBUILD', by, differences);
    print(
      `${accountId}: ${differences.length} numbers were written. It stays frozen until it is let go.`,
    );
    return EXIT.whole;
  });
}

/** The differences of each row together: half a row corrected would break its constraints. */
function byRow(differences: readonly Difference[]): [Difference, ...Difference[]][] {
  const rows = new Map<string, [Difference, ...Difference[]]>();
  for (const difference of differences) {
    const key = `${difference.table} ${difference.number}`;
    const row = rows.get(key);
    if (row) row.push(difference);
    else rows.set(key, [difference]);
  }
  return [...rows.values()];
}

async function write(
  connection: Connection,
  accountId: string,
  row: [Difference, ...Difference[]],
): Promise<void> {
  const [{ table, number }] = row;
  const values = row.map(({ column, should }) =>
    column.endsWith('_at') && should !== null ? formatInstant(should as number) : should,
  );
  const set = row.map(({ column }, n) => `${column} = $${n + 4}`).join(', ');
  const key =
    table === 'accounts' ? 'id = $2 and $3::int is null' : 'account_id = $2 and number = $3';
  await connection.query(`update ${table} set ${set} where shard = $1 and ${key}`, [
    ...[shardOf(accountId), accountId, number],
    ...values,
  ]);
}

function linesOf({ accountId, differences }: Differing): string[] {
  return differences.map(({ table, number, column, is, should }) => {
    const what =
      number === null ? '' : `${table.slice(0, -1)} ${number}: `.replace('entrie ', 'entry ');
    return `${accountId}: ${what}${column} is ${JSON.stringify(is)}, its entries say ${JSON.stringify(should)}`;
  });
}

function closingLine(
  counted: { accounts: number; entries: number; differing: number; differences: number },
  complete: boolean,
): string {
  const { accounts, entries, differing, differences } = counted;
  const looked = `${accounts} accounts were rebuilt from ${entries} entries`;
  const found =
    differences === 0
      ? 'nothing differs'
      : `${differences} numbers of ${differing} accounts differ`;
  return `${looked}: ${found}.${complete ? '' : ' It was interrupted, the rest was not looked at.'}`;
}

if (require.main === module) {
  void runCommand((desk, print, signal) => rebuild(desk, process.argv.slice(2), print, signal));
}
