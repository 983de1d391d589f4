import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { freezeAccount, unfreezeAccount } from '../ledger/freeze';
import { type Breach, checkSome, merge, type Place } from '../ledger/integrity';
import { type Desk, EXIT, operatorName, reasonGiven, runCommand, UsageError } from './operator';

const USAGE = `Usage: npm run reconcile -- [--program EU] [--freeze] [--json] [--by NAME]
       npm run reconcile -- --freeze ID … --reason TEXT [--by NAME]
       npm run reconcile -- --unfreeze ID … --reason TEXT [--by NAME]`;
/** Slices are gathered to parts of so long, between which the command may be interrupted and says how far it is. */
const PART_MS = 5_000;

/** What a check of the books came to. */
export interface Report {
  readonly program: string | null;
  /** False where it was interrupted: only what was counted was looked at. */
  readonly complete: boolean;
  readonly accounts: number;
  readonly orders: number;
  readonly breaches: readonly Breach[];
  readonly inDoubt: readonly string[];
  /** Accounts that this run froze. */
  readonly frozen: readonly string[];
}

/**
 * Checks every invariant over the whole ledger and, asked to, freezes the accounts that break one; or freezes and lets go
 * accounts by name. The exit code is 1 where an invariant is broken, 2 where the command could not be run.
 */
export async function reconcile(
  desk: Desk,
  args: readonly string[],
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const { values, positionals } = parse(args);
  const by = () => ({ actor: operatorName(values.by), reason: reasonGiven(values.reason) });
  if (values.unfreeze) {
    return byName(desk, [values.unfreeze, ...positionals], by(), unfreezeAccount, print);
  }
  if (positionals.length > 0) {
    if (!values.freeze) throw new UsageError(USAGE);
    return byName(desk, positionals, by(), freezeAccount, print);
  }
  const found = await check(desk, values.program ?? null, signal);
  const frozen = values.freeze ? await freezeAll(desk, found, operatorName(values.by)) : [];
  const report = { ...found, frozen };
  if (values.json) print(JSON.stringify(report, null, 2));
  else for (const line of linesOf(report)) print(line);
  const isWhole = report.complete && report.breaches.every(({ rows }) => rows === 0);
  return isWhole ? EXIT.whole : EXIT.broken;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        program: { type: 'string' },
        freeze: { type: 'boolean', default: false },
        unfreeze: { type: 'string' },
        reason: { type: 'string' },
        by: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

async function check(
  { database, programs }: Desk,
  program: string | null,
  signal: AbortSignal,
): Promise<Omit<Report, 'frozen'>> {
  if (program !== null && !programs.has(program)) {
    throw new UsageError(`There is no program ${program}.`);
  }
  let breaches: readonly Breach[] = [];
  const counted = { accounts: 0, orders: 0 };
  const inDoubt = new Set<string>();
  let place: Place | null = null;
  do {
    const part = await checkSome(database, programs, {
      ...{ from: place, program, budgetMs: PART_MS, signal },
    });
    breaches = merge(breaches, part.breaches);
    counted.accounts += part.accounts;
    counted.orders += part.orders;
    for (const id of part.inDoubt) inDoubt.add(id);
    place = part.next;
  } while (place !== null && !signal.aborted);
  return { program, complete: place === null, ...counted, breaches, inDoubt: [...inDoubt].sort() };
}

/** Freezes every account that breaks an invariant, with those it breaks as the reason as far as they are named. */
async function freezeAll(
  { database }: Desk,
  { inDoubt, breaches }: Pick<Report, 'inDoubt' | 'breaches'>,
  actor: string,
): Promise<string[]> {
  const frozen: string[] = [];
  for (const id of inDoubt) {
    const broken = breaches.filter(({ accounts }) => accounts.includes(id));
    const numbers = broken.map(({ number }) => number).join(', ');
    const reason = `The books break ${numbers || 'an invariant'}.`;
    if (await freezeAccount(database, id, { actor, reason })) frozen.push(id);
  }
  return frozen;
}

async function byName(
  { database }: Desk,
  ids: readonly string[],
  by: { actor: string; reason: string },
  act: typeof freezeAccount,
  print: (line: string) => void,
): Promise<number> {
  const isFreezing = act === freezeAccount;
  let code = EXIT.whole;
  for (const id of ids) {
    const done = await act(database, id, by);
    if (done === null) {
      code = EXIT.failed;
      print(`${id}: no such account`);
    } else if (done) print(`${id}: ${isFreezing ? 'frozen' : 'let go'}`);
    else print(`${id}: ${isFreezing ? 'was frozen before' : 'is not frozen'}`);
  }
  return code;
}

function linesOf(report: Report): string[] {
  const { accounts, orders, breaches, inDoubt, frozen, complete, program } = report;
  const of = program === null ? '' : ` (of program ${program}, among)`;
  return [
    ...breaches.map(({ number, statement, rows, accounts: named }) => {
      const whose = named.length > 0 ? `: ${named.join(', ')}` : '';
      return `${number.padEnd(4)} ${String(rows).padStart(7)}  ${statement}${whose}`;
    }),
    `${accounts} accounts and ${orders} orders${of} were looked at${complete ? '.' : '; it was interrupted, the rest was not.'}`,
    ...(inDoubt.length > 0 ? [`In doubt: ${inDoubt.length} accounts.`] : []),
    ...(frozen.length > 0 ? [`Frozen now: ${frozen.join(', ')}`] : []),
  ];
}

if (require.main === module) {
  void runCommand((desk, print, signal) => reconcile(desk, process.argv.slice(2), print, signal));
}
